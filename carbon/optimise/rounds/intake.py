"""From files to a problem: stops or orders, fleet, network, traffic; checked, and every figure with its origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from carbon import documents
from carbon import organisation as _organisation
from carbon.errors import InputError, OrdersError, OrganisationError, Where
from carbon.factors.registry import Registry
from carbon.optimise.rounds.drafts import Draft, Drafts, Spot, checked
from carbon.optimise.rounds.energy import DrivenEnergy, driven_energy
from carbon.optimise.rounds.fleet_places import COARSE, PointPlace, depot_places, point_places
from carbon.optimise.rounds.network import Nodes, network_of
from carbon.optimise.rounds.orders_file import drafts_of_orders
from carbon.optimise.rounds.pickup import OwnTrip, PickupPoint
from carbon.optimise.rounds.pickup_intake import check_service, far_points, own_trip, pickup_points, willing
from carbon.optimise.rounds.plan import Unserved
from carbon.optimise.rounds.possible import counted, impossible
from carbon.optimise.rounds.problem import Problem, Traffic
from carbon.optimise.rounds.sources import Progress, Sources, traffic_on, ways_between
from carbon.optimise.rounds.stops_file import drafts_of_stops
from carbon.optimise.rounds.vehicles import currency_of, satellites_of, vehicle_types
from carbon.orders.mapping import Mapping
from carbon.orders.places import Places
from carbon.orders.rejects import Reject
from carbon.orders.rejects_file import RejectsFile
from carbon.orders.source import open_source
from carbon.organisation import Organisation
from carbon.organisation.fleet import Fleet, read_fleet

_FORM = ("encoding", "delimiter", "decimal", "sheet")


@dataclass(frozen=True)
class Rounds:
    """A problem, and what a reader of its plan must know of where it comes from.

    Attributes
    ----------
    problem : Problem
    day : datetime.date
    fleet : Fleet
    organisation : Organisation or None
    energies : dict of str to DrivenEnergy
        By vehicle type.
    rows, taken : int
        Of the file; those that became part of a stop. `rows` = `taken` + `left_out` + `rejects`.
    impossible : tuple of Unserved
        Stops that no vehicle of the fleet can serve; they stay in the problem.
    parcel_kg : dict of str to float
        Gross mass of each parcel of an orders file.
    of_orders : bool
    points : tuple of PickupPoint
    willing : dict of str to tuple of str
        Stop to the points its customer would go to.
    trip : OwnTrip or None
        How customers come; None without points.
    """

    problem: Problem
    day: date
    fleet: Fleet
    organisation: Organisation | None
    energies: dict[str, DrivenEnergy]
    rows: int
    taken: int
    left_out: dict[str, int]
    rejects: tuple[Reject, ...]
    impossible: tuple[Unserved, ...]
    notes: tuple[str, ...]
    parcel_kg: dict[str, float] = field(default_factory=dict)
    of_orders: bool = False
    points: tuple[PickupPoint, ...] = ()
    willing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trip: OwnTrip | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        problem = self.problem
        return {
            "day": self.day.isoformat(),
            "rows": self.rows,
            "taken": self.taken,
            "left_out": self.left_out,
            "rejects": dict(Counter(each.reason for each in self.rejects)),
            "stops": len(problem.stops),
            "parcels": sum(len(stop.parcels) for stop in problem.stops),
            "delivery_kg": sum(stop.delivery_kg for stop in problem.stops),
            "collection_kg": sum(stop.collection_kg for stop in problem.stops),
            "depots": list(problem.depots.values()),
            "satellites": {
                problem.depots[node]: problem.depots[each.supplier] for node, each in problem.satellites.items()
            },
            "pickup_points": {
                point.id: sum(point.id in names for names in self.willing.values()) for point in self.points
            },
            "network": problem.network.basis,
            "traffic_zones": list(problem.traffic.multiplier),
            "currency": problem.currency,
            "vehicles": [
                {
                    "id": each.id,
                    "count": each.count,
                    "depot": problem.depots[each.start],
                    "payload_kg": each.payload_kg,
                    "energy": self.energies[each.id].as_dict(),
                    "co2e_kg_per_km_empty": each.energy_per_km * each.co2e_kg_per_energy,
                    "co2e_kg_per_km_full": (each.energy_per_km + each.energy_per_km_kg * each.payload_kg)
                    * each.co2e_kg_per_energy,
                }
                for each in problem.fleet
            ],
            "impossible": [
                {"stop": problem.stops[each.stop].id, "why": str(each.why), "would_serve": each.would_serve}
                for each in self.impossible
            ],
            "notes": list(self.notes),
        }


def read_rounds(
    stops: Any,
    fleet: Path | str | Fleet,
    organisation: Path | str | Organisation | None = None,
    *,
    day: date | None = None,
    services: Sequence[str] = (),
    returns: bool = False,
    matrix: Path | str | None = None,
    osrm: str | None = None,
    fill_holes: bool = False,
    traffic: Path | str | Sequence[Path | str] | None = None,
    factors: Iterable[Path | str] = (),
    places: Path | str | None = None,
    mapping: Path | str | None = None,
    lines: Path | str | None = None,
    cache: Path | str | None = None,
    timeout_s: float = 20.0,
    rejects_file: Path | str | None = None,
    spots: Sequence[Spot] = (),
    progress: Progress = lambda step, done, expected: None,
) -> Rounds:
    """Read everything a day of rounds needs.

    Parameters
    ----------
    stops : path, pandas.DataFrame or pyarrow.Table
        A stops file, or an orders file; docs/vocabulary.md names the columns of both.
    fleet : path or Fleet
    organisation : path or Organisation, optional
        Needed for an orders file, and for depots that are its sites.
    day : datetime.date, optional
        Whose parcels and whose year's factors count: of an orders file its only day, else today.
    services, returns
        Of an orders file: only these services; whether what came back that day is collected, too.
    matrix, osrm : path, str, optional
        A matrix file, or the address of an OSRM-compatible server; with neither, great circle x circuity.
    fill_holes : bool
        Whether great circle x circuity stands in for ways that the matrix file lacks.
    traffic : path, str or sequence of them, optional
        Multipliers by zone and hour, each a file or a URL; of several (traffic, weather) the products count.
    cache : path, optional
        File for answers of servers; the user's cache folder otherwise.
    timeout_s : float
        How long a server may take for one answer.
    rejects_file : path, optional
        CSV of the refused rows.
    spots : sequence of Spot
        Places more that vehicles are at; their nodes come after those of the stops.
    progress : callable, optional
        Called with (step, done, expected) while a server is asked.

    Raises
    ------
    InputError
        If something is wrong with a file as a whole, or no stop is left.
    """
    if matrix is not None and osrm is not None:
        raise InputError("a matrix file and a server are given", expected="one of --matrix and --osrm")
    plan = fleet if isinstance(fleet, Fleet) else read_fleet(fleet)
    setup = _organisation.read(organisation) if isinstance(organisation, (str, Path)) else organisation
    registry = Registry.load(factors, gwp_set=setup.method.gwp_set) if setup else Registry.load(factors)
    known = Places(places)
    only_matrix = matrix is not None
    depots = depot_places(plan, setup, known, registry, only_matrix)
    of_orders = _is_orders(stops, mapping)
    if of_orders:
        if setup is None:
            raise OrganisationError(
                "an orders file needs the organisation file",
                expected="services, sites and packages of the orders",
                mend="name it with --organisation",
            )
        found, when = drafts_of_orders(
            stops, plan, setup, registry, known, depots,
            day=day, services=services, returns=returns, mapping=mapping, lines=lines,
        )  # fmt: skip
    else:
        _refuse_of_orders(services=services, returns=returns, lines=lines)
        found, when = drafts_of_stops(stops, mapping, plan, known), day or date.today()
    checked(found, depots, plan, only_matrix)
    if rejects_file is not None:
        with RejectsFile(rejects_file) as file:
            file.write(sorted(found.rejects, key=lambda each: each.row))
            file.complete()
    _refuse_nothing(found, stops)
    check_service(plan, setup)
    points = point_places(plan, setup, known, only_matrix)
    wanting = willing(plan, found.drafts, points)
    nodes = _nodes(depots, [*found.drafts, *(spot.draft(plan) for spot in spots)], points)
    year = (setup.method.edition if setup else None) or when.year
    notes = list(found.notes)
    if found.without_volume and any(vehicle.volume is not None for vehicle in plan.vehicles.values()):
        notes.append(f"{_rows(found.without_volume)} no volume: vehicles are filled with them by mass alone")
    profiles = [vehicle.profile for vehicle in plan.vehicles.values() if vehicle.count]
    with Sources(cache, timeout_s, progress) as sources:
        ways = ways_between(sources, nodes, profiles, registry, depots[0].region, year, matrix, osrm, fill_holes, notes)
        multipliers = traffic_on(sources, (traffic,) if isinstance(traffic, (str, Path)) else traffic or (), notes)
    position = {depot.key: at for at, depot in enumerate(depots)}
    energies = {
        key: driven_energy(key, vehicle, registry, depots[position[vehicle.depot]].region, year)
        for key, vehicle in plan.vehicles.items()
        if vehicle.count
    }
    currency = currency_of(plan, setup)
    wanted, types = vehicle_types(plan, energies, ways, position, currency, year, notes)
    network, matrices = network_of(nodes, ways, [wanted[each.id] for each in types])
    problem = Problem(
        stops=tuple(
            replace(each.stop, node=len(depots) + at, depot=None if each.depot is None else position[each.depot])
            for at, each in enumerate(found.drafts)
        ),
        fleet=tuple(replace(each, profile=matrices[wanted[each.id]]) for each in types),
        network=network,
        traffic=Traffic(multipliers),
        depots={at: depot.name for at, depot in enumerate(depots)},
        currency=currency,
        satellites=satellites_of(plan, position),
    )
    notes += _zones(plan, nodes, multipliers)
    notes += [text for each in energies.values() for text in each.notes]
    alike = [key for key, each in energies.items() if not each.per_km_kg]
    if alike:
        notes.append(f"no source tells loads apart, so that each km counts the same empty and full: {', '.join(alike)}")
    trip = own_trip(plan, registry, depots[0].region, year, notes) if points else None
    notes += far_points(points, wanting)
    never = impossible(problem)
    return Rounds(
        problem, when, plan, setup, energies, found.rows, found.taken, found.left_out, tuple(found.rejects), never,
        tuple([*notes, *counted(problem, never)]), found.parcel_kg, of_orders,
        pickup_points(plan, points, len(depots) + len(found.drafts) + len(spots)), wanting, trip,
    )  # fmt: skip


def _is_orders(stops: Any, mapping: Path | str | None) -> bool:
    """Tell an orders file from a stops file by what its headers, or its mapping, name."""
    said = documents.read(mapping) if mapping is not None else {}
    said = said if isinstance(said, dict) else {}
    columns = said.get("columns")
    form = {name: said[name] for name in _FORM if isinstance(said.get(name), str)}
    source = open_source(stops, Mapping(**form))
    names = {header.strip().casefold() for header in source.headers} | set(columns if isinstance(columns, dict) else ())
    if "stop_id" in names:
        return False
    if names & {"parcel_id", "shipped_on"}:
        return True
    raise OrdersError(
        "this is neither a stops file nor an orders file",
        found=", ".join(source.headers[:12]),
        expected="stop_id and the columns of `carbon schema stops`, or those of `carbon schema orders`",
        mend="rename the headers, or say which is which in a mapping file (--mapping)",
        where=Where(source.name),
    )


def _refuse_of_orders(**options: Any) -> None:
    given = [f"--{name.rstrip('s') if name == 'services' else name}" for name, value in options.items() if value]
    if given:
        raise InputError(
            f"{' and '.join(given)} is for orders files",
            found="a stops file",
            mend="leave it out, or give an orders file",
        )


def _refuse_nothing(found: Drafts, stops: Any) -> None:
    if found.drafts:
        return
    reasons = Counter(each.reason for each in found.rejects)
    first = found.rejects[0] if found.rejects else None
    raise OrdersError(
        f"no stop is left of {found.rows:,} rows",
        found=", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common()) or None,
        expected="at least one stop",
        mend=f"row {first.row}: {first.mend}" if first else None,
        where=Where(str(stops) if isinstance(stops, (str, Path)) else None),
    )


def _nodes(depots: Sequence[Any], drafts: Sequence[Draft], points: Sequence[PointPlace]) -> Nodes:
    coarse = [each.match in COARSE for each in drafts]
    latitude = [np.nan if rough else each.latitude for each, rough in zip(drafts, coarse, strict=True)]
    longitude = [np.nan if rough else each.longitude for each, rough in zip(drafts, coarse, strict=True)]
    named = [depot.key for depot in depots] + [point.key for point in points]
    clash = (set(named) & {draft.stop.id for draft in drafts}) or {each for each in named if named.count(each) > 1}
    if clash:
        raise OrdersError(
            "a stop, a depot and a pick-up point share a name",
            found=sorted(clash)[0],
            expected="names of their own",
            mend="rename one",
        )
    return Nodes(
        (*(depot.key for depot in depots), *(draft.stop.id for draft in drafts), *(point.key for point in points)),
        np.array([*(depot.latitude for depot in depots), *latitude, *(point.latitude for point in points)]),
        np.array([*(depot.longitude for depot in depots), *longitude, *(point.longitude for point in points)]),
        (*(depot.zone for depot in depots), *(draft.stop.zone for draft in drafts), *(point.zone for point in points)),
    )


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count:,} rows have"


def _zones(fleet: Fleet, nodes: Nodes, multipliers: dict[str, tuple[float, ...]]) -> list[str]:
    """Name zones that hold no place: a word that is written in two ways forbids nothing."""
    known = {zone for zone in nodes.zone if zone}
    lost = {
        f"forbidden zone '{zone}' of {key}" for key, each in fleet.vehicles.items() for zone in each.forbidden_zones
    }
    lost = {text for text in lost if text.split("'")[1] not in known}
    lost |= {f"traffic zone '{zone}'" for zone in multipliers if zone and zone not in known}
    return [
        f"{text} holds no stop and no depot: is it written as in the stops or the fleet file?" for text in sorted(lost)
    ]
