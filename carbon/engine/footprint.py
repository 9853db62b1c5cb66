"""Footprints and the activity table as Arrow tables: what the ledger stores."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carbon.activities.scoping import scope_of
from carbon.engine.carried import CarriedSums
from carbon.engine.cells import Cells
from carbon.engine.columns import UNITS, leg_column
from carbon.engine.kernel import RESULTS, Evaluated
from carbon.engine.plan import UNCERTAINTY_FIELDS, Plan, uncertainty_of
from carbon.engine.ranges import RANGE
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
            ("origin", pa.string()),
            ("destination", pa.string()),
            *((name, pa.float64()) for name in UNITS if name in _ALWAYS or name in plan.columns_read),
            *((leg_column(position), pa.float64()) for position in leg_positions),
            ("fallbacks", pa.int32()),
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


def activity_table(plan: Plan, cells: Cells, carried: CarriedSums) -> pa.Table:
    """Return amounts by block, factor part, parameter set, month, site and stand-ins: what inventories add up.

    A factor of several boundaries gives a row for each, since they may fall into different scopes; a parcel's own
    variance is shared out by the squares of their emissions, since all of them err together.
    """
    context, stand_ins, rows = plan.context, plan.spreads.stand_ins, []
    # Cells are many, and what they say of uncertainty depends on little of their key: each text is made once.
    doubts: dict[tuple[int, int, int], int] = {}
    doubt_of_row: list[int] = []
    for position, index, month, site, fallback, amount, parcels, own_kg2 in cells.rows():
        block = plan.blocks[position]
        binding = block.bindings[index]
        factor = binding.factor
        doubt = doubts.setdefault((position, index, fallback), len(doubts))
        parameters = sorted({value.parameter for value in binding.values.values() if value.parameter})
        for part in factor.parts:
            scope, category = scope_of(block.kind, block.party, part.boundary)
            rows.append(
                {
                    "block": block.name,
                    "service": "" if block.service is None else context.service_keys[block.service],
                    "stage": block.stage,
                    "kind": block.kind,
                    "party": block.party,
                    "accounting": block.accounting,
                    "data_type": block.data_type,
                    "scope": scope,
                    "category": category,
                    "month": context.profile.months[month],
                    "site": context.site_keys[site],
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
                    "parameters": parameters,
                    "source": part.rows[0].source,
                    "amount": amount,
                    "unit": factor.unit,
                    "parcels": int(parcels),
                    "co2e_kg_per_unit": part.co2e_kg,
                    "co2e_kg": amount * part.co2e_kg,
                    "own_kg2": own_kg2 * (part.co2e_kg / factor.co2e_kg) ** 2 if factor.co2e_kg else 0.0,
                }
            )
            doubt_of_row.append(doubt)
    told = [
        uncertainty_of(plan, position, index, fallback, carried) | {"stand_ins": stand_ins.names(fallback)}
        for position, index, fallback in doubts
    ]
    plain = pa.Table.from_pylist(rows, schema=pa.schema([field for field in ACTIVITY_SCHEMA if field not in _DOUBT]))
    doubt_table = pa.Table.from_pylist(told, schema=pa.schema(_DOUBT)).take(pa.array(doubt_of_row, pa.int64()))
    whole = dict(zip(plain.column_names, plain.columns, strict=True))
    whole |= dict(zip(doubt_table.column_names, doubt_table.columns, strict=True))
    return pa.table([whole[name] for name in ACTIVITY_SCHEMA.names], schema=ACTIVITY_SCHEMA)


def totals_of(evaluated: Evaluated) -> dict[str, float]:
    """Return the chunk's sums [kg CO2e], by exact summation order of the rows."""
    return {name: float(np.sum(values)) for name, values in evaluated.results.items()}
