"""Invented measures on an invented baseline, for tests of finance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from carbon.roi.baseline import Baseline
from carbon.roi.measure import Input, Outcome
from carbon.terms import Scope, Stage


def baseline(**stages_kg: float) -> Baseline:
    """Return a baseline of one line a stage."""
    stages_kg = stages_kg or {"packaging": 40_000.0, "last_mile": 60_000.0}
    lines = pd.DataFrame({"stage": list(stages_kg), "co2e_kg": list(stages_kg.values())})
    return Baseline("2025", "GBP", 2025, lines)


def number(key: str, value: float, low: float | None = None, high: float | None = None, **more) -> Input:
    """Return an input."""
    known = dict(unit="1", source="invented", illustrative=True)
    return Input(
        key, value=value, low=value if low is None else low, high=value if high is None else high, **{**known, **more}
    )


@dataclass(frozen=True)
class Cut:
    """Cuts a share of a stage for an outlay and a yearly saving per kg cut."""

    key: str
    share: Input
    outlay: Input
    saved_per_kg: Input
    group: str = "group"
    stage: str = "last_mile"
    lifetime_years: int = 10
    stages: tuple = (Stage.LAST_MILE,)
    scopes: tuple = (Scope.SCOPE_1,)
    confidence: str = "modelled"
    inputs: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inputs.update({each.key: each for each in (self.share, self.outlay, self.saved_per_kg)})

    def outcome(self, baseline: Baseline, values) -> Outcome:
        """Cut the stage's lines by the share."""
        mine = baseline.lines["stage"] == self.stage
        there_kg = float(baseline.lines.loc[mine, "co2e_kg"].sum())
        share, outlay, per_kg = (
            np.asarray(values[each.key], dtype=float)[..., None]
            for each in (self.share, self.outlay, self.saved_per_kg)
        )
        saved_kg = there_kg * share * np.ones(self.lifetime_years)
        yearly, once = np.broadcast_arrays(saved_kg * per_kg, -outlay)
        cash = np.concatenate([once[..., :1], yearly], axis=-1)
        lines = baseline.lines.assign(
            co2e_kg=baseline.lines["co2e_kg"].where(~mine, baseline.lines["co2e_kg"] * (1 - self.share.value))
        )
        return Outcome(saved_kg, cash, replace(baseline, lines=lines))


def cut(key: str, share: float, outlay: float, per_kg: float, wide: float = 0.0, **more) -> Cut:
    """Return a measure whose inputs are known to `wide` of themselves."""

    def ranged(name: str, value: float, unit: str = "GBP") -> Input:
        ends = sorted((value / (1 + wide), value * (1 + wide)))
        return number(f"{key}_{name}", value, *ends, unit=unit)

    return Cut(key, ranged("share", share, "1"), ranged("outlay", outlay), ranged("per_kg", per_kg), **more)
