"""What a plan's rounds use and cause, shared among their parcels as the ledger shares it, and told to the orders.

Two rules, of which the organisation chooses one (docs/method.md): every parcel of a round the same, or by gross mass
times great-circle distance from the depot to the drop. Rules 19 to 21 of docs/rounds.md say what of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from carbon.errors import InputError
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Problem, Stop
from carbon.optimise.rounds.tours import Tour, tours, tours_of
from carbon.orders.distance import great_circle_km

#: Rules of `method.round_allocation`.
RULES = ("parcel", "mass_distance")
#: Unit of a vehicle's energy to the column of the orders that holds it.
COLUMNS = {
    "kWh": "round_electricity_kwh",
    "l": "round_fuel_l",
    "kg": "round_fuel_kg",
    "km": "round_distance_km",
}
#: What the orders say of a figure that stands in a plan.
_PLANNED = "planned"

#: From a stop to its parcels and the mass of each, as far as the plan knows it.
_ParcelsOf = Callable[[Stop], dict[str, float]]


@dataclass(frozen=True)
class Share:
    """A parcel's part of its round; `energy` is in the unit of the vehicle named."""

    parcel: str
    round_id: str
    vehicle: str
    distance_km: float
    energy: float
    co2e_kg: float


@dataclass(frozen=True)
class _Whole:
    """What is shared among the parcels of a round: its own, and that of rounds without parcels beside it (21)."""

    tour: Tour
    distance_km: float
    energy: float
    co2e_kg: float


def shares(
    problem: Problem, plan: RoundPlan, rule: str = "parcel", mass_kg: Mapping[str, float] | None = None
) -> tuple[Share, ...]:
    """Share each round of a plan among the parcels it delivers; the shares of a round sum to the whole of it.

    Parameters
    ----------
    problem : Problem
    plan : RoundPlan
    rule : {"parcel", "mass_distance"}
    mass_kg : mapping of str to float, optional
        Gross mass of each parcel; where it is not given, parcels of a stop are taken as equally heavy.

    Returns
    -------
    tuple of Share
        In the order of delivery; a stop that names no parcels counts as one, by its own id. A duty that delivers
        nothing is shared with none: see `unshared`. What is brought to a satellite is shared among the parcels brought,
        which have another share of the round that delivers them.
    """
    if rule not in RULES:
        raise InputError("no such rule to share a round by", found=rule, expected=" or ".join(RULES))
    _once(problem, plan)
    made, parcels_of = [], _delivered(problem)
    for whole in _wholes(problem, plan, parcels_of):
        weights = _weights(problem, whole.tour, rule, mass_kg, parcels_of)
        figures = (whole.distance_km, whole.energy, whole.co2e_kg)
        columns = [_split(value, list(weights.values())) for value in figures]
        made += [
            Share(parcel, whole.tour.id, whole.tour.vehicle.id, *parts)
            for parcel, *parts in zip(weights, *columns, strict=True)
        ]
    return tuple(made)


def unshared(problem: Problem, plan: RoundPlan) -> tuple[Tour, ...]:
    """Return the rounds of duties that deliver nothing: what they cause is in the plan and in no parcel's share."""
    shared = {whole.tour.duty for whole in _wholes(problem, plan, _delivered(problem))}
    return tuple(tour for tour in tours(problem, plan) if tour.duty not in shared)


def orders_columns(
    problem: Problem, plan: RoundPlan, rule: str = "parcel", mass_kg: Mapping[str, float] | None = None
) -> dict[str, dict[str, str | float]]:
    """Return, for each parcel delivered, what the orders file says of its round.

    `carbon calculate` then gives the parcels of a round what its energy causes, in place of the usual round. What a
    vehicle causes by being used (`co2e_kg_per_use`) is no energy, and stays with the plan; so does what brings goods to
    satellites, since the orders know one round of a parcel: see `brought`.

    Parameters
    ----------
    problem : Problem
    plan : RoundPlan
    rule, mass_kg
        As in `shares`: by which a round that brings and delivers is parted.

    Returns
    -------
    dict
        Parcel id to column to value: ``round_id``, ``round_activity``, ``round_distance_km``, the column of the
        energy's unit, ``round_basis``. A round that uses nothing, such as one on foot, has no figure that the orders could
        hold: its parcels are left out, see `untold`.
    """
    _once(problem, plan)
    found: dict[str, dict[str, str | float]] = {}
    parcels_of = _named(problem)
    for whole in _wholes(problem, plan, parcels_of):
        mine = _names(problem, whole.tour, _own)
        if not mine or not _is_told(whole):
            continue
        weights = _weights(problem, whole.tour, rule, mass_kg, parcels_of)
        share = math.fsum(weights[parcel] for parcel in mine) / math.fsum(weights.values())
        vehicle = whole.tour.vehicle
        told: dict[str, str | float] = {"round_id": whole.tour.id, "round_activity": vehicle.carrier}
        if whole.distance_km > 0:
            told["round_distance_km"] = whole.distance_km * share
        told |= {COLUMNS[vehicle.energy_unit]: whole.energy * share, "round_basis": _PLANNED}
        found |= {parcel: dict(told) for parcel in mine}
    return found


def brought(
    problem: Problem, plan: RoundPlan, rule: str = "parcel", mass_kg: Mapping[str, float] | None = None
) -> float:
    """Return kg CO2e of bringing goods to satellites, as `shares` parts a plan: it stays with the plan."""
    satellites = {stop.id for stop in problem.stops if stop.brings}
    if not satellites:
        return 0.0
    delivered_by = {
        parcel: tour.id for tour in tours(problem, plan) for parcel in _names(problem, tour, _delivers_itself)
    }
    return math.fsum(
        each.co2e_kg for each in shares(problem, plan, rule, mass_kg) if delivered_by.get(each.parcel) != each.round_id
    )


def untold(problem: Problem, plan: RoundPlan) -> tuple[str, ...]:
    """Return the parcels delivered whose round the orders cannot tell, since it uses nothing."""
    return tuple(
        parcel
        for whole in _wholes(problem, plan, _named(problem))
        if not _is_told(whole)
        for parcel in _names(problem, whole.tour, _own)
    )


def _wholes(problem: Problem, plan: RoundPlan, parcels_of: _ParcelsOf) -> Iterator[_Whole]:
    """Yield the rounds with parcels; those without are carried by the duty's next one with some, else its last (21)."""
    for position, timed in enumerate(plan.duties):
        waiting: list[Tour] = []
        held: list[list[Tour]] = []
        for tour in tours_of(problem, timed, position):
            if _names(problem, tour, parcels_of):
                held.append([tour, *waiting])
                waiting = []
            else:
                waiting.append(tour)
        if held:
            held[-1] += waiting
        for parts in held:
            sums = [math.fsum(getattr(each, name) for each in parts) for name in ("distance_km", "energy", "co2e_kg")]
            yield _Whole(parts[0], *sums)


def _is_told(whole: _Whole) -> bool:
    """Say whether the orders have a column for what a round uses."""
    vehicle = whole.tour.vehicle
    if whole.energy <= 0:
        return False
    if vehicle.energy_unit not in COLUMNS or not vehicle.carrier:
        raise InputError(
            f"the orders have no column for what vehicle {vehicle.id} uses",
            found=f"{vehicle.energy_unit or 'no unit'} of {vehicle.carrier or 'no carrier'}",
            expected=f"one of {', '.join(COLUMNS)}, of a named carrier",
            mend="name the energy of the vehicle in the fleet file",
        )
    return True


def _own(stop: Stop) -> dict[str, float]:
    """Return the parcels that a stop names."""
    return dict.fromkeys(stop.parcels, stop.delivery_kg / max(len(stop.parcels), 1))


def _delivers_itself(stop: Stop) -> dict[str, float]:
    """Return a stop's parcels; its own id where something is delivered that is not named, and is for this stop."""
    if stop.brings or stop.parcels:
        return _own(stop)
    return {stop.id: stop.delivery_kg} if stop.delivery_kg > 0 or stop.delivery_m3 > 0 else {}


def _with_brought(problem: Problem, parcels_of: _ParcelsOf) -> _ParcelsOf:
    """Return the same for stops that bring goods to a satellite, too: the parcels of all they bring."""
    by_id = {stop.id: stop for stop in problem.stops} if any(stop.brings for stop in problem.stops) else {}

    def found(stop: Stop) -> dict[str, float]:
        made = parcels_of(stop)
        for name in stop.brings:
            made |= parcels_of(by_id[name])
        return made

    return found


def _named(problem: Problem) -> _ParcelsOf:
    return _with_brought(problem, _own)


def _delivered(problem: Problem) -> _ParcelsOf:
    return _with_brought(problem, _delivers_itself)


def _names(problem: Problem, tour: Tour, parcels_of: _ParcelsOf) -> list[str]:
    return [parcel for stop in tour.round.stops for parcel in parcels_of(problem.stops[stop])]


def _once(problem: Problem, plan: RoundPlan) -> None:
    """Refuse a parcel that two stops deliver: its row of the orders holds one round."""
    seen: set[str] = set()
    for tour in tours(problem, plan):
        stops = [problem.stops[position] for position in tour.round.stops]
        for parcel in [name for stop in stops for name in stop.parcels or _delivers_itself(stop)]:
            if parcel in seen:
                raise InputError(
                    f"parcel {parcel} is delivered twice",
                    expected="each parcel at one stop",
                    mend="give its pieces ids of their own, or name it at one stop",
                )
            seen.add(parcel)


def _weights(
    problem: Problem, tour: Tour, rule: str, mass_kg: Mapping[str, float] | None, parcels_of: _ParcelsOf
) -> dict[str, float]:
    """Return what each parcel of a round is weighed by."""
    equal = dict.fromkeys(_names(problem, tour, parcels_of), 1.0)
    if rule == "parcel":
        return equal
    network, weights = problem.network, {}
    for position in tour.round.stops:
        stop = problem.stops[position]
        parcels = parcels_of(stop)
        if not parcels:
            continue
        ends = (tour.round.start, stop.node)
        places = [float(values[node]) for node in ends for values in (network.latitude, network.longitude)]
        radial_km = float(great_circle_km(*places)[()])
        if math.isnan(radial_km):
            raise InputError(
                f"stop {stop.id} or its depot has no coordinates, so that nothing can be shared by mass and distance",
                expected="latitude and longitude of stops and depots",
                mend="add them, or share by parcel",
            )
        for parcel, own_kg in parcels.items():
            own_kg = own_kg if mass_kg is None else mass_kg.get(parcel)
            if own_kg is None:
                raise InputError(f"no mass for parcel {parcel}", mend="give the gross mass of each parcel of the plan")
            weights[parcel] = own_kg * radial_km
    # As in the ledger: where every drop lies at the depot the rule has nothing to share by.
    return weights if math.fsum(weights.values()) > 0 else equal


def _split(whole: float, weights: list[float]) -> list[float]:
    """Return parts of a whole by weights, whose exact sum is the whole: the largest takes what rounding leaves."""
    total = math.fsum(weights)
    parts = [whole * weight / total for weight in weights]
    if parts:
        largest = parts.index(max(parts))
        parts[largest] += math.fsum([whole, *(-part for part in parts)])
    return parts
