"""Checks that a satellite's vehicles deliver only what was brought there, for the verifier: rules 23 and 24 of docs/rounds.md."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Problem

_CLOSE = 1e-9
#: Seconds whose sums are of the size of a day's.
_MOMENT_S = 1e-3


class Lacking(NamedTuple):
    """A rule that is broken, by which duty, at which stop."""

    rule: int
    duty: int | None
    stop: str | None
    found: str
    expected: str


def broken(problem: Problem, plan: RoundPlan) -> list[Lacking]:
    """Return what is wrong with the goods of satellites.

    Parameters
    ----------
    problem : Problem
        Its supply stops are those that bring something.
    plan : RoundPlan
        Of stops and vehicles that exist; others are told by the verifier.
    """
    if not problem.satellites and not any(stop.brings for stop in problem.stops):
        return []
    found = _visits(problem)
    left_s = {
        problem.stops[leg.stop].id: leg.leave_s
        for timed in plan.duties
        for leg in timed.legs
        if leg.stop is not None and 0 <= leg.stop < len(problem.stops)
    }
    visit_of = {name: stop for stop in problem.stops for name in stop.brings}
    for number, timed in enumerate(plan.duties):
        for at, tour in zip(timed.starts, timed.duty.rounds, strict=False):
            if tour.start not in problem.satellites:
                continue
            departs_s = timed.legs[at].depart_s if at < len(timed.legs) else math.nan
            for position in tour.stops:
                if not 0 <= position < len(problem.stops):
                    continue
                stop = problem.stops[position]
                if not (stop.delivery_kg > 0 or stop.delivery_m3 > 0) or position in _on_board(problem, timed):
                    continue
                visit = visit_of.get(stop.id)
                if visit is None:
                    if stop.depot != tour.start:
                        found.append(
                            Lacking(23, number, stop.id, "delivered from a satellite", "goods that were brought there")
                        )
                elif visit.node != tour.start:
                    found.append(Lacking(23, number, stop.id, f"brought to node {visit.node}", f"node {tour.start}"))
                elif visit.id not in left_s:
                    found.append(Lacking(24, number, stop.id, "delivered, its goods not brought", f"{visit.id} served"))
                elif departs_s < left_s[visit.id] - _MOMENT_S:
                    found.append(
                        Lacking(
                            24, number, stop.id, f"leaves the satellite at {departs_s:g} s",
                            f"{left_s[visit.id]:g} s at the earliest, when {visit.id} has unloaded",
                        )
                    )  # fmt: skip
    return found


def _on_board(problem: Problem, timed) -> tuple[int, ...]:
    return problem.fleet[timed.duty.vehicle].on_board if 0 <= timed.duty.vehicle < len(problem.fleet) else ()


def _visits(problem: Problem) -> list[Lacking]:
    """Return what is wrong with the visits themselves: what they bring, how much, and to where."""
    found, by_id = [], {stop.id: stop for stop in problem.stops}
    times = Counter(name for stop in problem.stops for name in stop.brings)
    found += [Lacking(23, None, name, f"brought {count} times", "once") for name, count in times.items() if count > 1]
    for visit in problem.stops:
        if not visit.brings:
            continue
        satellite = problem.satellites.get(visit.node)
        if satellite is None:
            found.append(Lacking(23, None, visit.id, f"brings goods to node {visit.node}", "a satellite"))
            continue
        if visit.depot != satellite.supplier:
            found.append(Lacking(23, None, visit.id, f"goods from node {visit.depot}", f"node {satellite.supplier}"))
        unknown = [name for name in visit.brings if name not in by_id]
        if unknown:
            found.append(Lacking(23, None, visit.id, f"brings the goods of {unknown[0]}", "a stop of the problem"))
            continue
        members = [by_id[name] for name in visit.brings]
        for name in ("delivery_kg", "delivery_m3"):
            said, sums = getattr(visit, name), math.fsum(getattr(stop, name) for stop in members)
            if not math.isclose(said, sums, rel_tol=_CLOSE, abs_tol=1e-12):
                found.append(Lacking(23, None, visit.id, f"{name} of {said!r}", f"{sums!r}, the sum of what it brings"))
        parcels = sum(max(len(stop.parcels), 1) for stop in members)
        needed_s = satellite.unloading_s + parcels * satellite.unloading_per_parcel_s
        if not math.isclose(visit.service_s, needed_s, rel_tol=_CLOSE, abs_tol=_MOMENT_S):
            found.append(Lacking(23, None, visit.id, f"unloads for {visit.service_s:g} s", f"{needed_s:g} s"))
    return found
