"""A stops file as drafts of stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from carbon.errors import OrdersError, Where
from carbon.optimise.rounds.drafts import Draft, Drafts, reject, service_s
from carbon.optimise.rounds.problem import USUAL, Stop
from carbon.orders.places import PlaceMatch, Places
from carbon.orders.rejects import Reject
from carbon.orders.stops import read_stops
from carbon.organisation.fleet import Fleet

_PLACE = ("country", "postcode", "city", "latitude", "longitude")


def drafts_of_stops(source: Any, mapping: Path | str | None, fleet: Fleet, places: Places) -> Drafts:
    """Read a stops file.

    Raises
    ------
    OrdersError
        If the file cannot be used, or neither it nor the fleet file says how long a stop takes.
    """
    table = read_stops(source, mapping)
    found = Drafts(rejects=list(table.rejects), rows=len(table) + len(table.rejects))
    resolved = _resolved(table.columns, places)
    for at, row in enumerate(table.rows):
        cells = {name: values[at] for name, values in table.columns.items()}
        refused = _fault(row, cells)
        if refused is not None:
            found.rejects.append(refused)
            continue
        minutes = cells["service_min"]
        taken_s = service_s(fleet, len(cells["parcel_ids"])) if minutes is None else minutes * 60
        if taken_s is None:
            raise OrdersError(
                "nothing says how long the stop takes",
                found=f"no service_min for stop {cells['stop_id']}, no service_time in the fleet file",
                expected="minutes at the stop",
                mend="fill service_min, or write service_time: {per_stop: 3 min, per_parcel: 30 s} in the fleet file",
                where=Where(table.name, row + 1, "service_min"),
            )
        found.without_volume += cells["delivery_volume_m3"] is None and cells["collection_volume_m3"] is None
        stop = Stop(
            id=cells["stop_id"],
            node=-1,
            delivery_kg=cells["delivery_mass_kg"] or 0.0,
            delivery_m3=cells["delivery_volume_m3"] or 0.0,
            collection_kg=cells["collection_mass_kg"] or 0.0,
            collection_m3=cells["collection_volume_m3"] or 0.0,
            windows=cells["windows"] or (),
            preferred=cells["preferred"],
            service_s=taken_s,
            ready_s=cells["ready_at"] or 0.0,
            prize_money=cells["prize"],
            priority=cells["priority"] or USUAL,
            skills=frozenset(cells["skills"]),
            vehicles=frozenset(cells["vehicles"]) or None,
            zone=cells["zone"],
            parcels=cells["parcel_ids"],
        )
        spot = (float(resolved.latitude[at]), float(resolved.longitude[at]), PlaceMatch(int(resolved.match[at])))
        found.drafts.append(
            Draft(stop, ((row, stop.id),), *spot, cells["depot"], cells["postcode"], tuple(cells["pickup_points"]))
        )
    return found


def _resolved(columns: dict[str, list[Any]], places: Places):
    kinds = {name: pa.float64() if name in ("latitude", "longitude") else pa.string() for name in _PLACE}
    return places.resolve(**{name: pa.array(columns[name], kind) for name, kind in kinds.items()})


def _fault(row: int, cells: dict[str, Any]) -> Reject | None:
    latitude, longitude = cells["latitude"], cells["longitude"]
    if (latitude is None) != (longitude is None):
        return reject(row, cells["stop_id"], "latitude", latitude, "incomplete_coordinates")
    if latitude == longitude == 0.0:
        return reject(row, cells["stop_id"], "latitude", "0, 0", "null_island")
    if cells["delivery_mass_kg"] is None and cells["collection_mass_kg"] is None:
        return reject(row, cells["stop_id"], "delivery_mass_kg", None, "no_load")
    return None
