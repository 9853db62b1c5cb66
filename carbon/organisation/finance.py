"""How the merchant reckons with money over years: discount rate, horizon, a price of carbon, what may be spent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Money, Part, price_per
from carbon.units import CURRENCIES

#: Years beyond which a forecast of costs says nothing.
MOST_YEARS = 60

CarbonPrice = price_per("t")


def _rate(value: object) -> float:
    """Check a yearly rate: a share of one, above -100 %, at which nothing has a present value."""
    expected = "a share of one, such as 0.07 for 7 % a year, above -1 and at most 1"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OrganisationError("not a yearly rate", found=value, expected=expected)
    if value <= -1:
        raise OrganisationError(
            "at a rate of -100 % or less no later money has a present value", found=f"{value:g}", expected=expected
        )
    if not value <= 1:
        raise OrganisationError("a rate above 100 % a year", found=f"{value:g}", expected=expected)
    return float(value)


def _years(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_YEARS:
        raise OrganisationError(
            "no horizon of whole years", found=value, expected=f"1 to {MOST_YEARS} years", mend="such as 10"
        )
    return value


def _currency(value: object) -> object:
    if value is not None and value not in CURRENCIES:
        raise OrganisationError("not a known currency", found=value, expected=", ".join(CURRENCIES))
    return value


Rate = Annotated[float, BeforeValidator(_rate)]
Year = Annotated[int, Field(ge=1990, le=2100)]


class GridPath(Part):
    """How the grid's emissions per kWh change in the years to come.

    Attributes
    ----------
    source : str
        Who says so: a path is somebody's forecast or plan, never ours.
    left : mapping of year to float
        What is left then of the baseline year's emissions per kWh, which are 1; straight lines between, the last one on.
    """

    source: str = Field(min_length=1)
    left: dict[Year, Annotated[float, Field(ge=0, le=2)]] = Field(min_length=1)


class Finance(Part):
    """The `finance` part of an organisation file.

    Attributes
    ----------
    discount_rate : float
        A year, as a share of one. There is no default: it is what the merchant's own money costs.
    horizon_years : int
        Years that measures are judged over.
    terms : "real" or "nominal"
        Whether the rates and the carbon price hold inflation; nominal ones are converted with `inflation`.
    inflation : float, optional
        A year; needed where the terms are nominal.
    currency : str, optional
        Of the results; that of `costs` by default.
    finance_rate, reinvest_rate : float, optional
        What borrowed money costs and what returned money earns, for the modified internal rate of return; the discount
        rate by default.
    carbon_price : price per mass, or mapping of year to price, optional
        Internal price of CO2e; between the years it is interpolated, outside them it stays. `costs.carbon_price` by default.
    grid_path : GridPath, optional
        Electricity's emissions per kWh in later years; as in the baseline's year where it is left out.
    budget : money, optional
        What all measures together may cost at the start.
    yearly_budget : money, or mapping of year to money, optional
        What may be spent in each year of the plan; a mapping holds from each of its years on.
    """

    discount_rate: Rate
    horizon_years: Annotated[int, BeforeValidator(_years)]
    terms: Literal["real", "nominal"] = "real"
    inflation: Rate | None = None
    currency: Annotated[str | None, BeforeValidator(_currency)] = None
    finance_rate: Rate | None = None
    reinvest_rate: Rate | None = None
    carbon_price: CarbonPrice | dict[Year, CarbonPrice] | None = None
    grid_path: GridPath | None = None
    budget: Money | None = None
    yearly_budget: Money | dict[Year, Money] | None = None

    @model_validator(mode="after")
    def _complete(self):
        if self.terms == "nominal" and self.inflation is None:
            raise OrganisationError(
                "nominal rates need the inflation that is in them",
                expected="inflation, such as 0.02",
                mend="add 'inflation', or give real rates with 'terms: real'",
            )
        for name in ("carbon_price", "yearly_budget"):
            if getattr(self, name) == {}:
                raise OrganisationError(f"'{name}' names no year", expected="a price, or at least one year with one")
        return self
