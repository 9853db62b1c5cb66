"""A search in districts: nothing is lost at their borders, no vehicle is used twice, and no plan gets worse."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.rounds import districts as module
from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.districts import Districts, searching
from carbon.optimise.rounds.driven import rows_of
from carbon.optimise.rounds.frontier import plan_front
from carbon.optimise.rounds.pool import Pool
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.search import Budget, Search, hints_of
from carbon.optimise.rounds.splitting import Splitter
from carbon.optimise.rounds.translation import Translation
from carbon.optimise.rounds.verifying import verify
from carbon.optimise.routing import Task, plan_rounds
from tests.optimise.rounds import days

KG, MONEY, BOTH = Objective(1, 0), Objective(0, 1), Objective(0.1, 1)
SIZE = 12


def day(seed=1, stops=36):
    """Return a day with every feature, and three times the vehicles."""
    problem = days.rich(seed, stops)
    return problem.with_fleet([replace(each, count=3 * each.count) for each in problem.fleet])


def search(problem, objective=BOTH, iterations=80, seed=1, tell=None, start=(), stop=None):
    """Return districts of a day without the stops that nobody can serve."""
    pool = Pool(Task(problem).costing)
    return Districts(pool, objective, Budget(iterations=iterations, asked=stop), seed, tell, start, SIZE)


def stops_of(routes):
    """Return what a plan serves."""
    return [stop for _, tours in routes for _, stops, _ in tours for stop in stops]


@pytest.fixture
def small(monkeypatch):
    """Let days of some thirty stops count as large."""
    monkeypatch.setattr(module, "LARGE", 30)
    monkeypatch.setattr(module, "SIZE", SIZE)


def test_every_stop_is_in_exactly_one_district_and_duties_stay_whole():
    """Proves that no split loses a stop or has it twice, that none parts a duty, and that they differ."""
    found = search(day())
    found.run()
    seen = set()
    for _ in range(4):
        parts = found.split()
        assert len(parts) == round(len(found.pool.costing.problem.stops) / SIZE)
        assert sorted(stop for each in parts for stop in each) == list(range(len(found.pool.costing.problem.stops)))
        for route in found.best:
            assert sum(not set(stops_of([route])).isdisjoint(each) for each in parts) == 1
        seen.add(tuple(map(tuple, parts)))
    assert len(seen) > 1


def test_every_border_is_inside_a_district_sooner_or_later():
    """Proves that neighbours that a border parts are soon together, whatever the plan's duties, and districts of like size."""
    problem = days.rich(3, 120)
    splitter = Splitter(problem, 1)
    x, y = problem.network.latitude, problem.network.longitude
    order = sorted(range(120), key=lambda stop: (x[problem.stops[stop].node] // 4, y[problem.stops[stop].node]))
    units = [tuple(order[first : first + 4]) for first in range(0, 120, 4)]
    apart = np.ones(splitter.near.shape, dtype=bool)
    never = []
    for _ in range(60):
        parts = splitter.split(units, 6)
        sizes = [sum(len(units[each]) for each in part) for part in parts]
        assert max(sizes) <= 2 * min(sizes)
        apart &= splitter.parted > 0
        never.append(apart.mean())
    assert never[9] < 0.03 < 0.2 < never[0]
    assert never[-1] == 0


def test_districts_never_have_more_vehicles_together_than_there_are():
    """Proves that a district gets its own duties' vehicles and idle ones, and that no plan on the way uses one too many."""
    problem = day()
    told = []
    found = search(problem, tell=lambda routes: told.append(list(routes)))
    found.run()
    counts = [each.count for each in problem.fleet]
    for routes in told:
        used = Counter(vehicle for vehicle, _ in routes)
        assert all(used[number] <= count for number, count in enumerate(counts))
        assert max(Counter(stops_of(routes)).values()) == 1
    for stops in found.split():
        part = found.district(stops)
        inside = Counter(vehicle for vehicle, _ in part.duties)
        outside = Counter(vehicle for vehicle, _ in found.best) - inside
        for number, kind in enumerate(part.problem.fleet):
            assert kind.count + outside[number] == counts[number]
    # Before there is a plan, idle vehicles are shared by what is to be delivered.
    first = search(problem)
    whole, half = first.district(range(18)), first.district(range(18), later=first._without_duty(range(18)))
    assert [each.count for each in whole.problem.fleet] == counts
    assert [each.count for each in half.problem.fleet] == [-(-each // 2) for each in counts]


def test_a_district_counts_as_the_whole_day_does():
    """Proves that a duty has the same figures in its district, stop by stop the same names, and comes back as it went."""
    found = search(day(), iterations=60)
    found.run()
    checked = 0
    for stops in found.split():
        part = found.district(stops)
        pool = Pool(Costing(part.problem))
        assert [each.id for each in part.problem.stops] == [
            found.pool.costing.problem.stops[stop].id for stop in part.stops
        ]
        for own, route in zip(part.start(), part.duties, strict=True):
            assert pool.figures(own) == pytest.approx(found.pool.figures(route))
            checked += 1
        assert part.whole(part.start()) == list(part.duties)
    assert checked == len(found.best) > 3


def test_the_plan_never_gets_worse_than_the_start():
    """Proves that each plan told is better than the last, from a given plan on, and that the best is returned."""
    problem = day(2)
    pool = Pool(Task(problem).costing)
    whole = Search(pool, KG, Budget(iterations=30), 1).run()
    start = whole[1:]
    worths = [pool.worth(start, KG)]
    found = search(problem, KG, 60, 3, lambda routes: worths.append(pool.worth(routes, KG)), start)
    best = found.run()
    assert all(later < earlier for earlier, later in itertools.pairwise(worths))
    assert pool.worth(best, KG) == pytest.approx(worths[-1])
    assert len(worths) > 1 and worths[-1] <= pool.worth(whole, KG) * 1.05
    again = search(problem, KG, 1, 3, start=best)
    assert again.worth == pytest.approx(again.pool.worth(best, KG))
    assert again.pool.worth(again.run(), KG) <= again.worth


@pytest.mark.parametrize("objective", [KG, MONEY])
def test_the_verifier_accepts_plans_made_in_districts_and_a_seed_gives_the_same(small, objective):
    """Proves that a large day's plan keeps every rule with every feature, loses no stop, and follows from the seed alone."""
    problem = day(4)
    one, two = (plan_rounds(problem, objective, iterations=50, seed=5) for _ in range(2))
    assert one == two
    assert verify(problem, one) == []
    served = [stop for each in one.duties for stop in each.duty.stops]
    assert sorted(served + [each.stop for each in one.unserved]) == list(range(len(problem.stops)))
    assert len(served) > 25


def test_what_is_on_board_stays_with_its_vehicle(small):
    """Proves that a vehicle under way serves what it has on board, though districts are searched one by one."""
    problem = days.plain(1, 32)
    kind = replace(problem.fleet[0], count=6)
    under_way = replace(kind, id="under way", count=1, on_board=(3, 30))
    problem = problem.with_fleet([kind, replace(problem.fleet[1], count=6), under_way])
    found = search(problem, MONEY, 40)
    for stops in found.split():
        assert {3, 30} <= set(stops) or not {3, 30} & set(stops)
        assert found.district(stops).problem.fleet[2].count == (3 in stops)
    plan = plan_rounds(problem, MONEY, iterations=40, seed=1)
    assert verify(problem, plan) == []
    assert any({3, 30} <= set(each.duty.stops) and each.duty.vehicle == 2 for each in plan.duties)


def test_a_stop_keeps_the_best(small):
    """Proves that cancelling in the midst of the districts returns the best plan told so far."""
    problem = day(1)
    told = []
    plan = plan_rounds(problem, KG, iterations=10**6, seed=1, progress=told.append, stop=lambda: len(told) >= 4)
    assert len(told) >= 4
    assert plan.co2e_kg == pytest.approx(told[-1].co2e_kg)
    assert verify(problem, plan) == []


def test_a_front_of_a_large_day_holds(small):
    """Proves that both ends of the front are searched in districts, and every plan of it is accepted."""
    problem = days.plain(2, 32)
    problem = problem.with_fleet([replace(each, count=6) for each in problem.fleet])
    front = plan_front(problem, 3, iterations=80, seed=1)
    assert front and all(verify(problem, plan) == [] for plan in front)


def test_days_below_the_size_are_searched_as_a_whole():
    """Proves that small and medium days never pass through districts."""
    pool = Pool(Costing(days.plain(1)))
    assert isinstance(searching(pool, KG, Budget(iterations=1), 1), Search)


def test_the_engine_goes_on_from_reloads_and_several_windows():
    """Proves that a plan with several rounds a duty and several windows a stop comes back from the engine as it went."""
    problem = day(1)
    costing = Task(problem).costing
    best = Search(Pool(costing), MONEY, Budget(iterations=200), 1).run()
    assert any(len(tours) > 1 for _, tours in best)
    assert any(len(costing.problem.stops[stop].windows) > 1 for stop in stops_of(best))
    caps = [each.count for each in problem.fleet]
    translation = Translation(costing, MONEY, caps, hints_of(costing, best), True)
    solution = translation.solution(best)
    assert sorted(translation.routes(solution)) == sorted(best)
    short = [sum(vehicle == number for vehicle, _ in best) - 1 for number in range(len(caps))]
    assert Translation(costing, MONEY, short, hints_of(costing, best), True).solution(best) is None


def test_packed_rows_read_as_the_matrix():
    """Proves that the rows of large matrices hold the same figures, and that equal matrices are kept once."""
    matrix = np.random.default_rng(1).uniform(0, 9, (1100, 1100))
    matrix[3, 4] = np.inf
    one, two = rows_of(np.stack([matrix, matrix]))
    assert one is two
    assert [list(one[place]) for place in (0, 3)] == matrix[[0, 3]].tolist()
