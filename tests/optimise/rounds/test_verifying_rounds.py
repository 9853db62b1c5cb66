"""The verifier: several rounds, vehicles under way, departures that are left to the plan."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.rounds.departing import _try, choose
from carbon.optimise.rounds.plan import Duty, Round
from carbon.optimise.rounds.problem import Break, Network, Problem, Stop, Traffic, VehicleType
from carbon.optimise.rounds.recounting import recompute
from carbon.optimise.rounds.verifying import verify
from carbon.optimise.rounds.ways import beyond
from tests.optimise.rounds.town import DAY, EIGHT, TOWN, VAN, A, planned, with_stop, with_van


def rules(problem, plan) -> set[int]:
    """Return the numbers of the rules that a plan breaks."""
    return {finding.rule for finding in verify(problem, plan)}


#: A from the west, then a reload of 10 min in the west, then B from there.
TWICE = Duty(0, (Round(0, (0,), 0), Round(0, (1,), 0)), EIGHT)
RELOADS = with_van(reload_at=(0,), reload_s=600.0, most_rounds=2, recharges=True, range_km=40.0, payload_kg=40.0)


def test_a_second_round_by_hand():
    """Proves rules 2, 7, 8 and 15: reload, loads begun anew, range whole again, the empty way back counted."""
    legs = recompute(RELOADS, TWICE).legs
    # 08:00, A 08:10, served 08:20 to 08:22, back 08:32, reloaded 08:42, B 09:02 to 09:03, back 09:23 with 10 kg.
    assert [leg.arrive_s for leg in legs] == [29_400, 30_720, 32_520, 33_780]
    assert [leg.leave_s for leg in legs] == [30_120, 31_320, 32_580, 33_780]
    assert [leg.load_kg for leg in legs] == [40, 0, 20, 10]
    timed = recompute(RELOADS, TWICE)
    assert (timed.starts, timed.distance_m, timed.empty_m) == ((0, 2), 60_000, 10_000)
    assert verify(RELOADS, planned(RELOADS, TWICE)) == []


#: What is made narrower -> the rule broken.
NARROWED = {
    "no reload there": (with_van(RELOADS, reload_at=(4,)), 7),
    "one round only": (with_van(RELOADS, most_rounds=1), 17),
    "not recharged": (with_van(RELOADS, recharges=False), 8),
    "reload too slow": (with_van(RELOADS, reload_s=900.0), 4),
    "ready later": (with_stop(1, RELOADS, ready_s=31_400.0), 2),
}


@pytest.mark.parametrize(("problem", "rule"), NARROWED.values(), ids=NARROWED)
def test_a_second_round_breaks_its_rules(problem, rule):
    """Proves that reload places, times, readiness and ranges of a further round are looked at."""
    assert rule in rules(problem, planned(RELOADS, TWICE))


def test_a_later_round_waits_until_its_goods_are_ready():
    """Proves rule 2: after the reload, the vehicle stands until its next goods are there."""
    late = with_stop(1, RELOADS, ready_s=32_000.0)
    legs = recompute(late, TWICE).legs
    assert (legs[1].leave_s, legs[2].depart_s, legs[2].arrive_s) == (31_320, 32_000, 33_200)
    assert verify(late, planned(late, TWICE)) == []


def test_rounds_follow_each_other():
    """Proves rule 7: a round begins where the last one ended, a duty where its vehicle stands."""
    apart = replace(TWICE, rounds=(Round(0, (0,), 4), Round(0, (1,), 0)))
    assert rules(RELOADS, planned(RELOADS, apart)) >= {7}
    assert rules(RELOADS, planned(RELOADS, replace(DAY, rounds=(Round(4, (0, 1), 0),)))) >= {17}
    assert rules(RELOADS, planned(RELOADS, replace(DAY, rounds=(Round(0, (0, 1), 2), Round(2, (), 0))))) >= {7}


def test_a_duty_without_a_stop_is_none():
    """Proves rule 17, and that nothing else is told of it."""
    idle = replace(planned(RELOADS, TWICE).duties[0], duty=Duty(0, (Round(0, (), 0),), EIGHT))
    plan = replace(planned(RELOADS, TWICE), duties=(planned(RELOADS, TWICE).duties[0], idle))
    assert 17 in rules(RELOADS, plan)


def test_unpaid_waiting_pays_driving_and_service_alone():
    """Proves rule 13: the ten minutes before A's window are not paid; departure is the earliest."""
    unpaid = with_van(waiting_is_paid=False)
    assert recompute(unpaid, DAY).paid_s == 3_180 - 600
    free = planned(unpaid, replace(DAY, departure_s=None))
    assert free.duties[0].legs[0].depart_s == EIGHT
    assert verify(unpaid, free) == []


def test_the_departure_left_to_the_plan_is_the_latest_of_the_fewest_hours():
    """Proves rule 14 by hand: waiting at A goes away from 08:10 on, and the last that is in time for its window is 08:50."""
    free = planned(TOWN, replace(DAY, departure_s=None))
    assert free.duties[0].legs[0].depart_s == 31_800
    assert free.duties[0].paid_s == 2_580
    open_ = replace(free, duties=(replace(free.duties[0], duty=replace(DAY, departure_s=None)),))
    assert verify(TOWN, open_) == []
    early = planned(TOWN, DAY)
    early = replace(early, duties=(replace(early.duties[0], duty=replace(DAY, departure_s=None)),))
    assert rules(TOWN, early) == {14}
    hurried = with_van(waiting_is_paid=False, longest_s=2_900.0)  # at eight it would last 3,180 s
    assert recompute(hurried, replace(DAY, departure_s=None)).legs[0].depart_s == pytest.approx(29_080, abs=1e-3)


def test_a_vehicle_under_way():
    """Proves rule 18: begins between depots with A on board, delivers nothing that is not; A stays on board if not delivered."""
    on_way = replace(VAN, id="van 1", count=1, start=2, on_board=(0,))
    problem = replace(TOWN, fleet=(on_way, VAN), stops=(A, replace(TOWN.stops[1], node=3)))
    first, second = Duty(0, (Round(2, (0,), 0),), EIGHT), Duty(1, (Round(0, (1,), 0),), EIGHT)
    assert verify(problem, planned(problem, first, second)) == []
    assert rules(problem, planned(problem, Duty(0, (Round(2, (0, 1), 0),), EIGHT))) == {18}
    other = planned(problem, Duty(1, (Round(0, (0, 1), 0),), EIGHT))
    assert rules(problem, other) == {18}
    again = with_van(problem, reload_at=(0,), most_rounds=2)
    late = Duty(0, (Round(2, (), 0), Round(0, (0, 1), 0)), EIGHT)
    assert rules(again, planned(again, late)) == {18}
    picks = replace(problem.stops[1], delivery_kg=0.0, delivery_m3=0.0, parcels=())
    kept = replace(problem, stops=(A, picks))
    duty = Duty(0, (Round(2, (1,), 0),), EIGHT)
    assert [leg.load_kg for leg in recompute(kept, duty).legs] == [40, 50]
    assert rules(kept, planned(kept, duty, unserved=(0,))) == set()


def _any(seed: int) -> tuple[Problem, Duty]:
    """Return a small problem with anything that time depends on, and a duty of it."""
    dice = random.Random(seed)
    count = dice.randint(1, 4)
    seconds = np.array([[dice.randint(100, 5_000) for _ in range(count + 1)] for _ in range(count + 1)], dtype=float)
    stops = []
    for node in range(1, count + 1):
        edges = sorted(dice.randint(28_000, 60_000) for _ in range(2 * dice.randint(0, 2)))
        windows = tuple(zip(map(float, edges[::2]), map(float, edges[1::2]), strict=True))
        stops.append(
            Stop(
                f"S{node}",
                node,
                1.0,
                windows=windows,
                service_s=dice.randint(0, 1_500),
                ready_s=dice.choice((0, 33_000)),
            )
        )
    rest = Break(dice.choice((900, 2_700)), *sorted((dice.randint(30_000, 45_000), dice.randint(30_000, 45_000))))
    van = VehicleType(
        "v", 1, 0, 0, 100.0, shift=(28_800.0, 64_800.0), longest_s=dice.choice((12_000.0, 36_000.0)), rest=dice.choice((None, rest)),
        speed=dice.choice((None, tuple(dice.choice((0.5, 1.0, 1.5)) for _ in range(24)))),
        reload_at=(0,), reload_s=300.0, most_rounds=2, waiting_is_paid=dice.random() < 0.8,
    )  # fmt: skip
    traffic = dice.choice((Traffic(), Traffic({"": tuple(dice.choice((0.7, 1.0, 2.5)) for _ in range(24))})))
    nowhere = np.full(count + 1, np.nan)
    network = Network(nowhere, nowhere, (None,) * (count + 1), seconds[None] * 10, seconds[None])
    order = list(range(count))
    dice.shuffle(order)
    cut = dice.randint(1, count)
    rounds = [Round(0, tuple(order[:cut]), 0)] + ([Round(0, tuple(order[cut:]), 0)] if cut < count else [])
    return Problem(tuple(stops), (van,), network, traffic, {0: "d"}), Duty(0, tuple(rounds))


def test_no_departure_is_better_than_the_best():
    """Proves rule 14 against every minute of the shift, over windows, traffic, rests, reloads; and that plans pass."""
    found_one = 0
    for seed in range(120):
        problem, duty = _any(seed)
        vehicle = problem.fleet[0]
        chosen = choose(problem, duty)
        first_s = max(28_800.0, *(problem.stops[stop].ready_s for stop in duty.rounds[0].stops))
        tried = [_try(problem, duty, first_s + 60.0 * minute) for minute in range(600)]
        kept = [
            each for each in tried
            if each and not beyond(each.back_s, vehicle.shift[1]) and not beyond(each.back_s - each.departure_s, vehicle.longest_s)
        ]  # fmt: skip
        if chosen is None:
            assert not kept, seed
            continue
        found_one += 1
        if vehicle.waiting_is_paid:
            assert all(each.paid_s >= chosen.paid_s - 1e-6 for each in kept), seed
            ties = [each for each in kept if each.paid_s <= chosen.paid_s + 1e-7]
            assert all(each.departure_s <= chosen.departure_s + 1e-6 for each in ties), seed
        else:
            assert all(each.departure_s >= chosen.departure_s - 1e-3 for each in kept), seed
        assert verify(problem, planned(problem, duty)) == [], seed
    assert found_one > 60
