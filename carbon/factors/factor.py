"""One row of a table: a published number with everything an auditor asks about it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from carbon.errors import FactorError
from carbon.terms import Boundary, DistanceBasis, Gas, GwpSet
from carbon.units import FactorUnit, parse_factor_unit, parse_unit

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.+-]*$", max_length=120)]
Score = Annotated[int, Field(ge=1, le=5)]
#: Pedigree scores: reliability, completeness, temporal, geographical, technological; 1 is best.
Pedigree = tuple[Score, Score, Score, Score, Score]
#: As they are read: capitals make no difference.
_BOUNDARIES = {str(each).lower(): each for each in Boundary}
_GASES = {str(each).lower(): each for each in Gas}


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(_Row):
    """A publication: what a row cites.

    Attributes
    ----------
    title, publisher, edition, licence : str
        As printed by the publisher; `edition` is what tells last year's table from this year's.
    attribution : str, optional
        The sentence the licence asks for.
    """

    title: str
    publisher: str
    edition: str
    licence: str
    year: int | None = None
    attribution: str | None = None
    note: str | None = None


class _Cited(_Row):
    """What factors and parameters share: region, validity, source, uncertainty, quality."""

    id: Key
    name: str | None = None
    region: str = "GLO"
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = Field(min_length=1)
    locator: str | None = None
    gsd: float | None = Field(default=None, ge=1, le=20)
    gsd_basis: str | None = None
    pedigree: Pedigree | None = None
    note: str | None = None
    own: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _dates_in_order(self):
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise FactorError("valid_from lies after valid_to", found=f"{self.valid_from} > {self.valid_to}")
        return self

    def gap_years(self, year: int) -> int:
        """Return how many years `year` lies outside the row's validity, 0 if inside."""
        if self.valid_from and year < self.valid_from.year:
            return self.valid_from.year - year
        if self.valid_to and year > self.valid_to.year:
            return year - self.valid_to.year
        return 0


class Factor(_Cited):
    """Mass of a gas, or of CO2 equivalents, per unit of activity, for one boundary.

    Rows with the same `id` belong to one factor: its WTT and TTW, or its gases. `activity` is what
    models and services ask for, and is the same in every region and edition.

    Attributes
    ----------
    value : float
        As published, in `unit`.
    unit : str
        [mass of `gas_basis` / activity], such as ``kg/(t*km)``.
    distance_basis : DistanceBasis, optional
        Which distance a per-tonne-km value was divided by.
    includes : tuple of str
        Components already inside: ``empty_running``, ``failed_deliveries``, ``hubs``, ``packaging``,
        ``end_of_life``, ``distance_uplift``, ``radiative_forcing``. The plan never adds these twice.
    price_year, price_basis : optional
        For factors per money: the year of the prices, and ``producer`` or ``purchaser``.
    """

    activity: Key | None = None
    value: float
    unit: str
    boundary: Boundary
    gas_basis: Gas
    gwp_set: GwpSet = GwpSet.UNKNOWN
    distance_basis: DistanceBasis | None = None
    includes: tuple[str, ...] = ()
    price_year: int | None = None
    price_basis: str | None = None

    @field_validator("boundary", mode="before")
    @classmethod
    def _read_boundary(cls, value):
        found = _BOUNDARIES.get(str(value).strip().lower())
        if found is None:
            raise FactorError("unknown boundary", found=value, expected=" | ".join(Boundary))
        return found

    @field_validator("gas_basis", mode="before")
    @classmethod
    def _read_gas(cls, value):
        found = _GASES.get(str(value).strip().lower().replace("-", ""))
        if found is None:
            raise FactorError("unknown gas_basis", found=value, expected=" | ".join(Gas))
        return found

    @field_validator("unit")
    @classmethod
    def _unit_is_known(cls, value):
        parse_factor_unit(value)
        return value

    @field_validator("value")
    @classmethod
    def _adds(cls, value):
        if value < 0:
            raise FactorError(
                "a factor is negative",
                found=value,
                expected="zero or more",
                mend="leave credits and offsets out: nothing is ever subtracted from a footprint",
            )
        return value

    @property
    def activity_key(self) -> str:
        """The activity, which is the id where a row names none."""
        return self.activity or self.id

    @property
    def parsed_unit(self) -> FactorUnit:
        """Numerator, denominator and scale of `unit`."""
        return parse_factor_unit(self.unit)

    @property
    def kg_per_canonical(self) -> float:
        """[kg of gas_basis per canonical unit of activity]."""
        return self.value * self.parsed_unit.scale


class Parameter(_Cited):
    """A sourced value that is not an emission: circuity, stops per round, payload, return rate ...

    Attributes
    ----------
    parameter : str
        What models ask for, the same in every region.
    value, low, high : float
        In `unit`; `low` and `high` as the source gives them.
    """

    parameter: Key
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = "dimensionless"

    @field_validator("unit")
    @classmethod
    def _unit_is_known(cls, value):
        if value != "dimensionless":
            for part in value.split("/", 1):
                parse_unit(part.strip("()"))
        return value


class Proxy(_Row):
    """Which region stands in for which, for activities below a key, where a row is missing."""

    below: str
    region: str
    use: str
    gsd: float = Field(ge=1)
    why: str


class Region(_Row):
    """A country, a part of one, or a group; `parent` is where a missing row is looked for next."""

    name_en: str
    name_zh: str
    parent: str | None = None
    iso3: str | None = None
    aliases: tuple[str, ...] = ()
