"""What the engine is given: metres that stay metres, and by itself the package's own search."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
import pyvrp
from pyvrp.stop import MaxIterations

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.engine import Engine, Limit
from carbon.optimise.rounds.legs import Hints
from carbon.optimise.rounds.pool import Pool
from carbon.optimise.rounds.problem import Network, Objective, Problem, Stop, VehicleType
from carbon.optimise.rounds.translation import Translation

MONEY = Objective(0, 1)
STOPS, ITERATIONS = 30, 40
#: 58 and 100 of money a metre; the small one may drive 45.1 km.
SMALL = VehicleType("small", 9, 0, 0, payload_kg=40.0, range_km=45.1, money_per_km=58_000.0)
LARGE = VehicleType("large", 9, 0, 0, payload_kg=90.0, money_per_km=100_000.0, money_per_use=300_000.0)


def _problem(*fleet: VehicleType) -> Problem:
    rng = np.random.default_rng(3)
    places = rng.integers(0, 20_000, (STOPS + 1, 2))
    metres = np.rint(np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1)))
    stops = tuple(Stop(str(number), number, delivery_kg=float(rng.integers(3, 20))) for number in range(1, STOPS + 1))
    nowhere = np.full(STOPS + 1, np.nan)
    network = Network(nowhere, nowhere, (None,) * (STOPS + 1), metres[None], metres[None] / 10, "drawn")
    return Problem(stops, fleet, network, depots={0: "depot"}, currency="EUR")


def _data(*fleet: VehicleType) -> pyvrp.ProblemData:
    return Translation(Costing(_problem(*fleet)), MONEY, [each.count for each in fleet], Hints(), False).data


def test_metres_stay_metres():
    """Proves that types of whole costs a metre share the roads' own metres, and that a range is the vehicle's own."""
    data = _data(SMALL, LARGE)
    assert data.num_profiles == 1
    assert [each.unit_distance_cost for each in data.vehicle_types()] == [58, 100]
    assert data.vehicle_type(0).max_distance == 45_100
    assert np.array_equal(data.distance_matrix(0)[1:, 1:], _problem(SMALL).network.distance_m[0][1:, 1:])


@pytest.mark.parametrize("small", [58_000.4, 500.0, 0.0])
def test_costs_that_are_no_whole_number_a_metre(small):
    """Proves that metres stay metres there too, and that unit costs keep the types' proportion to half a percent."""
    data = _data(replace(SMALL, money_per_km=small), LARGE)
    assert data.num_profiles == 1 and data.vehicle_type(0).max_distance == 45_100
    assert np.array_equal(data.distance_matrix(0)[1:, 1:], _problem(SMALL).network.distance_m[0][1:, 1:])
    unit_costs = [each.unit_distance_cost for each in data.vehicle_types()]
    assert unit_costs[0] / unit_costs[1] == pytest.approx(small / 100_000.0, rel=0.005)


def test_carbon_is_counted_by_the_metre():
    """Proves that kg CO2e are unit costs of metres, also where a driver's hours are paid without waiting."""
    paid = replace(SMALL, energy_per_km=0.2, co2e_kg_per_energy=0.2, money_per_hour=36.0, waiting_is_paid=False)
    other = replace(paid, energy_per_km=0.5)
    data = Translation(Costing(_problem(paid, other)), Objective(), [9, 9], Hints(), False).data
    assert data.num_profiles == 1 and data.vehicle_type(1).max_distance == 45_100
    unit_costs = [each.unit_distance_cost for each in data.vehicle_types()]
    assert unit_costs[0] / unit_costs[1] == pytest.approx(0.2 / 0.5, rel=0.005)


def test_unit_costs_are_no_larger_than_need_be():
    """Proves that types in the proportion 1 : 3 cost 1 and 3 where a near leg is long enough, and a short one's metre costs more."""
    far = _problem(SMALL, LARGE)
    fleet = (
        replace(SMALL, energy_per_km=0.1, co2e_kg_per_energy=0.2),
        replace(LARGE, energy_per_km=0.3, co2e_kg_per_energy=0.2),
    )
    for times, least in ((1.0, 1), (0.001, 300)):
        network = replace(far.network, distance_m=np.rint(far.network.distance_m * times))
        problem = replace(far, fleet=fleet, network=network)
        data = Translation(Costing(problem), Objective(), [9, 9], Hints(), False).data
        small, large = (each.unit_distance_cost for each in data.vehicle_types())
        assert large == pytest.approx(3 * small, rel=0.005) and (small == 1 if times == 1.0 else small > least)


#: 1 of money a metre and 10 a second: 1 more a metre.
PAID = replace(SMALL, waiting_is_paid=False, money_per_km=1000.0, money_per_hour=36_000.0)


def test_hours_paid_without_waiting_are_in_the_metre():
    """Proves that where driving is paid and waiting is not, a metre costs its seconds, too."""
    data = _data(PAID, LARGE)
    assert data.num_profiles == 1 and data.vehicle_type(0).max_distance == 45_100
    unit_costs = [each.unit_distance_cost for each in data.vehicle_types()]
    assert unit_costs[0] / unit_costs[1] == pytest.approx(2 / 100, rel=0.005)
    assert data.vehicle_type(0).unit_duration_cost == 0


def test_service_that_no_metre_pays_is_off_the_prize():
    """Proves that a stop whose service costs more than its prize is worth nothing to the engine, and another the difference."""
    problem = _problem(PAID)
    few = (replace(problem.stops[0], service_s=60.0, prize_money=500.0), replace(problem.stops[1], prize_money=2000.0))
    problem = replace(problem, stops=(*few, replace(problem.stops[2], service_s=60.0, prize_money=1000.0)))
    made = Translation(Costing(problem), MONEY, [9], Hints(), False)
    assert [each.prize for each in made.data.clients()] == [0, *(round(each * made.legs.scale) for each in (2000, 400))]


@pytest.mark.parametrize("other", [LARGE, replace(LARGE, money_per_hour=72_000.0)])
def test_hours_that_no_metre_can_say(other):
    """Proves that a paid metre that takes longer here than there, or that others' waiting is paid, makes costs the distances, and a range one in costs."""
    problem = _problem(PAID, other)
    if not other.money_per_hour:
        seconds = problem.network.duration_s * np.linspace(0.5, 2.0, STOPS + 1)
        problem = replace(problem, network=replace(problem.network, duration_s=seconds))
    made = Translation(Costing(problem), MONEY, [9, 9], Hints(), False)
    data, scale = made.data, made.legs.scale
    assert data.num_profiles == 2 and [each.unit_distance_cost for each in data.vehicle_types()] == [1, 1]
    costs = problem.network.distance_m[0] + 10 * problem.network.duration_s[0]
    assert np.array_equal(data.distance_matrix(0)[1:, 1:], np.rint(costs * scale)[1:, 1:])
    assert data.vehicle_type(1).unit_duration_cost == pytest.approx(other.money_per_hour / 3600 * scale, abs=0.5)
    assert data.vehicle_type(0).max_distance >= 45_100 * 2 * scale


def test_a_type_that_costs_nothing_serves_only_what_it_may():
    """Proves that what a vehicle may not serve it does not, though its metres are free."""
    free = replace(SMALL, energy_per_km=0.0)
    dear = replace(LARGE, energy_per_km=0.3, co2e_kg_per_energy=0.2, skills=frozenset({"lift"}))
    problem = _problem(free, dear)
    lift = (replace(problem.stops[0], skills=frozenset({"lift"})), *problem.stops[1:])
    engine = Engine(Costing(replace(problem, stops=lift)), Objective(), [9, 9], 1, lambda *_: None, quiet=True)
    assert next(each.unit_distance_cost for each in engine.data.vehicle_types()) == 0
    engine.run(Limit(iterations=200))
    by = {stop: vehicle for vehicle, tours in engine.last_routes() for _, stops, _ in tours for stop in stops}
    assert len(by) == STOPS and by[0] == 1 and 0 in by.values()


def test_the_engine_by_itself_is_the_package():
    """Proves that nothing of the package's search is lost: the same cost after as many iterations as by itself."""
    problem = _problem(SMALL, LARGE)
    engine = Engine(Costing(problem), MONEY, [9, 9], 5, lambda *_: None, plain=True, quiet=True)
    engine.run(Limit(iterations=ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = pyvrp.solve(engine.data, MaxIterations(ITERATIONS), seed=5, collect_stats=False)
    cost = pyvrp.CostEvaluator([0], 0, 0).cost
    assert alone.is_feasible() and cost(engine._last) == alone.cost()
    driven = sum(
        (58, 100)[vehicle] * problem.network.distance_m[0][a, b] + (0, 300_000)[vehicle] * (a == 0)
        for vehicle, tours in engine.last_routes()
        for start, stops, end in tours
        for a, b in zip((start, *(stop + 1 for stop in stops)), (*(stop + 1 for stop in stops), end), strict=True)
    )
    assert driven == alone.cost()


def test_a_better_order_of_the_same_stops_is_taken():
    """Proves that a duty the pool has not seen is not exchanged for a worse one over the same stops."""
    pool = Pool(Costing(_problem(LARGE)))
    metres = pool.costing.problem.network.distance_m[0]
    near, far = sorted(range(3), key=lambda stop: metres[0, stop + 1])[::2]
    orders = [(0, ((0, order, 0),)) for order in itertools.permutations((near, far, 7))]
    orders.sort(key=lambda route: pool.costing.figures(*route)[1])
    assert pool.best_of(orders[-1], MONEY) == orders[-1]
    assert pool.best_of(orders[0], MONEY) == orders[0]
    assert pool.best_of(orders[-1], MONEY) == orders[0]
