"""A plan's kg CO2e shared among the parcels of its rounds, by the two rules of the ledger (docs/rounds.md, 19 to 21).

The rules are those of `round_allocation` in the organisation file, as `carbon.activities.transport` counts them for
rounds that were driven: equally, or by mass times great-circle distance from the depot where the round begins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from carbon.errors import InputError
from carbon.optimise.rounds.metrics import rounds_of
from carbon.optimise.rounds.plan import Leg, RoundPlan, Timed
from carbon.optimise.rounds.problem import Problem, Stop
from carbon.orders.distance import great_circle_km

Rule = Literal["parcel", "mass_distance"]


@dataclass(frozen=True)
class Share:
    """What one parcel answers for.

    Attributes
    ----------
    parcel : str
        Its id; the stop's where the stop names no parcels.
    stop, duty, round : int
        Positions in the problem, the plan, the duty.
    collected : bool
        Taken away, not brought.
    mass_kg, radial_km : float
        What the second rule shares by; `radial_km` is NaN where places are not known.
    share : float
        Of its round, from 0 to 1.
    co2e_kg : float
    """

    parcel: str
    stop: int
    duty: int
    round: int
    collected: bool
    mass_kg: float
    radial_km: float
    share: float
    co2e_kg: float


@dataclass(frozen=True)
class _Parcel:
    id: str
    stop: int
    collected: bool
    mass_kg: float
    radial_km: float


def shares(
    problem: Problem,
    plan: RoundPlan,
    rule: Rule,
    delivered_kg: Mapping[str, float] | None = None,
    collected_kg: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Share]:
    """Return each parcel's part of its round's kg CO2e; the parts of a plan sum to the plan's figure.

    Parameters
    ----------
    problem : Problem
    plan : RoundPlan
    rule : {"parcel", "mass_distance"}
    delivered_kg : mapping of str to float, optional
        Gross mass by parcel id; a stop's parcels that are not all named share its delivery equally.
    collected_kg : mapping of str to mapping of str to float, optional
        Stop id to ids and gross mass of what is collected there; one parcel, named as the stop, where it is not named.

    Raises
    ------
    InputError
        If mass times distance is asked for and a place is known by a matrix alone.
    """
    result = []
    for number, timed in enumerate(plan.duties):
        result += _of_duty(problem, timed, number, rule, delivered_kg or {}, collected_kg or {})
    return result


def round_co2e_kg(problem: Problem, timed: Timed) -> tuple[float, ...]:
    """Return kg CO2e of each round of a duty: its legs', and of the vehicle's use a part by the round's metres (19)."""
    use_kg = problem.fleet[timed.duty.vehicle].co2e_kg_per_use
    rounds = list(rounds_of(timed))
    driven_m = [math.fsum(leg.distance_m for leg in legs) for legs in rounds]
    whole_m = math.fsum(driven_m)
    parts = [each / whole_m if whole_m else 1 / len(rounds) for each in driven_m]
    return tuple(
        math.fsum([*(leg.co2e_kg for leg in legs), use_kg * part]) for legs, part in zip(rounds, parts, strict=True)
    )


def _of_duty(
    problem: Problem,
    timed: Timed,
    number: int,
    rule: Rule,
    delivered_kg: Mapping[str, float],
    collected_kg: Mapping[str, Mapping[str, float]],
) -> list[Share]:
    held = [_parcels(problem, legs, delivered_kg, collected_kg) for legs in rounds_of(timed)]
    totals = _carried(round_co2e_kg(problem, timed), [bool(parcels) for parcels in held])
    result = []
    for position, (parcels, co2e_kg) in enumerate(zip(held, totals, strict=True)):
        for parcel, part in zip(parcels, _parts(problem, parcels, rule), strict=True):
            result.append(
                Share(
                    parcel.id, parcel.stop, number, position, parcel.collected, parcel.mass_kg, parcel.radial_km,
                    part, co2e_kg * part,
                )
            )  # fmt: skip
    return result


def _carried(co2e_kg: tuple[float, ...], has_parcels: list[bool]) -> list[float]:
    """Return rounds' kg with those of rounds without parcels moved to the next that has some, else to the last (21)."""
    taking = [position for position, some in enumerate(has_parcels) if some]
    gathered: list[list[float]] = [[] for _ in co2e_kg]
    for position, each in enumerate(co2e_kg):
        to = next((at for at in taking if at >= position), taking[-1] if taking else position)
        gathered[to].append(each)
    return [math.fsum(each) for each in gathered]


def _parcels(
    problem: Problem,
    legs: tuple[Leg, ...],
    delivered_kg: Mapping[str, float],
    collected_kg: Mapping[str, Mapping[str, float]],
) -> list[_Parcel]:
    """Return what a round brings and takes away, parcel by parcel (20)."""
    found = []
    for leg in legs:
        if leg.stop is None:
            continue
        stop = problem.stops[leg.stop]
        radial_km = _radial_km(problem, legs[0].start, stop.node)
        for brought, masses in ((False, _brought(stop, delivered_kg)), (True, _taken(stop, collected_kg))):
            found += [_Parcel(name, leg.stop, brought, mass_kg, radial_km) for name, mass_kg in masses.items()]
    return found


def _brought(stop: Stop, delivered_kg: Mapping[str, float]) -> dict[str, float]:
    if not stop.parcels:
        takes_only = not (stop.delivery_kg or stop.delivery_m3) and (stop.collection_kg or stop.collection_m3)
        return {} if takes_only else {stop.id: stop.delivery_kg}
    if all(parcel in delivered_kg for parcel in stop.parcels):
        return {parcel: delivered_kg[parcel] for parcel in stop.parcels}
    return dict.fromkeys(stop.parcels, stop.delivery_kg / len(stop.parcels))


def _taken(stop: Stop, collected_kg: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    if stop.id in collected_kg:
        return dict(collected_kg[stop.id])
    return {stop.id: stop.collection_kg} if stop.collection_kg or stop.collection_m3 else {}


def _radial_km(problem: Problem, hub: int, node: int) -> float:
    place = problem.network
    return float(
        great_circle_km(place.latitude[hub], place.longitude[hub], place.latitude[node], place.longitude[node])
    )


def _parts(problem: Problem, parcels: list[_Parcel], rule: Rule) -> list[float]:
    """Return each parcel's part of its round: equally, or by mass times distance; equally, too, where that is nothing."""
    if not parcels:
        return []
    if rule == "parcel":
        return [1 / len(parcels)] * len(parcels)
    for parcel in parcels:
        if math.isnan(parcel.radial_km):
            raise InputError(
                "a round cannot be shared by mass and distance",
                found=f"stop {problem.stops[parcel.stop].id} or its depot without coordinates",
                expected="latitude and longitude of every stop and depot",
                mend="give coordinates, or share by parcel (round_allocation: parcel)",
            )
    weights = [parcel.mass_kg * parcel.radial_km for parcel in parcels]
    whole = math.fsum(weights)
    return [each / whole for each in weights] if whole > 0 else [1 / len(parcels)] * len(parcels)
