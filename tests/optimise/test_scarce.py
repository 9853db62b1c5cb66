"""Limited packages go to the orders that gain most: compared with trying every way."""

from __future__ import annotations

import itertools
import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.optimise.scarce import Way, Wish, shared_out, ways_of

values = st.integers(0, 40)
#: What an order takes with every package.
uses = st.sampled_from([{"a": 1}, {"b": 1}, {"b": 2}, {"a": 2}])


@st.composite
def wishes(draw, plain: bool) -> list[Wish]:
    """Draw orders with their ways; each costs more than the one before."""
    found = []
    for row in range(draw(st.integers(1, 5))):
        first = {"a": 1} if plain else draw(uses)
        ways, value, closed = [], draw(values), frozenset()
        for taken in [first, {}] if plain else [first, {"b" if "a" in first else "a": draw(st.integers(1, 2))}, {}]:
            ways.append(Way(closed, value, taken))
            value, closed = value + draw(values), closed | set(taken)
        if not plain and draw(st.booleans()):
            ways[-1] = Way(ways[-1].closed, math.inf, {})
        found.append(Wish(row, tuple(ways)))
    return found


def _least(wishes, left):
    """Orders not packed, and the sum of values, of the best choice of all."""
    best = None
    for ways in itertools.product(*(wish.ways for wish in wishes)):
        taken = sum((Counter(way.uses) for way in ways), Counter())
        if all(taken[key] <= left[key] for key in taken):
            found = sum(math.isinf(way.value) for way in ways), sum(way.value for way in ways if way.value < math.inf)
            best = found if best is None else min(best, found)
    return best


def _check(wishes, left):
    shares = shared_out(wishes, left)
    ways = [next(way for way in wish.ways if way.closed == shares.closed.get(wish.row, frozenset())) for wish in wishes]
    taken = sum((Counter(way.uses) for way in ways), Counter())
    assert all(taken[key] <= left[key] for key in taken)
    unpacked, value = _least(wishes, left)
    assert sum(math.isinf(way.value) for way in ways) == unpacked
    if not unpacked:
        assert sum(way.value for way in ways) == value
    assert bool(shares.wanted) >= bool(shares.closed)


@settings(max_examples=80, deadline=None)
@given(wishes(plain=True), st.integers(0, 4))
def test_one_for_one(found, stock):
    """Proves that the sum over all orders is least where each would take one of one package."""
    _check(found, {"a": stock, "b": 0})


@settings(max_examples=80, deadline=None)
@given(wishes(plain=False), st.integers(0, 4), st.integers(0, 4))
def test_several_packages_and_parcels(found, one, other):
    """Proves the same where orders take several, or cannot be packed without."""
    _check(found, {"a": one, "b": other})


def test_an_order_is_asked_without_what_it_takes():
    """Proves that ways are looked for until one takes nothing limited, and that an order that takes nothing has no wish."""
    answers = {frozenset(): (1.0, ("a", "x")), frozenset("a"): (2.0, ("b",)), frozenset("ab"): None}
    ways = ways_of(answers.__getitem__, frozenset("ab"))
    assert [(way.value, way.uses) for way in ways] == [(1.0, {"a": 1}), (2.0, {"b": 1}), (math.inf, {})]
    assert ways_of(lambda closed: (1.0, ("x",)), frozenset("ab")) == ()
