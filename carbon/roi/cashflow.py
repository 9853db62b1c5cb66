"""Cash over years as figures to decide by: net present value first, then payback and rates of return, each only where it means something.

All money is in real terms of the baseline's year; rates and prices that hold inflation are converted on the way in. Year 0 is the
baseline's year, in which a measure is paid for; its savings come at the ends of years 1 to n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyxirr

from carbon.engine.money import exchange_rate
from carbon.errors import OrganisationError
from carbon.organisation import Organisation
from carbon.organisation.finance import MOST_YEARS
from carbon.roi.measure import Outcome
from carbon.units import Price

_KG_PER_T = 1000.0
_EXAMPLE = "finance: {discount_rate: 0.07, horizon_years: 10}"


class NoRate(StrEnum):
    """Why a cash flow has no rate of return."""

    NO_OUTLAY = "no_outlay"
    NO_INCOME = "no_income"
    INCOME_FIRST = "income_first"
    SEVERAL_CHANGES = "several_changes"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, eq=False)
class Terms:
    """What money is reckoned with, all real.

    Attributes
    ----------
    currency : str
        Of the results.
    base_year : int
        Year 0, and the year of the money.
    horizon_years : int
    discount_rate, finance_rate, reinvest_rate : float
        A year, as shares of one.
    carbon_price_per_kg : numpy.ndarray or None
        [currency/kg CO2e] in years 1 to the horizon.
    cash_factor : float
        [currency per currency of the baseline].
    stated_rate, inflation : float, float or None
        As the organisation file gives them, where its terms are nominal.
    grid_left : numpy.ndarray, optional
        What is left of the grid's emissions per kWh in years 1 to the horizon; all of them where it is left out.
    """

    currency: str
    base_year: int
    horizon_years: int
    discount_rate: float
    finance_rate: float
    reinvest_rate: float
    carbon_price_per_kg: np.ndarray | None = None
    cash_factor: float = 1.0
    stated_rate: float | None = None
    inflation: float | None = None
    grid_left: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("discount_rate", "finance_rate", "reinvest_rate"):
            rate = getattr(self, name)
            if not rate > -1:
                raise OrganisationError(
                    f"{name}: at a rate of -100 % or less no later money has a present value",
                    found=f"{rate:g}",
                    expected="a share of one above -1, such as 0.07 for 7 % a year",
                )
        if not 1 <= self.horizon_years <= MOST_YEARS:
            raise OrganisationError(
                "no horizon of whole years", found=self.horizon_years, expected=f"1 to {MOST_YEARS} years"
            )

    def factors(self, years: int) -> np.ndarray:
        """Return the present value of one unit of money in years 0 to `years`."""
        return (1.0 + self.discount_rate) ** -np.arange(years + 1.0)

    @property
    def annuity(self) -> float:
        """Return what one unit of money today is worth as an equal sum in each year of the horizon."""
        return 1.0 / float(self.factors(self.horizon_years)[1:].sum())


def real_rate(nominal: float, inflation: float) -> float:
    """Return the real rate of a nominal one (Fisher)."""
    return (1.0 + nominal) / (1.0 + inflation) - 1.0


def no_finance() -> OrganisationError:
    """Return the error of an organisation file that gives no rate: none is made up."""
    return OrganisationError(
        "no discount rate to judge measures by", expected="a part 'finance'", mend=f"add {_EXAMPLE} with your own rate"
    )


def terms_of(organisation: Organisation, currency: str, year: int) -> Terms:
    """Return what an organisation reckons with.

    Parameters
    ----------
    organisation : Organisation
    currency : str
        Of the baseline, whose cash flows are converted.
    year : int
        The baseline's: year 0, and that of the exchange rates.

    Raises
    ------
    OrganisationError
        If the organisation file has no part `finance`.
    FactorError
        If a currency has no exchange rate.
    """
    finance = organisation.finance
    if finance is None:
        raise no_finance()
    costs = organisation.costs
    target = finance.currency or (costs.currency if costs else currency)
    inflation = finance.inflation if finance.terms == "nominal" else None

    def real(rate: float | None, otherwise: float) -> float:
        return otherwise if rate is None else rate if inflation is None else real_rate(rate, inflation)

    rate = real(finance.discount_rate, finance.discount_rate)
    path = finance.carbon_price
    prices = None
    if path is not None:
        prices = price_path(path, target, year, finance.horizon_years, inflation)
    elif costs is not None and costs.carbon_price is not None:
        per_kg = _value(costs.carbon_price, target, year)
        prices = np.full(finance.horizon_years, per_kg)
    return Terms(
        target,
        year,
        finance.horizon_years,
        rate,
        real(finance.finance_rate, rate),
        real(finance.reinvest_rate, rate),
        prices,
        exchange_rate(currency, target, year),
        finance.discount_rate if inflation is not None else None,
        inflation,
        None if finance.grid_path is None else grid_left(finance.grid_path.left, year, finance.horizon_years),
    )


def grid_left(left: Mapping[int, float], year: int, years: int) -> np.ndarray:
    """Return what is left of the grid's emissions per kWh in years 1 to `years`: 1 in year 0, straight lines, the last one on."""
    stated = {each: share for each, share in left.items() if each > year} | {year: 1.0}
    ordered = sorted(stated)
    return np.interp(year + np.arange(1, years + 1), ordered, [stated[each] for each in ordered])


def price_path(
    path: Price | Mapping[int, Price], currency: str, year: int, years: int, inflation: float | None = None
) -> np.ndarray:
    """Return a carbon price per t as one per kg in years 1 to `years`, in real terms.

    Between the years of a path it is interpolated, outside them it stays at the first or the last.
    """
    stated = {year: path} if isinstance(path, Price) else dict(path)
    ordered = sorted(stated)
    per_t = [_value(stated[each], currency, year) for each in ordered]
    wanted = year + np.arange(1, years + 1)
    found = np.interp(wanted, ordered, per_t) / _KG_PER_T
    return found if inflation is None else found / (1.0 + inflation) ** (wanted - year)


def _value(price: Price, currency: str, year: int) -> float:
    return price.value * exchange_rate(price.currency, currency, year)


def to_horizon(outcome: Outcome, terms: Terms, years: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return savings [kg CO2e] and cash [currency] over the horizon, shapes (..., years) and (..., years + 1).

    A measure that lasts longer keeps the part of its outlay that is not used up, straight-line over its life, as residual value
    in the last year; one that ends earlier is not renewed.

    Parameters
    ----------
    years : int, optional
        Fewer than the horizon where a measure begins later.
    """
    years = terms.horizon_years if years is None else years
    cash = np.asarray(outcome.cash, dtype=float) * terms.cash_factor
    saved_kg = _over(outcome.saved_kg, years)
    if terms.grid_left is not None and outcome.grid_kg is not None:
        # A measure that begins later meets the grid of those years.
        saved_kg = saved_kg + _over(outcome.grid_kg, years) * (terms.grid_left[terms.horizon_years - years :] - 1.0)
    life = cash.shape[-1] - 1
    if life <= years:
        return saved_kg, np.pad(cash, [(0, 0)] * (cash.ndim - 1) + [(0, years - life)])
    kept = cash[..., : years + 1].copy()
    kept[..., -1] += np.maximum(-cash[..., 0], 0.0) * (life - years) / life
    return saved_kg, kept


def _over(by_year: np.ndarray, years: int) -> np.ndarray:
    """Return figures of a life's years over so many: cut off, or followed by zeros."""
    figures = np.asarray(by_year, dtype=float)[..., :years]
    return np.pad(figures, [(0, 0)] * (figures.ndim - 1) + [(0, years - figures.shape[-1])])


def npv(cash: np.ndarray, rate: float) -> np.ndarray | float:
    """Return the net present value of cash in years 0 to n, for one flow or along the last axis of many."""
    cash = np.asarray(cash, dtype=float)
    if cash.ndim == 1:
        return float(pyxirr.npv(rate, cash))
    return cash @ (1.0 + rate) ** -np.arange(float(cash.shape[-1]))


def discounted_payback(cash: np.ndarray, rate: float) -> float | None:
    """Return the years after which discounted cash has paid the outlay back for good; None if it never does.

    Within a year, cash is taken to come evenly. A later outlay that makes the balance negative again moves payback behind it.
    """
    balance = np.cumsum(np.asarray(cash, dtype=float) * (1.0 + rate) ** -np.arange(float(len(cash))))
    # What floats leave behind is no debt.
    owed = np.flatnonzero(balance < -1e-12 * np.abs(cash).sum())
    if not len(owed):
        return 0.0
    last = int(owed[-1])
    if last == len(balance) - 1:
        return None
    return last + float(-balance[last] / (balance[last + 1] - balance[last]))


def irr(cash: np.ndarray) -> tuple[float | None, NoRate | None]:
    """Return the internal rate of return, or why there is none.

    It is given only where the flow turns once, from outlay to income: otherwise there may be several, and a flow that begins with
    income is the better the lower its rate.
    """
    signs = np.sign(cash)
    signs = signs[signs != 0]
    if not (signs < 0).any():
        return None, NoRate.NO_OUTLAY
    if not (signs > 0).any():
        return None, NoRate.NO_INCOME
    if (np.diff(signs) != 0).sum() > 1:
        return None, NoRate.SEVERAL_CHANGES
    if signs[0] > 0:
        return None, NoRate.INCOME_FIRST
    found = pyxirr.irr(np.asarray(cash, dtype=float), silent=True)
    return (None, NoRate.NOT_FOUND) if found is None or not np.isfinite(found) else (float(found), None)


def mirr(cash: np.ndarray, finance_rate: float, reinvest_rate: float) -> tuple[float | None, NoRate | None]:
    """Return the modified internal rate of return, or why there is none: it needs outlay and income."""
    cash = np.asarray(cash, dtype=float)
    if not (cash < 0).any():
        return None, NoRate.NO_OUTLAY
    if not (cash > 0).any():
        return None, NoRate.NO_INCOME
    return float(pyxirr.mirr(cash, finance_rate, reinvest_rate)), None


@dataclass(frozen=True, eq=False)
class Appraisal:
    """A measure's figures over the horizon.

    Attributes
    ----------
    cash, saved_kg : numpy.ndarray
        Years 0 to n and 1 to n.
    outlay : float
        Paid in year 0, positive.
    first_year : float
        Change of running cost in year 1; positive is money saved.
    npv, npv_with_carbon : float, float or None
        Without and with the internal carbon price.
    payback_years : float or None
        Discounted; None if the outlay is not paid back within the horizon.
    yearly_kg, total_kg : float
        [kg CO2e] in an average year of the horizon, and in all of it.
    cost_per_kg : float or None
        [currency/kg CO2e] The constant carbon price at which the net present value would be zero; negative for what saves money,
        None where nothing is saved.
    """

    cash: np.ndarray
    saved_kg: np.ndarray
    outlay: float
    first_year: float
    npv: float
    npv_with_carbon: float | None
    payback_years: float | None
    mirr: float | None
    no_mirr: NoRate | None
    irr: float | None
    no_irr: NoRate | None
    yearly_kg: float
    total_kg: float
    cost_per_kg: float | None

    @property
    def worth(self) -> float:
        """What decisions go by: with the carbon price where there is one."""
        return self.npv if self.npv_with_carbon is None else self.npv_with_carbon


def appraise(outcome: Outcome, terms: Terms, years: int | None = None) -> Appraisal:
    """Return the figures of one outcome at its inputs' own values.

    Parameters
    ----------
    years : int, optional
        Fewer than the horizon where the measure begins later.
    """
    saved_kg, cash = to_horizon(outcome, terms, years)
    worth = npv(cash, terms.discount_rate)
    priced = carbon_cash(saved_kg, terms)
    discounted_kg = float(saved_kg @ terms.factors(len(saved_kg))[1:])
    total_kg = float(saved_kg.sum())
    found, why = irr(cash)
    modified, no_modified = mirr(cash, terms.finance_rate, terms.reinvest_rate)
    return Appraisal(
        cash,
        saved_kg,
        max(-float(cash[0]), 0.0),
        float(cash[1]),
        worth,
        None if priced is None else worth + float(npv(priced, terms.discount_rate)),
        discounted_payback(cash, terms.discount_rate),
        modified,
        no_modified,
        found,
        why,
        total_kg / len(saved_kg),
        total_kg,
        -worth / discounted_kg if discounted_kg > 0 else None,
    )


def carbon_cash(saved_kg: np.ndarray, terms: Terms) -> np.ndarray | None:
    """Return what savings are worth at the internal carbon price, in years 0 to n; None where there is no price."""
    if terms.carbon_price_per_kg is None:
        return None
    # A measure that begins later saves in the last years of the path.
    prices = terms.carbon_price_per_kg[terms.horizon_years - saved_kg.shape[-1] :]
    worth = saved_kg * prices
    return np.concatenate([np.zeros((*worth.shape[:-1], 1)), worth], axis=-1)
