"""The pool: how many of its duties are put together where no clock ends that."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from carbon.optimise.rounds import pool as pools
from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.pool import Pool
from carbon.optimise.rounds.problem import Objective
from tests.optimise.rounds import days

KG = Objective(1, 0)
STOPS, DUTIES = 12, 3_500


@pytest.fixture(scope="module")
def full():
    """Return a pool of more duties than are looked at without a clock, and of every stop."""
    problem = days.plain(5, STOPS)
    problem = replace(problem, stops=tuple(replace(each, windows=(), delivery_kg=5.0) for each in problem.stops))
    made, draw = Pool(Costing(problem)), random.Random(1)
    while len(made) < DUTIES:
        stops = draw.sample(range(STOPS), draw.randint(1, 7))
        for vehicle in range(len(problem.fleet)):
            made.add((vehicle, ((0, tuple(stops), 0),)))
    return made


@pytest.mark.parametrize(("seconds", "most"), [(math.inf, 3_000), (20.0, math.inf)])
def test_without_a_clock_the_dearest_duties_are_left_out(full, monkeypatch, seconds, most):
    """Proves that without a clock 3,000 duties are put together, those of the least reduced costs, and with one all."""
    seen = []

    def best(programme, kept, seconds, upper, nodes):
        seen.append((programme, kept))
        return chosen(programme, kept, seconds, upper, nodes)

    chosen = pools._Programme.best
    monkeypatch.setattr(pools._Programme, "best", best)
    plan = full.combine(KG, [], seconds, nodes=1)
    [(programme, kept)] = seen
    assert len(kept) == min(len(full), most)
    _, reduced = programme.relaxed(20.0)
    left = sorted(set(range(len(full))) - set(kept.tolist()))
    assert not left or reduced[left].min() >= reduced[kept].max()
    # What they are put together to is a plan, better than leaving all out.
    served = [stop for _, tours in plan for _, stops, _ in tours for stop in stops]
    assert len(set(served)) == len(served) > 0 and full.worth(plan, KG) < full.worth([], KG)
