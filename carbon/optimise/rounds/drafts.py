"""Stops on their way into a problem: located, checked against the depots and the fleet, refused where they must be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from carbon.optimise.rounds.fleet_places import COARSE, DepotPlace
from carbon.optimise.rounds.problem import Stop
from carbon.orders.cities import cities
from carbon.orders.distance import great_circle_km
from carbon.orders.places import PlaceMatch
from carbon.orders.rejects import Reject, sentence
from carbon.organisation.fleet import Fleet

#: No round goes so far: beyond it coordinates are wrong, or the parcel is none for a round.
FAR_KM = 1_000.0
#: A place that swapped would be so many times nearer is asked about.
_NEARER = 10.0
#: Land so far from any town of 5,000 inhabitants is rare; the sea is not.
_NO_TOWN_KM = 60.0
EXACT = (PlaceMatch.COORDINATES, PlaceMatch.POSTCODE, PlaceMatch.GEOCODER)
_CITY = (PlaceMatch.CITY, PlaceMatch.CITY_WITHOUT_COUNTRY)


@dataclass(frozen=True)
class Draft:
    """A stop without its node: what is known before all places are.

    Attributes
    ----------
    stop : Stop
        `node` and `depot` are still to be set.
    members : tuple of (int, str)
        Row and id of each row of the file that became part of it.
    depot : str or None
        Key of the depot its goods lie at.
    postcode : str or None
        For zones.
    match : PlaceMatch
    pickup_points : tuple of str
        Keys of those the customer would go to, as far as the file says.
    """

    stop: Stop
    members: tuple[tuple[int, str], ...]
    latitude: float
    longitude: float
    match: PlaceMatch
    depot: str | None = None
    postcode: str | None = None
    pickup_points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spot:
    """A place that is neither a depot nor a stop, by a name of its own: where a vehicle is."""

    name: str
    latitude: float
    longitude: float

    def draft(self, fleet: Fleet) -> Draft:
        """Return it as stops are on their way into a problem, in its zone."""
        made = Draft(Stop(self.name, -1), (), self.latitude, self.longitude, PlaceMatch.COORDINATES)
        return replace(made, stop=replace(made.stop, zone=zone_of(made, fleet)))


@dataclass
class Drafts:
    """What a file gave.

    Attributes
    ----------
    rows : int
        Read; = rows that are members of drafts + `left_out` + rejects.
    left_out : dict of str to int
        Rows that were not asked for, by reason.
    without_volume : int
        Rows whose volume is not known.
    parcel_kg : dict
        Gross mass of each parcel, where the file tells parcels apart.
    """

    drafts: list[Draft] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0
    without_volume: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    parcel_kg: dict[str, float] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """Rows that became part of a stop."""
        return sum(len(draft.members) for draft in self.drafts)


def reject(row: int, name: str | None, column: str | None, found: object, reason: str, more: str = "") -> Reject:
    """Return a refused row."""
    text = None if found is None else str(found)[:200]
    return Reject(row, name, column, text, reason, sentence(reason) + (f" ({more})" if more else ""))


def _all_of(draft: Draft, column: str | None, found: object, reason: str, more: str) -> list[Reject]:
    return [reject(row, name, column, found, reason, more) for row, name in draft.members]


def checked(found: Drafts, depots: Sequence[DepotPlace], fleet: Fleet, only_matrix: bool) -> None:
    """Refuse stops whose place, depot or vehicles cannot be, and put the others into their zones; in place."""
    kept: list[Draft] = []
    keys, seen, parcels = {depot.key for depot in depots}, set(), set()
    for draft in found.drafts:
        refused = _fault(draft, keys, fleet, seen, parcels, only_matrix)
        if refused is None:
            seen.add(draft.stop.id)
            parcels.update(draft.stop.parcels)
            kept.append(draft)
        else:
            found.rejects += _all_of(draft, *refused)
    kept = _near_enough(kept, depots, found)
    found.notes += _coarse(kept) + _no_town(kept) + _same_place(kept)
    found.drafts = [
        replace(each, stop=replace(each.stop, zone=each.stop.zone or zone_of(each, fleet))) for each in kept
    ]


def _fault(
    draft: Draft, depots: set[str], fleet: Fleet, seen: set[str], parcels: set[str], only_matrix: bool
) -> tuple[str | None, object, str, str] | None:
    """Return column, cell, reason and detail of what is wrong with a draft."""
    stop = draft.stop
    if stop.id in seen:
        return "stop_id", stop.id, "duplicate_stop", ""
    twice = next((each for each in stop.parcels if each in parcels), None)
    if twice is not None:
        return "parcel_ids", twice, "duplicate_parcel", ""
    if draft.depot is not None and draft.depot not in depots:
        return "depot", draft.depot, "unknown_depot", f"known: {', '.join(sorted(depots))}"
    unknown = next((each for each in draft.pickup_points if each not in fleet.pickup_points), None)
    if unknown is not None:
        more = f"known: {', '.join(fleet.pickup_points)}" if fleet.pickup_points else "the fleet file has none"
        return "pickup_points", unknown, "unknown_pickup_point", more
    strange = sorted(each for each in stop.vehicles or () if each not in fleet.vehicles)
    if strange:
        return "vehicles", strange[0], "unknown_vehicle", f"known: {', '.join(fleet.vehicles)}"
    if (np.isnan(draft.latitude) or draft.match in COARSE) and not only_matrix:
        said = draft.match is not PlaceMatch.UNRESOLVED or draft.postcode
        return None, None, "place_not_found" if said else "no_place", ""
    return None


def _near_enough(kept: list[Draft], depots: Sequence[DepotPlace], found: Drafts) -> list[Draft]:
    """Refuse stops beyond any round, and say of others where swapped coordinates are far nearer."""
    known = [depot for depot in depots if not np.isnan(depot.latitude)]
    if not kept or not known:
        return kept
    spots = np.array([(each.latitude, each.longitude) for each in kept])
    near_km, nearest = _nearest_km(spots, known)
    own = np.array([each.match is PlaceMatch.COORDINATES for each in kept])
    swapped_km, _ = _nearest_km(np.where((np.abs(spots[:, 1:]) <= 90) & own[:, None], spots[:, ::-1], np.nan), known)
    near, asked = [], []
    for at, draft in enumerate(kept):
        nearer = swapped_km[at] * _NEARER < near_km[at]
        if np.isnan(spots[at]).any() or draft.match in COARSE:  # only the matrix knows it
            near.append(draft)
            continue
        if near_km[at] > FAR_KM:
            spot = f"{draft.latitude:g}, {draft.longitude:g}"
            more = f"{near_km[at]:,.0f} km from {known[nearest[at]].name}"
            reason = "swapped_coordinates" if nearer else "far_from_depots"
            if nearer:
                more += f"; swapped, {swapped_km[at]:,.0f} km from a depot"
            found.rejects += _all_of(draft, "latitude", spot, reason, more)
            continue
        if nearer and near_km[at] > 100:
            asked.append(draft.stop.id)
        near.append(draft)
    if asked:
        found.notes.append(
            f"far nearer to a depot with latitude and longitude swapped: {_stops(asked)}: are they swapped?"
        )
    return near


def _nearest_km(spots: np.ndarray, depots: Sequence[DepotPlace]) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance to the nearest depot, infinite where a spot is none, and which depot it is."""
    km = np.stack([great_circle_km(spots[:, 0], spots[:, 1], each.latitude, each.longitude) for each in depots])
    km = np.where(np.isnan(km), np.inf, km)
    nearest = np.argmin(km, axis=0)
    return km[nearest, np.arange(len(spots))], nearest


def _coarse(kept: Iterable[Draft]) -> list[str]:
    towns = [each.stop.id for each in kept if each.match in _CITY]
    if not towns:
        return []
    return [
        f"known by their city alone, and put at its centre: {_stops(towns)}: give coordinates, "
        "or a places file with postcodes (--places)"
    ]


def _no_town(kept: Sequence[Draft]) -> list[str]:
    mine = [each for each in kept if each.match is PlaceMatch.COORDINATES]
    if not mine:
        return []
    latitude, longitude = (np.array([getattr(each, name) for each in mine]) for name in ("latitude", "longitude"))
    nearest = cities().nearest(latitude, longitude)
    km = great_circle_km(latitude, longitude, cities().latitude[nearest], cities().longitude[nearest])
    lost = [f"{mine[at].stop.id} ({km[at]:,.0f} km)" for at in np.flatnonzero(km > _NO_TOWN_KM).tolist()]
    if not lost:
        return []
    return [f"far from any town, in the sea? {_stops(lost)}: look at their coordinates"]


def _same_place(kept: Sequence[Draft]) -> list[str]:
    first: dict[tuple[float, float, str | None], str] = {}
    shared = []
    for each in kept:
        if (
            each.match in EXACT
            and first.setdefault((each.latitude, each.longitude, each.depot), each.stop.id) != each.stop.id
        ):
            shared.append(each.stop.id)
    if not shared:
        return []
    return [
        f"at the very place of an earlier stop: {_stops(shared)}: each takes its own time; is it the same stop twice?"
    ]


def zone_of(draft: Draft, fleet: Fleet) -> str | None:
    """Return the zone of the fleet file that a place lies in; the first one where several hold it."""
    postcode = (draft.postcode or "").replace(" ", "").upper()
    for key, zone in fleet.zones.items():
        if postcode and any(postcode.startswith(each.replace(" ", "").upper()) for each in zone.postcodes):
            return key
        if zone.radius is not None and not np.isnan(draft.latitude):
            km = great_circle_km(draft.latitude, draft.longitude, zone.latitude, zone.longitude)
            if float(km) <= zone.radius.to("km").magnitude:
                return key
    return None


def _stops(names: Sequence[str], shown: int = 3) -> str:
    count = "1 stop" if len(names) == 1 else f"{len(names):,} stops"
    return f"{count} ({', '.join(names[:shown])}{' ...' if len(names) > shown else ''})"


def service_s(fleet: Fleet, parcels: int) -> float | None:
    """Return the fleet file's time at a stop with so many parcels; None where it says nothing."""
    given = fleet.service_time
    if given is None:
        return None
    each_s = given.per_parcel.to("s").magnitude if given.per_parcel is not None else 0.0
    return given.per_stop.to("s").magnitude + parcels * each_s
