"""Recomputing one parcel from stored inputs, plan and factors: what `explain` and `estimate` print."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from carbon.activities import MODELS
from carbon.engine.carried import WEIGHED_COLUMN, carried_column, carried_of
from carbon.engine.columns import unit_of
from carbon.engine.line import Input, Line
from carbon.factors.spread import Spread, joined
from carbon.terms import Stage
from carbon.units import parse_factor_unit


class FactorBook:
    """The rows of a run's ``factors.json`` by factor id."""

    def __init__(self, text: str):
        data = json.loads(text)
        self.sources: dict[str, dict] = data["sources"]
        self.rows: dict[str, list[dict]] = {}
        for row in data["factors"]:
            self.rows.setdefault(row["id"], []).append(row)


def replay(parcel: Mapping[str, Any], plan_rows: Iterable[Mapping[str, Any]], book: FactorBook) -> list[Line]:
    """Return every line of one parcel's calculation.

    Parameters
    ----------
    parcel : mapping
        One row of ``footprints.parquet``.
    plan_rows : iterable of mapping
        Rows of ``plan.parquet``.
    book : FactorBook

    Returns
    -------
    list of Line
        In the order of the plan; lines whose amount is zero are left out.
    """
    found: list[tuple[Mapping[str, Any], Line]] = []
    for row in plan_rows:
        for each in _by_item(parcel, row):
            if row["service"] not in ("", each["service"]) or not _applies(each, row):
                continue
            line = _line(each, row, book)
            if line is not None:
                found.append((row, line))
    carried = carried_of(parcel, [_part(row, line) for row, line in found if _is_part(row)])
    return [_carrying(line, carried.get(carried_column(json.loads(row["columns"])) or "", ())) for row, line in found]


def _is_part(row: Mapping[str, Any]) -> bool:
    """Whether a row tells the mass of a part of the package."""
    return row["stage"] == Stage.PACKAGING and row["model"] in ("material", "void_fill")


def _part(row: Mapping[str, Any], line: Line) -> tuple[bool, float, tuple[Spread, ...]]:
    """Whether it is filling, its mass [kg], and how far that may be off."""
    value = {each.name: each.value for each in line.inputs}
    filling = row["model"] == "void_fill"
    mass_kg = value["empty_m3"] * value["density_kg_per_m3"] if filling else value["component_kg"]
    return filling, mass_kg * value["material_share"], tuple(Spread(**each) for each in row.get("mass_spreads") or ())


def _carrying(line: Line, shares: Sequence[tuple[float, tuple[Spread, ...]]]) -> Line:
    """Say what of a line is packaging."""
    return (
        replace(line, carried=tuple((line.co2e_kg * share, spreads) for share, spreads in shares)) if shares else line
    )


def _by_item(parcel: Mapping[str, Any], row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parcel itself; for spend-based product rows also each item of a parcel of several categories."""
    items = parcel.get("line_categories") if row["stage"] == Stage.PRODUCT and parcel.get("spend_by_line") else None
    if not items or "goods_value" not in row["columns"]:
        return [parcel]
    values = parcel["line_values"]
    return [
        parcel,
        *({**parcel, "category": name, "goods_value": value} for name, value in zip(items, values, strict=True)),
    ]


def _applies(parcel: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    if not row["axes"]:
        return True
    cell = [str(parcel["shipped_on"].year) if axis == "year" else str(parcel[axis] or "") for axis in row["axes"]]
    return cell in row["cells"]


def _line(parcel: Mapping[str, Any], row: Mapping[str, Any], book: FactorBook) -> Line | None:
    columns: dict[str, str] = json.loads(row["columns"])
    values: dict[str, list] = json.loads(row["values"])
    arguments = {name: _number(parcel[column]) for name, column in columns.items()}
    arguments |= {name: value[0] for name, value in values.items()}
    amount = float(MODELS[row["model"]].amounts(**arguments)[row["output"]])
    for weight in row["weights"]:
        amount *= _number(parcel[weight])
    if amount == 0 or math.isnan(amount):
        return None
    inputs = [
        Input(name, arguments[name], unit_of(column), _origin(parcel, column)) for name, column in columns.items()
    ]
    inputs += [Input(name, value[0], value[1], value[2]) for name, value in values.items()]
    inputs += [Input(weight, _number(parcel[weight]), "1", f"orders: {weight}") for weight in row["weights"]]
    published = book.rows[row["factor_id"]]
    return line_of(
        published,
        book.sources,
        amount,
        name=row["block"],
        stage=row["stage"],
        accounting=row["accounting"],
        model=row["model"],
        formula=" x ".join([MODELS[row["model"]].formulas[row["output"]], *row["weights"]]),
        data_type=row["data_type"],
        match=row["match"],
        edition_gap_years=row["edition_gap_years"],
        co2e_kg_per_unit=row["co2e_kg"],
        wtt_kg_per_unit=row["wtt_kg"],
        ttw_kg_per_unit=row["ttw_kg"],
        flags=tuple(row["flags"]),
        inputs=tuple(inputs),
        spreads=_spreads(row, bool(parcel.get(WEIGHED_COLUMN))),
        pedigree=_pedigree(row),
    )


def _origin(parcel: Mapping[str, Any], column: str) -> str:
    """Where an input comes from; of a declared footprint also which it is, as far as the orders tell."""
    told = parcel.get("product_footprint") if column == "declared_co2e_kg" else None
    return f"orders: {column}" + (f" = {told}" if told else "")


def _spreads(row: Mapping[str, Any], weighed: bool) -> tuple[Spread, ...] | None:
    """A run of an earlier version has no such column: its spreads are unknown, not none."""
    if row.get("spreads") is None:
        return None
    found = [Spread(**each) for each in row["spreads"]]
    return joined([*found, *(Spread(**each).raised(-1) for each in row.get("mass_spreads") or () if weighed)])


def _pedigree(row: Mapping[str, Any]) -> tuple[int, ...] | None:
    found = row.get("pedigree")
    return None if found is None else tuple(found)


def line_of(
    published: Sequence[Mapping[str, Any]],
    sources: Mapping[str, Mapping[str, Any]],
    amount: float,
    *,
    co2e_kg_per_unit: float,
    wtt_kg_per_unit: float | None,
    ttw_kg_per_unit: float | None,
    **attributes: Any,
) -> Line:
    """Make a line from a factor's rows and an amount in the canonical unit.

    Parameters
    ----------
    published : sequence of mapping
        The factor's rows, as in ``factors.json``.
    amount : float
        In the canonical unit of the factor.
    """
    first = published[0]
    unit = parse_factor_unit(first["unit"])
    per_published = (1 * unit.denominator).to(unit.canonical).magnitude
    source = sources.get(first["source"], {"title": first["source"], "edition": "n/a"})
    return Line(
        activity=first.get("activity") or first["id"],
        amount=amount / per_published,
        unit=first["unit"].split("/", 1)[1].strip("()"),
        factor_id=first["id"],
        factor_value=co2e_kg_per_unit * per_published,
        factor_unit=f"kg CO2e/{first['unit'].split('/', 1)[1]}",
        co2e_kg=amount * co2e_kg_per_unit,
        wtt_kg=None if wtt_kg_per_unit is None else amount * wtt_kg_per_unit,
        ttw_kg=None if ttw_kg_per_unit is None else amount * ttw_kg_per_unit,
        boundary=" + ".join(dict.fromkeys(row["boundary"] for row in published)),
        gas_basis=" + ".join(dict.fromkeys(row["gas_basis"] for row in published)),
        gwp_set=" + ".join(dict.fromkeys(row.get("gwp_set", "unknown") for row in published)),
        region=first.get("region", "GLO"),
        edition=str(source.get("edition", "n/a")),
        source=source["title"],
        locator="; ".join(dict.fromkeys(row.get("locator") or "" for row in published)).strip("; "),
        **attributes,
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
