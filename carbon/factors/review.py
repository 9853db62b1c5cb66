"""Checking tables beyond what a row's schema can see, and comparing two releases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from carbon.errors import FactorError, Where
from carbon.factors import tables as _tables
from carbon.factors.factor import Factor, Parameter, Proxy
from carbon.factors.registry import GLOBAL, Registry
from carbon.factors.tables import Row, Tables
from carbon.shipped import shipped_folder
from carbon.terms import Boundary, Gas, GwpSet

_WTW_TOLERANCE = 0.005


def check_tables(files: list[Path | str] | None = None, *, folder: Path | None = None) -> list[FactorError]:
    """Return every problem of the shipped tables, or of the given files.

    Finds: unreadable or unknown units, missing sources, unknown regions, duplicates, a WTW that is not the
    sum of its WTT and TTW, a CO2 figure where CO2e is meant, CO2e of an unstated GWP set in shipped tables,
    proxies to nowhere, and rows of one factor that do not belong together.

    Parameters
    ----------
    files : list of path, optional
        The user's own files; they may cite shipped sources and regions.
    """
    shipped = folder or shipped_folder("factors")
    base, problems = _tables.read_files(sorted(shipped.rglob("*.yaml")), shipped)
    if files:
        own, problems = _tables.read_files([], None, [Path(file) for file in files])
        own.sources = base.sources | own.sources
        own.regions = base.regions | own.regions
        return [*problems, *_check(own, strict=False)]
    return [*problems, *_check(base, strict=True)]


def _check(tables: Tables, strict: bool) -> list[FactorError]:
    problems: list[FactorError] = []
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in tables.factors:
        by_id[row.value.id].append(row)
        problems += _check_cited(row, tables, strict)
        problems += _check_gas(row)
    for row in tables.parameters:
        problems += _check_cited(row, tables, strict)
    for rows in by_id.values():
        problems += _check_together(rows)
    problems += _check_duplicate_parameters(tables)
    for row in tables.proxies:
        for key in ("region", "use"):
            code = getattr(row.value, key)
            if code not in tables.regions and code not in ("*", GLOBAL):
                problems.append(_problem("unknown region", row, key, code, "a code of regions.yaml"))
    if not problems and strict:
        problems += list(Registry(tables, GwpSet.AR5)._unfit.values())
    return problems


def _check_cited(row: Row, tables: Tables, strict: bool) -> list[FactorError]:
    value, found = row.value, []
    if strict and value.source not in tables.sources:
        found.append(
            _problem(
                "unknown source", row, "source", value.source, "a key of sources.yaml", "add the publication there"
            )
        )
    if value.region not in tables.regions and value.region != GLOBAL:
        found.append(
            _problem("unknown region", row, "region", value.region, "a code of regions.yaml such as GB, CN-GD, EU, GLO")
        )
    if strict and not value.locator:
        found.append(_problem("no locator", row, "locator", None, "the page, table or row id in the source"))
    if strict and value.gsd is None and value.pedigree is None:
        found.append(_problem("no uncertainty", row, "gsd", None, "gsd with gsd_basis, or five pedigree scores"))
    if strict and isinstance(value, Factor) and value.pedigree is None:
        found.append(_problem("no data quality", row, "pedigree", None, "five pedigree scores, 1 best to 5"))
    return found


def _check_gas(row: Row) -> list[FactorError]:
    value: Factor = row.value
    said = f"{value.name or ''} {value.note or ''} {value.id} {value.unit}".lower()
    if value.gas_basis is Gas.CO2 and ("co2e" in said or "co2eq" in said or "co2-eq" in said):
        return [
            _problem("a CO2 figure where CO2e is meant", row, "gas_basis", "CO2", "CO2e, or a name that says CO2 only")
        ]
    if value.gas_basis is Gas.CO2E and value.gwp_set is GwpSet.NOT_APPLICABLE and value.value:
        return [_problem("CO2e without a GWP set", row, "gwp_set", "n/a", "AR4, AR5, AR6, mixed or unknown")]
    if value.gas_basis is not Gas.CO2E and value.gwp_set not in (GwpSet.NOT_APPLICABLE, GwpSet.UNKNOWN):
        return [_problem("a single gas needs no GWP set", row, "gwp_set", value.gwp_set, "n/a")]
    return []


def _check_together(rows: list[Row]) -> list[FactorError]:
    found, seen = [], {}
    for row in rows:
        key = (row.value.boundary, row.value.gas_basis)
        if key in seen:
            found.append(
                _problem(
                    "duplicate",
                    row,
                    "id",
                    row.value.id,
                    "one row per id, boundary and gas",
                    f"it stands already at {seen[key].where}; give each edition and region an id of its own",
                )
            )
        seen.setdefault(key, row)
    first = rows[0]
    for key in ("activity_key", "region"):
        if len({getattr(row.value, key) for row in rows}) > 1:
            found.append(
                _problem(
                    f"rows of one factor differ in {key.removesuffix('_key')}", first, key, first.value.id, "one value"
                )
            )
    if len({row.value.parsed_unit.canonical for row in rows}) > 1:
        found.append(
            _problem("rows of one factor differ in dimension", first, "unit", first.value.unit, "one dimension")
        )
    bases = {
        boundary: {row.value.gas_basis for row in rows if row.value.boundary is boundary}
        for boundary in {row.value.boundary for row in rows}
    }
    if {Gas.CO2} in bases.values() and any(found_gases != {Gas.CO2} for found_gases in bases.values()):
        found.append(
            _problem(
                "CO2 alone beside CO2e in one factor",
                first,
                "gas_basis",
                "CO2",
                "CO2e in every boundary, or CO2 in every one",
                "their sum would be neither; give them ids of their own",
            )
        )
    for gas in {row.value.gas_basis for row in rows}:
        parts = {row.value.boundary: row for row in rows if row.value.gas_basis is gas}
        if {Boundary.WTW, Boundary.WTT, Boundary.TTW} <= set(parts):
            whole, wtt, ttw = (parts[key].value.kg_per_canonical for key in (Boundary.WTW, Boundary.WTT, Boundary.TTW))
            if abs(whole - wtt - ttw) > _WTW_TOLERANCE * max(abs(whole), abs(wtt + ttw)):
                row = parts[Boundary.WTW]
                scale = row.value.parsed_unit.scale
                found.append(
                    _problem(
                        "WTW is not WTT + TTW",
                        row,
                        "value",
                        f"{row.value.value:g} {row.value.unit}",
                        f"{(wtt + ttw) / scale:g} {row.value.unit}",
                        "correct the row that is wrong, or drop the WTW row: it is derived",
                    )
                )
    return found


def _check_duplicate_parameters(tables: Tables) -> list[FactorError]:
    found, seen = [], {}
    for row in tables.parameters:
        if row.value.id in seen:
            found.append(
                _problem(
                    "duplicate",
                    row,
                    "id",
                    row.value.id,
                    "one row per id",
                    f"it stands already at {seen[row.value.id].where}",
                )
            )
        seen.setdefault(row.value.id, row)
    return found


def _problem(text: str, row: Row, key: str, found: object, expected: str, mend: str | None = None) -> FactorError:
    label = getattr(row.value, "id", "") or "row"
    return FactorError(
        text, found=found, expected=expected, mend=mend, where=Where(row.where.file, row.where.row, f"{label}.{key}")
    )


@dataclass(frozen=True)
class Change:
    """One difference between two releases of tables."""

    id: str
    boundary: str
    gas_basis: str
    what: str
    old: str
    new: str
    ratio: float | None


def compare_tables(old: Path | str, new: Path | str) -> list[Change]:
    """Return rows added, removed and changed between two factor folders or files: factors, parameters, proxies."""
    before, after = (_rows_of(Path(path)) for path in (old, new))
    changes = []
    for key in sorted(before.keys() | after.keys()):
        first, second = before.get(key), after.get(key)
        if first is None:
            changes.append(Change(*key, "added", "", _value_text(second), None))
        elif second is None:
            changes.append(Change(*key, "removed", _value_text(first), "", None))
        elif _value_text(first) != _value_text(second):
            changes.append(Change(*key, "value", _value_text(first), _value_text(second), _ratio(first, second)))
        elif first != second:
            named = [name for name in type(first).model_fields if getattr(first, name) != getattr(second, name)]
            texts = (", ".join(str(getattr(row, name)) for name in named) for row in (first, second))
            changes.append(Change(*key, ", ".join(named), *texts, 1.0))
    return changes


def _value_text(row: Factor | Parameter | Proxy) -> str:
    return f"use {row.use}" if isinstance(row, Proxy) else f"{row.value:.12g} {row.unit}"


def _ratio(first: Factor | Parameter | Proxy, second: Factor | Parameter | Proxy) -> float | None:
    if isinstance(first, Factor) and isinstance(second, Factor):
        same = first.parsed_unit.canonical == second.parsed_unit.canonical
        return second.kg_per_canonical / first.kg_per_canonical if same and first.value else None
    if isinstance(first, Parameter) and isinstance(second, Parameter):
        return second.value / first.value if first.unit == second.unit and first.value else None
    return None


def _rows_of(path: Path) -> dict[tuple[str, str, str], Factor | Parameter | Proxy]:
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    if not files or not path.exists():
        raise FactorError("no factor tables", found=str(path), expected="a folder of tables, or one file")
    tables, problems = _tables.read_files(files, path if path.is_dir() else path.parent)
    if problems:
        raise problems[0]
    rows = {(row.value.id, str(row.value.boundary), str(row.value.gas_basis)): row.value for row in tables.factors}
    rows |= {(row.value.id, "parameter", ""): row.value for row in tables.parameters}
    return rows | {
        (f"{row.value.below} in {row.value.region}", "proxy", row.value.use): row.value for row in tables.proxies
    }
