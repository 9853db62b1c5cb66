"""Plans of small random days with everything at once: windows, rests, traffic, reloads, two depots, collections, prizes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.front import non_dominated
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Break, Network, Objective, Problem, Stop, Traffic, VehicleType
from carbon.optimise.rounds.verifying import findings
from carbon.optimise.routing import plan_front, plan_rounds

HOUR_S = 3600.0
BOTH = Objective(0.1, 1.0)


def day(seed: int, most: int = 13) -> Problem:
    """Return a random day: two depots, two vans, an electric van, two bikes that reload."""
    draw = np.random.default_rng(seed)
    stops, first = int(draw.integers(4, most)), 2
    places = draw.uniform(0, 12, (stops + first, 2))
    metres = 1300 * np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    zones = tuple("c" if number >= first and draw.random() < 0.3 else None for number in range(stops + first))
    fleet = (
        VehicleType(
            "van", 2, 0, 0, 500.0, range_km=150.0, shift=(7 * HOUR_S, 18 * HOUR_S), longest_s=9 * HOUR_S,
            rest=Break(1800.0, 11 * HOUR_S, 13 * HOUR_S) if draw.random() < 0.5 else None,
            energy_unit="l", energy_per_km=0.1, energy_per_km_kg=3e-5, co2e_kg_per_energy=2.5,
            money_per_km=0.2, money_per_hour=18.0, money_per_use=40.0, waiting_is_paid=bool(draw.random() < 0.5),
            skills=frozenset(["lift"]), forbidden_zones=frozenset(["c"]) if draw.random() < 0.5 else frozenset(),
        ),
        VehicleType(
            "bike", 2, 1, 1, 60.0, profile=1, volume_m3=0.3, range_km=45.0, shift=(8 * HOUR_S, 17 * HOUR_S),
            energy_unit="kWh", energy_per_km=0.012, energy_per_km_kg=2e-5, co2e_kg_per_energy=0.2, money_per_km=0.05,
            money_per_hour=15.0, money_per_use=10.0, reload_at=(1,), reload_s=600.0,
            recharges=bool(draw.random() < 0.5), most_rounds=3,
        ),
        VehicleType(
            "electric", 1, 0, 0, 300.0, range_km=100.0, shift=(7 * HOUR_S, 18 * HOUR_S), energy_unit="kWh",
            energy_per_km=0.2, energy_per_km_kg=5e-5, co2e_kg_per_energy=0.2, money_per_km=0.1, money_per_hour=18.0,
            money_per_use=50.0,
        ),
    )  # fmt: skip
    rush = {
        "": tuple(1.5 if 7 <= hour < 10 else 1.0 for hour in range(24)),
        "c": tuple(2.0 if 8 <= hour < 18 else 1.0 for hour in range(24)),
    }
    unknown = np.full(stops + first, np.nan)
    return Problem(
        tuple(_stop(draw, number, first, zones) for number in range(stops)),
        fleet,
        Network(unknown, unknown, zones, np.stack([metres, metres]), np.stack([metres / 8, metres / 4.5])),
        Traffic(rush) if draw.random() < 0.5 else Traffic(),
        {0: "one", 1: "two"},
        "GBP",
    )


def _stop(draw: np.random.Generator, number: int, first: int, zones) -> Stop:
    windows: tuple[tuple[float, float], ...] = ()
    if draw.random() < 0.6:
        opens = float(draw.uniform(8, 14)) * HOUR_S
        windows = ((opens, opens + 7200.0),)
        if draw.random() < 0.4:
            windows += ((opens + 10_000.0, opens + 14_000.0),)
    return Stop(
        f"s{number}",
        first + number,
        delivery_kg=float(draw.uniform(0, 40)),
        delivery_m3=float(draw.uniform(0, 0.1)),
        collection_kg=float(draw.uniform(0, 20)) if draw.random() < 0.3 else 0.0,
        windows=windows,
        service_s=float(draw.uniform(60, 400)),
        ready_s=float(draw.choice([0, 0, 30_600])),
        prize_money=float(draw.uniform(5, 60)) if draw.random() < 0.15 else None,
        skills=frozenset(["lift"]) if draw.random() < 0.1 else frozenset(),
        zone=zones[first + number],
        depot=int(draw.integers(0, 2)) if draw.random() < 0.2 else None,
    )


def _value(problem: Problem, plan: RoundPlan, objective: Objective) -> float:
    """The objective with a price for what is left out, far above any way."""
    left = sum(min(objective.prize(problem.stops[each.stop]), 1e4) for each in plan.unserved)
    return objective.of(plan.co2e_kg, plan.money) + left


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("objective", [Objective(), BOTH], ids=["co2e", "both"])
def test_the_verifier_accepts_every_plan(seed, objective):
    """Proves on days with every feature that a plan keeps each rule and states the verifier's own figures."""
    problem = day(seed)
    plan = plan_rounds(problem, objective, iterations=40, seed=1)
    assert findings(problem, plan) == ()
    assert plan.duties and len({stop for duty in plan.duties for stop in duty.duty.stops}) + len(plan.unserved) == len(
        problem.stops
    )


def test_a_broken_plan_is_never_returned(monkeypatch):
    """Proves that a plan whose figures are wrong by a millionth ends in an error, and is not handed out."""
    from carbon.errors import WorkError
    from carbon.optimise import routing

    right = routing.Task.plan
    monkeypatch.setattr(
        routing.Task, "plan", lambda *given: replace(made := right(*given), co2e_kg=made.co2e_kg * 1.000001)
    )
    with pytest.raises(WorkError, match="report"):
        plan_rounds(day(0), Objective(), iterations=10, seed=1)


def test_iterations_give_the_same_plan_every_time():
    """Proves that seed and iterations decide, and that another seed may give another plan of the same figures or near."""
    problem = day(3)
    one, two = (plan_rounds(problem, BOTH, iterations=40, seed=5) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("seed", range(4))
def test_the_least_of_a_small_day_is_found(seed):
    """Proves on days of one van and five stops, all orders tried, that nothing better exists."""
    problem = day(seed, most=6)
    van = replace(problem.fleet[0], count=1, rest=None, forbidden_zones=frozenset(), waiting_is_paid=False)
    stops = tuple(replace(stop, windows=(), depot=None, ready_s=0.0, prize_money=None) for stop in problem.stops[:5])
    problem = replace(problem, stops=stops, fleet=(van,), traffic=Traffic())
    metres = problem.network.distance_m[0]

    def kg(order: tuple[int, ...]) -> float:
        load_kg, at, energy = sum(stop.delivery_kg for stop in stops), 0, 0.0
        for number in (*order, None):
            to = 0 if number is None else stops[number].node
            energy += metres[at, to] / 1000 * (van.energy_per_km + van.energy_per_km_kg * load_kg)
            if number is not None:
                load_kg += stops[number].collection_kg - stops[number].delivery_kg
            at = to
        return energy * van.co2e_kg_per_energy

    best = min(kg(order) for order in itertools.permutations(range(len(stops))))
    assert math.isclose(plan_rounds(problem, Objective(), iterations=200, seed=1).co2e_kg, best, rel_tol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_more_freedom_is_no_worse(seed):
    """Proves that no windows, and one more vehicle of each type, make the best at most 2 % worse (a search may miss)."""
    problem = day(seed)
    plan = plan_rounds(problem, BOTH, iterations=120, seed=1)
    free = replace(problem, stops=tuple(replace(stop, windows=()) for stop in problem.stops))
    more = problem.with_fleet([replace(kind, count=kind.count + 1) for kind in problem.fleet])
    before = _value(problem, plan, BOTH)
    for other in (free, more):
        assert _value(other, plan_rounds(other, BOTH, iterations=120, seed=1), BOTH) <= before * 1.02


def test_the_front_holds_no_beaten_plan():
    """Proves that points are non-dominated, ascend in kg, and reach both ends within 1 % of the single searches."""
    problem = day(8)
    plans = plan_front(problem, iterations=400, seed=1)
    figures = [(plan.co2e_kg, plan.money) for plan in plans]
    assert len(non_dominated(figures)) == len(figures) and figures == sorted(figures)
    assert all(findings(problem, plan) == () for plan in plans)
    least_kg = plan_rounds(problem, Objective(), iterations=400, seed=1)
    least_money = plan_rounds(problem, Objective(0.0, 1.0), iterations=400, seed=1)
    if len(plans[0].unserved) == len(least_kg.unserved):
        assert figures[0][0] <= least_kg.co2e_kg * 1.01
    if len(plans[-1].unserved) == len(least_money.unserved):
        assert figures[-1][1] <= least_money.money * 1.01


def test_stopping_keeps_the_best_and_progress_only_improves():
    """Proves that a search told to stop returns what it has, and that what it tells gets no worse."""
    problem, told = day(5), []
    plan = plan_rounds(problem, Objective(), seconds=30.0, seed=1, stop=lambda: bool(told), progress=told.append)
    assert plan.duties and told[0].after_s < 5 and findings(problem, plan) == ()
    served = [(each.unserved, each.co2e_kg) for each in told]
    assert served == sorted(served, reverse=True)


def test_one_limit_is_needed():
    """Proves that a search without an end, or with two, is refused."""
    for limits in ({}, {"seconds": 1.0, "iterations": 5}):
        with pytest.raises(ValueError, match="either"):
            plan_rounds(day(0), Objective(), **limits)
