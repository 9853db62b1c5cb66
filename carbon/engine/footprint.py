"""Footprints and the activity table as Arrow tables: what the ledger stores."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.block import Block
from carbon.engine.carried import CarriedSums
from carbon.engine.cells import BlockCells, Cells, CellShape
from carbon.engine.columns import UNITS, leg_column
from carbon.engine.kernel import RESULTS, Evaluated
from carbon.engine.plan import UNCERTAINTY_FIELDS, Plan, uncertainty_of
from carbon.engine.ranges import RANGE
from carbon.engine.scoped import scoped_parts
from carbon.orders.columns import LINE_FIELDS

_TEXT_AXES = ("service", "package", "site", "origin_region", "destination_region", "category", "currency")
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())


#: Kernel inputs that are kept whether or not a block reads them: what is asked of every parcel.
_ALWAYS = ("goods_mass_kg", "packaging_mass_kg", "gross_mass_kg", "goods_volume_m3", "empty_volume_m3")


def footprint_schema(plan: Plan, leg_positions: list[int], has_lines: bool = False) -> pa.Schema:
    """Return the schema of ``footprints.parquet``: ids, codes as text, kernel inputs that are read, flags, results."""
    return pa.schema(
        [
            ("parcel_id", pa.string()),
            ("order_id", pa.string()),
            ("row", pa.int64()),
            ("shipped_on", pa.date32()),
            ("month", _DICTIONARY),
            *((name, _DICTIONARY) for name in _TEXT_AXES),
            *([("round_activity", _DICTIONARY)] if plan.profile.round_activities else []),
            ("origin", pa.string()),
            ("destination", pa.string()),
            *((name, pa.float64()) for name in UNITS if name in _ALWAYS or name in plan.columns_read),
            *((leg_column(position), pa.float64()) for position in leg_positions),
            ("fallbacks", pa.int32()),
            *([("product_footprint", pa.string())] if plan.profile.has_products else []),
            *(LINE_FIELDS if has_lines else ()),
            *((name, pa.float64()) for name in (*RESULTS, *RANGE)),
        ]
    )


def footprint_table(plan: Plan, evaluated: Evaluated, schema: pa.Schema) -> pa.Table:
    """Return the footprints of one chunk."""
    frame, context = evaluated.frame, plan.context
    texts = {
        "service": context.service_keys,
        "package": [spec.key for spec in context.packages],
        "site": context.site_keys,
        "origin_region": context.regions,
        "destination_region": context.regions,
        "category": context.profile.categories or ("",),
        "currency": context.profile.currencies or ("",),
        "month": context.profile.months,
        "round_activity": [name for name, _ in context.round_uses],
    }
    columns = []
    for name in schema.names:
        if name in texts:
            known = frame.columns.get(f"_has_{name}")
            codes = pa.array(frame.codes[name], pa.int32(), mask=None if known is None else known == 0)
            columns.append(pa.DictionaryArray.from_arrays(codes, pa.array(texts[name], pa.string())))
        elif name in frame.columns:
            columns.append(pa.array(frame.columns[name]))
        elif name in evaluated.results:
            columns.append(pa.array(evaluated.results[name]))
        elif name in evaluated.ranges:
            columns.append(pa.array(evaluated.ranges[name]))
        elif name in frame.places:
            columns.append(frame.places[name])
        elif name == "row":
            columns.append(pa.array(frame.rows))
        elif name == "fallbacks":
            columns.append(pa.array(frame.fallbacks))
        else:
            columns.append(frame.table[name])
    return pa.Table.from_arrays([_one(column) for column in columns], schema=schema)


def _one(column):
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    return column


#: Columns that say how far an amount may be off, and why.
_DOUBT = (*UNCERTAINTY_FIELDS, pa.field("stand_ins", pa.list_(pa.string())))
ACTIVITY_SCHEMA = pa.schema(
    [
        ("block", pa.string()),
        ("service", pa.string()),
        ("stage", pa.string()),
        ("kind", pa.string()),
        ("party", pa.string()),
        ("accounting", pa.string()),
        ("data_type", pa.string()),
        ("scope", pa.string()),
        ("category", pa.string()),
        ("month", pa.string()),
        ("site", pa.string()),
        ("activity", pa.string()),
        ("factor_id", pa.string()),
        ("boundary", pa.string()),
        ("gas_basis", pa.string()),
        ("gwp_set", pa.string()),
        ("region", pa.string()),
        ("wanted_region", pa.string()),
        ("match", pa.string()),
        ("edition_gap_years", pa.int32()),
        ("proxy_gsd", pa.float64()),
        ("flags", pa.list_(pa.string())),
        ("parameters", pa.list_(pa.string())),
        ("source", pa.string()),
        ("amount", pa.float64()),
        ("unit", pa.string()),
        ("parcels", pa.int64()),
        ("co2e_kg_per_unit", pa.float64()),
        ("co2e_kg", pa.float64()),
        *UNCERTAINTY_FIELDS,
        ("own_kg2", pa.float64()),
        _DOUBT[-1],
    ]
)
#: What is counted of a row, and what is told of it; the rest follows from both.
_COUNTED = ("fact", "doubt", "month", "site", "amount", "parcels", "own_kg2")
_SQUARE = pa.field("share_of_own_kg2", pa.float64())
_FACTS = tuple(
    name for name in ACTIVITY_SCHEMA.names if name not in {*_COUNTED, "co2e_kg", *(field.name for field in _DOUBT)}
)


def activity_table(plan: Plan, cells: Cells, carried: CarriedSums) -> pa.Table:
    """Return amounts by block, factor part, parameter set, month, site and stand-ins: what inventories add up.

    A factor of several boundaries gives a row for each, since they may fall into different scopes; a parcel's own
    variance is shared out by the squares of their emissions, since all of them err together.
    """
    facts: list[dict] = []
    doubts: list[dict] = []
    pieces = [
        _counted(plan, position, mine, cells.shape, carried, facts, doubts)
        for position, mine in sorted(cells.blocks.items())
    ]
    counted = {name: np.concatenate([piece[name] for piece in pieces]) for name in _COUNTED} if pieces else {}
    fact, doubt, month, site = (pa.array(counted.get(name, []), pa.int64()) for name in _COUNTED[:4])
    told = pa.Table.from_pylist(facts, schema=pa.schema([*(ACTIVITY_SCHEMA.field(name) for name in _FACTS), _SQUARE]))
    told = told.take(fact)
    columns = {name: told[name] for name in _FACTS}
    columns |= {name: pa.array(counted.get(name, []), pa.float64()) for name in ("amount", "parcels")}
    columns["month"] = pa.array(plan.profile.months, pa.string()).take(month)
    columns["site"] = pa.array(plan.context.site_keys, pa.string()).take(site)
    columns["co2e_kg"] = pc.multiply(columns["amount"], columns["co2e_kg_per_unit"])
    columns["own_kg2"] = pc.multiply(pa.array(counted.get("own_kg2", []), pa.float64()), told[_SQUARE.name])
    spread = pa.Table.from_pylist(doubts, schema=pa.schema(_DOUBT)).take(doubt)
    columns |= {name: spread[name] for name in spread.column_names}
    return pa.table([columns[field.name].cast(field.type) for field in ACTIVITY_SCHEMA], schema=ACTIVITY_SCHEMA)


def _counted(
    plan: Plan,
    position: int,
    mine: BlockCells,
    shape: CellShape,
    carried: CarriedSums,
    facts: list[dict],
    doubts: list[dict],
) -> dict[str, np.ndarray]:
    """Return one block's rows as numbers, a row for each part of each cell's factor.

    What is the same for all cells of a binding, or of a binding and a stand-in, is told once: it is added to `facts` and
    `doubts`, and the rows give its place there.
    """
    block, stand_ins = plan.blocks[position], plan.spreads.stand_ins
    binding, month, site, fallback = shape.unpacked(mine.keys)
    first, count = (np.zeros(len(block.bindings), dtype=np.int64) for _ in range(2))
    for index in np.unique(binding).tolist():
        parts = _facts(plan, block, index)
        first[index], count[index] = len(facts), len(parts)
        facts += parts
    pairs, doubt = np.unique(binding * shape.fallbacks + fallback, return_inverse=True)
    doubt += len(doubts)
    for index, code in zip(*(each.tolist() for each in np.divmod(pairs, shape.fallbacks)), strict=True):
        known = uncertainty_of(plan, position, index, code, carried)
        doubts.append(known | {"stand_ins": stand_ins.names(code)})
    times = count[binding]
    cell = np.repeat(np.arange(len(binding)), times)
    part = np.arange(len(cell)) - np.repeat(np.cumsum(times) - times, times)
    amount, parcels, own_kg2 = mine.sums[:, cell]
    rows = (first[binding][cell] + part, doubt[cell], month[cell], site[cell], amount, parcels, own_kg2)
    return dict(zip(_COUNTED, rows, strict=True))


def _facts(plan: Plan, block: Block, index: int) -> list[dict]:
    """Return what is the same for all cells of a binding, for each part of its factor."""
    binding = block.bindings[index]
    factor = binding.factor
    found = []
    for part, scope, category in scoped_parts(factor, block.kind, block.party):
        found.append(
            {
                "block": block.name,
                "service": "" if block.service is None else plan.context.service_keys[block.service],
                "stage": block.stage,
                "kind": block.kind,
                "party": block.party,
                "accounting": block.accounting,
                "data_type": block.data_type,
                "scope": scope,
                "category": category,
                "activity": factor.activity,
                "factor_id": factor.id,
                "boundary": part.boundary,
                "gas_basis": part.gas_basis,
                "gwp_set": part.rows[0].gwp_set,
                "region": factor.region,
                "wanted_region": binding.match.wanted_region,
                "match": binding.match.match,
                "edition_gap_years": binding.match.edition_gap_years,
                "proxy_gsd": binding.match.proxy_gsd,
                "flags": list(factor.flags),
                "parameters": sorted({value.parameter for value in binding.values.values() if value.parameter}),
                "source": part.rows[0].source,
                "unit": factor.unit,
                "co2e_kg_per_unit": part.co2e_kg,
                _SQUARE.name: (part.co2e_kg / factor.co2e_kg) ** 2 if factor.co2e_kg else 0.0,
            }
        )
    return found


def totals_of(evaluated: Evaluated) -> dict[str, float]:
    """Return the chunk's sums [kg CO2e], by exact summation order of the rows."""
    return {name: float(np.sum(values)) for name, values in evaluated.results.items()}
