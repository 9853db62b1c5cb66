"""What a plan of rounds is asked for: stops, vehicles, the network between them, traffic, the objective.

Times are seconds from the midnight that begins the day, places are nodes (rows of the network's matrices). Everything
here is checked input: `carbon.optimise.rounds.intake` makes it of files and refuses what cannot be planned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

DAY_S = 86_400.0
HOURS = 24
#: Priority of a stop that states none, and the last one.
USUAL, LEAST = 2, 3
#: Stops of a priority that count as much as one of the priority before.
_STEP = 4


@dataclass(frozen=True)
class Stop:
    """A place where something is delivered, collected, or both.

    Attributes
    ----------
    node : int
        Its row in the network.
    delivery_kg, delivery_m3, collection_kg, collection_m3 : float
        Gross mass and outer volume brought, and taken away (returns, reusable boxes).
    windows : tuple of (float, float)
        Service starts inside one of them, bounds included [s]; ascending, apart from each other; none: at any time.
    preferred : tuple of (float, float) or None
        A window the customer would rather have; a plan is not refused for missing it, and tells how many it met [s].
    service_s : float
    ready_s : float
        What is delivered leaves the depot no earlier [s].
    prize_money : float or None
        What it is worth to serve it; None: it must be served. See `Objective.prize`.
    skills : frozenset of str
        What a vehicle must have (a tail lift, cooling, ...).
    vehicles : frozenset of str or None
        Vehicle types the customer accepts; None: any.
    zone : str or None
        For zones that some vehicles may not enter, and for traffic.
    depot : int or None
        Node of the depot its goods lie at; None: any depot has them.
    parcels : tuple of str
        Ids of the parcels delivered.
    priority : int
        1 to 3, 1 before the others: what is left out where not all that must be served can be.
    brings : tuple of str
        Ids of the stops whose goods this visit brings to a satellite; see `carbon.optimise.rounds.satellites`.
    """

    id: str
    node: int
    delivery_kg: float = 0.0
    delivery_m3: float = 0.0
    collection_kg: float = 0.0
    collection_m3: float = 0.0
    windows: tuple[tuple[float, float], ...] = ()
    preferred: tuple[float, float] | None = None
    service_s: float = 0.0
    ready_s: float = 0.0
    prize_money: float | None = None
    skills: frozenset[str] = frozenset()
    vehicles: frozenset[str] | None = None
    zone: str | None = None
    depot: int | None = None
    parcels: tuple[str, ...] = ()
    priority: int = USUAL
    brings: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """What leaving it out counts, where it must be served: as much as four of the next priority."""
        return _STEP ** (LEAST - self.priority)


@dataclass(frozen=True)
class Break:
    """A rest of so many seconds that begins between two times, at a stop or on arrival there, before its service [s]."""

    duration_s: float
    earliest_s: float
    latest_s: float


@dataclass(frozen=True)
class VehicleType:
    """Vehicles that are alike.

    Attributes
    ----------
    count : int
        How many there are.
    start, end : int
        Nodes where a duty begins and ends.
    profile : int
        Which matrices of the network it drives by.
    payload_kg, volume_m3 : float
        What it holds at any moment.
    range_km : float
        What it drives between two recharges; without a recharge, in its whole duty.
    shift : (float, float)
        The duty lies inside [s].
    longest_s : float
        From the first departure to the return, at most [s].
    rest : Break or None
        Needed where a duty reaches beyond its latest begin.
    speed : tuple of float or None
        24 divisors of the profile's durations, one an hour; None: 1 all day.
    carrier : str
        Energy carrier, such as ``fuel.diesel``; its unit is `energy_unit`.
    energy_per_km, energy_per_km_kg : float
        Drawn at the depot (charging losses included) per km empty, and more per km for each kg on board.
    co2e_kg_per_energy : float
        Well to wheel, of the depot's region and the day's year.
    co2e_kg_per_use : float
        For each vehicle used, whatever it does.
    money_per_km, money_per_hour, money_per_use : float
    money_per_energy : float
    waiting_is_paid : bool
        Whether hours are those from departure to return, or those of driving and service alone.
    skills, forbidden_zones : frozenset of str
    reload_at : tuple of int
        Nodes of depots where a further round may begin; none: one round a duty.
    reload_s, recharges : float, bool
        Time between two rounds, and whether the range is whole again after it.
    most_rounds : int
    on_board : tuple of int
        Re-planning: stops whose delivery is on board already, so that this vehicle alone can serve them.
    under_way : bool
        Re-planning: whether it has left already, so that it goes on at once.
    driven_km : float
        Re-planning: driven since the start or the last recharge; it counts against the range.
    carried_kg, carried_m3 : float
        Re-planning: on board until the first round ends, and meant for no stop: collections, what was not delivered.
    party : str
        ``own`` or ``carrier`` (bought): whose scope the emissions are.
    """

    id: str
    count: int
    start: int
    end: int
    payload_kg: float
    profile: int = 0
    volume_m3: float = math.inf
    range_km: float = math.inf
    shift: tuple[float, float] = (0.0, DAY_S)
    longest_s: float = math.inf
    rest: Break | None = None
    speed: tuple[float, ...] | None = None
    carrier: str = ""
    energy_unit: str = ""
    energy_per_km: float = 0.0
    energy_per_km_kg: float = 0.0
    co2e_kg_per_energy: float = 0.0
    co2e_kg_per_use: float = 0.0
    money_per_km: float = 0.0
    money_per_hour: float = 0.0
    money_per_use: float = 0.0
    money_per_energy: float = 0.0
    waiting_is_paid: bool = True
    skills: frozenset[str] = frozenset()
    forbidden_zones: frozenset[str] = frozenset()
    reload_at: tuple[int, ...] = ()
    reload_s: float = 0.0
    recharges: bool = False
    most_rounds: int = 1
    on_board: tuple[int, ...] = ()
    under_way: bool = False
    driven_km: float = 0.0
    carried_kg: float = 0.0
    carried_m3: float = 0.0
    party: str = "own"

    def serves(self, stop: Stop) -> bool:
        """Whether skills, zones and the customer's choice of vehicle let this type serve a stop, by itself alone."""
        return (
            stop.skills <= self.skills
            and stop.zone not in self.forbidden_zones
            and (stop.vehicles is None or self.id in stop.vehicles)
        )


@dataclass(frozen=True)
class Network:
    """Ways between nodes.

    Attributes
    ----------
    latitude, longitude : numpy.ndarray, shape (nodes,)
        [degree]; NaN where only a matrix is known.
    zone : tuple of (str or None)
        Of each node.
    distance_m, duration_s : numpy.ndarray, shape (profiles, nodes, nodes)
        Driven, from row to column; infinite where there is no way. Durations are those without traffic.
    basis : str
        Where they are from: a file, a server, or great circle x circuity.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    zone: tuple[str | None, ...]
    distance_m: np.ndarray
    duration_s: np.ndarray
    basis: str = ""


@dataclass(frozen=True)
class Traffic:
    """Multipliers of durations by zone and hour: rush hours, road works, snow.

    A leg's multiplier is that of the zone it leads to, "" where that zone has none of its own. Driving goes on at the
    multiplier of each hour it lasts into, so that who leaves later never arrives earlier. After 24 hours the day's
    multipliers begin anew.

    Attributes
    ----------
    multiplier : mapping of str to tuple of float
        Zone to 24 multipliers of the duration.
    """

    multiplier: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def of(self, zone: str | None) -> tuple[float, ...] | None:
        """Return the 24 multipliers of legs to a zone, None for 1 all day."""
        return self.multiplier.get(zone or "", self.multiplier.get(""))


@dataclass(frozen=True)
class Satellite:
    """How a depot is supplied whose goods another one has: line-haul rounds bring them, its own vehicles deliver them.

    Attributes
    ----------
    supplier : int
        Node of the depot where the goods lie.
    vehicles : frozenset of str or None
        Vehicle types that may bring them; None: any of the supplier's.
    windows : tuple of (float, float)
        When unloading may begin [s]; none: at any time.
    unloading_s, unloading_per_parcel_s : float
        Of a visit, and more for each parcel.
    """

    supplier: int
    vehicles: frozenset[str] | None = None
    windows: tuple[tuple[float, float], ...] = ()
    unloading_s: float = 0.0
    unloading_per_parcel_s: float = 0.0


@dataclass(frozen=True)
class Objective:
    """What is minimised: ``co2e_weight * kg + money_weight * money``, after serving what must be served.

    Attributes
    ----------
    co2e_weight : float
        [1/kg]; for money with a carbon price, the price per kg.
    money_weight : float
        [1/money]
    """

    co2e_weight: float = 1.0
    money_weight: float = 0.0

    def of(self, co2e_kg: float, money: float) -> float:
        """Return the value of a plan's two figures."""
        return self.co2e_weight * co2e_kg + self.money_weight * money

    def prize(self, stop: Stop) -> float:
        """Return what leaving a stop out costs; infinite where it must be served.

        Where money does not count, a prize says nothing against kilograms: such a stop is served if it can be.
        """
        if stop.prize_money is None or not self.money_weight:
            return math.inf
        return self.money_weight * stop.prize_money


@dataclass(frozen=True)
class Problem:
    """One day's rounds to be planned.

    Attributes
    ----------
    stops : tuple of Stop
    fleet : tuple of VehicleType
    network : Network
    traffic : Traffic
    depots : mapping of int to str
        Node to name; reload places and satellites are depots, too.
    currency : str
    satellites : mapping of int to Satellite
        By node.
    """

    stops: tuple[Stop, ...]
    fleet: tuple[VehicleType, ...]
    network: Network
    traffic: Traffic = Traffic()
    depots: Mapping[int, str] = field(default_factory=dict)
    currency: str = ""
    satellites: Mapping[int, Satellite] = field(default_factory=dict)

    def with_fleet(self, fleet: Sequence[VehicleType]) -> Problem:
        """Return the same problem for other vehicles."""
        return replace(self, fleet=tuple(fleet))
