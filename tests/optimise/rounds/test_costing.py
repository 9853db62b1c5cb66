"""What a duty does and costs, against sums made by hand and by trying all departures."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from carbon.optimise.rounds.costing import Costing, Violation, duty_of
from carbon.optimise.rounds.plan import Timed
from carbon.optimise.rounds.problem import Break, Problem, Stop, Traffic
from carbon.optimise.rounds.timing import arrive, back_with_rest, best_departure, leave
from tests.optimise.rounds import days

H = days.H


def timed(problem, stops, vehicle=0, rounds=None):
    tours = rounds or [(0, tuple(stops), 0)]
    costing = Costing(problem)
    found = costing.timed(duty_of(vehicle, tours))
    figures = costing.figures(vehicle, tours)
    if isinstance(found, Timed):
        assert figures == pytest.approx((found.co2e_kg, found.money))
    else:
        assert figures is None
    return found


def day(stops, vehicle=None, places=(0, 10, 30), **more):
    return Problem(tuple(stops), (vehicle or days.van(),), days.line(places), depots={0: "a"}, **more)


def test_energy_carbon_and_money_by_hand():
    """Proves rules 11 to 15 on two stops: each leg's energy with what is on board, hours, use, the empty way home."""
    found = timed(
        day([Stop("a", 1, delivery_kg=40, service_s=600), Stop("b", 2, delivery_kg=20, service_s=300)]), [0, 1]
    )
    # 10 km with 60 kg, 20 km with 20 kg, 30 km with nothing; 60 km at 36 km/h, 15 minutes of service.
    energy = 10 * (0.2 + 0.06) + 20 * (0.2 + 0.02) + 30 * 0.2
    assert [leg.load_kg for leg in found.legs] == [60, 20, 0]
    assert found.energy == pytest.approx(energy)
    assert found.co2e_kg == pytest.approx(1 + 3 * energy)
    assert found.paid_s == pytest.approx(6000 + 900)
    assert found.money == pytest.approx(10 + 0.5 * 60 + 2 * energy + 20 * 6900 / 3600)
    assert (found.distance_m, found.empty_m) == (60_000, 30_000)


def test_a_collection_is_on_board_after_its_stop():
    """Proves rule 7: loads go up by what is collected, and the limit holds at every moment."""
    stops = [Stop("a", 1, delivery_kg=60, collection_kg=90), Stop("b", 2, delivery_kg=30)]
    assert timed(day(stops), [0, 1]).rule == 7
    found = timed(day(stops), [1, 0])
    assert [leg.load_kg for leg in found.legs] == [90, 60, 90]


def test_paid_waiting_is_avoided_by_leaving_later():
    """Proves rule 14: the latest of the departures with the fewest paid hours; unpaid, the earliest."""
    stops = [Stop("a", 1, windows=((10 * H, 11 * H),), service_s=600)]
    found = timed(day(stops), [0])
    assert found.duty.departure_s == pytest.approx(11 * H - 1000)
    assert found.paid_s == pytest.approx(2600)
    early = timed(day(stops, days.van(waiting_is_paid=False)), [0])
    assert early.duty.departure_s == 8 * H and early.paid_s == pytest.approx(2600)


def test_a_window_counts_its_last_second_and_the_next_opens():
    """Proves rule 4: service begins at a window's end still; who is later waits for the next window, or fails."""
    one = Stop("a", 1, windows=((8 * H, 8 * H + 1000),))
    assert timed(day([one], days.van(shift=(8 * H, 18 * H))), [0]).legs[0].begin_s == 8 * H + 1000
    assert timed(day([one], days.van(shift=(8 * H + 1, 18 * H))), [0]) == Violation(
        4, "van comes after the last window of a", 0
    )
    two = Stop("a", 1, windows=((8 * H, 8 * H + 500), (9 * H, 10 * H)))
    assert timed(day([two], days.van(waiting_is_paid=False)), [0]).legs[0].begin_s == 9 * H


def test_traffic_slows_each_hour_by_itself():
    """Proves rule 3: a leg over two hours takes each at its own multiplier, and later departures arrive later."""
    rates = tuple(2.0 if hour == 8 else 1.0 for hour in range(24))
    assert arrive(8.5 * H, 1800, rates) == pytest.approx(9.25 * H)
    draw = random.Random(3)
    times = sorted(draw.uniform(0, 24 * H) for _ in range(200))
    rates = tuple(draw.uniform(0.5, 3) for _ in range(24))
    there = [arrive(each, 4000, rates) for each in times]
    assert all(a < b for a, b in itertools.pairwise(there))
    assert [leave(each, 4000, rates) for each in there] == pytest.approx(times)
    problem = day([Stop("a", 1)], days.van(waiting_is_paid=False), traffic=Traffic({"": tuple([2.0] * 24)}))
    assert timed(problem, [0]).paid_s == pytest.approx(4000)


def test_a_rest_is_taken_where_a_duty_lasts_beyond_it():
    """Proves rule 5: a rest between its times, unpaid, at the stop that lets the duty end first; none if home before."""
    rest = Break(1800, 9 * H, 10 * H)
    stops = [Stop("a", 1, windows=((9 * H, 9 * H),), service_s=600), Stop("b", 2, windows=((11 * H, 12 * H),))]
    found = timed(day(stops, days.van(rest=rest)), [0, 1])
    assert sum(leg.rest_s for leg in found.legs) == 1800
    resting = next(leg for leg in found.legs if leg.rest_s)
    assert resting.arrive_s <= 10 * H and resting.begin_s >= max(resting.arrive_s, 9 * H) + 1800
    assert found.paid_s == pytest.approx(found.legs[-1].leave_s - found.duty.departure_s - 1800)
    short = timed(day(stops[:1], days.van(rest=Break(1800, 9 * H, 15 * H))), [0])
    assert sum(leg.rest_s for leg in short.legs) == 0


def test_range_reload_and_recharge():
    """Proves rules 2, 7 and 8: a second round after reloading, and a range that a recharge makes whole."""
    stops = [Stop("a", 1, delivery_kg=80), Stop("b", 2, delivery_kg=80)]
    two = [(0, (0,), 0), (0, (1,), 0)]
    base = dict(reload_at=(0,), reload_s=900.0, most_rounds=2)
    found = timed(day(stops, days.van(**base)), [], rounds=two)
    assert found.starts == (0, 2)
    assert found.legs[2].depart_s == pytest.approx(found.legs[1].arrive_s + 900)
    assert timed(day(stops, days.van(**base, range_km=70.0)), [], rounds=two).rule == 8
    assert isinstance(timed(day(stops, days.van(**base, range_km=70.0, recharges=True)), [], rounds=two), Timed)
    assert timed(day(stops, days.van()), [], rounds=two).rule == 7


@pytest.mark.parametrize(
    ("stop", "vehicle", "rule"),
    [
        (Stop("a", 1, skills=frozenset(["lift"])), {}, 9),
        (Stop("a", 1, zone="z"), {"forbidden_zones": frozenset(["z"])}, 9),
        (Stop("a", 1, vehicles=frozenset(["bike"])), {}, 9),
        (Stop("a", 1, delivery_kg=1, depot=2), {}, 9),
        (Stop("a", 1, delivery_kg=101), {}, 7),
        (Stop("a", 1, delivery_m3=2), {"volume_m3": 1.0}, 7),
        (Stop("a", 1), {"range_km": 19.0}, 8),
        (Stop("a", 1), {"longest_s": 1999.0}, 6),
        (Stop("a", 1, ready_s=17.9 * H), {}, 6),
    ],
)
def test_each_broken_rule_is_named(stop, vehicle, rule):
    """Proves that a duty that breaks one rule is refused with that rule, by the figures as well."""
    assert timed(day([stop], days.van(**vehicle)), [0]).rule == rule


def test_the_best_departure_is_that_of_trying_every_minute():
    """Proves rule 14 with windows, rests, traffic and longest times drawn: no minute's departure is better."""
    kept = 0
    for seed in range(40):
        problem = days.rich(seed)
        costing, draw = Costing(problem), random.Random(seed)
        for _ in range(4):
            number = draw.randrange(3)
            how = costing.vehicles[number]
            kind = how.type
            tours = ((kind.start, tuple(draw.sample(range(10), draw.randint(1, 4))), kind.end),)
            steps = costing.steps(how, tours)
            tried = []
            for minute in np.arange(kind.shift[0], kind.shift[1], 120.0).tolist():
                back, rest_at = back_with_rest(steps, minute, kind.rest)
                if back <= kind.shift[1] and back - minute <= kind.longest_s:
                    tried.append((back - minute - (kind.rest.duration_s if rest_at >= 0 else 0), minute))
            found = best_departure(steps, kind.shift, kind.longest_s, kind.rest, kind.waiting_is_paid)
            if found is None:
                assert not tried
                continue
            kept += 1
            back, rest_at = back_with_rest(steps, found, kind.rest)
            assert back <= kind.shift[1] + 1e-5 and back - found <= kind.longest_s + 1e-5
            if tried and kind.waiting_is_paid:
                paid = back - found - (kind.rest.duration_s if rest_at >= 0 else 0)
                assert paid <= min(tried)[0] + 1e-3
            elif tried:
                assert found <= min(minute for _, minute in tried) + 1e-6
    assert kept > 50 and not math.isnan(kept)
