"""The verifier, rule by rule: a plan worked out by hand passes, and fails by the one rule that is broken."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.plan import Duty, Round, RoundPlan, Unserved, Why
from carbon.optimise.rounds.problem import Break, Traffic
from carbon.optimise.rounds.verifying import recompute, verify
from tests.house.source import ROOT
from tests.optimise.rounds.day import (
    ANN,
    BEN,
    CLEO,
    DEPOT,
    SECOND,
    hand_made,
    network,
    one_round,
    plan_of,
    problem,
    van,
)


def _rules(problem_, plan: RoundPlan) -> set[int]:
    return {each.rule for each in verify(problem_, plan)}


def test_the_plan_made_by_hand_is_accepted():
    """Proves that a right plan has no finding, and that its duty alone gives the figures of the paper."""
    assert verify(problem(), hand_made()) == []
    found, wanted = recompute(problem(), one_round(0, 1)), hand_made().duties[0]
    for mine, paper in zip(found.legs, wanted.legs, strict=True):
        assert (mine.start, mine.end, mine.stop) == (paper.start, paper.end, paper.stop)
        assert [*vars(mine).values()][3:] == pytest.approx([*vars(paper).values()][3:], rel=1e-12)
    for name in ("distance_m", "empty_m", "paid_s", "energy", "co2e_kg", "money"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-12)


BROKEN = {
    "leaves before the shift": (1, problem(fleet=(van(shift=(28_801.0, 86_400.0)),))),
    "goods are not ready": (2, problem(replace(ANN, ready_s=28_801.0), BEN)),
    "comes after the window": (4, problem(replace(ANN, windows=((0.0, 29_399.0),)), BEN)),
    "comes after the last of several windows": (4, problem(ANN, replace(BEN, windows=((0.0, 100.0), (200.0, 30_299.0))))),
    "has no rest": (5, problem(fleet=(van(rest=Break(900.0, 29_000.0, 31_000.0)),))),
    "is back after the shift": (6, problem(fleet=(van(shift=(0.0, 31_799.0)),))),
    "is away too long": (6, problem(fleet=(van(longest_s=2_999.0),))),
    "is too heavy": (7, problem(fleet=(van(payload_kg=149.0),))),
    "is too large": (7, problem(fleet=(van(volume_m3=1.4),))),
    "drives too far": (8, problem(fleet=(van(range_km=39.9),))),
    "lacks a skill": (9, problem(replace(ANN, skills=frozenset({"lift"})), BEN)),
    "enters a forbidden zone": (9, problem(ANN, replace(BEN, zone="low"), fleet=(van(forbidden_zones=frozenset({"low"})),))),
    "is not accepted": (9, problem(ANN, replace(BEN, vehicles=frozenset({"bike"})))),
    "brings goods of another depot": (9, problem(ANN, replace(BEN, depot=SECOND))),
    "is not there": (10, problem(fleet=(van(count=0),))),
    "loses a stop": (16, problem(ANN, BEN, CLEO)),
    "loses a stop of a prize": (16, problem(ANN, BEN, replace(CLEO, prize_money=5.0))),
    "begins elsewhere": (17, problem(fleet=(van(start=SECOND),))),
    "makes too many rounds": (17, problem(fleet=(van(most_rounds=0),))),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_the_same_plan_is_refused_by_the_one_rule_it_breaks(case):
    """Proves that each rule is checked by itself: nothing else is found, and the plan passes on the day it was made for."""
    rule, day = BROKEN[case]
    assert _rules(day, hand_made()) == {rule}


ALLOWED = {
    "the shift's first second": problem(fleet=(van(shift=(28_800.0, 31_800.0), longest_s=3_000.0),)),
    "ready as it leaves": problem(replace(ANN, ready_s=28_800.0), BEN),
    "a window's last second": problem(replace(ANN, windows=((0.0, 100.0), (29_000.0, 29_400.0))), BEN),
    "full to the gram": problem(fleet=(van(payload_kg=150.0, volume_m3=1.5),)),
    "all of its range": problem(fleet=(van(range_km=40.0),)),
    "a rest that is not due": problem(fleet=(van(rest=Break(900.0, 29_000.0, 31_800.0)),)),
    "all that is asked": problem(
        replace(ANN, skills=frozenset({"lift"}), zone="low", vehicles=frozenset({"van"}), depot=DEPOT), BEN,
        fleet=(van(skills=frozenset({"lift", "cool"}), forbidden_zones=frozenset({"old"})),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ALLOWED)
def test_a_limit_that_is_just_kept_is_kept(case):
    """Proves that bounds are included."""
    assert verify(ALLOWED[case], hand_made()) == []


@pytest.mark.parametrize(
    ("name", "by", "rule"),
    [
        ("arrive_s", 1, 3), ("begin_s", 1, 4), ("leave_s", 1, 4), ("distance_m", 1, 8), ("load_kg", 1, 7),
        ("load_m3", 0.1, 7), ("energy", 1e-6, 11), ("co2e_kg", 1e-6, 12), ("money", 1e-6, 13),
    ],
)  # fmt: skip
def test_a_wrong_figure_of_a_leg_is_found(name, by, rule):
    """Proves that every figure of a leg is compared, and told at its stop under the rule that makes it."""
    plan = hand_made()
    (timed,) = plan.duties
    legs = (timed.legs[0], replace(timed.legs[1], **{name: getattr(timed.legs[1], name) + by}), timed.legs[2])
    found = verify(problem(), replace(plan, duties=(replace(timed, legs=legs),)))
    assert {(each.rule, each.duty, each.stop) for each in found} == {(rule, 0, "ben")}
    assert name in str(found[0]) and f"rule {rule} " in str(found[0])


@pytest.mark.parametrize(
    ("name", "rule"),
    [("distance_m", 8), ("empty_m", 15), ("paid_s", 13), ("energy", 11), ("co2e_kg", 12), ("money", 13)],
)
def test_a_wrong_sum_of_a_duty_is_found(name, rule):
    """Proves that sums of a duty are compared to 1e-9 of themselves."""
    plan = hand_made()
    (timed,) = plan.duties
    wrong = replace(timed, **{name: getattr(timed, name) * (1 + 2e-9) + (name == "empty_m")})
    right = replace(timed, **{name: getattr(timed, name) * (1 + 1e-10)})
    assert rule in _rules(problem(), replace(plan, duties=(wrong,)))
    assert verify(problem(), replace(plan, duties=(right,))) == []


@pytest.mark.parametrize(("name", "rule"), [("co2e_kg", 12), ("money", 13)])
def test_a_wrong_sum_of_a_plan_is_found(name, rule):
    """Proves that both figures of a plan are its duties'."""
    plan = hand_made()
    assert _rules(problem(), replace(plan, **{name: getattr(plan, name) + 1e-6})) == {rule}


def test_traffic_is_driven_hour_by_hour():
    """Proves rule 3: 5 minutes before nine at once, the other 5 at twice; a vehicle's speed divides."""
    day = problem(ANN, traffic=Traffic({"": (1.0,) * 9 + (2.0,) * 15}))
    found = recompute(day, one_round(0, departure_s=32_100))
    assert found.legs[0].arrive_s == 33_000
    slow = problem(ANN, fleet=(van(speed=(1.0,) * 9 + (0.5,) * 15),))
    assert recompute(slow, one_round(0, departure_s=32_100)).legs[0].arrive_s == 33_000
    zoned = problem(ANN, network=network((None, "town", None, None, None)), traffic=Traffic({"town": (3.0,) * 24}))
    legs = recompute(zoned, one_round(0)).legs
    assert [leg.arrive_s - leg.depart_s for leg in legs] == [1_800, 600]


def test_what_rounding_leaves_of_a_load_is_no_fault():
    """Proves that a planner may take loads off one by one: what 0.1 + 0.2 - 0.3 leaves is nothing."""
    plan = hand_made()
    (timed,) = plan.duties
    legs = (*timed.legs[:2], replace(timed.legs[2], load_m3=0.1 + 0.2 - 0.3))
    assert verify(problem(), replace(plan, duties=(replace(timed, legs=legs),))) == []


def test_no_way_is_no_leg():
    """Proves that an infinite entry of the matrix is told as rule 3."""
    holes = network()
    holes.duration_s[0, 0, 1] = np.inf
    day = problem(network=holes)
    assert 3 in _rules(day, hand_made())


def test_waiting_for_a_window():
    """Proves that service waits for the next window, and that only paid waiting is paid."""
    day = problem(replace(ANN, windows=((0.0, 29_000.0), (30_000.0, 31_000.0))))
    found = recompute(day, one_round(0))
    assert (found.legs[0].arrive_s, found.legs[0].begin_s, found.legs[0].leave_s) == (29_400, 30_000, 30_300)
    assert found.paid_s == 2_100
    unpaid = problem(*day.stops, fleet=(van(waiting_is_paid=False),))
    assert recompute(unpaid, one_round(0)).paid_s == 1_500


def test_a_rest_is_taken_where_the_vehicle_is_back_first_and_is_not_paid():
    """Proves rule 5: at Ann the wait for the rest costs 300 s, at Ben nothing; of a rest once, in its time, or not at all."""
    day = problem(fleet=(van(rest=Break(900.0, 29_700.0, 31_000.0)),))
    found = recompute(day, one_round(0, 1))
    assert [leg.rest_s for leg in found.legs] == [0.0, 900.0, 0.0]
    assert (found.legs[1].begin_s, found.legs[2].arrive_s, found.paid_s) == (31_200, 32_700, 3_000)
    assert verify(day, plan_of(found)) == []
    late = problem(fleet=(van(rest=Break(900.0, 29_700.0, 30_299.0)),))
    assert 5 in _rules(late, plan_of(found))
    assert 5 in _rules(problem(), plan_of(found))


def test_a_departure_that_is_left_open_is_the_best():
    """Proves rule 14: the latest that still meets the window where waiting is paid, the earliest where it is not."""
    stops = (replace(ANN, windows=((36_000.0, 37_000.0),)), BEN)
    paid = problem(*stops, fleet=(van(shift=(28_800.0, 86_400.0)),))
    unpaid = problem(*stops, fleet=(van(shift=(28_800.0, 86_400.0), waiting_is_paid=False),))
    open_ = one_round(0, 1, departure_s=None)
    assert recompute(paid, open_).legs[0].depart_s == 36_400
    assert recompute(unpaid, open_).legs[0].depart_s == 28_800
    early = recompute(paid, one_round(0, 1, departure_s=28_800))
    assert verify(paid, plan_of(early)) == []
    assert _rules(paid, plan_of(replace(early, duty=open_))) == {14}


def test_with_a_rest_there_may_be_no_best_departure():
    """Proves the case on paper, between 11:00 and 12:00 all ways taking thrice their time, Ann open from 11:05.

    Leaving at 39,100 s the van is at Ann's at 39,900 s, gone at 41,100 s and back at 42,900 s, just early enough to need no
    rest: 3,800 s paid. A second later it arrives 3 s later, rests 2,400 s, leaves at 43,503 s when ways are short again: 2,602 s
    paid, and more the later it leaves. So paid hours fall towards 2,600 s and are never that few.
    """
    day = problem(
        replace(ANN, windows=((39_900.0, 50_000.0),), service_s=1_200.0),
        fleet=(van(rest=Break(2_400.0, 0.0, 42_900.0)),),
        traffic=Traffic({"": (1.0,) * 11 + (3.0,) + (1.0,) * 12}),
    )
    for departure_s, paid_s, rest_s in ((39_100.0, 3_800.0, 0.0), (39_101.0, 2_602.0, 2_400.0)):
        timed = recompute(day, one_round(0, departure_s=departure_s))
        assert (timed.paid_s, timed.legs[0].rest_s) == (paid_s, rest_s)
        for duty in (timed.duty, one_round(0, departure_s=None)):
            assert verify(day, plan_of(replace(timed, duty=duty))) == []


def _two_rounds(**changes):
    day = problem(fleet=(van(reload_at=(DEPOT,), reload_s=600.0, most_rounds=2, payload_kg=100.0, **changes),))
    return day, Duty(0, (Round(DEPOT, (0,), DEPOT), Round(DEPOT, (1,), DEPOT)), 28_800)


def test_a_second_round_leaves_after_its_reload_and_when_it_is_ready():
    """Proves rules 2, 7 and 8 of several rounds: 08:25 back, 08:35 reloaded; loads and range by round."""
    day, duty = _two_rounds(range_km=40.0, recharges=True)
    found = recompute(day, duty)
    assert found.starts == (0, 2) and found.legs[1].leave_s == 30_900 and found.legs[2].depart_s == 30_900
    assert [leg.load_kg for leg in found.legs] == [100, 0, 50, 20] and found.empty_m == 10_000
    assert verify(day, plan_of(found)) == []
    later = problem(ANN, replace(BEN, ready_s=32_000.0), fleet=day.fleet)
    assert recompute(later, duty).legs[2].depart_s == 32_000
    assert _rules(later, plan_of(found)) >= {2}
    assert _rules(_two_rounds(range_km=40.0)[0], plan_of(found)) == {8}
    elsewhere = day.with_fleet([replace(day.fleet[0], reload_at=(SECOND,))])
    assert _rules(elsewhere, plan_of(found)) == {7}
    assert _rules(day.with_fleet([replace(day.fleet[0], most_rounds=1)]), plan_of(found)) == {17}


def test_a_collection_counts_from_its_stop_on():
    """Proves that the load is within limits at every moment, not at the depot alone."""
    day = problem(ANN, replace(BEN, delivery_kg=0.0, collection_kg=150.0), fleet=(van(payload_kg=120.0),))
    found = recompute(day, one_round(1, 0))
    assert [leg.load_kg for leg in found.legs] == [100, 250, 150]
    assert [(each.rule, each.stop) for each in verify(day, plan_of(found))] == [(7, "ann"), (7, None)]


_ROOMY = problem(fleet=(van(payload_kg=500.0),))


def _served_twice():
    return plan_of(recompute(_ROOMY, one_round(0, 1, 0)))


LISTS = {
    "served and listed": (problem(), replace(hand_made(), unserved=(Unserved(0, Why.NOT_FOUND, "more time"),))),
    "listed twice": (
        problem(ANN, BEN, CLEO),
        replace(hand_made(), unserved=(Unserved(2, Why.NOT_FOUND, "more time"),) * 2),
    ),
    "no such stop": (problem(), replace(hand_made(), unserved=(Unserved(7, Why.NOT_FOUND, "more time"),))),
    "without a way out": (problem(ANN, BEN, CLEO), replace(hand_made(), unserved=(Unserved(2, Why.NOT_FOUND, " "),))),
    "served twice": (_ROOMY, _served_twice()),
}


@pytest.mark.parametrize("case", LISTS)
def test_every_stop_is_served_or_listed_once(case):
    """Proves rule 16 in all its parts."""
    assert _rules(*LISTS[case]) == {16}


def test_a_stop_that_is_listed_is_not_missed():
    """Proves that a plan may leave a stop out if it says so."""
    plan = replace(hand_made(), unserved=(Unserved(2, Why.OUT_OF_TIME, "a longer shift"),))
    assert verify(problem(ANN, BEN, CLEO), plan) == []


def test_what_is_on_board_is_delivered_by_its_vehicle_alone():
    """Proves rule 18: goods under way stay on their vehicle, which begins where it is."""
    under_way = van(start=2, on_board=(0,))
    day = problem(ANN, fleet=(under_way, van(id="other")))
    right = recompute(day, Duty(0, (Round(2, (0,), DEPOT),), 28_800))
    assert verify(day, plan_of(right)) == []
    other = recompute(day, one_round(0, vehicle=1))
    assert _rules(day, plan_of(other)) == {18}
    both = recompute(replace(day, stops=(ANN, BEN)), Duty(0, (Round(2, (1, 0), DEPOT),), 28_800))
    assert _rules(replace(day, stops=(ANN, BEN)), plan_of(both)) == {18}


@pytest.mark.parametrize(
    ("duty", "rule"),
    [(one_round(0, 9), 16), (one_round(0, vehicle=3), 10), (one_round(0, depot=77), 7), (one_round(), 17)],
)
def test_what_does_not_exist_is_found_before_anything_is_worked_out(duty, rule):
    """Proves that positions out of range are findings, not crashes."""
    plan = hand_made()
    wrong = replace(plan, duties=(replace(plan.duties[0], duty=duty),))
    assert rule in _rules(problem(), wrong)


def test_the_verifier_shares_no_code_with_what_plans():
    """Proves that all the verifier reaches within the project is the data model and itself."""
    folder = ROOT / "carbon/optimise/rounds"
    seen: set[str] = set()
    open_ = ["verifying"]
    while open_:
        name = open_.pop()
        seen.add(name)
        for node in ast.walk(ast.parse(Path(folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
                for each in names:
                    if each and each.startswith("carbon"):
                        assert each.startswith("carbon.optimise.rounds."), each
                        inner = each.rsplit(".", 1)[1]
                        open_ += [inner] if inner not in seen else []
    assert seen == {"verifying", "supplied", "recounting", "departing", "ways", "plan", "problem"}


UNDER_WAY = {
    "leaves at once": (van(under_way=True), 28_860, {18}),
    "has driven before": (van(range_km=45.0, driven_km=5.1), 28_800, {8}),
    "has just enough range left": (van(range_km=45.0, driven_km=5.0), 28_800, set()),
    "has more on board": (van(payload_kg=160.0, carried_kg=10.1), 28_800, {7}),
    "has just enough room left": (van(payload_kg=160.0, carried_kg=10.0), 28_800, set()),
    "has larger goods on board": (van(volume_m3=1.6, carried_m3=0.2), 28_800, {7}),
}


@pytest.mark.parametrize("case", UNDER_WAY)
def test_a_vehicle_under_way_has_what_it_had_before(case):
    """Proves rules 8, 7 and 18 of vehicles under way, by the verifier and by what plans: what was driven, what is on board, at once."""
    vehicle, departure_s, broken = UNDER_WAY[case]
    day = problem(fleet=(vehicle,))
    found = recompute(day, one_round(0, 1, departure_s=departure_s))
    assert _rules(day, plan_of(found)) == broken
    figures = Costing(day).figures(0, ((DEPOT, (0, 1), DEPOT),))
    assert (figures is None) == bool(broken - {18})
    if figures is not None:
        assert figures == pytest.approx((found.co2e_kg, found.money) if departure_s == 28_800 else figures)
    assert found.legs[-1].load_kg == pytest.approx(20.0 + vehicle.carried_kg)


def test_who_waits_on_the_way_does_not_leave_later_for_it():
    """Proves that a vehicle under way is paid from now on: another would leave later and wait less."""
    ann = replace(ANN, windows=((32_400.0, 36_000.0),))
    for vehicle, paid_s in ((van(), 3_000.0), (van(under_way=True, shift=(28_800.0, 86_400.0)), 6_000.0)):
        day = problem(ann, BEN, fleet=(vehicle,))
        timed = Costing(day).timed(one_round(0, 1, departure_s=None))
        assert timed.paid_s == paid_s and verify(day, plan_of(timed)) == []
        assert Costing(day).figures(0, ((DEPOT, (0, 1), DEPOT),)) == pytest.approx((timed.co2e_kg, timed.money))
