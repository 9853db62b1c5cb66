"""Carriers' intensities as iLEAP has them inside PACT footprints: TOCs and HOCs, as rows of a carrier's table.

Field names are those of the JSON Schemas of the iLEAP data model (SINE Foundation). The table is what `carrier_factors` reads.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carbon.errors import InputError
from carbon.exchange.reject import Reject, broken_field
from carbon.exchange.schema import AtLeastNothing, Country, Moment, Percent, Word
from carbon.exchange.sent import each_footprint, word_of
from carbon.terms import DistanceBasis, Mode

COLUMNS = ("category", "mode", "boundary", "value", "unit", "distance_basis", "region", "valid_from", "valid_to", "gwp_set",
           "source", "locator", "verification", "primary_share")  # fmt: skip
_MODES = {"Road": Mode.ROAD, "Rail": Mode.RAIL, "Air": Mode.AIR, "Sea": Mode.SEA}
_HUB = "hub"
_UNITS = {"tkm": "kg/(t*km)", "tonnes": "kg/t"}


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Intensity(_Part):
    co2eIntensityWTW: AtLeastNothing
    co2eIntensityTTW: AtLeastNothing
    energyCarriers: Annotated[list[dict[str, Any]], Field(min_length=1)]
    isVerified: bool | None = None
    isAccredited: bool | None = None


class _Toc(_Intensity):
    tocId: Word
    mode: Literal["Road", "Rail", "Air", "Sea", "InlandWaterway"]
    transportActivityUnit: Literal["tkm", "TEUkm"]


class _Location(_Part):
    country: Country


class _Hoc(_Intensity):
    hocId: Word
    hubType: Word
    hubActivityUnit: Literal["tonnes", "TEU"]
    hubLocation: _Location | None = None


class _Pcf(_Part):
    referencePeriodStart: Moment
    referencePeriodEnd: Moment
    characterizationFactors: Word | None = None
    geographyCountry: Country | None = None
    primaryDataShare: Percent | None = None


class _Holder(_Part):
    id: Word
    status: Literal["Active", "Deprecated"]
    companyName: Word
    pcf: _Pcf


@dataclass(frozen=True)
class Intensities:
    """A carrier's table, and what of the files is not in it.

    Attributes
    ----------
    text : str
        CSV as `carrier_factors` reads it.
    rows : int
        Rows of the table: well-to-tank and tank-to-wheel of a category are two.
    """

    text: str
    found: int
    rows: int
    rejects: tuple[Reject, ...]


def carrier_table(files: Sequence[Path | str], distance_basis: str) -> Intensities:
    """Return the transport and hub operation categories in iLEAP files as a carrier's table.

    Parameters
    ----------
    files : sequence of Path or str
        PACT footprints with iLEAP's extensions, as JSON.
    distance_basis : str
        Distance that the carrier divided by: iLEAP does not tell it, and at sea it matters by tens of per cent.

    Raises
    ------
    InputError
        If the distance is not known by that word, or a file is absent.
    """
    try:
        basis = DistanceBasis(distance_basis)
    except ValueError:
        raise InputError("unknown distance", found=distance_basis, expected=", ".join(DistanceBasis)) from None
    rows: list[tuple[str, ...]] = []
    rejects: list[Reject] = []
    found = 0
    for each in each_footprint(files):
        if isinstance(each, Reject):
            found += 1
            rejects.append(each)
            continue
        file, number, data = each
        for extension in _extensions(data):
            found += 1
            made = _rows(data, extension, basis, file, number)
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                rows += made
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return Intensities(text.getvalue(), found, len(rows), tuple(rejects))


def _extensions(data: Any) -> list[dict[str, Any]]:
    """Return the data of a footprint's extensions; one empty where it has none, so that it is not passed over."""
    given = data.get("extensions") if isinstance(data, dict) else None
    found = [each["data"] for each in given or () if isinstance(each, dict) and isinstance(each.get("data"), dict)]
    return found or [{}]


def _rows(
    data: Any, extension: dict[str, Any], basis: DistanceBasis, file: str, number: int
) -> list[tuple[str, ...]] | Reject:
    name = str(extension.get("tocId") or extension.get("hocId") or "")
    reject = partial(Reject, file, number, word_of(data, "id"), name)
    kind = _Toc if "tocId" in extension else _Hoc if "hocId" in extension else None
    if kind is None:
        return reject("not_ileap", ", ".join(extension)[:100] or "no extension")
    try:
        holder, read = _Holder.model_validate(data), kind.model_validate(extension)
    except ValidationError as error:
        return reject("schema", **broken_field(error))
    if holder.status == "Deprecated":
        return reject("deprecated", holder.status)
    mode = _MODES.get(read.mode) if isinstance(read, _Toc) else _HUB
    if mode is None:
        return reject("mode", read.mode)
    unit = _UNITS.get(read.transportActivityUnit if isinstance(read, _Toc) else read.hubActivityUnit)
    if unit is None:
        return reject("activity_unit", "TEU")
    wtw, ttw = Decimal(read.co2eIntensityWTW), Decimal(read.co2eIntensityTTW)
    if ttw > wtw:
        return reject("schema", f"co2eIntensityTTW {ttw} is above co2eIntensityWTW {wtw}")
    region = read.hubLocation.country if isinstance(read, _Hoc) and read.hubLocation else holder.pcf.geographyCountry
    last = (holder.pcf.referencePeriodEnd - timedelta(microseconds=1)).date()  # the end is exclusive
    shared = (
        unit, str(basis) if isinstance(read, _Toc) else "", region or "", f"{holder.pcf.referencePeriodStart.date()}",
        f"{last}", holder.pcf.characterizationFactors or "", f"{holder.companyName}, iLEAP", f"{file}, footprint {holder.id}",
        "verified" if read.isVerified else "",
        "" if holder.pcf.primaryDataShare is None else f"{holder.pcf.primaryDataShare / 100:g}",
    )  # fmt: skip
    return [
        (name, str(mode), boundary, f"{value}", *shared) for boundary, value in (("WTT", wtw - ttw), ("TTW", ttw))
    ]  # fmt: skip
