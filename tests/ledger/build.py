"""Small runs with the engine's own schemas, made without the engine."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from carbon.engine.columns import UNITS
from carbon.engine.footprint import ACTIVITY_SCHEMA
from carbon.engine.kernel import RESULTS, TOTAL, stage_column
from carbon.engine.plan import PLAN_SCHEMA
from carbon.engine.rejecting import Reject
from carbon.ledger import Ledger, Manifest
from carbon.terms import DELIVERY_STAGES, Stage

_TEXT = pa.dictionary(pa.int32(), pa.string())
_TEXTS = ("service", "package", "site", "origin_region", "destination_region", "category", "currency")
SCHEMA = pa.schema(
    [
        ("parcel_id", pa.string()),
        ("order_id", pa.string()),
        ("row", pa.int64()),
        ("shipped_on", pa.date32()),
        ("month", _TEXT),
        *((name, _TEXT) for name in _TEXTS),
        ("origin", pa.string()),
        ("destination", pa.string()),
        *((name, pa.float64()) for name in UNITS),
        ("leg1_km", pa.float64()),
        ("fallbacks", pa.int32()),
        *((name, pa.float64()) for name in RESULTS),
    ]
)
FACTORS = json.dumps({"gwp_set": "AR5", "factors": [], "sources": {}})
PLAN = PLAN_SCHEMA.empty_table()


def footprints(ids: list[str], first: date = date(2025, 1, 1), days: int = 28, seed: int = 0) -> pa.Table:
    """Return footprints of parcels shipped on the days from `first`; stages are random, totals add up."""
    rng = np.random.default_rng(seed)
    shipped = [first + timedelta(days=position % days) for position in range(len(ids))]
    results = {name: np.zeros(len(ids)) for name in RESULTS}
    for stage in Stage:
        results[stage_column(stage)] = rng.random(len(ids))
    results[TOTAL] = sum(results[stage_column(stage)] for stage in DELIVERY_STAGES)
    columns = []
    for field in SCHEMA:
        if field.name == "parcel_id":
            values = ids
        elif field.name == "order_id":
            values = [f"O-{each}" for each in ids]
        elif field.name == "row":
            values = range(1, len(ids) + 1)
        elif field.name == "shipped_on":
            values = shipped
        elif field.name == "month":
            values = [f"{day:%Y-%m}" for day in shipped]
        elif field.name in results:
            values = results[field.name]
        elif field.name == "fallbacks":
            values = np.zeros(len(ids), dtype=np.int32)
        elif pa.types.is_floating(field.type):
            values = np.ones(len(ids))
        else:
            values = [f"{field.name}_1"] * len(ids)
        columns.append(
            pa.array(list(values)).cast(field.type) if field.type != _TEXT else pa.array(values).dictionary_encode()
        )
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def activity_of(*tables: pa.Table) -> pa.Table:
    """Return an activity that adds up to footprints, one row a stage and month."""
    rows = []
    for table in tables:
        frame = table.select(["month", *(stage_column(stage) for stage in Stage)]).to_pandas()
        for month, mine in frame.groupby("month", observed=True):
            for stage in Stage:
                rows.append(cell(stage, float(mine[stage_column(stage)].sum()), month=month, parcels=len(mine)))
    return pa.Table.from_pylist(rows, schema=ACTIVITY_SCHEMA)


def cell(stage: Stage, co2e_kg: float, **others) -> dict:
    """Return a row of the activity."""
    row = {
        "block": f"{stage}/1", "service": "", "stage": stage, "kind": "transport", "party": "carrier", "accounting": "total",
        "data_type": "default", "scope": "3", "category": "4", "month": "2025-01", "site": "", "activity": "made.up",
        "factor_id": f"made.up.{stage}", "boundary": "WTW", "gas_basis": "CO2e", "gwp_set": "AR5", "region": "GLO",
        "wanted_region": "GB", "match": "global", "edition_gap_years": 0, "proxy_gsd": 1.0, "flags": [], "parameters": [],
        "source": "made up", "amount": co2e_kg, "unit": "kg", "parcels": 1, "co2e_kg_per_unit": 1.0, "co2e_kg": co2e_kg,
    }  # fmt: skip
    return row | others


def reject(row: int, parcel: str | None = None, reason: str = "missing") -> Reject:
    """Return a reject."""
    return Reject(row, parcel, "shipped_on", None, reason, "a required value is missing: fill it in")


def record(
    ledger: Ledger,
    ids: list[str],
    *,
    rejects: int = 0,
    restates: str | None = None,
    activity: pa.Table | None = None,
    **table,
) -> Manifest:
    """Write one run."""
    made = footprints(ids, **table)
    with ledger.begin(SCHEMA, restates=restates) as writer:
        writer.write(made)
        writer.reject([reject(len(ids) + number + 1) for number in range(rejects)])
        return writer.finish(
            activity=activity_of(made) if activity is None else activity, plan=PLAN, factors_json=FACTORS,
            rows=len(ids) + rejects, organisation={"name": "Merchant", "country": "GB"}, gwp_set="AR5",
        )  # fmt: skip


def ids(count: int, first: int = 0) -> list[str]:
    """Return parcel ids."""
    return [f"P{number:06d}" for number in range(first, first + count)]


def files_of(folder) -> set[str]:
    """Return every file below a folder, the lock left out."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}
