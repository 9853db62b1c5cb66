"""Why two runs differ: the change of the total split into six effects that add up, whatever their order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from carbon.engine.kernel import TOTAL, stage_column
from carbon.engine.uncertainty import Difference, difference
from carbon.ledger.diff.causes import Cause, Causes, Setups
from carbon.ledger.diff.cells import PLACE_FLAGS, Cells
from carbon.ledger.diff.corners import CORNERS, CellSums, cell_corners, matched_corners
from carbon.ledger.diff.editions import Release
from carbon.ledger.diff.recount import Batch, Reading, Terms, readings
from carbon.ledger.diff.rules import RuleKey
from carbon.ledger.diff.shapley import shapley
from carbon.ledger.diff.sides import Parcels, Side, side_of
from carbon.ledger.manifest import Purpose
from carbon.ledger.query import as_ledger
from carbon.ledger.store import Ledger
from carbon.ledger.writer import TOLERANCE
from carbon.terms import DELIVERY_STAGES

#: The six effects, in the order of the table; their values do not depend on it.
EFFECTS = ("volume", "mix", "distance", "factor_edition", "method", "data")


@dataclass(frozen=True)
class Comparison:
    """The change from one run, or period, to another: delivery, location-based, without product [kg CO2e].

    Attributes
    ----------
    a, b : str
        As named: run ids or periods.
    effects_kg : mapping
        `EFFECTS` to their Shapley values; they add up to `difference_kg`.
    stages_kg : mapping
        Stage to the effects on it.
    same_parcels : int
        Parcels that both hold; each is compared with itself, all others by cell.
    low_kg, high_kg, clear :
        95 % range of the difference, factors and parameters drawn the same on both sides, and whether it leaves zero
        out; None where a run did not record its spreads.
    factor_changes : list of mapping
        activity, region, factor_a, factor_b, kg_per_unit_a, kg_per_unit_b, unit, co2e_kg: what was calculated with
        the factor of run A.
    method_changes : list of str
    sensitivity : list of str
        Of `a` and `b` those that are sensitivities and count nowhere.
    """

    a: str
    b: str
    runs_a: list[str]
    runs_b: list[str]
    total_a_kg: float
    total_b_kg: float
    difference_kg: float
    effects_kg: dict[str, float]
    stages_kg: dict[str, dict[str, float]]
    parcels_a: int
    parcels_b: int
    same_parcels: int
    low_kg: float | None = None
    high_kg: float | None = None
    clear: bool | None = None
    factor_changes: list[dict[str, Any]] = field(default_factory=list)
    method_changes: list[str] = field(default_factory=list)
    sensitivity: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def diff(folder: Ledger | Path | str, a: str, b: str) -> Comparison:
    """Split the change of the total from `a` to `b` into six effects.

    Each is the Shapley value of putting one thing of `b` in the place of that of `a`, over all 64 combinations:

    - volume: how many parcels there are;
    - mix: which lanes (service, origin, destination region), packages and parcels they are;
    - distance: kilometres per parcel of a lane, driven or on the factor's own basis;
    - factor edition: kg CO2e per unit of the same activity in the same region, and sourced parameters;
    - method: terms that only one way of counting has (chain, model, allocation), the GWP set, the code;
    - data: the rest: masses, the organisation's own numbers, defaults that better data replaced.

    The same parcel in both is compared with itself, so that its change is never volume or mix. Other parcels are
    compared by cell, by means.

    Parameters
    ----------
    folder : path or Ledger
    a, b : str
        Run ids, also of runs that do not count; or periods such as ``2025``, which stand for the runs that count.

    Raises
    ------
    LedgerError
        If there is no such run.
    """
    ledger = as_ledger(folder)
    sides = side_of(ledger, a), side_of(ledger, b)
    setups = Setups([side.manifests for side in sides])
    parcels = Parcels(ledger, sides)
    try:
        work = _Work(sides, setups, parcels)
        totals = work.totals()
        recorded = [parcels.sums(side) for side in (0, 1)]
        alike = all(each["parcels"] == work.same_parcels for each in recorded)
        ends = difference(*(parcels.activity(side, with_run=not alike) for side in (0, 1)))
    finally:
        parcels.close()
    return _comparison(sides, setups, work, totals, recorded, ends)


class _Work:
    """Everything counted on the way to the 64 totals."""

    def __init__(self, sides: Sequence[Side], setups: Setups, parcels: Parcels):
        self.sides, self._setups, self._parcels = sides, setups, parcels
        self._terms = Terms()
        releases = [Release(side.books) for side in sides]
        hashes = [{manifest.factor_release_sha256 for manifest in side.manifests} for side in sides]
        self._same_release = hashes[0] == hashes[1] and len(hashes[0]) == 1
        self._releases = releases
        self._causes = Causes(setups, [side.books for side in sides])
        self._read: dict[tuple[int, str], list[Reading]] = {}
        years = [self._years(side) for side in (0, 1)]
        self._cells = Cells(with_year=years[0] == years[1] and len(years[0]) > 1)
        self.sums = CellSums(), CellSums()
        self.same_parcels = 0

    def _years(self, side: int) -> list[int]:
        found = self._parcels.sums(side)
        return [] if found["first"] is None else list(range(found["first"], found["last"] + 1))

    def readings(self, side: int, run: str) -> list[Reading]:
        """Return a run's rules, ready."""
        if (side, run) not in self._read:
            self._read[side, run] = readings(
                self.sides[side].book(run),
                self._terms,
                self._releases[side],
                self._releases[1 - side],
                side,
                self._same_release,
            )
        return self._read[side, run]

    def every_reading(self, side: int) -> list[Reading]:
        """Return all rules of a side that were used."""
        return [reading for (mine, _), found in self._read.items() if mine == side for reading in found]

    def totals(self) -> np.ndarray:
        """Return totals by stage, shape (stages, volume, mix, distance, edition, method, data) [kg CO2e]."""
        pairs = self._parcels.pairs()
        same = sum((self._same(*pair[:2]) for pair in pairs), np.zeros((len(DELIVERY_STAGES), *CORNERS)))
        self.same_parcels = sum(pair[2] for pair in pairs)
        for side in (0, 1):
            if self.same_parcels:
                self.sums[side].parcels[0] = self.same_parcels
            for run in self.sides[side].runs:
                self._others(side, run, not pairs)
        shares = self._cells.shares(self.sums[0].parcels, self.sums[1].parcels)
        cells, terms, corners = cell_corners(*self.sums, self._cause_of)
        stage = np.array([DELIVERY_STAGES.index(key.stage) for key, _ in self._terms.keys], dtype=np.int64)[terms]
        means = np.zeros((len(DELIVERY_STAGES), 2, *CORNERS))
        for position in range(len(DELIVERY_STAGES)):
            mine = stage == position
            # mix m, distance d, edition e, counting c, data x
            means[position] = np.einsum("mxt,decxt->mdecx", shares[:, :, cells[mine]], corners[..., mine])
        if self.same_parcels:
            share = shares[:, :, 0].reshape(2, 1, 1, 1, 2)
            means += share * (same / self.same_parcels)[:, None]
        counts = [sum(sums.parcels.values()) for sums in self.sums]
        return np.stack([counts[0] * means, counts[1] * means], axis=1)

    def _same(self, run_a: str, run_b: str) -> np.ndarray:
        """Corners by stage of the parcels that a run of each side holds."""
        made = np.zeros((len(DELIVERY_STAGES), *CORNERS))
        rules: dict[RuleKey, list[Reading | None]] = {}
        for side, run in enumerate((run_a, run_b)):
            for reading in self.readings(side, run):
                rules.setdefault(reading.rule.key, [None, None])[side] = reading
        for table in self._parcels.same(run_a, run_b):
            batches = Batch(table, "a_"), Batch(table, "b_")
            no_way = ((batches[0].flags ^ batches[1].flags) & PLACE_FLAGS) != 0
            alike = {name: _texts(batches[0], name) == _texts(batches[1], name) for name in ("package", "service")}
            for key, found in rules.items():
                parts = [
                    each and each.part(batch, self._setups.weighs_otherwise(key.service))
                    for each, batch in zip(found, batches, strict=True)
                ]
                if any(parts):
                    causes = [self._cause_of_rows(key, batches[side], alike, side) for side in (0, 1)]
                    stage = DELIVERY_STAGES.index(key.stage)
                    made[stage] += matched_corners(*parts, table.num_rows, causes, no_way)
        return made

    def _cause_of_rows(self, key: RuleKey, batch: Batch, alike: Mapping[str, np.ndarray], side: int) -> np.ndarray:
        """Why the other run lacks a rule's term for each of the same parcels: another lane or box is better data."""
        codes, texts = batch.texts("package")
        of_term = self._causes.of_terms([key] * len(texts), texts, side)[codes]
        alike_enough = alike["service"] & (alike["package"] | (of_term != Cause.EDITION))
        return np.where(alike_enough, of_term, Cause.DATA)

    def _others(self, side: int, run: str, all_different: bool) -> None:
        """Add the parcels of a run that the other side lacks to the cells."""
        for table in self._parcels.others(side, run, all_different):
            batch = Batch(table)
            cells = self._cells.of(batch)
            self.sums[side].add_parcels(cells)
            for reading in self.readings(side, run):
                part = reading.part(batch, self._setups.weighs_otherwise(reading.rule.key.service))
                if part is not None:
                    self.sums[side].add(cells, part, side)

    def _cause_of(self, cells: np.ndarray, terms: np.ndarray, side: int) -> np.ndarray:
        keys = [self._terms.keys[term][0] for term in terms.tolist()]
        packages = [self._cells.cells[cell].package for cell in cells.tolist()]
        return self._causes.of_terms(keys, packages, side)


def _texts(batch: Batch, axis: str) -> np.ndarray:
    codes, texts = batch.texts(axis)
    return np.array(texts, dtype=object)[codes]


def _comparison(
    sides: Sequence[Side],
    setups: Setups,
    work: _Work,
    totals: np.ndarray,
    recorded: list[dict[str, Any]],
    drawn: Difference,
) -> Comparison:
    """Put the effects together; what recounting does not give back is method's: another version computed it."""
    notes: list[str] = []
    axes = tuple(range(1, totals.ndim))
    for position, stage in enumerate(DELIVERY_STAGES):
        for side, found in enumerate(recorded):
            corner = (side,) * len(axes)
            lacking = found[stage_column(stage)] - float(totals[(position, *corner)])
            if abs(lacking) > TOLERANCE * max(abs(found[TOTAL]), 1e-12):
                totals[position, ..., side, :] += lacking
                notes.append(
                    f"{sides[side].label}: {lacking:+.6g} kg of {stage} are not what this version computes from the "
                    "run's own inputs; they count as method"
                )
    stages = np.array([shapley(each) for each in totals])
    ends = [[float(each[(side,) * len(axes)]) for each in totals] for side in (0, 1)]
    difference = math.fsum([*ends[1], *(-each for each in ends[0])])
    return Comparison(
        a=sides[0].label,
        b=sides[1].label,
        runs_a=sides[0].runs,
        runs_b=sides[1].runs,
        total_a_kg=math.fsum(ends[0]),
        total_b_kg=math.fsum(ends[1]),
        difference_kg=difference,
        effects_kg=_exact(dict(zip(EFFECTS, stages.sum(axis=0).tolist(), strict=True)), difference),
        stages_kg={
            str(stage): dict(zip(EFFECTS, values.tolist(), strict=True))
            for stage, values in zip(DELIVERY_STAGES, stages, strict=True)
        },
        parcels_a=recorded[0]["parcels"],
        parcels_b=recorded[1]["parcels"],
        same_parcels=work.same_parcels,
        low_kg=drawn.low_kg,
        high_kg=drawn.high_kg,
        clear=drawn.clear,
        factor_changes=_factor_changes(work),
        method_changes=setups.changed(),
        sensitivity=[
            side.label for side in sides if any(each.purpose is Purpose.SENSITIVITY for each in side.manifests)
        ],
        notes=notes,
    )


def _exact(effects: dict[str, float], difference: float) -> dict[str, float]:
    """Give the last digit of rounding to the largest effect, so that they add up to the difference."""
    largest = max(effects, key=lambda name: abs(effects[name]))
    rest = difference - math.fsum(effects.values())
    return effects | {largest: effects[largest] + rest}


def _factor_changes(work: _Work) -> list[dict[str, Any]]:
    """Return the factors of run A that run B has another value for, most emissions concerned first."""
    found: dict[tuple, dict[str, Any]] = {}
    for reading in work.every_reading(0):
        for bound, other, co2e_kg in reading.replaced():
            now, then = other.kg[0][0], other.kg[1][1]
            if math.isclose(now, then, rel_tol=TOLERANCE):
                continue
            key = (bound.what, bound.factor_id, other.factor_id)
            row = found.setdefault(
                key,
                {
                    "activity": bound.activity,
                    "region": bound.wanted_region,
                    "factor_a": bound.factor_id,
                    "factor_b": other.factor_id,
                    "kg_per_unit_a": now,
                    "kg_per_unit_b": then,
                    "unit": bound.unit,
                    "co2e_kg": 0.0,
                },
            )
            row["co2e_kg"] += co2e_kg
    return sorted(
        found.values(), key=lambda row: -abs(row["co2e_kg"] * (row["kg_per_unit_b"] / row["kg_per_unit_a"] - 1))
    )
