"""Rows of orders with their items, as the optimiser takes them; or why it cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from carbon.optimise.decide import Order
from carbon.optimise.items import Item, Rotation, outside_tenths
from carbon.optimise.loads import Load, canonical
from carbon.optimise.options import Unpacked
from carbon.optimise.rows import Goods
from carbon.orders.items import BY_CATEGORY, GIVEN, UNKNOWN, OrderItems
from carbon.organisation import Organisation


def orders_of(table: pa.Table, goods: OrderItems, setup: Organisation) -> Iterator[Order | Unpacked]:
    """Yield each row of a chunk as an order with its items, or why it cannot be packed."""
    return orders_with(table, goods.of(table[goods.key].combine_chunks()), setup)


def orders_with(
    table: pa.Table, found: Mapping[int, list[dict[str, Any]]], setup: Organisation, repeated: Collection[int] = ()
) -> Iterator[Order | Unpacked]:
    """Do the same with items that were looked up before.

    Parameters
    ----------
    found : mapping of int to list of dict
        See `OrderItems.of`.
    repeated : collection of int
        Positions of rows of one order, whose items cannot be told apart.
    """
    names = ("order_id", "package", "origin_site", "service", "goods_mass_kg", "goods_volume_m3")
    columns = (table[name].to_pylist() for name in names)
    for position, (order_id, package, site, service, mass_kg, volume_m3) in enumerate(zip(*columns, strict=True)):
        if position in repeated:
            yield Unpacked(position, "several_parcels", order_id)
            continue
        made = order_of(position, found.get(position, []), package, mass_kg, volume_m3)
        if isinstance(made, Order):
            defaults = setup.defaults
            places = {"site": site or defaults.site, "service": service or defaults.service}
            made = replace(made, **places, assumed=defaults.package)
        yield made


def order_of(
    position: int,
    rows: list[dict[str, Any]],
    package: str | None,
    goods_mass_kg: float | None = None,
    goods_volume_m3: float | None = None,
) -> Order | Unpacked:
    """Return an order with its items, or why it cannot be packed."""
    if not rows:
        return Unpacked(position, "no_items")
    for row in rows:
        if row["complaint"] is not None:
            return Unpacked(position, "bad_item", text=row["complaint"])
        if row["source"] == UNKNOWN or not row["length_m"]:
            return Unpacked(position, "no_size", _named(row))
        if not row["unit_mass_kg"]:
            return Unpacked(position, "no_item_mass", _named(row))
    counts: dict[Item, int] = {}
    for row in rows:
        item = _item(row)
        counts[item] = counts.get(item, 0) + row["quantity"]
    items = [replace(item, quantity=count) for item, count in counts.items()]
    load = Load(tuple(sorted(items, key=canonical)))
    sized = all(row["source"] == GIVEN for row in rows)
    weighed = all(row["mass_given"] for row in rows)
    mass_kg = goods_mass_kg if goods_mass_kg is not None else load.mass_kg if weighed else np.nan
    volume_m3 = goods_volume_m3 if goods_volume_m3 is not None else load.volume_m3 if sized else np.nan
    notes = [f"size of {_named(row)}: usual size of {_usual(row)}" for row in rows if row["source"] != GIVEN]
    notes += [f"mass of {_named(row)}: usual mass of its category" for row in rows if not row["mass_given"]]
    return Order(position, load, Goods(mass_kg, volume_m3, load.mass_kg, load.volume_m3), package, notes=tuple(notes))


def _item(row: dict[str, Any]) -> Item:
    top = 0.0 if row["fragile"] else np.inf if row["top_load_kg"] is None else row["top_load_kg"]
    apart = [word.strip() for word in (row["keep_apart"] or "").replace("；", ";").split(";")]
    return Item(
        key=_named(row),
        size=tuple(outside_tenths(row[name]) for name in ("length_m", "width_m", "height_m")),
        mass_kg=row["unit_mass_kg"],
        rotation=Rotation(row["rotation"] or "best_fit"),
        top_load_kg=float(top),
        together=row["keep_together"],
        kind=row["kind"],
        apart_from=frozenset(word for word in apart if word),
        own_container=row["own_container"],
        temperature=row["temperature"],
    )


def _named(row: dict[str, Any]) -> str:
    return row["sku"] or f"item of row {row['row']}"


def _usual(row: dict[str, Any]) -> str:
    return row["product_category"] if row["source"] == BY_CATEGORY else "all items"
