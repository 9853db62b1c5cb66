"""Draws that are kept for carts are those of every other difference, and their memory is bounded."""

from __future__ import annotations

import numpy as np
import pytest

from carbon.engine.paired import Draws
from carbon.engine.uncertainty import DRAWS, Group, Terms, ends, multipliers, simulate
from carbon.factors.spread import Spread


@pytest.mark.parametrize("count", [40, 500, 2000, 10_000, 10_001])
@pytest.mark.parametrize("kind", ["normal", "skewed", "ties", "sorted", "constant", "one outlier"])
def test_ends_are_numpys_quantiles(count, kind):
    """Proves that looking at the tails alone finds what looking at everything finds, whatever the draws look like."""
    draw = np.random.default_rng(count)
    drawn = {
        "normal": draw.standard_normal(count),
        "skewed": draw.lognormal(0, 2, count),
        "ties": np.round(draw.standard_normal(count), 1),
        "sorted": np.sort(draw.standard_normal(count)),
        "constant": np.full(count, -0.3),
        "one outlier": np.r_[np.zeros(count - 1), -1e9],
    }[kind]
    before = drawn.copy()
    assert ends(drawn) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), rel=1e-12, abs=1e-15)
    assert (drawn == before).all()


def test_multipliers_are_those_of_a_simulation():
    """Proves that a set of spreads is multiplied by the same numbers as its term in a simulation."""
    sets = [
        (Spread("factor:a", 0.2), Spread("parameter:b", 0.4, -0.5)),
        (Spread("parameter:b", 0.4, 2.0),),
        (),
    ]
    terms = Terms.of_rows([(1.0, spreads, 0.0) for spreads in sets])
    drawn = simulate(terms, [Group(np.arange(3) == at) for at in range(3)])
    assert multipliers(sets) == pytest.approx(drawn, rel=1e-12)


def test_kept_draws_are_bounded():
    """Proves that draws are made once while they are asked for, and that the oldest are forgotten when room is short."""
    draws = Draws(most_bytes=3 * DRAWS * 8)
    numbers = [np.array([draws.number((Spread(f"factor:{at}", 0.1),))]) for at in range(4)]
    assert draws.number((Spread("factor:2", 0.1),)) == 2
    first = draws.of(numbers[0])
    for each in numbers[1:3]:
        draws.of(each)
    assert draws.of(numbers[0]) is first
    second = draws.of(numbers[1])
    draws.of(numbers[3])  # takes the room of the one not asked for lately
    assert draws.of(numbers[0]) is first and draws.of(numbers[1]) is second
    assert (draws.of(numbers[2]) == multipliers([(Spread("factor:2", 0.1),)])).all()
