"""The result document of `carbon estimate --json`."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from carbon.terms import GwpSet


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Total(_Part):
    """Sums over the delivery stages [kg CO2e].

    `wtt_kg` and `ttw_kg` add what the lines give and are null where no line gives that part; the flags in
    `quality` name the lines that lack it. `low_kg` and `high_kg` are the 95 % range of `co2e_kg`: factors, and
    parameters that stood in for what the document does not say, vary; what it says does not.
    """

    co2e_kg: float
    low_kg: float | None
    high_kg: float | None
    wtt_kg: float | None
    ttw_kg: float | None
    product_co2e_kg: float | None


class Quality(_Part):
    """Shares of the total by data type (ISO 14083), ratings (PACT 3.0), how factors matched, what a reader must know.

    The ratings are means by emissions, from 1 (best) to 5, of the `rated_share` of the total whose factors have scores.
    """

    primary: float | None
    modelled: float | None
    default: float | None
    technological: float | None
    geographical: float | None
    temporal: float | None
    rated_share: float | None
    matches: dict[str, int]
    flags: list[str]


class InputItem(_Part):
    """A number an amount was computed from."""

    name: str
    value: float | None
    unit: str
    origin: str


class SpreadItem(_Part):
    """A lognormal multiplier that everything with the same key shares; see docs/method.md."""

    key: str
    sigma: float
    elasticity: float


class LineItem(_Part):
    """Amount times factor; see `carbon.engine.line.Line`."""

    name: str
    stage: str
    activity: str
    amount: float
    unit: str
    factor_id: str
    factor_value: float
    factor_unit: str
    co2e_kg: float
    wtt_kg: float | None
    ttw_kg: float | None
    boundary: str
    gas_basis: str
    gwp_set: str
    region: str
    match: str
    edition_gap_years: int
    data_type: str
    edition: str
    source: str
    locator: str
    accounting: str
    model: str
    formula: str
    inputs: list[InputItem]
    flags: list[str]
    note: str
    spreads: list[SpreadItem] | None
    pedigree: list[int] | None


class Result(_Part):
    """The footprint of one shipment."""

    id: str
    shipped_on: date
    total: Total
    stages: dict[str, float]
    quality: Quality
    lines: list[LineItem]
    gwp_set: GwpSet
    factor_release: str
    notes: list[str]
