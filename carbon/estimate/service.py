"""A shipment whose chain is left to a service: an order of one row through plan and kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from carbon.engine.columns import fallback_names
from carbon.engine.intake import Intake
from carbon.engine.line import Line
from carbon.engine.local import Local
from carbon.engine.plan import lay_ground, make_plan
from carbon.engine.ranges import HIGH, LOW
from carbon.engine.replay import FactorBook, replay
from carbon.engine.run import ChunkRunner, Running, in_memory
from carbon.engine.totals import Totals
from carbon.errors import InputError, Where
from carbon.estimate.shipment import Shipment, in_unit
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation, Package, PlaceRef
from carbon.units import parse_quantity


def by_service(
    shipment: Shipment, setup: Organisation | None, registry: Registry, places: Places, name: str
) -> tuple[list[Line], list[str], tuple[float, float]]:
    """Return the lines of a shipment by a service, what a reader must know, and the 95 % range of its total.

    Raises
    ------
    InputError
        If there is no organisation, or the one row is rejected; with the reason.
    """
    if setup is None:
        raise InputError(
            "a service needs the organisation file", expected="--organisation FILE", where=Where(name, None, "service")
        )
    row, setup = _order_row(shipment, setup)
    orders = OrdersInput.open(pa.Table.from_pylist([row]))
    engine = Local(orders, places)
    found = engine.survey(registry)
    rejects = [reject for chunk in orders.chunks() for reject in chunk.rejects]
    if not rejects:
        ground = lay_ground(setup, registry, replace(found.profile, alone=True), places)
        plan = make_plan(ground, Totals())
        running, runner = Running(plan), ChunkRunner(plan, places, has_lines=False)
        results = list(engine.results(runner, Intake(found.duplicates), in_memory))
        for result in results:
            running.take(result)
        rejects = [reject for result in results for reject in result.rejects]
    if rejects:
        raise InputError(rejects[0].mend, found=rejects[0].found, where=Where(name, None, rejects[0].column))
    parcel = next(result.kept for result in results if result.footprint_count).to_pylist()[0]
    book = FactorBook(registry.as_json(running.factor_ids()))
    notes = [f"assumed: {name.replace('_', ' ')}" for name in fallback_names(parcel["fallbacks"])]
    lines = replay(parcel, plan.table().to_pylist(), book)
    return lines, [*notes, *plan.context.notes], (parcel[LOW], parcel[HIGH])


def _order_row(shipment: Shipment, setup: Organisation) -> tuple[dict[str, Any], Organisation]:
    row: dict[str, Any] = {
        "parcel_id": shipment.id,
        "shipped_on": shipment.shipped_on,
        "service": shipment.service,
        "package": shipment.package,
    }
    for end, place in (("origin", shipment.origin), ("destination", shipment.destination)):
        if place is not None:
            row |= {f"{end}_{key}": getattr(place, key) for key in PlaceRef.model_fields}
    if shipment.origin is not None:
        row["origin_site"] = shipment.origin.site
    goods = shipment.goods
    row |= {
        "goods_mass_kg": in_unit(goods.mass, "kg"),
        "goods_volume_m3": in_unit(goods.volume, "m**3"),
        "product_category": goods.category,
        "product_co2e_kg": in_unit(goods.co2e, "kg"),
        "storage_days": shipment.storage_days,
    }
    if goods.value is not None:
        value = parse_quantity(goods.value)
        row |= {"goods_value": float(value.magnitude), "currency": str(value.units)}
    if shipment.packaging is not None:
        extras = tuple(
            {
                "material": item.material,
                "mass": f"{in_unit(item.mass, 'kg')!r} kg",
                "recycled_content": item.recycled_content,
            }
            for item in shipment.packaging
        )
        package = Package.model_validate({"kind": "own_container", "extras": extras})
        setup = setup.model_copy(update={"packages": {**setup.packages, "as_listed": package}})
        row["package"] = "as_listed"
    return {key: value for key, value in row.items() if value is not None}, setup
