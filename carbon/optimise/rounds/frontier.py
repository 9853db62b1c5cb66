"""Plans that none beats in both kg CO2e and money: both ends searched for, the points between put together from one pool."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from carbon.optimise.front import non_dominated
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.search import Budget, Search

#: Shares of the time: for each end, for all searches between; the rest is for putting plans together.
_END, _BETWEEN = 0.3, 0.25
_WEIGHTS, _STEPS = 3, 9
_NODES = 200

CO2E, MONEY = Objective(1.0, 0.0), Objective(0.0, 1.0)


def front(
    pool: Pool,
    seconds: float,
    iterations: float,
    seed: int,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[list[Route]], None] | None = None,
) -> list[list[Route]]:
    """Return plans, the least kg CO2e first; none is beaten by another.

    Plans that leave out more stops than need be are not compared with those that serve them: only the fullest count.
    """

    def searched(objective: Objective, share: float, start: Sequence[Route] = ()) -> list[Route]:
        budget = Budget(seconds * share, max(1, iterations * share), stop)
        return Search(pool, objective, budget, seed, tell, start).run()

    found = [searched(CO2E, _END), searched(MONEY, _END)]
    (low_kg, high_money), (high_kg, low_money) = (_figures(pool, routes) for routes in found)
    saved_kg, saved_money = high_kg - low_kg, high_money - low_money
    if saved_kg > 0 and saved_money > 0:
        for number in range(1, _WEIGHTS + 1):
            # Prices of CO2e around the one at which both ends are worth the same.
            price = saved_money / saved_kg * 4.0 ** (number - (_WEIGHTS + 1) / 2)
            found.append(searched(Objective(price, 1.0), _BETWEEN / _WEIGHTS, found[0]))
        left = (1 - 2 * _END - _BETWEEN) * seconds / (_STEPS + 1)
        patience = left if math.isfinite(seconds) else math.inf
        found.append(pool.combine(CO2E, found[0], patience, stop, nodes=_NODES))
        for number in range(_STEPS):
            most_kg = low_kg + saved_kg * number / _STEPS
            found.append(pool.combine(MONEY, found[0], patience, stop, most_co2e_kg=most_kg, nodes=_NODES))
    served = [_served(routes) for routes in found]
    full = [routes for routes, count in zip(found, served, strict=True) if count == max(served)]
    kept = non_dominated([_figures(pool, routes) for routes in full])
    plans: list[list[Route]] = []
    for place in kept.tolist():
        if not plans or _figures(pool, plans[-1]) != _figures(pool, full[place]):
            plans.append(full[place])
    return plans


def _figures(pool: Pool, routes: Sequence[Route]) -> tuple[float, float]:
    figures = [pool.figures(route) for route in routes]
    return math.fsum(each[0] for each in figures), math.fsum(each[1] for each in figures)


def _served(routes: Sequence[Route]) -> int:
    return sum(len(stops) for _, tours in routes for _, stops, _ in tours)
