"""One run's plan and parcels: which part of a line a package causes.

The activity knows no packages. Which part of a line a package causes follows from the run's own plan: its terms are
linear in the parcels' columns, so that sums of these over parcels that are alike stand for the parcels. A split is taken only
where it gives the ledger's own figure again; else the line stays whole and a note says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from carbon.engine.block import IN_TOTAL
from carbon.engine.carried import FREIGHT, GROSS, WEIGHED_COLUMN
from carbon.engine.columns import MAX_LEGS, UNITS, leg_column
from carbon.engine.replay import FactorBook, replay
from carbon.ledger import Ledger, Period, connect
from carbon.ledger.manifest import PLAN
from carbon.roi.baseline import BOX, EXTRAS, FILLING, GOODS, GROUP, LINE, REUSE, VOLUME
from carbon.roi.months import of_months, plain
from carbon.roi.remark import Remark
from carbon.terms import Stage

#: A split must give a line's emissions again to this relative tolerance.
_AGREES = 1e-6
_AXES = ("package", "origin_region", "destination_region", "year")
_KEY = ["block", "factor_id", "site", "region", "year"]
_SPLIT_LINE = [*_KEY, "service", "package", "part"]
_LINEAR = {
    "material",
    "void_fill",
    "treated_material",
    "treated_void_fill",
    "washing",
    "empty_return",
    "freight",
    "vehicle_energy",
    "laden_vehicle_distance",
    "handled_mass",
}
_COLUMNS = {*UNITS, *(leg_column(position) for position in range(1, MAX_LEGS + 1))}
_OF_PACKAGES = ("packaging/", "end of life/")
_NUMBERED = re.compile(r"(?:packaging|end of life)/(\d+) ")


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Cells of terms and rows of sums that belong together.

    Attributes
    ----------
    cells : pandas.MultiIndex
        Rows of sums over all months.
    lines : pandas.DataFrame
        Lines that the terms split, by service, package and part.
    cell, sum, line : numpy.ndarray
        Of each pair: place in `cells`, number of the sum, place in `lines`.
    kg : numpy.ndarray
        What a unit of the sum emits.
    """

    cells: pd.MultiIndex
    lines: pd.DataFrame
    cell: np.ndarray
    sum: np.ndarray
    line: np.ndarray
    kg: np.ndarray


def _cells(sums: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(sums[[*GROUP, "year"]])


@dataclass(frozen=True)
class RunReader:
    """One run's plan and parcels.

    Attributes
    ----------
    period : Period or None
        All that will be asked about; the whole run by default.
    units : dict
        What a unit of a term emits, by the term: plans of many runs are much alike.
    """

    ledger: Ledger
    run: str
    period: Period | None
    units: dict[tuple, float]

    @cached_property
    def plan(self) -> list[dict[str, Any]]:
        """Rows of the plan that make up the total, products left out."""
        rows = pq.read_table(self.ledger.file(self.run, PLAN)).to_pylist()
        return [row for row in rows if row["accounting"] == IN_TOTAL and row["stage"] != Stage.PRODUCT]

    @cached_property
    def terms(self) -> pd.DataFrame:
        """Splittable terms of the plan, a row for each cell: what a unit of each sum emits."""
        rows = [each for row in self.plan for each in self._terms(row)]
        return pd.DataFrame(
            rows, columns=["block", "factor_id", "region", "part", "sum", "kg", "on", "service", *_AXES]
        ).pipe(plain)

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """What one parcel in each package causes, its filling left out."""
        terms = self.terms[(self.terms["part"].isin([BOX, EXTRAS, REUSE])) & (self.terms["service"] == "")]
        plan = pd.DataFrame(
            [
                {name: row[name] for name in ("block", "factor_id", "stage", "kind", "party", "unit")}
                for row in self.plan
            ]
        ).drop_duplicates(["block", "factor_id"])
        newest = terms["year"].max() if len(terms) else ""
        terms = terms[(terms["year"] == newest) & (terms["package"] != "")]
        found = terms.assign(kept=terms["sum"].str.contains("kept"), co2e_kg=terms["kg"])
        return found.drop(columns=["sum", "kg", "on", "service", "year"]).merge(plan, on=["block", "factor_id"])

    @cached_property
    def densities(self) -> pd.DataFrame:
        """Mass of filling per empty volume by package."""
        found: dict[str, float] = {}
        done: set[tuple] = set()
        for row in self.plan:
            if row["model"] != "void_fill" or "package" not in row["axes"]:
                continue
            values, at = json.loads(row["values"]), list(row["axes"]).index("package")
            for name in {cell[at] for cell in row["cells"]}:
                if (name, row["block"]) not in done:
                    done.add((name, row["block"]))
                    share_kg = values["density_kg_per_m3"][0] * values["material_share"][0]
                    found[name] = found.get(name, 0.0) + share_kg
        return pd.DataFrame({"package": list(found), "fill_kg_per_m3": list(found.values())}).astype({"package": str})

    @cached_property
    def wanted(self) -> dict[str, str]:
        """Every sum that some term asks for, with the name of its column."""
        return {text: f"s{number}" for number, text in enumerate(dict.fromkeys(self.terms["sum"]))}

    @cached_property
    def by_month(self) -> pa.Table:
        """Sums over parcels that are alike."""
        more = "".join(f", sum({text}) AS {name}" for text, name in self.wanted.items())
        with connect(self.ledger, period=self.period, runs=[self.run]) as connection:
            connection.register("densities", self.densities)
            return connection.sql(_PARCELS.format(more=more)).to_arrow_table()

    def sums(self, months: Sequence[str]) -> pd.DataFrame:
        """Return the sums of some months, one column for each that some term asks for."""
        found = of_months(self.by_month, months, (*GROUP, "year"))
        return found.rename(columns={name: text for text, name in self.wanted.items()})

    def split(self, activity: pd.DataFrame, sums: pd.DataFrame, notes: list[Remark]) -> pd.DataFrame:
        """Return a run's activity as lines, split by package and part where sums of the same months give the same figures."""
        shares = self._shares(sums)
        kg = activity.groupby(_KEY, sort=False, as_index=False)["co2e_kg"].sum().rename(columns={"co2e_kg": "whole"})
        own = shares.groupby(_KEY, sort=False, as_index=False)["kg"].sum().rename(columns={"kg": "by_package"})
        both = kg.merge(own, on=_KEY)
        agree = np.isclose(both["by_package"], both["whole"], rtol=_AGREES, atol=_AGREES) & (both["whole"] != 0)
        for block in sorted(set(both.loc[~agree, "block"]) - set(both.loc[agree, "block"])):
            if both.loc[both["block"] == block, "whole"].abs().sum() > 0:
                text = "'{block}' is not told apart by package: its terms are not in proportion to sums"
                notes.append(Remark("not_told_apart", text, block=block))
        good = shares.merge(both.loc[agree, [*_KEY, "by_package"]], on=_KEY)
        good["share"] = good["kg"] / good["by_package"]
        told = activity.drop(columns="service").merge(good[[*_KEY, "service", "package", "part", "share"]], on=_KEY)
        told[["amount", "co2e_kg"]] = told[["amount", "co2e_kg"]].mul(told["share"], axis=0)
        rest = activity.merge(good[_KEY].drop_duplicates(), on=_KEY, how="left", indicator=True)
        rest = rest[rest["_merge"] == "left_only"].assign(package="", part="")
        return pd.concat([told, rest])[[*LINE, "amount", "co2e_kg"]]

    def _shares(self, sums: pd.DataFrame) -> pd.DataFrame:
        """Emissions of every splittable line by service, package and part, from sums over the parcels."""
        pairs = self._pairs
        # Where each row of all months stands among those of these; -1 where it is none of them.
        there = _cells(sums).get_indexer(pairs.cells)[pairs.cell]
        mine = there >= 0
        values = sums[list(self.wanted)].to_numpy(dtype=float)
        kg = pairs.kg[mine] * values[there[mine], pairs.sum[mine]]
        line = pairs.line[mine][kg != 0]
        lines, first = np.unique(line, return_index=True)
        # In the order in which the terms name them.
        lines = lines[np.argsort(first)]
        found = np.bincount(line, kg[kg != 0], minlength=len(pairs.lines))
        return pairs.lines.iloc[lines].assign(kg=found[lines]).reset_index(drop=True)

    @cached_property
    def _pairs(self) -> _Pairs:
        """Every cell of a term with every row of sums that it is about, whatever the months."""
        every = of_months(self.by_month, self.by_month["month"].unique().to_pylist(), (*GROUP, "year"))
        cells = _cells(every)
        names = dict(zip(self.wanted, range(len(self.wanted)), strict=True))
        rows = every[list(GROUP)].assign(year=every["year"].astype(str), cell=np.arange(len(every)))
        found = []
        for (on, text), terms in self.terms.groupby(["on", "sum"], sort=False):
            keys = on.split(",")
            both = terms[["block", "factor_id", "region", "part", "kg", *keys]].merge(rows, on=keys)
            found.append(
                both[["block", "factor_id", "region", "part", "kg", *GROUP, "year", "cell"]].assign(sum=names[text])
            )
        if not found:
            empty = np.empty(0, dtype=np.int64)
            return _Pairs(cells, pd.DataFrame(columns=_SPLIT_LINE), empty, empty, empty, empty.astype(float))
        whole = pd.concat(found)
        lines = whole.groupby(_SPLIT_LINE, sort=False)
        return _Pairs(
            cells,
            whole[_SPLIT_LINE].drop_duplicates().reset_index(drop=True),
            *(whole[name].to_numpy() for name in ("cell", "sum")),
            lines.ngroup().to_numpy(),
            whole["kg"].to_numpy(),
        )

    def _terms(self, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield what a term of the plan emits per unit of each sum, for each of its cells."""
        columns: dict[str, str] = json.loads(row["columns"])
        axes = list(row["axes"])
        if row["model"] not in _LINEAR or not set(axes) <= set(_AXES) or not set(columns.values()) <= _COLUMNS:
            return
        if not {*row["weights"]} <= _COLUMNS or not row["cells"]:
            return
        distance = columns.get("distance_km")
        per_km = self._unit_kg(row, distance, 1.0) - self._unit_kg(row, distance, 0.0) if distance else 0.0
        fixed = self._unit_kg(row, distance, 0.0)
        factors = [_number(name) for key, name in columns.items() if key not in ("mass_kg", "distance_km")]
        factors += [_number(name) for name in row["weights"]]
        own = ["service"] if row["service"] else []
        for part, mass in _masses(columns.get("mass_kg"), row["block"]):
            for kg, more in ((fixed, []), (per_km, [_number(distance)] if distance else [])):
                if kg == 0:
                    continue
                text = " * ".join([*mass, *factors, *more]) or "1.0"
                for cell in row["cells"]:
                    yield {
                        "block": row["block"],
                        "factor_id": row["factor_id"],
                        "region": row["wanted_region"],
                        "part": part,
                        "sum": text,
                        "kg": kg,
                        "on": ",".join([*axes, *own]),
                        "service": row["service"],
                        **dict.fromkeys(_AXES, ""),
                        **dict(zip(axes, cell, strict=True)),
                    }

    def _unit_kg(self, row: Mapping[str, Any], distance: str | None, length_km: float) -> float:
        """Return what a parcel emits by one term whose columns are all 1, but for the distance."""
        cell = dict(zip(row["axes"], row["cells"][0], strict=True))
        parcel: dict[str, Any] = dict.fromkeys(_COLUMNS, 1.0) | {"service": row["service"], WEIGHED_COLUMN: 1.0}
        parcel |= {name: cell.get(name, "") for name in GROUP if name != "service"}
        parcel["shipped_on"] = date(int(cell.get("year", "2000")), 1, 1)
        if distance:
            parcel[distance] = length_km
        told = ("model", "output", "columns", "values", "unit", "co2e_kg")
        key = (*(row[name] for name in told), *row["weights"], length_km)
        if key not in self.units:
            self.units[key] = sum(line.co2e_kg for line in replay(parcel, [row], _UnitBook(row)))
        return self.units[key]


class _UnitBook(FactorBook):
    """Of one term: its unit is the plan's own, which also holds the factor; the ledger's book lists used ones only."""

    def __init__(self, row: Mapping[str, Any]):
        name = row["factor_id"]
        known = {"id": name, "unit": f"kg/({row['unit']})", "source": name, "boundary": "", "gas_basis": ""}
        self.sources, self.rows = {}, {name: [known]}


def _masses(column: str | None, block: str) -> list[tuple[str, list[str]]]:
    """Return the parts that a term's mass falls into, each as a factor of a sum; without a mass, the block's own part."""
    filling = f"({_number('packaging_ratio')} * {_number('empty_volume_m3')} * coalesce(fill_kg_per_m3, 0))"
    if column in (GROSS, FREIGHT):
        box = f"({_number('packaging_mass_kg')} - {filling})"
        parts = [(GOODS, _number("goods_mass_kg")), (BOX, box), (FILLING, filling)]
        if column == GROSS:
            return [(part, [text]) for part, text in parts]
        # Where a volumetric mass is carried, what goods and package weigh does not matter.
        over = f"{FREIGHT} > {GROSS} * (1 + 1e-9)"
        light = [(part, [f"(CASE WHEN {over} THEN 0 ELSE {text} END)"]) for part, text in parts]
        return [*light, (VOLUME, [f"(CASE WHEN {over} THEN {FREIGHT} ELSE 0 END)"])]
    if column is not None:
        return [(GOODS, [_number(column)])]
    if not block.startswith(_OF_PACKAGES):
        return []
    if "void fill" in block:
        return [(FILLING, [])]
    numbered = _NUMBERED.match(block)
    return [(REUSE if numbered is None else BOX if numbered[1] == "1" else EXTRAS, [])]


def _number(column: str | None) -> str:
    """A column as a number in SQL; what is absent counts nothing, as in the kernel."""
    return f"coalesce(CASE WHEN isnan({column}) THEN 0 ELSE {column} END, 0)"


_PARCELS = """
SELECT month, service, package, coalesce(site, '') AS site, origin_region, destination_region, year(shipped_on) AS year,
       count(*)::DOUBLE AS parcels, sum(returned) AS returned, sum(goods_mass_kg) AS goods_mass_kg,
       sum(packaging_mass_kg) AS packaging_mass_kg, sum(gross_mass_kg) AS gross_mass_kg,
       sum(CASE WHEN isnan(goods_volume_m3) THEN 0 ELSE goods_volume_m3 END) AS goods_volume_m3,
       sum(CASE WHEN isnan(empty_volume_m3) THEN 0 ELSE empty_volume_m3 END) AS empty_volume_m3{more}
FROM footprints LEFT JOIN densities USING (package)
GROUP BY month, service, package, site, origin_region, destination_region, year(shipped_on) ORDER BY ALL
"""
