"""Stops that no vehicle can serve: told before anything is planned, each with what would serve it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.rounds.plan import Why
from carbon.optimise.rounds.possible import clock, counted, impossible
from carbon.optimise.rounds.problem import Network, Problem, Stop, Traffic, VehicleType

#: Depot, stop, second depot: 20 km and half an hour apart from each other.
_KM = np.array([[0, 20, 20], [20, 0, 20], [20, 20, 0]], dtype=float)
VAN = VehicleType("van", 1, 0, 0, 900.0, volume_m3=8.0, range_km=100.0, shift=(7 * 3600.0, 17 * 3600.0))
BIKE = replace(VAN, id="bike", payload_kg=120.0, volume_m3=1.0)
STOP = Stop("A", 1, delivery_kg=10.0, delivery_m3=0.1, service_s=600.0)


def _problem(stop: Stop, *fleet: VehicleType, traffic: Traffic | None = None, km: np.ndarray = _KM) -> Problem:
    nan = np.full(3, np.nan)
    network = Network(nan, nan, (None, stop.zone, None), km[None] * 1000, km[None] * 90)
    return Problem((stop,), fleet or (VAN, BIKE), network, traffic or Traffic(), {0: "main", 2: "other"})


def _hours(start: float, end: float) -> tuple[tuple[float, float], ...]:
    return ((start * 3600.0, end * 3600.0),)


@pytest.mark.parametrize(
    ("stop", "fleet", "why", "said"),
    [
        (replace(STOP, delivery_kg=901.0), (), Why.TOO_HEAVY, "901 kg payload (van has 900 kg)"),
        (replace(STOP, collection_m3=9.0), (), Why.TOO_LARGE, "9.00 m3 (van has 8.00 m3)"),
        (replace(STOP, skills=frozenset({"lift"})), (), Why.NO_SUCH_SKILL, "a vehicle with lift"),
        (
            replace(STOP, zone="low"),
            (replace(VAN, forbidden_zones=frozenset({"low"})),),
            Why.FORBIDDEN_ZONE,
            "zone low",
        ),
        (replace(STOP, vehicles=frozenset({"drone"})), (), Why.NO_VEHICLE_ACCEPTED, "one of drone"),
        (STOP, (replace(VAN, range_km=39.9),), Why.OUT_OF_RANGE, "a range of 40 km (van has 40 km)"),
        (
            replace(STOP, windows=_hours(5, 7)),
            (),
            Why.OUT_OF_TIME,
            "until 07:30 or later (it closes 07:00; van leaves 07:00",
        ),
        (replace(STOP, windows=_hours(16.5, 18)), (), Why.OUT_OF_TIME, "a shift until 17:10 (van ends 17:00)"),
        (replace(STOP, ready_s=16.0 * 3600), (), Why.OUT_OF_TIME, "a shift until 17:10"),
        (STOP, (replace(VAN, longest_s=3600.0),), Why.OUT_OF_TIME, "1.2 h on the road"),
        (replace(STOP, depot=2), (), Why.UNREACHABLE, "starts or reloads at other"),
    ],
)
def test_each_reason_is_told_with_what_would_serve(stop, fleet, why, said):
    """Proves the reason of each limit, judged by the vehicle that comes nearest to it."""
    problem = _problem(stop, *fleet)
    found = impossible(problem)
    assert [(each.stop, each.why) for each in found] == [(0, why)] and said in found[0].would_serve
    assert counted(problem, found) == [f"1 stop cannot be served ({why}): A: {found[0].would_serve}"]


@pytest.mark.parametrize(
    "stop",
    [
        STOP,
        replace(STOP, delivery_kg=900.0, delivery_m3=8.0),
        replace(STOP, windows=_hours(5, 7.5)),  # arrives at 07:30, and a window's last second counts
        replace(STOP, windows=(*_hours(5, 6), *_hours(12, 13))),
        replace(STOP, delivery_kg=0.0, delivery_m3=0.0, collection_kg=5.0, ready_s=16.9 * 3600),  # nothing to wait for
    ],
)
def test_a_stop_at_its_limit_can_be_served(stop):
    """Proves that bounds are included, and that what a stop does not need does not count."""
    assert impossible(_problem(stop)) == ()


def test_no_way_is_unreachable():
    """Proves that a place without a way there, or back, is told so."""
    one_way = _KM.copy()
    one_way[1, 0] = math.inf
    assert impossible(_problem(STOP, km=one_way))[0].why is Why.UNREACHABLE


def test_goods_at_another_depot_are_fetched_where_reloading_is_allowed():
    """Proves that a vehicle may load at its reload depot first, with the time and range that takes."""
    stop = replace(STOP, depot=2)
    van = replace(VAN, reload_at=(2,), reload_s=1200.0, most_rounds=2)
    assert impossible(_problem(stop, van)) == ()
    assert impossible(_problem(stop, replace(van, range_km=59.0)))[0].why is Why.OUT_OF_RANGE
    assert impossible(_problem(stop, replace(van, range_km=59.0, recharges=True))) == ()
    late = replace(stop, windows=_hours(7, 8.3))  # 07:00 + 30 min + 20 min + 30 min = 08:20
    assert impossible(_problem(late, van))[0].why is Why.OUT_OF_TIME
    assert impossible(_problem(replace(stop, windows=_hours(7, 8.34)), van)) == ()


def test_traffic_counts_by_its_fastest_hour():
    """Proves that slow hours refuse nobody while a fast one is left, and that a whole slow day does."""
    stop = replace(STOP, windows=_hours(7, 7.6))
    jam = tuple(3.0 if hour == 8 else 1.0 for hour in range(24))
    assert impossible(_problem(stop, traffic=Traffic({"": jam}))) == ()
    assert impossible(_problem(stop, traffic=Traffic({"": (1.5,) * 24})))[0].why is Why.OUT_OF_TIME
    assert impossible(_problem(stop, replace(VAN, speed=(0.7,) * 24)))[0].why is Why.OUT_OF_TIME


def test_times_are_told_as_a_clock():
    """Proves that times are rounded up to the minute, since an earlier one would not do."""
    assert [clock(each) for each in (0, 59.0, 8.5 * 3600, 25 * 3600)] == ["00:00", "00:01", "08:30", "25:00"]
