"""Candidates and decisions as rows of the orders table: what the kernel counts is what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from carbon.engine.arrays import floats
from carbon.optimise.items import Box
from carbon.optimise.loads import Load
from carbon.orders.columns import BY_NAME, SCHEMA

#: Amounts that an order's parcels share by the mass of their items.
_SHARED = ("goods_value", "product_co2e_kg")


@dataclass(frozen=True)
class Goods:
    """What an order weighs and measures: the orders file's figure, else the items', else unknown.

    Attributes
    ----------
    mass_kg, volume_m3 : float
        NaN where neither file states it for all items.
    items_mass_kg, items_volume_m3 : float
        Sums over the items, stand-ins included: what parcels share by.
    """

    mass_kg: float
    volume_m3: float
    items_mass_kg: float
    items_volume_m3: float

    def of(self, load: Load | None) -> tuple[float, float]:
        """Return mass and volume of a part of the order, all of it for None."""
        if load is None:
            return self.mass_kg, self.volume_m3
        mass_share = load.mass_kg / self.items_mass_kg
        volume_share = load.volume_m3 / self.items_volume_m3
        if mass_share == 1 and volume_share == 1:
            return self.mass_kg, self.volume_m3
        mass_kg = load.mass_kg if np.isnan(self.mass_kg) else self.mass_kg * mass_share
        volume_m3 = load.volume_m3 if np.isnan(self.volume_m3) else self.volume_m3 * volume_share
        return mass_kg, volume_m3


@dataclass(frozen=True)
class Candidate:
    """A parcel that might be sent.

    Attributes
    ----------
    position : int
        Row of the chunk.
    load : Load or None
        None for the order as it stands.
    as_today : bool
        Whether the row's own weighed packaging still holds.
    """

    position: int
    goods: Goods
    load: Load | None
    package: str | None
    as_today: bool
    box: Box | None = None


def candidate_table(table: pa.Table, candidates: Sequence[Candidate]) -> pa.Table:
    """Return the rows of an orders table for candidates; the product, which no package changes, is left out."""
    rows = parcels_table(table, candidates)
    for name in _SHARED:
        rows = _set(rows, name, pa.nulls(rows.num_rows, SCHEMA.field(name).type))
    return rows


def parcels_table(table: pa.Table, candidates: Sequence[Candidate]) -> pa.Table:
    """Return orders as parcels: each row of `table` as often as it has candidates."""
    parent = pa.array([candidate.position for candidate in candidates], pa.int64())
    # Words may come in codes of their own file; here they are text.
    rows = table.select(SCHEMA.names).take(parent).cast(SCHEMA)
    goods = np.array([candidate.goods.of(candidate.load) for candidate in candidates], dtype=float).reshape(-1, 2)
    share = np.array([_share(candidate) for candidate in candidates])
    as_today = np.array([candidate.as_today for candidate in candidates], dtype=bool)
    rows = _set(rows, "goods_mass_kg", _nullable(goods[:, 0]))
    rows = _set(rows, "goods_volume_m3", _nullable(goods[:, 1]))
    rows = _set(rows, "package", pa.array([candidate.package for candidate in candidates], pa.string()))
    weighed = np.where(as_today, floats(rows["packaging_mass_kg"]), np.nan)
    rows = _set(rows, "packaging_mass_kg", _nullable(weighed))
    parts = share < 1
    if parts.any():
        # A carrier's figure is of a parcel that was sent; of parts of it there is none.
        for name in ("reported_co2e_kg", "reported_ttw_co2e_kg", "reported_primary_share"):
            rows = _set(rows, name, _nullable(np.where(parts, np.nan, floats(rows[name]))))
        for name in _SHARED:
            rows = _set(rows, name, _nullable(floats(rows[name]) * share))
    return rows


def packed_table(table: pa.Table, candidates: Sequence[Candidate], keep: Sequence[int]) -> tuple[pa.Table, np.ndarray]:
    """Return what is written: parcels of decided orders, rows of the others as they are, in the order of the table.

    The second is the position of the order that each row is of.

    Parameters
    ----------
    candidates : sequence of Candidate
        One for each parcel of the decided orders, in order; parcels of an order stand together.
    keep : sequence of int
        Rows that stay as they are.
    """
    made = parcels_table(table, candidates)
    counts: dict[int, int] = {}
    for candidate in candidates:
        counts[candidate.position] = counts.get(candidate.position, 0) + 1
    ids, pieces, number = [], [], dict.fromkeys(counts, 0)
    for candidate, parcel_id in zip(candidates, made["parcel_id"].to_pylist(), strict=True):
        number[candidate.position] += 1
        several = counts[candidate.position] > 1
        ids.append(
            parcel_id_of(parcel_id, number[candidate.position], counts[candidate.position]) if several else parcel_id
        )
        pieces.append(candidate.load.pieces if several else None)
    made = _set(made, "parcel_id", pa.array(ids, pa.string()))
    counted = [count if new is None else new for count, new in zip(made["item_count"].to_pylist(), pieces, strict=True)]
    made = _set(made, "item_count", pa.array(counted, BY_NAME["item_count"].arrow_type))
    whole = pa.concat_tables([made, table.select(SCHEMA.names).take(pa.array(list(keep), pa.int64())).cast(SCHEMA)])
    position = np.array([candidate.position for candidate in candidates] + list(keep), dtype=np.int64)
    order = np.argsort(position, kind="stable")
    return whole.take(pa.array(order)), position[order]


def parcel_id_of(parcel_id: str, number: int, count: int) -> str:
    """Return the id of one of several parcels of an order."""
    return f"{parcel_id}/{number}" if count > 1 else parcel_id


def _share(candidate: Candidate) -> float:
    if candidate.load is None:
        return 1.0
    return min(candidate.load.mass_kg / candidate.goods.items_mass_kg, 1.0)


def _set(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), SCHEMA.field(name), column)


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)
