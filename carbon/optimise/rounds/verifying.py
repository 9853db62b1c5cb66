"""Checks a plan of rounds from nothing but the problem and the plan, by the rules of docs/rounds.md, number by number.

Shares no code with what plans: a plan that it finds fault with is never returned.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from carbon.optimise.rounds.departing import choose, earliest, rest_needed
from carbon.optimise.rounds.plan import Duty, Leg, RoundPlan, Timed, Unserved
from carbon.optimise.rounds.problem import Problem
from carbon.optimise.rounds.recounting import delivers, recompute, recount
from carbon.optimise.rounds.supplied import broken
from carbon.optimise.rounds.ways import CLOSE

__all__ = ["Finding", "recompute", "verify", "verify_duty"]

#: Zero that was added up; figures are compared relative to themselves.
_ZERO = 1e-12
#: What taking loads off one by one may leave of them [kg], [m3].
_LEFT = 1e-9
#: Seconds whose sums are of the size of a day's; a departure this near to the best one is the best one.
_MOMENT_S = 1e-3

#: Figure of a leg, the rule it is told under, its unit.
_OF_A_LEG = (
    ("arrive_s", 3, "s"),
    ("begin_s", 4, "s"),
    ("leave_s", 4, "s"),
    ("rest_s", 5, "s"),
    ("distance_m", 8, "m"),
    ("load_kg", 7, "kg"),
    ("load_m3", 7, "m3"),
    ("energy", 11, ""),
    ("co2e_kg", 12, "kg"),
    ("money", 13, ""),
)
_OF_A_DUTY = (
    ("distance_m", 8, "m"),
    ("empty_m", 15, "m"),
    ("paid_s", 13, "s"),
    ("energy", 11, ""),
    ("co2e_kg", 12, "kg"),
    ("money", 13, ""),
)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a plan.

    Attributes
    ----------
    rule : int
        Its number in docs/rounds.md.
    duty : int or None
        Position in the plan; None: the plan as a whole.
    stop : str or None
        Id of the stop it was found at.
    found, expected : str
    """

    rule: int
    duty: int | None
    stop: str | None
    found: str
    expected: str

    def __str__(self) -> str:
        place = "the plan" if self.duty is None else f"duty {self.duty + 1}"
        at = "" if self.stop is None else f", stop {self.stop}"
        return f"{place}{at}: rule {self.rule} of docs/rounds.md: found {self.found}, expected {self.expected}"


def verify(problem: Problem, plan: RoundPlan) -> list[Finding]:
    """Return everything that is wrong with a plan: rules it breaks, figures that are not those of its duties.

    Parameters
    ----------
    problem : Problem
    plan : RoundPlan
        Duties and figures as they are claimed; only each duty's vehicle, rounds, departure and place of rest are taken
        from it, all else is worked out anew.

    Returns
    -------
    list of Finding
        Empty for a plan that is right.
    """
    found = _served_once(problem, plan) + _counts(problem, plan) + _supplied(problem, plan)
    for number, timed in enumerate(plan.duties):
        found += verify_duty(problem, timed, number)
    for name, rule in (("co2e_kg", 12), ("money", 13)):
        said, sums = getattr(plan, name), math.fsum(getattr(timed, name) for timed in plan.duties)
        if not _equal(said, sums):
            found.append(Finding(rule, None, None, f"{name} of {said!r}", f"{sums!r}, the sum of its duties"))
    return found


def verify_duty(problem: Problem, timed: Timed, number: int = 0) -> list[Finding]:
    """Return what is wrong with one duty and its figures."""
    duty = timed.duty
    unknown = _unknown(problem, duty, number)
    if unknown:
        return unknown
    return [
        *_rounds(problem, duty, number),
        *_access(problem, duty, number),
        *_under_way(problem, duty, number),
        *_told(problem, timed, number),
    ]


def _unknown(problem: Problem, duty: Duty, number: int) -> list[Finding]:
    """Return what a duty names that is not there: nothing else can be checked then."""
    nodes = len(problem.network.zone)
    if not 0 <= duty.vehicle < len(problem.fleet):
        return [Finding(10, number, None, f"vehicle type {duty.vehicle}", f"one of {len(problem.fleet)} types")]
    found = [
        Finding(16, number, None, f"stop {stop}", f"one of {len(problem.stops)} stops")
        for stop in duty.stops
        if not 0 <= stop < len(problem.stops)
    ]
    for each in duty.rounds:
        for node in (each.start, each.end):
            if not 0 <= node < nodes:
                found.append(Finding(7, number, None, f"a round at node {node}", f"one of {nodes} nodes"))
    if not found and not duty.stops:
        found.append(Finding(17, number, None, "a duty without a stop", "a duty that serves one"))
    return found


def _served_once(problem: Problem, plan: RoundPlan) -> list[Finding]:
    """Return what breaks rule 16: stops served twice, lost, or listed though served."""
    found: list[Finding] = []
    served = Counter(stop for timed in plan.duties for stop in timed.duty.stops)
    listed = Counter(each.stop for each in plan.unserved)
    for each in plan.unserved:
        found += _listed_wrongly(problem, each)
    for position, stop in enumerate(problem.stops):
        times, lists = served[position], listed[position]
        if times > 1:
            found.append(Finding(16, None, stop.id, f"served {times} times", "once at most"))
        if times and lists:
            found.append(Finding(16, None, stop.id, "served, and listed as unserved", "one of both"))
        if not times and not lists:
            must = "it must be served" if stop.prize_money is None else "it is worth a prize"
            found.append(Finding(16, None, stop.id, f"neither served nor listed as unserved ({must})", "one of both"))
        if lists > 1:
            found.append(Finding(16, None, stop.id, f"listed as unserved {lists} times", "once"))
    return found


def _supplied(problem: Problem, plan: RoundPlan) -> list[Finding]:
    """Return what breaks rules 23 and 24: goods that leave a satellite and were not brought, or not in time."""
    return [Finding(each.rule, each.duty, each.stop, each.found, each.expected) for each in broken(problem, plan)]


def _listed_wrongly(problem: Problem, each: Unserved) -> list[Finding]:
    if not 0 <= each.stop < len(problem.stops):
        return [Finding(16, None, None, f"unserved stop {each.stop}", f"one of {len(problem.stops)} stops")]
    if not each.why or not each.would_serve.strip():
        return [
            Finding(16, None, problem.stops[each.stop].id, "unserved without a reason", "why, and what would serve it")
        ]
    return []


def _counts(problem: Problem, plan: RoundPlan) -> list[Finding]:
    """Return what breaks rules 10 and 18: more vehicles of a type than there are, or several under way."""
    used = Counter(timed.duty.vehicle for timed in plan.duties)
    found = [
        Finding(10, None, None, f"{used[position]} vehicles of type {vehicle.id}", f"{vehicle.count} at most")
        for position, vehicle in enumerate(problem.fleet)
        if used[position] > vehicle.count
    ]
    return found + [
        Finding(
            18, None, None, f"{vehicle.count} vehicles of type {vehicle.id} with goods on board", "1, a type of its own"
        )
        for vehicle in problem.fleet
        if vehicle.on_board and vehicle.count > 1
    ]


def _rounds(problem: Problem, duty: Duty, number: int) -> list[Finding]:
    """Return what breaks rules 7 (depots) and 17: where rounds begin and end, and how many there are."""
    vehicle, found = problem.fleet[duty.vehicle], []
    first, last = duty.rounds[0], duty.rounds[-1]
    if first.start != vehicle.start:  # 17
        found.append(Finding(17, number, None, f"begins at node {first.start}", f"node {vehicle.start}"))
    if last.end != vehicle.end:
        found.append(Finding(17, number, None, f"ends at node {last.end}", f"node {vehicle.end}"))
    if len(duty.rounds) > vehicle.most_rounds:
        found.append(Finding(17, number, None, f"{len(duty.rounds)} rounds", f"{vehicle.most_rounds} at most"))
    for position, each in enumerate(duty.rounds):  # 7
        if each.start not in problem.depots and (
            position or each.start != vehicle.start or not _is_under_way(problem, duty)
        ):
            found.append(Finding(7, number, None, f"round {position + 1} begins at node {each.start}", "a depot"))
        if each.end not in problem.depots:
            found.append(Finding(7, number, None, f"round {position + 1} ends at node {each.end}", "a depot"))
        if position and each.start != duty.rounds[position - 1].end:
            where = f"round {position + 1} begins at node {each.start}"
            found.append(
                Finding(7, number, None, where, f"node {duty.rounds[position - 1].end}, where the last one ended")
            )
        if position and each.start not in vehicle.reload_at:
            where = f"round {position + 1} begins at node {each.start}"
            allowed = ", ".join(map(str, vehicle.reload_at)) or "none"
            found.append(Finding(7, number, None, where, f"a reload depot of {vehicle.id} ({allowed})"))
    return found


def _is_under_way(problem: Problem, duty: Duty) -> bool:
    """Return whether a duty's vehicle has left its depot already: a type of its own that begins elsewhere (rule 18)."""
    vehicle = problem.fleet[duty.vehicle]
    return vehicle.start not in problem.depots and vehicle.count == 1


def _access(problem: Problem, duty: Duty, number: int) -> list[Finding]:
    """Return what breaks rule 9: skills, zones, vehicles that customers accept, depots of goods."""
    vehicle, found = problem.fleet[duty.vehicle], []
    for each in duty.rounds:
        for position in each.stops:
            stop = problem.stops[position]
            lacking = stop.skills - vehicle.skills
            if lacking:
                found.append(
                    Finding(9, number, stop.id, f"{vehicle.id} without {', '.join(sorted(lacking))}", "the skill")
                )
            if stop.zone is not None and stop.zone in vehicle.forbidden_zones:
                found.append(
                    Finding(9, number, stop.id, f"{vehicle.id} in zone {stop.zone}", "a vehicle that may enter")
                )
            if stop.vehicles is not None and vehicle.id not in stop.vehicles:
                accepted = " or ".join(sorted(stop.vehicles)) or "none"
                found.append(
                    Finding(9, number, stop.id, f"served by {vehicle.id}", f"what the customer accepts: {accepted}")
                )
            elsewhere = stop.depot is not None and stop.depot != each.start and position not in vehicle.on_board
            if elsewhere and delivers(stop):
                found.append(
                    Finding(9, number, stop.id, f"goods from node {each.start}", f"node {stop.depot}, where they lie")
                )
    return found


def _under_way(problem: Problem, duty: Duty, number: int) -> list[Finding]:
    """Return what breaks rule 18: goods that are on board of a vehicle, delivered by another one or too late."""
    vehicle, found = problem.fleet[duty.vehicle], []
    others = {stop for at, other in enumerate(problem.fleet) if at != duty.vehicle for stop in other.on_board}
    empty_handed = _is_under_way(problem, duty)
    for at, each in enumerate(duty.rounds):
        for position in each.stops:
            stop = problem.stops[position]
            if position in others:
                found.append(
                    Finding(18, number, stop.id, "delivered by another vehicle", "the one that has it on board")
                )
            elif position in vehicle.on_board and at:
                found.append(Finding(18, number, stop.id, f"delivered in round {at + 1}", "round 1: it is on board"))
            elif position not in vehicle.on_board and not at and empty_handed and delivers(stop):
                found.append(Finding(18, number, stop.id, "delivered before a depot is reached", "what is on board"))
    return found


def _told(problem: Problem, timed: Timed, number: int) -> list[Finding]:
    """Return what breaks the rules of time, load and range, and the figures that are not the duty's (1-8, 11-16)."""
    duty, vehicle = timed.duty, problem.fleet[timed.duty.vehicle]
    if not timed.legs:
        return [Finding(16, number, None, "no legs", "one for each stop and each return")]
    rests = [position for position, leg in enumerate(timed.legs) if leg.rest_s != 0]
    departure_s = timed.legs[0].depart_s if duty.departure_s is None else duty.departure_s
    found = _resting(problem, duty, departure_s, rests, len(timed.legs), number)
    if vehicle.under_way and departure_s > earliest(problem, duty) + _MOMENT_S:
        text = f"at {earliest(problem, duty):g} s, at once: it is under way"
        found.append(Finding(18, number, None, f"leaves at {departure_s:g} s", text))
    rest_leg = rests[0] if len(rests) == 1 and vehicle.rest is not None else None
    result = recount(problem, duty, departure_s, rest_leg)
    right = result.timed
    for each in result.breaches:
        found.append(Finding(each.rule, number, _id(problem, each.stop), each.found, each.expected))
    if [_place(leg) for leg in timed.legs] != [_place(leg) for leg in right.legs] or timed.starts != right.starts:
        found.append(
            Finding(16, number, None, "legs in another order than the duty's rounds", "one leg a step of them")
        )
        return found
    for position, (said, is_) in enumerate(zip(timed.legs, right.legs, strict=True)):
        rule = 1 if not position else 2 if position in right.starts else 4
        for name, told_under, unit in (("depart_s", rule, "s"), *_OF_A_LEG):
            found += _differs(name, told_under, unit, said, is_, number, _id(problem, is_.stop))
    for name, told_under, unit in _OF_A_DUTY:
        found += _differs(name, told_under, unit, timed, right, number, None)
    if duty.departure_s is None:
        found += _best_departure(problem, right, departure_s, number)
    return found


def _resting(
    problem: Problem, duty: Duty, departure_s: float, rests: list[int], legs: int, number: int
) -> list[Finding]:
    """Return what breaks rule 5 in how often there is a rest, and after which leg."""
    if len(rests) > 1:
        return [Finding(5, number, None, f"{len(rests)} rests", "one")]
    needed = rest_needed(problem, duty, departure_s)
    if needed and not rests:
        return [
            Finding(5, number, None, "no rest", f"one: it ends after {problem.fleet[duty.vehicle].rest.latest_s:g} s")
        ]
    if rests and not needed:
        return [Finding(5, number, None, "a rest", "none: the duty, without it, ends before one is due")]
    if rests and rests[0] >= legs - 1:
        return [Finding(5, number, None, "a rest after the duty", "one before its last leg")]
    return []


def _best_departure(problem: Problem, right: Timed, departure_s: float, number: int) -> list[Finding]:
    """Return what breaks rule 14: a departure left to the plan that is not the one the rule names.

    With a rest the fewest paid hours may be no departure's own, and none is held against the plan.
    """
    if problem.fleet[right.duty.vehicle].rest is not None and problem.fleet[right.duty.vehicle].waiting_is_paid:
        return []
    named = choose(problem, right.duty)
    if named is None:  # no departure keeps the rules: told under the rule that is broken, for the earliest one
        named_s, paid_s = earliest(problem, right.duty), right.paid_s
    else:
        named_s = named.departure_s
        paid_s = recount(problem, right.duty, named_s, named.rest_leg).timed.paid_s
    if abs(named_s - departure_s) <= _MOMENT_S:
        return []
    return [
        Finding(
            14, number, None,
            f"leaves at {departure_s:g} s, {right.paid_s:g} s paid", f"at {named_s:g} s, {paid_s:g} s paid",
        )
    ]  # fmt: skip


def _differs(
    name: str, rule: int, unit: str, said: Leg | Timed, right: Leg | Timed, number: int, stop: str | None
) -> list[Finding]:
    one, other = getattr(said, name), getattr(right, name)
    if _equal(one, other, _LEFT if name.startswith("load") else _ZERO):
        return []
    return [Finding(rule, number, stop, f"{name} of {one!r} {unit}".rstrip(), f"{other!r} {unit}".rstrip())]


def _equal(one: float, other: float, zero: float = _ZERO) -> bool:
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=zero)


def _place(leg: Leg) -> tuple[int, int, int | None]:
    return leg.start, leg.end, leg.stop


def _id(problem: Problem, stop: int | None) -> str | None:
    return None if stop is None else problem.stops[stop].id
