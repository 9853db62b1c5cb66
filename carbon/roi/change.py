"""What a measure does to a baseline, as shares of lines and new lines: linear, so that measures follow one another.

Every line is touched at most once by a measure, and never below zero: what is saved is part of what was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from carbon.engine.scoped import scoped_parts
from carbon.factors.compiled import FactorSet
from carbon.roi.baseline import LINE, SUMS, Baseline
from carbon.terms import Boundary, Category, Scope

#: A number, or an array of draws.
Number = float | np.ndarray


@dataclass(frozen=True)
class Added:
    """An activity that was not there before: an amount of a factor, for one of its boundaries."""

    line: Mapping[str, str]
    amount: Number
    co2e_kg: Number


@dataclass
class Change:
    """Lines scaled and lines added.

    Attributes
    ----------
    baseline : Baseline
    scaled : list of (mask, ratio)
        Lines and what is left of them; above 1 where they grow.
    added : list of Added
    moved : list of (mask, columns, ratio)
        Groups whose sums are no longer the same.
    transferred : list of (mask, share, changes)
        Parcels that are now in another package or service.
    """

    baseline: Baseline
    scaled: list[tuple[np.ndarray, Number]] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    moved: list[tuple[np.ndarray, tuple[str, ...], Number]] = field(default_factory=list)
    transferred: list[tuple[np.ndarray, Number, Mapping[str, str]]] = field(default_factory=list)
    _touched: np.ndarray | None = None

    def scale(self, mask: np.ndarray, ratio: Number) -> None:
        """Leave this share of some lines.

        Raises
        ------
        ValueError
            If a line was scaled before, or less than nothing would be left.
        """
        if self._touched is None:
            self._touched = np.zeros(len(self.baseline.lines), dtype=bool)
        if (self._touched & mask).any():
            raise ValueError("a measure touches a line twice")
        if np.any(np.asarray(ratio) < 0):
            raise ValueError("a measure leaves less than nothing of a line")
        self._touched |= mask
        if mask.any():
            self.scaled.append((mask, ratio))

    def add(self, line: Mapping[str, str], amount: Number, co2e_kg_per_unit: float) -> None:
        """Add a line; `line` gives the values of `LINE`."""
        self.added.append(Added(line, amount, np.multiply(amount, co2e_kg_per_unit)))

    def add_factor(self, like: Mapping[str, str], factor: FactorSet, amount: Number, **changes: str) -> None:
        """Add an amount of a factor, a line for each boundary, with the scope and category that follow from who does it."""
        line = {name: like.get(name, "") for name in LINE} | changes
        for part, scope, category in scoped_parts(factor, line["kind"], line["party"]):
            own = {"activity": factor.activity, "factor_id": factor.id, "unit": factor.unit}
            own |= {"boundary": str(part.boundary), "scope": str(scope), "category": str(category)}
            self.add(line | own, amount, part.co2e_kg)

    def move(self, mask: np.ndarray, ratio: Number, columns: Iterable[str] = SUMS) -> None:
        """Leave this share of some groups' sums."""
        self.moved.append((mask, tuple(columns), ratio))

    def transfer(self, mask: np.ndarray, share: Number, **changes: str) -> None:
        """Count a share of some groups' parcels under another package or service."""
        self.transferred.append((mask, share, changes))

    def saved_kg(self) -> Number:
        """Return what a year saves [kg CO2e]; below zero where more is emitted."""
        kg = self.baseline.lines["co2e_kg"].to_numpy()
        saved: Number = 0.0
        for mask, ratio in self.scaled:
            saved = saved + kg[mask].sum() * (1 - np.asarray(ratio))
        for each in self.added:
            saved = saved - np.asarray(each.co2e_kg)
        return saved

    def after(self) -> Baseline:
        """Return what is left; every ratio and amount must be a plain number."""
        ratios = np.ones(len(self.baseline.lines))
        for mask, ratio in self.scaled:
            ratios[mask] = float(ratio)
        lines = self.baseline.lines.copy()
        lines[["amount", "co2e_kg"]] = lines[["amount", "co2e_kg"]].mul(ratios, axis=0)
        rows: list[dict[str, Any]] = [
            dict(each.line) | {"amount": float(each.amount), "co2e_kg": float(each.co2e_kg)} for each in self.added
        ]
        if rows:
            lines = pd.concat([lines, pd.DataFrame(rows)[lines.columns.tolist()]], ignore_index=True)
        groups = self.baseline.groups.copy()
        for mask, columns, ratio in self.moved:
            groups.loc[mask, list(columns)] *= float(ratio)
        came = []
        for mask, share, changes in self.transferred:
            moving = groups[mask].assign(**changes)
            moving[list(SUMS)] *= float(share)
            groups.loc[mask, list(SUMS)] *= 1 - float(share)
            came.append(moving)
        return self.baseline.with_lines(lines, pd.concat([groups, *came], ignore_index=True) if came else groups)


def energy_line(like: Mapping[str, Any], block: str) -> dict[str, str]:
    """Return the line that takes the place of another, by another energy: same stage, service, site, party and place."""
    kept = {name: str(like[name]) for name in ("stage", "service", "site", "kind", "party", "region")}
    empty = {"boundary": str(Boundary.UNKNOWN), "scope": str(Scope.SCOPE_3), "category": str(Category.NONE)}
    return {name: "" for name in LINE} | empty | kept | {"block": block}
