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
from carbon.optimise.rounds.pool import Pool
from carbon.optimise.rounds.problem import Network, Objective, Problem, Stop, VehicleType
from carbon.optimise.rounds.translation import Hints, Translation

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


@pytest.mark.parametrize("change", [{"money_per_km": 58_000.4}, {"money_per_km": 500.0}, {"money_per_hour": 36.0}])
def test_costs_that_are_no_whole_number_a_metre(change):
    """Proves that elsewhere distances are costs of each type's own, none of them rounded away."""
    data = _data(replace(SMALL, waiting_is_paid=False, **change), LARGE)
    assert data.num_profiles == 2
    assert [each.unit_distance_cost for each in data.vehicle_types()] == [1, 1]
    most = data.distance_matrix(0).max()
    assert most > 10 * data.num_clients and data.vehicle_type(0).max_distance >= most


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
