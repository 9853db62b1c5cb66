"""Requests and answers of the label service, version 1. What is not named here is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Market = Literal["EU", "UK", "US", "CN", "FR"]
_MOST_LINES, _MOST_QUANTITY = 200, 10_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CartLine(_Strict):
    """Goods of one kind: a sku that the merchant's items file knows, or their own mass, and size where it is known."""

    sku: Code | None = None
    quantity: int = Field(default=1, ge=1, le=_MOST_QUANTITY)
    mass_kg: float | None = Field(default=None, gt=0, le=1_000, description="of one piece, net of packaging")
    length_mm: float | None = Field(default=None, gt=0, le=5_000)
    width_mm: float | None = Field(default=None, gt=0, le=5_000)
    height_mm: float | None = Field(default=None, gt=0, le=5_000)
    category: Code | None = None

    @model_validator(mode="after")
    def _says_what(self) -> CartLine:
        if self.sku is None and self.mass_kg is None:
            raise ValueError("a line needs 'sku' or 'mass_kg'")
        sizes = [each is not None for each in (self.length_mm, self.width_mm, self.height_mm)]
        if any(sizes) and not all(sizes):
            raise ValueError("a size is 'length_mm', 'width_mm' and 'height_mm' together")
        return self


class Destination(_Strict):
    """Where it goes: postcode or city with the country, or coordinates. No street, no name."""

    country: Country | None = None
    postcode: Annotated[str, StringConstraints(min_length=1, max_length=16)] | None = None
    city: Text | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)

    @model_validator(mode="after")
    def _says_where(self) -> Destination:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("coordinates are 'latitude' and 'longitude' together")
        if self.latitude is None and self.country is None:
            raise ValueError("a destination needs 'country', or coordinates")
        return self


class EstimateRequest(_Strict):
    """A cart and where it goes."""

    lines: Annotated[list[CartLine], Field(min_length=1, max_length=_MOST_LINES)]
    destination: Destination
    currency: Currency | None = None
    goods_value: float | None = Field(default=None, ge=0, le=1e9, description="net of tax")
    origin_site: Code | None = None
    packaging: Code = Field(default="default", description="default, packed, or a package of the organisation")
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=5, strict=False)] = ("en",)
    market: Market | None = Field(default=None, description="whose rules on claims hold; the destination's otherwise")


class StageFigure(BaseModel):
    """What one stage causes."""

    stage: str
    co2e_kg: float


class DifferenceFigure(BaseModel):
    """How much more than the option `to`, with the range of the paired difference; `clear` where that leaves out zero."""

    to: str
    co2e_kg: float
    low_kg: float | None
    high_kg: float | None
    clear: bool | None


class StageText(BaseModel):
    """A stage in words."""

    stage: str
    name: str
    text: str


class OptionWords(BaseModel):
    """An option in plain words, ready to be shown as text."""

    name: str
    line: str
    value: str | None = None
    range: str | None = None
    difference: str | None = None
    stages: list[StageText] | None = None
    counted: str | None = None
    not_counted: str | None = None
    data: str | None = None
    method: str | None = None
    statement: str | None = None
    spoken: str | None = None
    why: str | None = None


class OptionAnswer(BaseModel):
    """A delivery option; without figures where it is not available."""

    key: str
    available: bool
    reason: str | None = None
    co2e_kg: float | None = None
    low_kg: float | None = None
    high_kg: float | None = None
    stages: list[StageFigure] | None = None
    counted: list[str] | None = None
    not_counted: list[str] | None = None
    data: dict[str, float] | None = None
    factor_years: list[int] | None = None
    gwp_sets: list[str] | None = None
    iso_14083: bool | None = None
    difference: DifferenceFigure | None = None
    url: str | None = None
    words: dict[str, OptionWords]


class CalculationLink(BaseModel):
    """Where the whole calculation can be read."""

    id: str
    url: str


class CommonWords(BaseModel):
    """Words that hold for all options."""

    title: str
    details: str
    link: str
    statement: str
    language: str


class EstimateAnswer(BaseModel):
    """Every delivery option of a cart."""

    model_config = ConfigDict(populate_by_name=True)

    version: int = Field(alias="schema", default=1)
    calculated_at: str
    factor_release: str
    currency: str | None
    market: str
    default: str
    calculation: CalculationLink
    options: list[OptionAnswer]
    words: dict[str, CommonWords]


class Health(BaseModel):
    """Whether the service answers, by which tables, and whether the plans of all countries served are laid."""

    status: Literal["ok"]
    version: str
    factor_release: str
    lanes: int
    prepared: bool
