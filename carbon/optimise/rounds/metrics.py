"""How well vehicles are used: empty running, fill rate, stops per km, windows that customers would rather have, collections."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from carbon.optimise.rounds.plan import Leg, RoundPlan, Timed
from carbon.optimise.rounds.problem import Problem

_M_PER_KM = 1_000.0


@dataclass(frozen=True)
class Metrics:
    """Figures of use, of one duty or of a plan; a share of nothing is None.

    Attributes
    ----------
    distance_km, empty_km : float
        Driven, and driven with nothing on board.
    empty_share : float or None
        Of the km.
    fill_mass, fill_volume : float or None
        Load-km over capacity-km. Vehicles whose volume is not known do not count in `fill_volume`.
    stops : int
        Served.
    stops_per_km : float or None
    preferred_met, preferred_asked : int
        Served stops with a window they would rather have, and those whose service begins inside it.
    collections, collections_combined : int
        Served stops where something is collected, and those on a round that delivers something, too.
    combined_share : float or None
    """

    distance_km: float
    empty_km: float
    empty_share: float | None
    fill_mass: float | None
    fill_volume: float | None
    stops: int
    stops_per_km: float | None
    preferred_met: int
    preferred_asked: int
    collections: int
    collections_combined: int
    combined_share: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def of_duty(problem: Problem, timed: Timed) -> Metrics:
    """Return the figures of one duty."""
    return _of(problem, [timed])


def of_plan(problem: Problem, plan: RoundPlan) -> Metrics:
    """Return the figures of all duties together: sums over sums, not means of means."""
    return _of(problem, plan.duties)


def rounds_of(timed: Timed) -> Iterator[tuple[Leg, ...]]:
    """Yield the legs of each round of a duty."""
    ends = (*timed.starts[1:], len(timed.legs))
    for begins, end in zip(timed.starts, ends, strict=True):
        yield timed.legs[begins:end]


def _of(problem: Problem, duties: Sequence[Timed]) -> Metrics:
    distance_m = math.fsum(timed.distance_m for timed in duties)
    empty_m = math.fsum(timed.empty_m for timed in duties)
    loaded, could, filled, held = [], [], [], []
    met = asked = stops = collections = combined = 0
    for timed in duties:
        vehicle = problem.fleet[timed.duty.vehicle]
        for leg in timed.legs:
            loaded.append(leg.load_kg * leg.distance_m)
            could.append(vehicle.payload_kg * leg.distance_m)
            if math.isfinite(vehicle.volume_m3):
                filled.append(leg.load_m3 * leg.distance_m)
                held.append(vehicle.volume_m3 * leg.distance_m)
        for legs in rounds_of(timed):
            served = [(leg, problem.stops[leg.stop]) for leg in legs if leg.stop is not None]
            brings = any(stop.delivery_kg or stop.delivery_m3 or stop.parcels for _, stop in served)
            stops += len(served)
            takes = sum(1 for _, stop in served if stop.collection_kg or stop.collection_m3)
            collections += takes
            combined += takes if brings else 0
            for leg, stop in served:
                if stop.preferred is not None:
                    asked += 1
                    met += stop.preferred[0] <= leg.begin_s <= stop.preferred[1]
    return Metrics(
        distance_km=distance_m / _M_PER_KM,
        empty_km=empty_m / _M_PER_KM,
        empty_share=_share(empty_m, distance_m),
        fill_mass=_share(math.fsum(loaded), math.fsum(could)),
        fill_volume=_share(math.fsum(filled), math.fsum(held)),
        stops=stops,
        stops_per_km=_share(stops, distance_m / _M_PER_KM),
        preferred_met=met,
        preferred_asked=asked,
        collections=collections,
        collections_combined=combined,
        combined_share=_share(combined, collections),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 and math.isfinite(whole) else None
