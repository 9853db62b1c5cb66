"""Whole plans: that they keep the rules, say what they leave out, and obey the laws of a good search."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.front import non_dominated
from carbon.optimise.rounds.costing import Costing, duty_of
from carbon.optimise.rounds.frontier import plan_front
from carbon.optimise.rounds.plan import Timed, Why
from carbon.optimise.rounds.pool import Pool
from carbon.optimise.rounds.problem import Network, Objective, Problem, Stop, Traffic
from carbon.optimise.rounds.verifying import verify
from carbon.optimise.routing import plan_rounds
from tests.optimise.rounds import days

H = days.H
KG, MONEY, BOTH = Objective(1, 0), Objective(0, 1), Objective(0.1, 1)
ITERATIONS = 300
#: How far two searches of the same day may differ.
TOLERANCE = 0.01


def accepted(problem, plan):
    """Check a plan by the costing; the independent verifier is asked beside it."""
    costing = Costing(problem)
    served = [stop for each in plan.duties for stop in each.duty.stops]
    assert sorted(served + [each.stop for each in plan.unserved]) == list(range(len(problem.stops)))
    for number, kind in enumerate(problem.fleet):
        assert sum(each.duty.vehicle == number for each in plan.duties) <= kind.count
    for each in plan.duties:
        again = costing.timed(replace(each.duty, departure_s=each.duty.departure_s))
        assert isinstance(again, Timed) and again == each
    assert plan.co2e_kg == pytest.approx(sum(each.co2e_kg for each in plan.duties))
    assert verify(problem, plan) == []
    assert plan.money == pytest.approx(sum(each.money for each in plan.duties))


def best(problem, objective=BOTH, seed=1):
    plan = plan_rounds(problem, objective, iterations=ITERATIONS, seed=seed)
    accepted(problem, plan)
    return plan


@pytest.mark.parametrize("seed", range(6))
def test_every_plan_is_accepted(seed):
    """Proves that plans of days with every feature keep all rules, under each objective, and lose no stop."""
    problem = days.rich(seed)
    for objective in (KG, MONEY, BOTH):
        plan = best(problem, objective)
        assert plan.duties
        assert all(each.why is not Why.NOT_FOUND and each.would_serve for each in plan.unserved)


def test_a_seed_gives_the_same_plan():
    """Proves that iterations, not the clock, decide where they are given."""
    assert best(days.rich(3), KG) == best(days.rich(3), KG)


def test_the_best_plan_of_few_stops_is_found():
    """Proves that the plan of five stops with one vehicle is the cheapest of all orders, load on board included."""
    for seed in range(5):
        problem = days.plain(seed, 5)
        problem = problem.with_fleet([replace(problem.fleet[0], count=1, energy_per_km_kg=0.005)])
        costing = Costing(problem)
        orders = [costing.figures(0, ((0, order, 0),)) for order in itertools.permutations(range(5))]
        least = min((each[0] for each in orders if each is not None), default=None)
        if least is None:
            continue
        assert best(problem, KG).co2e_kg == pytest.approx(least)


@pytest.mark.parametrize("seed", range(3))
def test_permuting_stops_changes_nothing_but_the_seed(seed):
    """Proves that the order of the file is not part of the problem."""
    problem = days.plain(seed)
    order = random.Random(seed).sample(range(len(problem.stops)), len(problem.stops))
    shuffled = replace(problem, stops=tuple(problem.stops[place] for place in order))
    one, two = best(problem), best(shuffled)
    assert BOTH.of(two.co2e_kg, two.money) == pytest.approx(BOTH.of(one.co2e_kg, one.money), rel=TOLERANCE)


@pytest.mark.parametrize("seed", range(3))
def test_more_freedom_is_never_worse(seed):
    """Proves that a wider window or one vehicle more does not make the best plan dearer, beyond tolerance."""
    problem = days.plain(seed)
    plan = best(problem)
    value = BOTH.of(plan.co2e_kg, plan.money)
    wider = replace(problem, stops=tuple(replace(each, windows=()) for each in problem.stops))
    more = problem.with_fleet([replace(each, count=each.count + 1) for each in problem.fleet])
    for freer in (wider, more):
        found = best(freer)
        assert len(found.unserved) <= len(plan.unserved)
        assert BOTH.of(found.co2e_kg, found.money) <= value * (1 + TOLERANCE) or len(found.unserved) < len(
            plan.unserved
        )


@pytest.mark.parametrize(
    ("stop", "why"),
    [
        (Stop("x", 1, delivery_kg=500), Why.TOO_HEAVY),
        (Stop("x", 1, skills=frozenset(["crane"])), Why.NO_SUCH_SKILL),
        (Stop("x", 1, zone="z"), Why.FORBIDDEN_ZONE),
        (Stop("x", 1, vehicles=frozenset(["boat"])), Why.NO_VEHICLE_ACCEPTED),
        (Stop("x", 1, delivery_m3=9), Why.TOO_LARGE),
        (Stop("x", 2), Why.OUT_OF_RANGE),
        (Stop("x", 1, windows=((6 * H, 7 * H),)), Why.OUT_OF_TIME),
        (Stop("x", 3), Why.UNREACHABLE),
    ],
)
def test_a_stop_that_cannot_be_served_says_why(stop, why):
    """Proves that such a stop is listed with its reason and what would serve it, and the others are served."""
    network = days.line([0, 10, 90, 5])
    metres = network.distance_m.copy()
    metres[0, 3, :], metres[0, :, 3] = np.inf, np.inf
    vehicle = days.van(range_km=100.0, volume_m3=5.0, forbidden_zones=frozenset(["z"]))
    problem = Problem(
        (Stop("a", 1, delivery_kg=5), stop), (vehicle,), replace(network, distance_m=metres), depots={0: "a"}
    )
    plan = best(problem, KG)
    assert [(each.stop, each.why) for each in plan.unserved] == [(1, why)] and plan.unserved[0].would_serve
    assert [each.duty.stops for each in plan.duties] == [(0,)]


def test_a_fleet_too_small_is_said():
    """Proves that too few vehicles leave out stops with that reason, no vehicle at all every stop, and nothing fails."""
    stops = tuple(Stop(f"s{number}", 1, delivery_kg=60) for number in range(3))
    problem = Problem(stops, (days.van(count=2),), days.line([0, 10]), depots={0: "a"})
    plan = best(problem, KG)
    assert len(plan.duties) == 2 and [each.why for each in plan.unserved] == [Why.FLEET_TOO_SMALL]
    none = best(problem.with_fleet([days.van(count=0)]), KG)
    assert [each.why for each in none.unserved] == [Why.FLEET_TOO_SMALL] * 3


def test_a_stop_that_cannot_be_served_says_what_would():
    """Proves that a plan tells the very figures that were told when the files were read, and a depot that nobody starts from."""
    stops = (Stop("heavy", 1, delivery_kg=500), Stop("elsewhere", 1, delivery_kg=5, depot=2))
    problem = Problem(stops, (days.van(),), days.line([0, 10, 20]), depots={0: "a", 2: "far"})
    heavy, elsewhere = best(problem, KG).unserved
    assert (heavy.why, elsewhere.why) == (Why.TOO_HEAVY, Why.UNREACHABLE)
    assert "500 kg" in heavy.would_serve and "far" in elsewhere.would_serve


def test_priority_says_who_is_left_out():
    """Proves that of stops of which one has no room, the last in priority is left out, at the engine's side and the pool's."""
    for order in itertools.permutations((1, 2, 3)):
        stops = tuple(Stop(f"s{each}", 1, delivery_kg=60, priority=each) for each in order)
        problem = Problem(stops, (days.van(count=2),), days.line([0, 10]), depots={0: "a"})
        plan = best(problem, KG)
        assert [problem.stops[each.stop].priority for each in plan.unserved] == [3]
    # Four of the next priority count as much as one: five are worth leaving it out, three are not.
    for few, left in ((3, {2}), (5, {1})):
        heavy = Stop("heavy", 1, delivery_kg=100, priority=1)
        light = tuple(Stop(f"l{number}", 1, delivery_kg=100 / few, priority=2) for number in range(few))
        problem = Problem((heavy, *light), (days.van(count=1),), days.line([0, 10]), depots={0: "a"})
        assert {problem.stops[each.stop].priority for each in best(problem, KG).unserved} == left


def test_the_engine_by_itself_is_helped_where_it_finds_no_plan():
    """Proves that where the translation is exact but not all stops can be served together, the others still are."""
    stops = tuple(Stop(f"s{number}", 1, windows=((8 * H, 8 * H + 1500),), service_s=3600.0) for number in range(3))
    vehicle = days.van(
        count=2, money_per_km=1.0, money_per_hour=0.0, money_per_use=0.0, money_per_energy=0.0, waiting_is_paid=False
    )
    problem = Problem(stops, (vehicle,), days.line([0, 10]), depots={0: "a"})
    for limit in ({"seconds": 1.0}, {"iterations": 300}):
        plan = plan_rounds(problem, MONEY, seed=1, **limit)
        assert len(plan.duties) == 2 and [each.why for each in plan.unserved] == [Why.FLEET_TOO_SMALL]


def test_a_prize_is_weighed():
    """Proves that a stop is left out exactly where its prize is less than serving it costs."""
    stops = (Stop("a", 1, delivery_kg=5), Stop("b", 2, delivery_kg=5, prize_money=1.0))
    problem = Problem(stops, (days.van(),), days.line([0, 10, 60]), depots={0: "a"})
    assert [each.why for each in best(problem, MONEY).unserved] == [Why.NOT_WORTH_IT]
    assert not best(problem, KG).unserved
    dear = replace(problem, stops=(stops[0], replace(stops[1], prize_money=1000.0)))
    assert not best(dear, MONEY).unserved


def test_the_first_plan_serves_all_and_a_stop_keeps_the_best():
    """Proves for 200 stops and 6 vehicle types that the first plan told is whole, that later ones are better, and that cancelling keeps it."""
    draw = random.Random(1)
    x, y = (np.array([draw.uniform(0, 25) for _ in range(201)]) for _ in range(2))
    metres = 1300 * np.hypot(x[:, None] - x, y[:, None] - y)
    nowhere = np.full(201, np.nan)
    network = Network(nowhere, nowhere, (None,) * 201, metres[None], metres[None] / 8, "drawn")
    stops = tuple(Stop(f"s{k}", k + 1, delivery_kg=draw.uniform(1, 20), service_s=150.0) for k in range(200))
    fleet = tuple(
        days.van(id=f"v{k}", count=6, payload_kg=100.0 + 100 * k, energy_per_km=0.1 + 0.05 * k) for k in range(6)
    )
    problem = Problem(stops, fleet, network, Traffic(), {0: "a"}, "EUR")
    told = []
    plan = plan_rounds(
        problem,
        KG,
        seconds=60,
        seed=1,
        progress=told.append,
        stop=lambda: len(told) >= 3 or bool(told and told[-1].after_s > 30),
    )
    assert told[0].unserved == 0
    assert [each.co2e_kg for each in told] == sorted((each.co2e_kg for each in told), reverse=True)
    assert plan.co2e_kg == pytest.approx(told[-1].co2e_kg)
    accepted(problem, plan)


def test_the_front_is_not_dominated_and_reaches_both_ends():
    """Proves that no plan of the front beats another, and that its ends are those of the single objectives."""
    problem = days.plain(4)
    front = plan_front(problem, 5, iterations=1000, seed=1)
    for plan in front:
        accepted(problem, plan)
    figures = [(plan.co2e_kg, plan.money) for plan in front]
    assert len(figures) >= 2 and non_dominated(figures).tolist() == list(range(len(figures)))
    assert figures[0][0] <= best(problem, KG).co2e_kg * (1 + TOLERANCE)
    assert figures[-1][1] <= best(problem, MONEY).money * (1 + TOLERANCE)


def test_the_pool_puts_the_best_plan_together():
    """Proves that the programme finds the partition that trying all of them finds, and keeps to a limit of money."""
    problem = days.plain(2, 4)
    pool = Pool(Costing(problem))
    routes = []
    for vehicle in range(2):
        for members in range(1, 16):
            stops = tuple(place for place in range(4) if members >> place & 1)
            routes.append((vehicle, ((0, stops, 0),)))
            pool.add(routes[-1])
    plan = pool.combine(KG, [], 10)
    served = sorted(stop for _, tours in plan for _, stops, _ in tours for stop in stops)
    assert served == [0, 1, 2, 3]
    groups = [
        [a, b] for a in routes for b in routes
        if sorted(a[1][0][1] + b[1][0][1]) == served and [a[0], b[0]].count(0) <= 2
    ]  # fmt: skip
    whole = [[each] for each in routes if len(each[1][0][1]) == 4]
    values = [pool.total([pool.best_of(each, KG) for each in group], KG) for group in groups + whole]
    assert pool.total(plan, KG) <= min(values) + 1e-9
    money = sum(pool.figures(each)[1] for each in plan)
    cheapest = pool.combine(MONEY, [], 10)
    least = sum(pool.figures(each)[1] for each in cheapest)
    between = pool.combine(KG, cheapest, 10, most_money=(money + least) / 2)
    assert sum(pool.figures(each)[1] for each in between) <= (money + least) / 2 + 1e-9
    assert duty_of(*plan[0]).stops
