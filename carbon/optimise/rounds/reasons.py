"""Why a stop is not served, and what would serve it: found by trying it alone with every vehicle type."""

from __future__ import annotations

import math
from collections.abc import Sequence

from carbon.optimise.rounds.costing import M_PER_KM, Costing
from carbon.optimise.rounds.plan import Unserved, Why
from carbon.optimise.rounds.pool import Route
from carbon.optimise.rounds.problem import Objective, VehicleType

WOULD_SERVE: dict[Why, str] = {
    Why.UNREACHABLE: "a way there in the matrix, or a vehicle type whose matrix has one",
    Why.TOO_HEAVY: "a vehicle with more payload, or several stops of less mass each",
    Why.TOO_LARGE: "a vehicle with more volume, or several stops of less volume each",
    Why.NO_SUCH_SKILL: "a vehicle with the skills it asks for",
    Why.FORBIDDEN_ZONE: "a vehicle that may enter its zone",
    Why.NO_VEHICLE_ACCEPTED: "a vehicle type that the customer accepts",
    Why.OUT_OF_RANGE: "a vehicle with more range, or a depot nearer by",
    Why.OUT_OF_TIME: "a wider window, a longer shift, or goods that are ready earlier",
    Why.NOT_BROUGHT: "a further vehicle that brings goods to the satellite",
    Why.NOT_WORTH_IT: "a higher prize",
    Why.FLEET_TOO_SMALL: "one vehicle more of a type that may serve it",
    Why.NOT_FOUND: "more time for the search",
}


def alone(costing: Costing, stop: int) -> Why | None:
    """Return why no vehicle could serve a stop even if it were the only one; None: one could, or may in a later round."""
    asked = costing.problem.stops[stop]
    types = [number for number, each in enumerate(costing.problem.fleet) if each.count > 0]
    if not types:
        return Why.FLEET_TOO_SMALL
    holders = [number for number in types if stop in costing.problem.fleet[number].on_board]
    left = [
        (number, costing.problem.fleet[number])
        for number in holders or types
        if asked.depot is None or stop in costing.problem.fleet[number].on_board
        or asked.depot in (costing.problem.fleet[number].start, *costing.problem.fleet[number].reload_at)
    ]  # fmt: skip
    if not left:
        return Why.UNREACHABLE  # nobody starts or reloads where its goods lie
    for why, keeps in _FILTERS:
        left = [(number, kind) for number, kind in left if keeps(costing, number, kind, stop, asked)]
        if not left:
            return why
    for number, kind in left:
        later = kind.most_rounds > 1 and any(place != kind.start for place in kind.reload_at)
        if later or costing.figures(number, ((kind.start, (stop,), kind.end),)) is not None:
            return None
    return Why.OUT_OF_TIME


def _metres(costing: Costing, number: int, kind: VehicleType, node: int) -> float:
    metres = costing.vehicles[number].distance
    return metres[kind.start][node] + metres[node][kind.end]


_FILTERS = (
    (Why.NO_SUCH_SKILL, lambda costing, number, kind, stop, asked: asked.skills <= kind.skills),
    (Why.FORBIDDEN_ZONE, lambda costing, number, kind, stop, asked: asked.zone not in kind.forbidden_zones),
    (
        Why.NO_VEHICLE_ACCEPTED,
        lambda costing, number, kind, stop, asked: asked.vehicles is None or kind.id in asked.vehicles,
    ),
    (
        Why.TOO_HEAVY,
        lambda costing, number, kind, stop, asked: max(asked.delivery_kg, asked.collection_kg) <= kind.payload_kg,
    ),
    (
        Why.TOO_LARGE,
        lambda costing, number, kind, stop, asked: max(asked.delivery_m3, asked.collection_m3) <= kind.volume_m3,
    ),
    (
        Why.UNREACHABLE,
        lambda costing, number, kind, stop, asked: math.isfinite(_metres(costing, number, kind, asked.node)),
    ),
    (
        Why.OUT_OF_RANGE,
        lambda costing, number, kind, stop, asked: (
            _metres(costing, number, kind, asked.node)
            <= kind.range_km * M_PER_KM * (2 if kind.reload_at and kind.recharges else 1)
        ),
    ),
)


def left_out(costing: Costing, objective: Objective, plan: Sequence[Route], stop: int) -> Unserved:
    """Return why a plan leaves out a stop that a vehicle alone could serve."""
    if math.isfinite(objective.prize(costing.problem.stops[stop])):
        return Unserved(stop, Why.NOT_WORTH_IT, WOULD_SERVE[Why.NOT_WORTH_IT])
    if any(stop in each.on_board for each in costing.problem.fleet):
        return Unserved(
            stop, Why.OUT_OF_TIME, "a wider window: it is on board, and only the vehicle that has it can serve it"
        )
    why = Why.FLEET_TOO_SMALL if not _spare(costing, plan, stop) else Why.NOT_FOUND
    return Unserved(stop, why, WOULD_SERVE[why])


def _spare(costing: Costing, plan: Sequence[Route], stop: int) -> bool:
    """Whether a vehicle that could serve a stop stands idle."""
    for number, kind in enumerate(costing.problem.fleet):
        used = sum(vehicle == number for vehicle, _ in plan)
        if used < kind.count and costing.figures(number, ((kind.start, (stop,), kind.end),)) is not None:
            return True
    return False


def cannot(stop: int, why: Why) -> Unserved:
    """Return a stop that no vehicle can serve."""
    return Unserved(stop, why, WOULD_SERVE[why])
