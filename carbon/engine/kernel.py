"""The kernel: blocks times coefficients on float arrays; no unit, no Python loop over parcels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.activities.scoping import Kind
from carbon.engine.block import IN_TOTAL, UNRESOLVED, Block
from carbon.engine.frame import Frame
from carbon.engine.plan import Plan, code_name
from carbon.engine.rejecting import Rejecting
from carbon.errors import WorkError
from carbon.terms import DELIVERY_STAGES, TRANSPORT_STAGES, DataType, Stage

TOTAL, WTT, TTW, UNSPLIT, PRIMARY, MODELLED = (
    "total_co2e_kg",
    "wtt_co2e_kg",
    "ttw_co2e_kg",
    "unsplit_co2e_kg",
    "primary_co2e_kg",
    "modelled_co2e_kg",
)


def stage_column(stage: Stage) -> str:
    """Return the result column of a stage."""
    return f"{stage}_co2e_kg"


#: Result columns in the order they are written.
RESULTS = (*(stage_column(stage) for stage in Stage), TOTAL, WTT, TTW, UNSPLIT, PRIMARY, MODELLED)

#: Key of a cell of the activity table: block position, binding, month code, site code.
ActivityKey = tuple[int, int, int, int]


@dataclass
class Evaluated:
    """Footprints of one chunk.

    Attributes
    ----------
    frame : Frame
        The parcels that have a footprint.
    results : mapping
        `RESULTS` to arrays [kg CO2e], shape (rows,).
    activity : mapping
        Cell to (amount, parcels).
    """

    frame: Frame
    results: dict[str, np.ndarray]
    activity: dict[ActivityKey, tuple[float, float]] = field(default_factory=dict)


def evaluate(plan: Plan, frame: Frame, rejecting: Rejecting) -> Evaluated:
    """Compute the footprint of every parcel of a frame.

    Parcels that some block has no factor for are rejected with the reason, and count nowhere.
    """
    frame = _keep_resolved(plan, frame, rejecting)
    count = len(frame.rows)
    results = {name: np.zeros(count) for name in RESULTS}
    evaluated = Evaluated(frame, results)
    for rows, codes, columns, blocks in _parts(plan, frame):
        for position, block in blocks:
            chosen = block.choose(codes)
            amount = block.amounts(columns, chosen)
            _add_activity(evaluated, position, block, chosen, amount, codes, plan)
            if block.accounting == IN_TOTAL:
                _add_results(results, block, rows, chosen, amount)
    _add_lines(plan, evaluated)
    for stage in DELIVERY_STAGES:
        results[TOTAL] += results[stage_column(stage)]
    _check_finite(evaluated)
    return evaluated


def _check_finite(evaluated: Evaluated) -> None:
    """No footprint may be recorded that is not a number: that would hide in sums."""
    for name, values in evaluated.results.items():
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            row = int(evaluated.frame.rows[wrong[0]])
            raise WorkError(
                f"the result '{name}' of row {row} is not a finite number; nothing was recorded, please report it"
            )


def merge_activity(
    into: dict[ActivityKey, tuple[float, float]], more: Mapping[ActivityKey, tuple[float, float]]
) -> None:
    """Add one chunk's activity to a run's."""
    for key, (amount, parcels) in more.items():
        known = into.get(key)
        into[key] = (amount, parcels) if known is None else (known[0] + amount, known[1] + parcels)


def _parts(plan: Plan, frame: Frame) -> Iterable[tuple]:
    """The common blocks on all rows, then each service's blocks on its own rows."""
    numbered = [(position, block) for position, block in enumerate(plan.blocks) if block.bindings]
    common = [(position, block) for position, block in numbered if block.service is None]
    yield slice(None), frame.codes, frame.columns, common
    service = frame.codes["service"]
    for code in np.unique(service):
        own = [(position, block) for position, block in numbered if block.service == code]
        rows = np.flatnonzero(service == code)
        if len(rows) == len(service):
            yield slice(None), frame.codes, frame.columns, own
        else:
            yield rows, _Taken(frame.codes, rows), _Taken(frame.columns, rows), own


def _add_lines(plan: Plan, evaluated: Evaluated) -> None:
    """Spend of parcels whose items fall into several product categories: a row per item, added to its parcel."""
    frame = evaluated.frame
    if "line_categories" not in frame.table.column_names:
        return
    categories = frame.table["line_categories"].combine_chunks()
    names = pa.array(plan.profile.categories, pa.string())
    parents = pc.list_parent_indices(categories).to_numpy()
    found = pc.fill_null(pc.index_in(pc.list_flatten(categories), value_set=names), -1).to_numpy(zero_copy_only=False)
    values = pc.list_flatten(frame.table["line_values"].combine_chunks()).to_numpy(zero_copy_only=False).astype(float)
    spent = frame.columns["spend_by_line"][parents] > 0
    usable = spent & (found >= 0) & ~np.isnan(values)
    parents, found, values = parents[usable], found[usable].astype(np.int32), values[usable]
    if not parents.size:
        return
    codes = {axis: array[parents] for axis, array in frame.codes.items()} | {"category": found}
    columns = {"goods_value": values}
    for position, block in enumerate(plan.blocks):
        if block.kind is not Kind.PRODUCT or "goods_value" not in block.columns.values() or not block.bindings:
            continue
        chosen = block.choose(codes)
        amount = block.amounts(columns, chosen)
        _add_activity(evaluated, position, block, chosen, amount, codes, plan)
        np.add.at(
            evaluated.results[stage_column(Stage.PRODUCT)],
            parents,
            amount * block.coefficients[0][np.maximum(chosen, 0)],
        )


class _Taken(Mapping):
    """Columns restricted to some rows, each taken once when first read."""

    def __init__(self, columns: Mapping[str, np.ndarray], rows: np.ndarray):
        self._columns, self._rows, self._taken = columns, rows, {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._taken:
            self._taken[name] = self._columns[name][self._rows]
        return self._taken[name]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _keep_resolved(plan: Plan, frame: Frame, rejecting: Rejecting) -> Frame:
    good = np.ones(len(frame.rows), dtype=bool)
    for block in plan.blocks:
        if not block.missing:
            continue
        mine = good.copy() if block.service is None else good & (frame.codes["service"] == block.service)
        unresolved = mine & (block.choose(frame.codes) == UNRESOLVED)
        for weight in block.weights:
            unresolved &= frame.columns[weight] != 0
        for cell, message in block.missing.items():
            here = unresolved.copy()
            for axis, code in zip(block.axes, cell, strict=True):
                here &= frame.codes[axis] == code
            if here.any():
                named = ", ".join(
                    code_name(plan.context, axis, code) for axis, code in zip(block.axes, cell, strict=True)
                )
                rejecting.add(
                    frame,
                    good,
                    here,
                    "service",
                    "no_factor",
                    detail=[f"{block.name} in {named}: {message}"] * int(here.sum()),
                )
    return frame.keep(good)


def _add_results(results: dict[str, np.ndarray], block: Block, rows, chosen: np.ndarray, amount: np.ndarray) -> None:
    total, wtt, ttw = block.coefficients
    index = np.maximum(chosen, 0)
    co2e_kg = amount * total[index]
    results[stage_column(block.stage)][rows] += co2e_kg
    if block.stage is Stage.PRODUCT:
        return
    if block.data_type is DataType.PRIMARY:
        results[PRIMARY][rows] += co2e_kg
    elif block.data_type is DataType.MODELLED:
        results[MODELLED][rows] += co2e_kg
    if block.stage in TRANSPORT_STAGES:
        wtt_kg, ttw_kg = amount * wtt[index], amount * ttw[index]
        results[WTT][rows] += wtt_kg
        results[TTW][rows] += ttw_kg
        split = np.array([b.factor.wtt_kg is not None or b.factor.ttw_kg is not None for b in block.bindings])
        results[UNSPLIT][rows] += np.where(split[index], 0.0, co2e_kg)


def _add_activity(
    evaluated: Evaluated,
    position: int,
    block: Block,
    chosen: np.ndarray,
    amount: np.ndarray,
    codes: Mapping[str, np.ndarray],
    plan: Plan,
) -> None:
    counted = amount != 0
    if not counted.any():
        return
    months, sites = plan.context.axis("month"), plan.context.axis("site")
    keys = (chosen.astype(np.int64) * months + codes["month"]) * sites + codes["site"]
    keys, amount = keys[counted], amount[counted]
    size = len(block.bindings) * months * sites
    if size <= 4 * len(keys) + 4096:
        amounts, parcels = np.bincount(keys, amount, size), np.bincount(keys, minlength=size)
        found = np.flatnonzero(parcels)
        amounts, parcels = amounts[found], parcels[found]
    else:
        found, inverse, parcels = np.unique(keys, return_inverse=True, return_counts=True)
        amounts = np.bincount(inverse, amount)
    for key, value, number in zip(found.tolist(), amounts.tolist(), parcels.tolist(), strict=True):
        rest, site = divmod(key, sites)
        binding, month = divmod(rest, months)
        merge_activity(evaluated.activity, {(position, binding, month, site): (value, number)})
