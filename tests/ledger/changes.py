"""Pairs of runs that differ in one thing, with the same parcels or with others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from carbon.calculate import calculate
from carbon.ledger import Comparison, diff
from carbon.organisation import Organisation
from tests.engine.small import merchant, orders, parcel

#: Ten parcels of different weight, all alike otherwise.
ROWS = [parcel(f"P{number}", goods_mass_kg=1 + 0.3 * number) for number in range(10)]


def changed(**values: Any) -> list[dict[str, Any]]:
    """Return the ten parcels with other values; None takes a column out."""
    return [{key: value for key, value in (row | values).items() if value is not None} for row in ROWS]


def table(rows) -> pd.DataFrame:
    """Return rows as orders."""
    return rows if isinstance(rows, pd.DataFrame) else orders(*rows)


def renamed(rows, prefix: str = "Q") -> pd.DataFrame:
    """Return the same parcels under other ids: another year's parcels, as like as they can be."""
    found = table(rows)
    return found.assign(parcel_id=prefix + found["parcel_id"])


def compared(
    folder: Path,
    rows_a,
    rows_b,
    setup_a: Organisation | None = None,
    setup_b: Organisation | None = None,
    *,
    same: bool = False,
    **inputs: Any,
) -> Comparison:
    """Record two runs and compare them; `same` keeps the ids and restates the first run."""
    setup_a = setup_a or merchant()
    first = calculate(table(rows_a), setup_a, ledger=folder, **inputs).manifest
    rows_b = table(rows_b) if same else renamed(rows_b)
    restate = {"restate": first.run, "reason": "error"} if same else {}
    second = calculate(rows_b, setup_b or setup_a, ledger=folder, **restate, **inputs).manifest
    found = diff(folder, first.run, second.run)
    totals = [each.totals_kg["total_co2e_kg"] for each in (first, second)]
    check(found, totals[1] - totals[0], max(map(abs, totals)))
    assert found.same_parcels == (len(set(table(rows_a)["parcel_id"]) & set(rows_b["parcel_id"])) if same else 0)
    return found


def check(found: Comparison, difference_kg: float, scale_kg: float) -> None:
    """Check what holds of every comparison: it adds up, as a whole and by stage, and to what the runs recorded."""
    assert (
        abs(sum(found.effects_kg.values()) - found.difference_kg) <= 1e-9 * abs(found.difference_kg) + 1e-15 * scale_kg
    )
    assert abs(found.difference_kg - difference_kg) <= 1e-12 * scale_kg
    assert abs(found.total_b_kg - found.total_a_kg - found.difference_kg) <= 1e-12 * scale_kg
    for name, kg in found.effects_kg.items():
        assert abs(sum(stage[name] for stage in found.stages_kg.values()) - kg) <= 1e-12 * scale_kg
    assert found.notes == []


def only(found: Comparison, effect: str) -> bool:
    """Whether a change lies in one effect and nowhere else."""
    assert abs(found.difference_kg) > 1e-6 * abs(found.total_a_kg), "the pair does not differ: it proves nothing"
    rest = [abs(kg) for name, kg in found.effects_kg.items() if name != effect]
    return max(rest) <= 1e-9 * abs(found.difference_kg)
