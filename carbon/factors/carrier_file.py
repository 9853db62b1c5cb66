"""A carrier's own emission intensities, from the table it sends: rows of an own factor file, each citing that table.

One row is one transport operation category, or one hub, of ISO 14083, in one boundary; WTT and TTW of a category are two rows.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

from carbon.errors import FactorError, UnitError, Where
from carbon.terms import DistanceBasis, GwpSet, Mode
from carbon.units import canonical_symbol, parse_factor_unit

HUB = "hub"
REQUIRED = ("category", "mode", "boundary", "value", "unit", "source")
OPTIONAL = (
    "distance_basis",
    "region",
    "valid_from",
    "valid_to",
    "gwp_set",
    "includes",
    "locator",
    "verification",
    "primary_share",
    "gsd",
)
_MODES = (*map(str, Mode), HUB)
#: Activities that an intensity can be by: of transport, of a round, of a parcel, of what a hub handles.
_BY = {"kg*km": "kg/(t*km)", "km": "kg/km", "parcel": "kg/parcel", "kg": "kg/t"}
_DELIMITERS = ",;\t"
_MOST_ROWS = 5000


def carrier_factors(path: Path | str, carrier: str) -> list[dict[str, Any]]:
    """Return the rows of a carrier's table as an own factor file spells them.

    Parameters
    ----------
    path : Path or str
        CSV in UTF-8 with the columns of `REQUIRED` and any of `OPTIONAL`.
    carrier : str
        Who sent it; part of each row's key, name and source.

    Raises
    ------
    FactorError
        At the first row that cannot be used, with row and column.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FactorError(
            "not UTF-8 text", expected="CSV in UTF-8", mend="save it as CSV (UTF-8)", where=Where(path.name)
        ) from None
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(_DELIMITERS, key=head.count))
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise FactorError.of("csv", str(error), where=Where(path.name)) from None
    names = [name.lower() for name in rows[0]] if rows else []
    _check_head(names, path.name)
    found = [
        _factor(dict(zip(names, cells, strict=False)), carrier, Where(path.name, number))
        for number, cells in enumerate(rows[1:], 2)
        if any(cells)
    ]
    if not 0 < len(found) <= _MOST_ROWS:
        raise FactorError(
            "no rows" if not found else "too many rows", found=str(len(found)), expected=f"1 to {_MOST_ROWS}",
            mend="export the table again", where=Where(path.name),
        )  # fmt: skip
    return found


def intensity_by(row: dict[str, Any]) -> str:
    """Return what an own factor's row is by: ``kg*km``, ``km``, ``parcel`` or ``kg``."""
    return canonical_symbol(parse_factor_unit(row["unit"]).canonical)


def _check_head(names: list[str], file: str) -> None:
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name and name not in (*REQUIRED, *OPTIONAL)]
    twice = [name for name in names if name and names.count(name) > 1]
    if missing or unknown or twice:
        raise FactorError(
            "columns missing" if missing else "unknown columns" if unknown else "a column stands twice",
            found=", ".join(names) or "nothing",
            expected=f"{', '.join(REQUIRED)}; and, where known, {', '.join(OPTIONAL)}",
            mend=f"look at {', '.join(missing or unknown or twice)}",
            where=Where(file, 1),
        )


def _factor(cells: dict[str, str], carrier: str, where: Where) -> dict[str, Any]:
    def wrong(column: str, problem: str, expected: str) -> FactorError:
        place = Where(where.file, where.row, column)
        return FactorError(problem, found=cells.get(column) or "nothing", expected=expected, where=place)

    for name in REQUIRED:
        if not cells.get(name):
            raise wrong(name, "an empty cell", "a value")
    unit = _unit(cells["unit"])
    mode = cells["mode"].lower()
    if mode not in _MODES:
        raise wrong("mode", "unknown mode", " | ".join(_MODES))
    boundary = cells["boundary"].upper()
    if boundary not in ("WTT", "TTW", "WTW"):
        raise wrong("boundary", "unknown boundary", "WTW, or WTT and TTW in two rows")
    by = _by(unit)
    if by not in _BY or ((mode == HUB) != (by == "kg") and by != "parcel"):
        raise wrong("unit", "a unit that this mode cannot have", "; ".join(_BY.values()) + " (by t: hubs only)")
    basis = cells.get("distance_basis", "").lower().replace(" ", "_")
    if by == "kg*km" and basis not in list(DistanceBasis):
        # An intensity without it could be used with the wrong kilometres: tens of per cent at sea.
        raise wrong("distance_basis", "the distance that the carrier divided by", " | ".join(DistanceBasis))
    years = {name: _day(cells[name], name, wrong) for name in ("valid_from", "valid_to") if cells.get(name)}
    region = cells.get("region", "").upper() or "GLO"
    own = ".".join(("own", _key(carrier), _key(cells["category"])))
    year = f".{years['valid_from'].year}" if "valid_from" in years else ""
    row: dict[str, Any] = {
        "id": f"{own}.{region.lower()}{year}",
        "activity": f"{mode}.{own}",
        "name": f"{carrier}: {cells['category']}",
        "region": region,
        "value": _number(cells["value"], "value", wrong),
        "unit": unit,
        "boundary": boundary,
        "gas_basis": "CO2e",
        "gwp_set": cells.get("gwp_set") or str(GwpSet.UNKNOWN),
        "source": f"{carrier}: {cells['source']}",
        "locator": cells.get("locator") or f"{where.file}, line {where.row}",
        **years,
    }
    if by == "kg*km":
        row["distance_basis"] = basis
    if cells.get("includes"):
        row["includes"] = [part.strip() for part in re.split(r"[;,|]", cells["includes"]) if part.strip()]
    if cells.get("gsd"):
        row["gsd"] = _number(cells["gsd"], "gsd", wrong)
    primary = "not stated"
    if cells.get("primary_share"):
        share = _number(cells["primary_share"], "primary_share", wrong)
        if not 0 <= share <= 1:
            raise wrong("primary_share", "not a share", "a number from 0 to 1")
        primary = f"{share:.0%}"
    row["note"] = f"verification: {cells.get('verification') or 'not stated'}; primary data: {primary}"
    return row


def _unit(text: str) -> str:
    """Return a unit as the tables spell it: carriers write g CO2e/tkm, g/t-km and the like."""
    bare = re.sub(r"\s*co2[-\s]?eq?\b", "", text.replace("₂", "2"), flags=re.IGNORECASE).strip()
    by_tonne_km = re.fullmatch(r"(k?g|t)\s*(?:/|per)\s*\(?\s*(?:t|tonne)[\s.·*-]*km\s*\)?", bare)
    return f"{by_tonne_km[1]}/(t*km)" if by_tonne_km else bare


def _by(unit: str) -> str:
    try:
        return canonical_symbol(parse_factor_unit(unit).canonical)
    except UnitError:
        return ""


def _number(text: str, column: str, wrong: Any) -> float:
    try:
        return float(text)
    except ValueError:
        raise wrong(column, "not a number", "digits with a decimal point") from None


def _day(text: str, column: str, wrong: Any) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong(column, "not a date", "YYYY-MM-DD") from None


def _key(text: str) -> str:
    """Return a name as part of a key; what no key can spell is told apart by its hash."""
    key = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    mark = hashlib.sha256(text.encode("utf-8")).hexdigest()[:6]
    return key[:40] if key and text.isascii() else f"{key[:30]}_{mark}".strip("_")
