"""PACT product footprints as their two data models spell them: versions 2.0 to 2.3, and 3.0.

Field names and rules are those of the OpenAPI documents of the PACT Technical Specifications (WBCSD). Only what is used
here is checked, but strictly: a number where the standard has a text of digits is refused, as an exact decimal is lost in it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from carbon.errors import InputError


def _decimal(pattern: str):
    return Annotated[str, Field(pattern=pattern), AfterValidator(Decimal)]


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise InputError.of("bounds", expected="> 0")
    return value


def _nothing_added(value: Decimal) -> Decimal:
    if value > 0:
        raise InputError.of("bounds", expected="<= 0")
    return value


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError.of("form", expected="2025-01-01T00:00:00Z")
    return found


Any_ = _decimal(r"^-?\d+(\.\d+)?$")
AtLeastNothing = _decimal(r"^\d+(\.\d+)?$")
AboveNothing = Annotated[AtLeastNothing, AfterValidator(_positive)]
#: Removals and uptake are written as what they take away.
Removal = Annotated[Any_, AfterValidator(_nothing_added)]
Moment = Annotated[str, AfterValidator(_moment)]
Urn = Annotated[str, Field(pattern=r"^[uU][rR][nN]:")]
Word = Annotated[str, Field(min_length=1)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Report = Annotated[str, Field(pattern=r"^AR\d+$")]
Percent = Annotated[float, Field(ge=0, le=100, strict=False)]

Unit = Literal[
    "liter", "kilogram", "cubic meter", "kilowatt hour", "megajoule", "ton kilometer", "square meter", "piece", "hour",
    "megabit second",
]  # fmt: skip
Unit2 = Literal["liter", "kilogram", "cubic meter", "kilowatt hour", "megajoule", "ton kilometer", "square meter"]


class _Part(BaseModel):
    """What is not used here is left out: the standard lets later revisions add fields."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Carbon(_Part):
    """Fields of a carbon footprint that both models have."""

    referencePeriodStart: Moment
    referencePeriodEnd: Moment
    fossilGhgEmissions: AtLeastNothing
    fossilCarbonContent: AtLeastNothing
    boundaryProcessesDescription: str | None = None
    geographyRegionOrSubregion: Word | None = None
    geographyCountry: Country | None = None
    geographyCountrySubdivision: Word | None = None
    packagingEmissionsIncluded: bool | None = None


class Carbon2(_Carbon):
    """Carbon footprint of versions 2.0 to 2.3: values are per one declared unit, of which a product holds several."""

    declaredUnit: Unit2
    unitaryProductAmount: AboveNothing
    productMassPerDeclaredUnit: AtLeastNothing | None = None
    pCfExcludingBiogenic: AtLeastNothing
    pCfIncludingBiogenic: Any_ | None = None
    biogenicCarbonContent: AtLeastNothing
    biogenicCarbonWithdrawal: Removal | None = None
    dLucGhgEmissions: AtLeastNothing | None = None
    characterizationFactors: Report
    primaryDataShare: Percent | None = None
    packagingEmissionsIncluded: bool
    boundaryProcessesDescription: str


class Carbon3(_Carbon):
    """Carbon footprint of version 3.0: values are per declared amount of the declared unit."""

    declaredUnitOfMeasurement: Unit
    declaredUnitAmount: AboveNothing
    productMassPerDeclaredUnit: AtLeastNothing
    pcfExcludingBiogenicUptake: Any_
    pcfIncludingBiogenicUptake: Any_
    biogenicCO2Uptake: Removal | None = None
    landManagementBiogenicCO2Removals: Removal | None = None
    technologicalCO2Removals: Removal | None = None
    ccuCalculationApproach: Literal["Cut-off", "Credit"] | None = None
    ipccCharacterizationFactors: Annotated[list[Report], Field(min_length=1)]
    crossSectoralStandards: Annotated[list[str], Field(min_length=1)]
    exemptedEmissionsPercent: Any_
    primaryDataShare: AtLeastNothing | None = None


class _Footprint(_Part):
    id: Word
    specVersion: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+(-\d{8})?$")]
    precedingPfIds: list[Word] | None = None
    created: Moment
    status: Literal["Active", "Deprecated"]
    validityPeriodStart: Moment | None = None
    validityPeriodEnd: Moment | None = None
    companyName: Word
    companyIds: Annotated[list[Urn], Field(min_length=1)]
    productDescription: str
    productIds: Annotated[list[Urn], Field(min_length=1)]
    productNameCompany: Word


class Footprint2(_Footprint):
    """Product footprint of versions 2.0 to 2.3."""

    version: Annotated[int, Field(ge=0)]
    comment: str
    pcf: Carbon2


class Footprint3(_Footprint):
    """Product footprint of version 3.0."""

    pcf: Carbon3


#: Major and minor version to the model that reads it.
MODELS: dict[str, type[Footprint2] | type[Footprint3]] = {
    **dict.fromkeys(("2.0", "2.1", "2.2", "2.3"), Footprint2),
    "3.0": Footprint3,
}
