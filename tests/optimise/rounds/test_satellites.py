"""Two echelons: what goes through a satellite, when it is there, and who carries its kilograms."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from carbon.optimise.rounds.plan import RoundPlan, Why
from carbon.optimise.rounds.problem import Objective, Satellite, Stop
from carbon.optimise.rounds.satellites import plan_through_satellites
from carbon.optimise.rounds.sharing import brought, orders_columns, shares, unshared
from carbon.optimise.rounds.supplies import Decision, decided, eligible
from carbon.optimise.rounds.verifying import recompute, verify
from carbon.optimise.routing import plan_rounds
from tests.optimise.rounds.city import BIKE, DEPOT, MICRO, MICRO_HUB, VAN, H, city

KG = Objective()


@pytest.fixture(scope="module")
def planned():
    """Return a day of ten stops as it is decided by kg CO2e, with its plan."""
    return plan_through_satellites(city(), KG, iterations=600, seed=3)


def _rules(problem, plan) -> set[int]:
    return {each.rule for each in verify(problem, plan)}


def test_bikes_deliver_what_one_van_brings(planned):
    """Proves that a satellite is used where it saves: one drive of a van into the city, the rest by bike; every rule is kept."""
    day = planned.problem
    vehicles = [day.fleet[each.duty.vehicle].id for each in planned.plan.duties]
    assert vehicles.count("van") == 1 and "bike" in vehicles and not planned.plan.unserved
    direct = plan_rounds(decided(city(), Decision()), KG, iterations=300, seed=3)
    assert planned.plan.co2e_kg < 0.8 * direct.co2e_kg
    assert verify(day, planned.plan) == []


def test_no_satellite_where_it_costs_more():
    """Proves that a decision is by the objective: by money a day of dear bikes stays with the van, as without satellites."""
    dear = city(fleet=(VAN, replace(BIKE, money_per_hour=200.0)))
    found = plan_through_satellites(dear, Objective(0.0, 1.0), iterations=300, seed=1)
    assert not any(stop.brings for stop in found.problem.stops)
    assert {found.problem.fleet[each.duty.vehicle].id for each in found.plan.duties} == {"van"}


def test_the_same_seed_decides_the_same(planned):
    """Proves that with iterations nothing depends on the clock."""
    again = plan_through_satellites(city(), KG, iterations=600, seed=3)
    assert again.problem.stops == planned.problem.stops and again.plan == planned.plan


@pytest.mark.parametrize("seed", range(3))
def test_drawn_days_keep_every_rule(seed):
    """Proves that plans of days with tight hours, collections and goods at the satellite pass the verifier."""
    day = city(seed, 8)
    stops = [
        replace(stop, collection_kg=3.0) if number == 1
        else replace(stop, depot=MICRO) if number == 2
        else replace(stop, depot=DEPOT, ready_s=8 * H) if number == 3
        else stop
        for number, stop in enumerate(day.stops)
    ]  # fmt: skip
    hub = replace(MICRO_HUB, windows=((7.5 * H, 8.5 * H), (9.5 * H, 10 * H)))
    found = plan_through_satellites(
        replace(day, stops=tuple(stops), satellites={MICRO: hub}), KG, iterations=300, seed=seed
    )
    assert verify(found.problem, found.plan) == []
    assert {stop.id for stop in day.stops} <= {stop.id for stop in found.problem.stops}
    there = next(stop for stop in found.problem.stops if stop.id == "s2")
    assert there.depot == MICRO and not any("s2" in stop.brings for stop in found.problem.stops)


def test_goods_go_through_a_satellite_only_from_its_supplier():
    """Proves who may go through: not what is collected only, not what lies there or elsewhere, not what its vehicles cannot serve."""
    base = city(1, 5)
    a, b, c, d, e = base.stops
    stops = (
        replace(a, delivery_kg=0.0, collection_kg=5.0),
        replace(b, depot=MICRO),
        replace(c, skills=frozenset(["lift"])),
        replace(d, depot=DEPOT),
        e,
    )
    assert eligible(replace(base, stops=stops)) == {3: (MICRO,), 4: (MICRO,)}
    nobody = replace(base, satellites={MICRO: replace(MICRO_HUB, vehicles=frozenset(["lorry"]))})
    assert eligible(nobody) == {}


def test_a_lot_is_what_one_vehicle_holds():
    """Proves that goods beyond a van's payload come in two visits, each stop's in one, with unloading times by parcel."""
    base = city(1, 4)
    stops = tuple(replace(stop, delivery_kg=kg) for stop, kg in zip(base.stops, (300, 250, 200, 240), strict=True))
    day = decided(replace(base, stops=stops), Decision(dict.fromkeys(range(4), MICRO)))
    visits = [stop for stop in day.stops if stop.brings]
    assert [(visit.delivery_kg, visit.brings) for visit in visits] == [(500, ("s0", "s2")), (490, ("s1", "s3"))]
    assert [visit.service_s for visit in visits] == [620.0, 620.0]
    there_s = {stop.ready_s for stop in day.stops if stop.depot == MICRO}
    # 12 km x 1.3 at 8 m/s, and 620 s to unload.
    assert there_s == {7 * H + 15_600 / 8 + 620}
    assert all(visit.windows[-1][1] + visit.service_s == pytest.approx(max(there_s)) for visit in visits)


def test_what_cannot_come_in_time_is_no_decision():
    """Proves that a satellite that has closed before anybody can be there is left out."""
    early = replace(city(1, 4), satellites={MICRO: replace(MICRO_HUB, windows=((6 * H, 7 * H),))})
    assert decided(early, Decision({0: MICRO})) is None
    found = plan_through_satellites(early, KG, iterations=60, seed=1)
    assert not found.plan.unserved and {found.problem.fleet[each.duty.vehicle].id for each in found.plan.duties} == {
        "van"
    }


def test_without_its_supply_nothing_leaves_a_satellite():
    """Proves that stops whose goods no van can bring any more are not served, with the reason, and the plan keeps the rules."""
    day = decided(city(1, 4), Decision(dict.fromkeys(range(4), MICRO)))
    lame = replace(day, fleet=(replace(VAN, range_km=1.0), BIKE))
    plan = plan_rounds(lame, KG, iterations=50)
    assert verify(lame, plan) == []
    assert [each.why for each in plan.unserved[:4]] == [Why.NOT_BROUGHT] * 4 and not plan.duties


# What the verifier catches ---------------------------------------------------------------------------------------------


def _without_the_van(planned) -> RoundPlan:
    kept = tuple(each for each in planned.plan.duties if planned.problem.fleet[each.duty.vehicle].id != "van")
    return replace(planned.plan, duties=kept)


def test_goods_that_were_not_brought_are_found(planned):
    """Proves rule 24: a plan whose supply visit is left out delivers nothing."""
    assert 24 in _rules(planned.problem, _without_the_van(planned))


def test_a_round_before_its_goods_is_found(planned):
    """Proves rule 24: a visit that leaves later than a round from the satellite is told for each stop of that round."""
    day = planned.problem
    van = next(each for each in planned.plan.duties if day.fleet[each.duty.vehicle].id == "van")
    late = recompute(day, replace(van.duty, departure_s=15 * H))
    duties = tuple(late if each is van else each for each in planned.plan.duties)
    found = [each for each in verify(day, replace(planned.plan, duties=duties)) if each.rule == 24]
    assert found and all("when supply of micro has unloaded" in each.expected for each in found)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"delivery_kg": 1.0}, "the sum of what it brings"),
        ({"brings": ("s0",)}, "goods that were brought there"),
        ({"brings": ("nobody",)}, "a stop of the problem"),
        ({"service_s": 5.0}, "unloads for 5 s"),
        ({"depot": MICRO}, "goods from node 1"),
        ({"node": 3}, "a satellite"),
    ],
    ids=["mass", "fewer", "unknown", "unloading", "from elsewhere", "to elsewhere"],
)
def test_a_false_visit_is_found(planned, changes, text):
    """Proves rule 23: what a visit brings, from where, to where and how long it unloads are checked against the stops."""
    day = planned.problem
    stops = tuple(replace(stop, **changes) if stop.brings else stop for stop in day.stops)
    # Those brought may no longer name the satellite as where their goods lie.
    stops = tuple(replace(stop, depot=None) if stop.depot == MICRO and not stop.brings else stop for stop in stops)
    found = [each for each in verify(replace(day, stops=stops), planned.plan) if each.rule == 23]
    assert any(text in each.found + each.expected for each in found)


def test_goods_are_brought_once(planned):
    """Proves rule 23: the same goods in two visits are found."""
    day = planned.problem
    visit = next(stop for stop in day.stops if stop.brings)
    twice = replace(day, stops=(*day.stops, replace(visit, id="again")))
    assert any("brought 2 times" in each.found for each in verify(twice, planned.plan))


# Who carries the kilograms ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["parcel", "mass_distance"])
def test_what_is_brought_is_shared_among_what_it_brings(planned, rule):
    """Proves that parcels brought share the van's round, and that all shares sum to the plan."""
    day, plan = planned.problem, planned.plan
    made = shares(day, plan, rule)
    assert not unshared(day, plan)
    assert math.fsum(each.co2e_kg for each in made) == pytest.approx(plan.co2e_kg, rel=1e-12)
    brings = next(stop.brings for stop in day.stops if stop.brings)
    of_van = [each for each in made if each.vehicle == "van"]
    assert sorted(each.parcel for each in of_van) == sorted("P" + name[1:] for name in brings)
    assert brought(day, plan, rule) == pytest.approx(sum(each.co2e_kg for each in of_van))


def test_the_orders_are_told_the_round_that_delivers():
    """Proves that a van that brings and delivers tells its own parcels their part of its energy, and the brought ones their bike."""
    base = city(1, 4)
    visit = Stop(
        "supply of micro", MICRO, delivery_kg=sum(stop.delivery_kg for stop in base.stops[:3]), service_s=630.0, depot=DEPOT,
        brings=("s0", "s1", "s2"),
    )  # fmt: skip
    stops = tuple(replace(stop, depot=MICRO, ready_s=9 * H, windows=()) for stop in base.stops[:3])
    day = replace(base, stops=(*stops, replace(base.stops[3], depot=DEPOT), visit))
    from carbon.optimise.rounds.plan import Duty, Round

    van = recompute(day, Duty(0, (Round(DEPOT, (4, 3), DEPOT),), 7 * H))
    bike = recompute(day, Duty(1, (Round(MICRO, (0, 1, 2), MICRO),), 9 * H))
    plan = RoundPlan((van, bike), (), van.co2e_kg + bike.co2e_kg, van.money + bike.money)
    assert verify(day, plan) == []
    told = orders_columns(day, plan)
    assert set(told) == {"P0", "P1", "P2", "P3"}
    assert told["P3"]["round_fuel_l"] == pytest.approx(van.energy / 4)
    assert told["P0"]["round_electricity_kwh"] == pytest.approx(bike.energy)
    assert brought(day, plan) == pytest.approx(3 / 4 * van.co2e_kg)


def test_a_satellite_needs_a_way():
    """Proves that a satellite without a way to it is not used, and the day is planned all the same."""
    base = city(1, 4)
    metres = base.network.distance_m.copy()
    metres[:, DEPOT, MICRO] = math.inf
    cut = replace(base, network=replace(base.network, distance_m=metres), satellites={MICRO: Satellite(DEPOT)})
    found = plan_through_satellites(cut, KG, iterations=40, seed=1)
    assert not found.plan.unserved and not any(stop.brings for stop in found.problem.stops)
