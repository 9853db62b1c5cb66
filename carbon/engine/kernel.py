"""The kernel: blocks times coefficients on float arrays; no unit, no Python loop over parcels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.activities.scoping import Kind
from carbon.engine.alike import Spots, Taken, alike
from carbon.engine.block import IN_TOTAL, Block, Codes
from carbon.engine.carried import CarriedSums
from carbon.engine.cells import BlockCells, Cells
from carbon.engine.frame import Frame
from carbon.engine.plan import Plan
from carbon.engine.ranges import AlikeSums, RangeSums, Term
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


@dataclass
class Evaluated:
    """Footprints of one chunk.

    Attributes
    ----------
    frame : Frame
        The parcels that have a footprint.
    results : mapping
        `RESULTS` to arrays [kg CO2e], shape (rows,).
    ranges : mapping
        `RANGE` to arrays [kg CO2e], shape (rows,).
    cells : Cells
        The chunk's activity.
    carried : CarriedSums
        What of it is packaging that was carried.
    """

    frame: Frame
    results: dict[str, np.ndarray]
    ranges: Mapping[str, np.ndarray]
    cells: Cells
    carried: CarriedSums


def evaluate(plan: Plan, frame: Frame, rejecting: Rejecting) -> Evaluated:
    """Compute the footprint of every parcel of a frame.

    Parcels that some block has no factor for are rejected with the reason, and count nowhere.
    """
    frame = plan.resolver.keep(frame, rejecting)
    cells, groups = plan.new_cells(), alike(plan.blocks, frame)
    if groups is None:
        results, sums = _computed(plan, Rows(frame, range(len(plan.blocks))), cells)
    else:
        few, few_sums = _computed(plan, Rows(groups.frame, sorted(groups.positions), groups.spots), cells)
        rest = [position for position in range(len(plan.blocks)) if position not in groups.positions]
        results, sums = _computed(plan, Rows(frame, rest), cells, AlikeSums(few_sums, groups.group))
        for name, values in few.items():
            if values.any():
                results[name] += values.take(groups.group)
    evaluated = Evaluated(frame, results, {}, cells, sums.carried)
    _add_lines(plan, evaluated)
    for stage in DELIVERY_STAGES:
        results[TOTAL] += results[stage_column(stage)]
    sums.add_packaging()
    evaluated.ranges = sums.ranges()
    _check_finite(evaluated)
    return evaluated


@dataclass(frozen=True)
class Rows:
    """What is computed at once: rows of a frame, the blocks that are meant, and the parcels each row stands for.

    `spots` is None where a row is one parcel.
    """

    frame: Frame
    positions: Sequence[int]
    spots: Spots | None = None


def _computed(
    plan: Plan, rows: Rows, cells: Cells, earlier: AlikeSums | None = None
) -> tuple[dict[str, np.ndarray], RangeSums]:
    """Return the results of some blocks and the sums for their ranges; their activity is added to `cells`."""
    frame = rows.frame
    results = {name: np.zeros(len(frame.rows)) for name in RESULTS}
    sums, common = RangeSums(plan.spreads, frame, earlier), None
    for place, part, blocks in _parts(plan, rows):
        terms = []
        for position, block in blocks:
            chosen = block.choose(part.codes)
            if not isinstance(chosen, np.ndarray) and chosen < 0:
                continue
            amount = block.amounts(part.columns, chosen, len(part.rows))
            if not amount.any():
                continue
            # Rows where the block does not apply, or lacks a factor and counts nothing, have amount 0 and any factor.
            index = np.maximum(chosen, 0)
            co2e_kg = amount * block.coefficients[0].take(index)
            _add_cells(cells, position, block, chosen, amount, co2e_kg, part, frame, plan)
            if block.accounting == IN_TOTAL:
                _add_results(results, block, place, index, amount, co2e_kg)
                if block.stage is not Stage.PRODUCT:
                    terms.append(Term(position, index, co2e_kg))
        sums.add(terms, place, common or ())
        if common is None:  # the first part: blocks of all services, on all rows
            common = terms
    return results, sums


def _check_finite(evaluated: Evaluated) -> None:
    """No footprint may be recorded that is not a number: that would hide in sums."""
    for name, values in (evaluated.results | dict(evaluated.ranges)).items():
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            row = int(evaluated.frame.rows[wrong[0]])
            raise WorkError(
                f"the result '{name}' of row {row} is not a finite number; nothing was recorded, please report it"
            )


def _parts(plan: Plan, rows: Rows) -> Iterator[tuple[np.ndarray | slice, Part, list[tuple[int, Block]]]]:
    """The common blocks on all rows, then each service's blocks on its own rows; blocks that weigh nothing are left out."""
    frame = rows.frame
    idle = {name for name in ("returned", "kept", "modelled") if not frame.columns[name].any()}
    numbered = [(position, plan.blocks[position]) for position in rows.positions]
    numbered = [(position, block) for position, block in numbered if block.bindings and idle.isdisjoint(block.weights)]
    whole = Part(np.arange(len(frame.rows)), Codes(frame.codes), frame.columns, rows.spots)
    yield slice(None), whole, [(position, block) for position, block in numbered if block.service is None]
    service = frame.codes["service"]
    for code in np.flatnonzero(np.bincount(service)).tolist():
        own = [(position, block) for position, block in numbered if block.service == code]
        if not own:
            continue
        mine = np.flatnonzero(service == code)
        if len(mine) == len(service):
            yield slice(None), whole, own
        else:
            spots = None if rows.spots is None else rows.spots.of(mine, len(service))
            yield mine, Part(mine, Codes(Taken(frame.codes, mine)), Taken(frame.columns, mine), spots), own


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
    codes = Codes({axis: array[parents] for axis, array in frame.codes.items()} | {"category": found})
    part = Part(parents, codes, {"goods_value": values})
    for position, block in enumerate(plan.blocks):
        if block.kind is not Kind.PRODUCT or "goods_value" not in block.columns.values() or not block.bindings:
            continue
        chosen = block.choose(codes)
        if not isinstance(chosen, np.ndarray) and chosen < 0:
            continue
        amount = block.amounts(part.columns, chosen, len(parents))
        co2e_kg = amount * block.coefficients[0].take(np.maximum(chosen, 0))
        _add_cells(evaluated.cells, position, block, chosen, amount, co2e_kg, part, frame, plan)
        np.add.at(evaluated.results[stage_column(Stage.PRODUCT)], parents, co2e_kg)


@dataclass(frozen=True)
class Part:
    """Some rows of a frame: their positions, codes and columns, and where their parcels are counted (None: one each)."""

    rows: np.ndarray
    codes: Codes
    columns: Mapping[str, np.ndarray]
    spots: Spots | None = None


def _add_results(
    results: dict[str, np.ndarray],
    block: Block,
    rows: np.ndarray | slice,
    index: np.ndarray | int,
    amount: np.ndarray,
    co2e_kg: np.ndarray,
) -> None:
    results[stage_column(block.stage)][rows] += co2e_kg
    if block.stage is Stage.PRODUCT:
        return
    if block.data_type is DataType.PRIMARY:
        results[PRIMARY][rows] += co2e_kg
    elif block.data_type is DataType.MODELLED:
        results[MODELLED][rows] += co2e_kg
    if block.stage in TRANSPORT_STAGES:
        _, wtt, ttw = block.coefficients
        if wtt.any():
            results[WTT][rows] += amount * wtt.take(index)
        if ttw.any():
            results[TTW][rows] += amount * ttw.take(index)
        if block.unsplit.any():
            results[UNSPLIT][rows] += np.where(block.unsplit.take(index), co2e_kg, 0.0)


def _add_cells(
    cells: Cells,
    position: int,
    block: Block,
    chosen: np.ndarray | int,
    amount: np.ndarray,
    co2e_kg: np.ndarray,
    part: Part,
    frame: Frame,
    plan: Plan,
) -> None:
    shape, spots = cells.shape, part.spots
    fallback = plan.spreads.stand_ins.code(block, frame)
    if isinstance(fallback, np.ndarray):
        fallback = fallback[part.rows]
    own_kg2 = _own_kg2(block, frame, part, co2e_kg, plan) if block.accounting == IN_TOTAL else None
    if spots is not None:
        chosen, fallback = (each[spots.row] if isinstance(each, np.ndarray) else each for each in (chosen, fallback))
        amount = amount[spots.row] * spots.parcels
        own_kg2 = own_kg2[spots.row] * spots.parcels if own_kg2 is not None else None
    keys = chosen * np.int64(shape.size) + shape.place(part.codes if spots is None else spots.codes, fallback)
    parcels, counted = None if spots is None else spots.parcels, amount != 0
    if not counted.all():
        keys, amount = keys[counted], amount[counted]
        own_kg2 = own_kg2[counted] if own_kg2 is not None else None
        parcels = parcels[counted] if parcels is not None else None
    cells.add(position, BlockCells.of(keys, amount, own_kg2, len(block.bindings) * shape.size, parcels))


def _own_kg2(block: Block, frame: Frame, part: Part, co2e_kg: np.ndarray, plan: Plan) -> np.ndarray | None:
    """The variance [kg**2] that is each parcel's own."""
    found = None
    for name in plan.spreads.stand_ins.reads(block):
        relative = plan.spreads.stand_ins.own_variance(frame, name)
        if relative is not None:
            mine = co2e_kg * co2e_kg * relative[part.rows]
            found = mine if found is None else found + mine
    return found
