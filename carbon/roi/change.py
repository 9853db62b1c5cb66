"""What a measure does to a baseline, as shares of lines and new lines: linear, so that measures follow one another.

Every line is touched at most once by a measure, and never below zero: what is saved is part of what was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd

from carbon.engine.scoped import scoped_parts
from carbon.factors.compiled import FactorSet
from carbon.roi.baseline import GROUP, LINE, SUMS, Baseline

_FIGURES = ["amount", "co2e_kg"]
#: A number, or an array of draws.
Number = float | np.ndarray


@dataclass(frozen=True)
class Added:
    """Activities that were not there before: lines, and how often they count.

    Attributes
    ----------
    lines : pandas.DataFrame
        `LINE`, amount, co2e_kg.
    ratio, factor : float or array of draws
        How often the amounts count, and what their factor is over its published value.
    """

    lines: pd.DataFrame
    ratio: Number
    factor: Number = 1.0

    @cached_property
    def co2e_kg(self) -> float:
        """All of it, once."""
        return float(self.lines["co2e_kg"].sum())

    def kg_of(self, activity: str | None) -> float:
        """Return what of it is one activity's [kg CO2e], or all."""
        if activity is None:
            return self.co2e_kg
        return float(self.lines["co2e_kg"].to_numpy()[(self.lines["activity"] == activity).to_numpy()].sum())


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
    uses : mapping
        What added vehicles use per km, by block and region.
    """

    baseline: Baseline
    scaled: list[tuple[np.ndarray, Number]] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    moved: list[tuple[np.ndarray, tuple[str, ...], Number]] = field(default_factory=list)
    transferred: list[tuple[np.ndarray, Number, Mapping[str, str]]] = field(default_factory=list)
    uses: dict[tuple[str, str], float] = field(default_factory=dict)
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

    def add(self, lines: pd.DataFrame, ratio: Number, factor: Number = 1.0) -> None:
        """Add lines, so many times, by so much of their factor."""
        if len(lines):
            self.added.append(Added(lines, ratio, factor))

    def move(self, mask: np.ndarray, ratio: Number, columns: Iterable[str] = SUMS) -> None:
        """Leave this share of some groups' sums."""
        self.moved.append((mask, tuple(columns), ratio))

    def transfer(self, mask: np.ndarray, share: Number, **changes: str) -> None:
        """Count a share of some groups' parcels under another package or service."""
        self.transferred.append((mask, share, changes))

    def saved_kg(self, activity: str | None = None) -> Number:
        """Return what a year saves [kg CO2e], of all activities or of one; below zero where more is emitted."""
        kg = self.baseline.figures("co2e_kg")
        mine = None if activity is None else self.baseline.where(activity=activity)
        saved: Number = 0.0
        for mask, ratio in self.scaled:
            there = mask if mine is None else mask & mine
            if mine is None or there.any():
                saved = saved + kg[there].sum() * (1 - np.asarray(ratio))
        for each in self.added:
            there_kg = each.kg_of(activity)
            if mine is None or there_kg:
                saved = saved - there_kg * np.multiply(each.ratio, each.factor)
        return saved

    def stages_saved_kg(self) -> dict[str, Number]:
        """Return what a year saves by stage [kg CO2e]; the stages sum to `saved_kg`."""
        kg, (stages, names) = self.baseline.figures("co2e_kg"), self.baseline.texts("lines", "stage")
        saved: dict[str, Number] = {}
        for mask, ratio in self.scaled:
            mine = np.unique(stages[mask])
            for stage, number in sorted((stage, number) for stage, number in names.items() if number in mine):
                there_kg = kg[mask & (stages == number)].sum()
                saved[stage] = saved.get(stage, 0.0) + there_kg * (1 - np.asarray(ratio))
        for each in self.added:
            for stage, there_kg in each.lines.groupby("stage")["co2e_kg"].sum().items():
                saved[str(stage)] = saved.get(str(stage), 0.0) - there_kg * np.multiply(each.ratio, each.factor)
        return saved

    def after(self) -> Baseline:
        """Return what is left; every ratio and amount must be a plain number."""
        ratios = np.ones(len(self.baseline.lines))
        for mask, ratio in self.scaled:
            ratios[mask] = float(ratio)
        amount, co2e_kg = ([self.baseline.figures(name) * ratios] for name in _FIGURES)
        texts = [self.baseline.text_rows()]
        for each in self.added:
            ratio, factor = float(each.ratio), float(each.factor)
            texts.append(each.lines[list(LINE)].to_numpy(dtype=object))
            amount.append(each.lines["amount"].to_numpy() * ratio)
            co2e_kg.append(each.lines["co2e_kg"].to_numpy() * ratio * factor)
        figures = {"amount": np.concatenate(amount), "co2e_kg": np.concatenate(co2e_kg)}
        # Arrays, since pandas takes many times as long to join a few lines.
        rows = np.concatenate(texts) if self.added else texts[0]
        lines = _table(LINE, rows, figures) if self.added else self.baseline.lines.assign(**figures)
        after = self.baseline.with_lines(lines, self._groups(), self.uses)
        after.once("text rows", lambda: rows)
        return after

    def _groups(self) -> pd.DataFrame:
        """Return what is sent afterwards; single cells of a table would take longer than everything else."""
        groups = self.baseline.groups
        if not self.moved and not self.transferred:
            return groups
        sums = groups[list(SUMS)].to_numpy(dtype=float, copy=True)
        texts = [groups[list(GROUP)].to_numpy(dtype=object)]
        came = [sums]
        for mask, columns, ratio in self.moved:
            sums[np.ix_(mask, [SUMS.index(name) for name in columns])] *= float(ratio)
        for mask, share, changes in self.transferred:
            moving = texts[0][mask]
            for name, text in changes.items():
                moving[:, GROUP.index(name)] = text
            texts.append(moving)
            came.append(sums[mask] * float(share))
            sums[mask] *= 1 - float(share)
        return _table(GROUP, np.concatenate(texts), dict(zip(SUMS, np.concatenate(came).T, strict=True)))


def factor_lines(like: Mapping[str, Any], factor: FactorSet, amount: float, **changes: str) -> list[dict[str, Any]]:
    """Return an amount of a factor as lines, one for each boundary, with the scope and category that follow from who does it.

    `like` gives the values of `LINE` that are not the factor's own.
    """
    line = {name: str(like.get(name, "")) for name in LINE} | changes
    line |= {"activity": factor.activity, "factor_id": factor.id, "unit": factor.unit}
    return [
        line
        | {"boundary": str(part.boundary), "scope": str(scope), "category": str(category)}
        | {"amount": amount, "co2e_kg": amount * part.co2e_kg}
        for part, scope, category in scoped_parts(factor, line["kind"], line["party"])
    ]


def as_lines(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of `factor_lines` as a table."""
    texts = np.array([[row[name] for name in LINE] for row in rows], dtype=object).reshape(-1, len(LINE))
    return _table(LINE, texts, {name: [row[name] for row in rows] for name in _FIGURES})


def _table(names: Sequence[str], texts: np.ndarray, figures: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table whose texts are plain objects, as in a baseline."""
    made = pd.DataFrame(texts, columns=_index(tuple(names)), dtype=object)
    for name, values in figures.items():
        made[name] = np.asarray(values, dtype=float)
    return made


@cache
def _index(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(names)


def energy_line(like: Mapping[str, Any], block: str) -> dict[str, str]:
    """Return what a line by another energy has in common with the one it stands for."""
    return {name: str(like[name]) for name in ("stage", "service", "site", "kind", "party", "region")} | {
        "block": block
    }
