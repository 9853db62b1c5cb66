"""A day with satellites as an ordinary day: stops that bring goods to a satellite, and stops whose goods lie there from then on.

Which stops go through which satellite, and when their goods have arrived, is a decision (`carbon.optimise.rounds.satellites`
looks for a good one). Once it is taken, line-haul rounds and the satellite's own rounds are planned together, like any others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from carbon.optimise.rounds.costing import Costing, Violation
from carbon.optimise.rounds.plan import Duty, Round
from carbon.optimise.rounds.pool import Route
from carbon.optimise.rounds.problem import Problem, Satellite, Stop, VehicleType

_DAY_END_S = 2 * 86_400.0
#: What the name of a visit that brings goods to a satellite begins with.
SUPPLY = "supply of "


@dataclass(frozen=True)
class Decision:
    """What goes through satellites.

    Attributes
    ----------
    via : mapping of int to int
        Stop (position) to the satellite's node; the others are served from the depots.
    slack_s : mapping of int to float
        By satellite's node: how much later than at the earliest its goods have arrived.
    """

    via: Mapping[int, int] = field(default_factory=dict)
    slack_s: Mapping[int, float] = field(default_factory=dict)

    @property
    def key(self) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, float], ...]]:
        """What makes it the same as another one."""
        used = set(self.via.values())
        slack = sorted((node, slack_s) for node, slack_s in self.slack_s.items() if node in used and slack_s)
        return tuple(sorted(self.via.items())), tuple(slack)


def eligible(problem: Problem) -> dict[int, tuple[int, ...]]:
    """Return, for each stop whose goods may go through satellites, their nodes.

    Goods that lie at a satellite already, and what is only collected, go through none.
    """
    found = {}
    for position, stop in enumerate(problem.stops):
        if stop.brings or not (stop.delivery_kg > 0 or stop.delivery_m3 > 0):
            continue
        nodes = tuple(
            node
            for node, satellite in problem.satellites.items()
            if stop.depot in (None, satellite.supplier)
            and any(kind.start == node and kind.count and kind.serves(stop) for kind in problem.fleet)
            and carriers(problem, node)
        )
        if nodes:
            found[position] = nodes
    return found


def carriers(problem: Problem, node: int) -> list[VehicleType]:
    """Return the vehicle types that may bring goods to a satellite."""
    satellite, zone = problem.satellites[node], problem.network.zone[node]
    return [
        kind
        for kind in problem.fleet
        if kind.count
        and kind.start == satellite.supplier
        and (satellite.vehicles is None or kind.id in satellite.vehicles)
        and zone not in kind.forbidden_zones
    ]


def decided(problem: Problem, decision: Decision) -> Problem | None:
    """Return the day as it is with a decision; None where goods cannot be at a satellite in time.

    Stops keep their positions; those that bring goods come after them.
    """
    stops = [_direct(problem, stop) for stop in problem.stops]
    bringing: list[Stop] = []
    for node in sorted(set(decision.via.values())):
        members = [position for position, to in sorted(decision.via.items()) if to == node]
        lots = _lots(problem, node, members)
        if lots is None:
            return None
        earliest_s = _earliest_s(problem, node, lots)
        if earliest_s is None:
            return None
        there_s = earliest_s + decision.slack_s.get(node, 0.0)
        for number, lot in enumerate(lots, 1):
            made = _visit(problem, node, lot, there_s, number if len(lots) > 1 else None)
            if made is None:
                return None
            bringing.append(made)
        for position in members:
            stops[position] = replace(problem.stops[position], depot=node, ready_s=there_s)
    return replace(problem, stops=(*stops, *bringing))


def _direct(problem: Problem, stop: Stop) -> Stop:
    """Return a stop that is served from where its goods lie: no satellite has them."""
    if stop.depot is not None or not (stop.delivery_kg > 0 or stop.delivery_m3 > 0):
        return stop
    depots = {kind.start for kind in problem.fleet} - set(problem.satellites)
    if len(depots) == 1:
        return replace(stop, depot=min(depots))
    elsewhere = frozenset(kind.id for kind in problem.fleet if kind.start not in problem.satellites)
    return replace(stop, vehicles=elsewhere if stop.vehicles is None else stop.vehicles & elsewhere)


def _lots(problem: Problem, node: int, members: list[int]) -> list[list[int]] | None:
    """Share stops out into what one vehicle brings: the heaviest first, each into the first lot that has room."""
    kinds = carriers(problem, node)
    if not kinds:
        return None
    largest = max(kinds, key=lambda kind: (kind.payload_kg, kind.volume_m3))
    stops, lots, room = problem.stops, [], []
    for position in sorted(members, key=lambda each: (-stops[each].delivery_kg, each)):
        mass_kg, volume_m3 = stops[position].delivery_kg, stops[position].delivery_m3
        if mass_kg > largest.payload_kg or volume_m3 > largest.volume_m3:
            return None
        for number, (left_kg, left_m3) in enumerate(room):
            if mass_kg <= left_kg and volume_m3 <= left_m3:
                lots[number].append(position)
                room[number] = (left_kg - mass_kg, left_m3 - volume_m3)
                break
        else:
            lots.append([position])
            room.append((largest.payload_kg - mass_kg, largest.volume_m3 - volume_m3))
    return [sorted(lot) for lot in lots]


def _visit(problem: Problem, node: int, lot: list[int], there_s: float, number: int | None) -> Stop | None:
    """Return the stop that brings a lot in time; None where the satellite opens too late."""
    satellite, members = problem.satellites[node], [problem.stops[position] for position in lot]
    service_s = unloading_s(satellite, members)
    latest_s = there_s - service_s
    windows = tuple(
        (opens, min(closes, latest_s))
        for opens, closes in satellite.windows or ((-math.inf, math.inf),)
        if opens <= latest_s
    )
    if not windows or latest_s < 0:
        return None
    name = f"{SUPPLY}{problem.depots.get(node, node)}" + ("" if number is None else f", {number}")
    return Stop(
        name,
        node,
        delivery_kg=math.fsum(stop.delivery_kg for stop in members),
        delivery_m3=math.fsum(stop.delivery_m3 for stop in members),
        windows=tuple((max(opens, 0.0), closes) for opens, closes in windows),
        service_s=service_s,
        ready_s=max(stop.ready_s for stop in members),
        vehicles=frozenset(kind.id for kind in carriers(problem, node)),
        zone=problem.network.zone[node],
        depot=satellite.supplier,
        priority=1,
        brings=tuple(stop.id for stop in members),
    )


def unloading_s(satellite: Satellite, members: list[Stop]) -> float:
    """Return how long a visit takes that brings the goods of some stops."""
    parcels = sum(max(len(stop.parcels), 1) for stop in members)
    return satellite.unloading_s + parcels * satellite.unloading_per_parcel_s


def _earliest_s(problem: Problem, node: int, lots: list[list[int]]) -> float | None:
    """Return when all lots can be there, each brought by the fastest vehicle for itself."""
    latest = []
    for lot in lots:
        visit = _visit(problem, node, lot, _DAY_END_S, None)
        if visit is None:
            return None
        empty = tuple(replace(kind, on_board=()) for kind in problem.fleet)
        alone = replace(problem, stops=(visit,), fleet=empty)
        costing, left = Costing(alone), []
        for number, kind in enumerate(problem.fleet):
            if kind.id not in visit.vehicles:
                continue
            start = max(kind.shift[0], visit.ready_s)
            duty = Duty(number, (Round(kind.start, (0,), kind.end),), start)
            timed = costing.timed(duty)
            if not isinstance(timed, Violation):
                left.append(timed.legs[0].leave_s)
        if not left:
            return None
        latest.append(min(left))
    return max(latest)


def without_unbrought(costing: Costing, plan: Sequence[Route]) -> tuple[list[Route], set[int]]:
    """Return a plan without the stops whose goods it does not bring to their satellite, and which these are."""
    stops = costing.problem.stops
    served = {stop for _, tours in plan for _, those, _ in tours for stop in those}
    missing = {name for place, stop in enumerate(stops) if stop.brings and place not in served for name in stop.brings}
    unbrought = {place for place, stop in enumerate(stops) if stop.id in missing}
    if not unbrought & served:
        return list(plan), unbrought
    kept = []
    for vehicle, tours in plan:
        left = tuple(
            (start, tuple(stop for stop in those if stop not in unbrought), end) for start, those, end in tours
        )
        left = tuple(tour for tour in left if tour[1])
        if left and (left == tours or costing.figures(vehicle, left) is not None):
            kept.append((vehicle, left))
    return kept, unbrought
