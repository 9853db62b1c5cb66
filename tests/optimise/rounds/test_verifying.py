"""The verifier: plans worked out by hand are accepted, and refused with one rule broken, by that rule's number."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.rounds.plan import Duty, Round, RoundPlan, Unserved, Why
from carbon.optimise.rounds.problem import Break, Traffic
from carbon.optimise.rounds.recounting import recompute, recount
from carbon.optimise.rounds.verifying import verify
from tests.house.source import ROOT, imports_of
from tests.optimise.rounds.town import BY_HAND, DAY, EIGHT, PLAN, TOWN, planned, with_stop, with_van

#: What the verifier is made of, and all of the project that it may import.
FILES = ("verifying", "supplied", "recounting", "departing", "ways")
ALLOWED = {"carbon.errors"} | {f"carbon.optimise.rounds.{name}" for name in (*FILES, "problem", "plan")}


def rules(problem, plan) -> set[int]:
    """Return the numbers of the rules that a plan breaks."""
    return {finding.rule for finding in verify(problem, plan)}


def told(**changes) -> RoundPlan:
    """Return the plan made by hand with a figure of its duty told otherwise."""
    return replace(PLAN, duties=(replace(BY_HAND, **changes),))


def leg(position: int, **changes) -> RoundPlan:
    """Return the plan made by hand with a figure of a leg told otherwise."""
    legs = list(BY_HAND.legs)
    legs[position] = replace(legs[position], **changes)
    return told(legs=tuple(legs))


def test_the_verifier_shares_no_code_with_the_planner():
    """Proves that its files import nothing of the project but problem, plan, errors and each other."""
    for name in FILES:
        found = {target for target, _ in imports_of(ROOT / "carbon" / "optimise" / "rounds" / f"{name}.py")}
        assert {target for target in found if target.split(".")[0] == "carbon"} <= ALLOWED


def test_a_plan_worked_out_by_hand_is_accepted():
    """Proves times, loads, energy, kg CO2e and money against figures that a reader can add up."""
    assert verify(TOWN, PLAN) == []
    worked_out = recompute(TOWN, DAY)
    for name in ("distance_m", "empty_m", "paid_s", "energy", "co2e_kg", "money"):
        assert math.isclose(getattr(worked_out, name), getattr(BY_HAND, name), rel_tol=1e-12)


#: What is made narrower than the plan -> the rule that it then breaks, and no other.
NARROWED = {
    "shift begins": (with_van(shift=(28_801.0, 64_800.0)), 1),
    "goods not ready": (with_stop(1, ready_s=28_900.0), 2),
    "window over": (with_stop(1, windows=((30_000.0, 30_719.0),)), 4),
    "shift over": (with_van(shift=(EIGHT, 31_979.0)), 6),
    "too long": (with_van(longest_s=3_179.0), 6),
    "too heavy": (with_van(payload_kg=59.9), 7),
    "too large": (with_van(volume_m3=0.59), 7),
    "no depot": (replace(TOWN, depots={4: "east"}), 7),
    "too far": (with_van(range_km=39.9), 8),
    "no skill": (with_stop(0, skills=frozenset({"cooling"})), 9),
    "not accepted": (with_stop(0, vehicles=frozenset({"bike"})), 9),
    "goods elsewhere": (with_stop(0, depot=4), 9),
    "no such vehicle": (with_van(count=0), 10),
    "another end": (with_van(end=4), 17),
    "no round allowed": (with_van(most_rounds=0), 17),
    "two under way": (with_van(on_board=(0, 1)), 18),
}


@pytest.mark.parametrize(("problem", "rule"), NARROWED.values(), ids=NARROWED)
def test_one_rule_broken_is_named(problem, rule):
    """Proves that the same plan, under one limit narrower, is refused by that rule alone."""
    assert rules(problem, PLAN) == {rule}


def test_a_zone_is_closed_to_a_vehicle():
    """Proves rule 9 for zones: open to others, closed to this type."""
    inner = replace(with_stop(0, zone="inner"), network=replace(TOWN.network, zone=(None, "inner", None, None, None)))
    assert verify(inner, PLAN) == []
    assert rules(with_van(inner, forbidden_zones=frozenset({"inner"})), PLAN) == {9}


def test_limits_are_kept_to_the_last_second_and_gram():
    """Proves that every limit that the plan just reaches lets it pass."""
    exact = with_van(shift=(EIGHT, 31_980.0), longest_s=3_180.0, payload_kg=60.0, volume_m3=0.6, range_km=40.0, count=1)
    exact = with_stop(1, exact, windows=((20_000.0, 30_720.0),), ready_s=EIGHT)
    assert verify(exact, PLAN) == []


#: A figure told otherwise -> the rule it is told under (of a leg; the duty's sum stays as it was).
TOLD = {
    "departure": (leg(0, depart_s=28_801.0), 1),
    "leaves a stop": (leg(1, depart_s=30_121.0), 4),
    "arrival": (leg(1, arrive_s=30_719.0), 3),
    "service": (leg(0, begin_s=29_400.0), 4),
    "served": (leg(0, leave_s=30_100.0), 4),
    "load": (leg(2, load_kg=0.0), 7),
    "volume": (leg(2, load_m3=0.0), 7),
    "metres of a leg": (leg(1, distance_m=10_001.0), 8),
    "metres": (told(distance_m=40_000.1), 8),
    "energy of a leg": (leg(0, energy=2.7), 11),
    "energy": (told(energy=9.0001), 11),
    "kg of a leg": (leg(0, co2e_kg=1.300001), 12),
    "money of a leg": (leg(0, money=3.2), 13),
    "paid hours": (told(paid_s=3_181.0), 13),
    "empty metres": (told(empty_m=20_000.0), 15),
    "no legs": (told(legs=()), 16),
    "legs in another order": (told(legs=BY_HAND.legs[::-1]), 16),
    "rounds begin elsewhere": (told(starts=(0, 1)), 16),
    "unknown vehicle": (told(duty=replace(DAY, vehicle=3)), 10),
    "unneeded rest": (leg(0, rest_s=60.0), 5),
}


@pytest.mark.parametrize(("plan", "rule"), TOLD.values(), ids=TOLD)
def test_a_figure_told_wrong_is_named(plan, rule):
    """Proves that each figure of the plan is compared with the one worked out."""
    assert rules(TOWN, plan) == {rule}


@pytest.mark.parametrize(("name", "rule"), [("co2e_kg", 12), ("money", 13)])
def test_the_plans_sums_are_compared_to_a_billionth(name, rule):
    """Proves both figures of duty and plan: off by 1e-8 is told, off by 1e-10 is not."""
    right = getattr(PLAN, name)
    assert rules(TOWN, replace(PLAN, **{name: right * (1 + 1e-8)})) == {rule}
    assert rules(TOWN, replace(PLAN, **{name: right * (1 + 1e-10)})) == set()
    off = told(**{name: right * (1 + 1e-8)})
    assert [(each.rule, each.duty) for each in verify(TOWN, off)] == [(rule, 0), (rule, None)]


def test_stops_are_served_once_or_listed():
    """Proves rule 16: served twice, lost, listed twice, listed though served, and without a reason."""
    left = Unserved(1, Why.FLEET_TOO_SMALL, "one more van")
    alone = Duty(0, (Round(0, (0,), 0),), EIGHT)
    one = planned(TOWN, alone, unserved=(1,))
    assert rules(TOWN, one) == set()
    assert rules(TOWN, replace(one, unserved=())) == {16}
    assert rules(TOWN, replace(one, unserved=(left, left))) == {16}
    assert rules(TOWN, replace(one, unserved=(replace(left, would_serve=" "),))) == {16}
    assert rules(TOWN, replace(one, unserved=(left, replace(left, stop=9)))) == {16}
    assert rules(TOWN, replace(PLAN, unserved=(left,))) == {16}
    assert rules(TOWN, planned(TOWN, DAY, alone)) == {16}
    prize = with_stop(1, prize_money=3.0)
    assert rules(prize, replace(one, unserved=())) == {16}
    assert rules(TOWN, replace(PLAN, duties=(replace(BY_HAND, duty=Duty(0, (Round(0, (0, 7), 0),))),))) == {16}


def test_a_finding_says_where_and_what():
    """Proves that a message names duty, stop, rule, what was found and what was expected."""
    (finding,) = verify(with_van(payload_kg=59.0), PLAN)
    assert str(finding) == (
        "duty 1, stop A: rule 7 of docs/rounds.md: found 60 kg on the way here, expected 59 kg at most"
    )


def test_traffic_is_counted_hour_by_hour():
    """Proves rule 3: 300 s of a way before eight, the other 300 s at half the pace after it; and the vehicle's own speed."""
    early = with_van(replace(TOWN, stops=(replace(TOWN.stops[0], windows=()),)), shift=(0.0, 64_800.0))
    slow = replace(early, traffic=Traffic({"": (1.0,) * 8 + (2.0,) * 16}))
    duty = Duty(0, (Round(0, (0,), 0),), EIGHT - 300)
    there, back = recompute(slow, duty).legs
    assert (there.arrive_s, back.depart_s, back.arrive_s) == (EIGHT + 600, EIGHT + 720, EIGHT + 1_920)
    assert verify(slow, planned(slow, duty)) == []
    assert 3 in rules(early, planned(slow, duty))
    own = with_van(slow, speed=(1.0,) * 8 + (2.0,) * 16)
    assert recompute(own, duty).legs[0].arrive_s == EIGHT + 300
    zoned = replace(slow, traffic=Traffic({"inner": (1.0,) * 8 + (2.0,) * 16}))
    assert recompute(zoned, duty).legs[0].arrive_s == EIGHT + 300
    zoned = replace(zoned, network=replace(TOWN.network, zone=(None, "inner", None, None, None)))
    assert recompute(zoned, duty).legs[0].arrive_s == EIGHT + 600
    assert recompute(zoned, duty).legs[1].arrive_s == EIGHT + 720 + 600  # the way back leads to no zone


def test_no_way_is_named():
    """Proves rule 3 where the network has a hole."""
    metres, seconds = TOWN.network.distance_m.copy(), TOWN.network.duration_s.copy()
    metres[0, 1, 2] = seconds[0, 1, 2] = np.inf
    holed = replace(TOWN, network=replace(TOWN.network, distance_m=metres, duration_s=seconds))
    found = verify(holed, PLAN)
    assert any(each.rule == 3 and each.stop == "B" and "no way from node 1 to node 2" in each.found for each in found)


def test_the_rest_is_taken_once_where_it_is_needed():
    """Proves rule 5 by hand: 45 min from 08:15 on, at A before its service; missing, twice, too late, or not needed."""
    rest = Break(2_700.0, 29_700.0, 31_000.0)
    tired = with_van(rest=rest)
    there, between, back = recompute(tired, DAY).legs
    # At A from 08:15 to 09:00, its window's last second: back at 09:33. After A, at B, it would be 09:38.
    assert (there.begin_s, there.leave_s, there.rest_s, back.arrive_s) == (32_400.0, 32_520.0, 2_700.0, 34_380.0)
    assert (between.rest_s, back.rest_s) == (0.0, 0.0)
    right = planned(tired, DAY)
    assert math.isclose(right.duties[0].paid_s, 34_380 - 28_800 - 2_700)
    assert verify(tired, right) == []
    assert rules(tired, PLAN) == {5}  # none taken
    assert rules(with_van(rest=Break(2_700.0, 29_700.0, 31_980.0)), PLAN) == set()  # back just in time for none
    assert rules(with_van(rest=Break(2_700.0, 29_700.0, 31_981.0)), right) == {5}  # not needed, yet taken
    assert rules(with_van(rest=Break(2_700.0, 28_000.0, 29_399.0)), right) >= {5}  # too late
    at_b = recount(tired, DAY, EIGHT, 1).timed
    assert at_b.legs[2].arrive_s == 34_680.0
    assert verify(tired, RoundPlan((at_b,), (), at_b.co2e_kg, at_b.money)) == []  # the place is the plan's choice
    twice = replace(at_b, legs=(replace(at_b.legs[0], rest_s=2_700.0), *at_b.legs[1:]))
    assert 5 in rules(tired, RoundPlan((twice,), (), at_b.co2e_kg, at_b.money))
    after = recount(tired, DAY, EIGHT, 2).timed
    assert 5 in rules(tired, RoundPlan((after,), (), after.co2e_kg, after.money))
