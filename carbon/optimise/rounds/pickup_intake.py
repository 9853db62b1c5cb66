"""Pick-up points of a fleet file, who would go there, and what a customer's own way causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carbon.errors import OrganisationError
from carbon.factors.registry import Registry
from carbon.optimise.rounds.drafts import Draft
from carbon.optimise.rounds.fleet_places import PointPlace
from carbon.optimise.rounds.pickup import OwnTrip, PickupPoint
from carbon.orders.distance import great_circle_km
from carbon.organisation import Organisation
from carbon.organisation.fleet import Fleet


def pickup_points(fleet: Fleet, places: Sequence[PointPlace], first_node: int) -> tuple[PickupPoint, ...]:
    """Return the points, whose nodes are numbered from `first_node` on."""
    made = []
    for node, place in enumerate(places, first_node):
        point = fleet.pickup_points[place.key]
        each = point.service_time.per_parcel
        made.append(
            PickupPoint(
                place.key,
                node,
                point.capacity,
                point.open,
                point.service_time.per_stop.to("s").magnitude,
                0.0 if each is None else each.to("s").magnitude,
            )
        )
    return tuple(made)


def willing(fleet: Fleet, drafts: Sequence[Draft], places: Sequence[PointPlace]) -> dict[str, tuple[str, ...]]:
    """Return, by stop, the points its customer would go to: what the stop says, else those within the fleet file's distance."""
    within_km = None if fleet.pickup.within is None else fleet.pickup.within.to("km").magnitude
    found: dict[str, tuple[str, ...]] = {}
    for draft in drafts:
        names = draft.pickup_points
        if not names and within_km is not None:
            names = tuple(
                place.key
                for place in places
                if float(great_circle_km(draft.latitude, draft.longitude, place.latitude, place.longitude)) <= within_km
            )
        if names and draft.stop.delivery_kg > 0:
            found[draft.stop.id] = names
    return found


def own_trip(fleet: Fleet, registry: Registry, region: str, year: int, notes: list[str]) -> OwnTrip:
    """Return how customers come, by the figures of the fleet file or the sourced ones.

    The distance, where none is stated, is the network's way to the point and back: a plan knows more than the ledger's usual distance.
    """
    trip = fleet.pickup.trip
    factor = registry.resolve(trip.vehicle, "km", region, year).factor
    share = trip.car_share
    if share is None:
        sourced = registry.needed_parameter("pickup.car_share", region, year)
        share = sourced.value
        notes.append(
            f"share of parcels fetched by car: {share:.0%}, of {sourced.parameter.id}; state it under pickup.trip"
        )
    distance_km = None if trip.distance is None else trip.distance.to("km").magnitude
    return OwnTrip(share, factor.co2e_kg, distance_km, trip.parcels_per_trip)


def check_service(fleet: Fleet, organisation: Organisation | None) -> None:
    """Refuse a service for parcels at points that the organisation file does not have."""
    name = fleet.pickup.service
    services: Mapping[str, object] = organisation.services if organisation else {}
    if name is not None and organisation is not None and name not in services:
        raise OrganisationError(
            "pickup.service is no service of the organisation file",
            found=name,
            expected=", ".join(services),
            mend="name a service with a customer_trip",
        )


def far_points(points: Sequence[PointPlace], wanted: Mapping[str, Sequence[str]]) -> list[str]:
    """Name points that no customer would go to: nothing can be left there."""
    asked = {name for names in wanted.values() for name in names}
    idle = [place.key for place in points if place.key not in asked]
    if not idle:
        return []
    return [f"no customer would go to {', '.join(idle)}: fill pickup_points of the stops, or state pickup.within"]
