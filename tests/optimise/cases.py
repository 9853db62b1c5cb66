"""Orders and boxes that hypothesis draws, and the plainest possible answers to compare with."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from carbon.optimise.items import Box, Item, Rotation, Size

edges = st.integers(3, 60)
shares = st.sampled_from([0.0, 0.5, 0.75, 1.0])


@st.composite
def items(draw, largest: int = 60, rules: bool = True) -> Item:
    """Draw one item: any shape, and rules on turning, loads and company in some."""
    size = tuple(draw(st.tuples(*[st.integers(3, largest)] * 3)))
    if not rules:
        return Item("a", size, 0.5, draw(st.integers(1, 2)), draw(st.sampled_from(Rotation)))
    return Item(
        draw(st.sampled_from("abc")),
        size,
        draw(st.sampled_from([0.0, 0.3, 1.0, 4.0])),
        draw(st.integers(1, 3)),
        draw(st.sampled_from(Rotation)),
        draw(st.sampled_from([math.inf, math.inf, 0.0, 1.0])),
        draw(st.sampled_from([None, None, None, "g"])),
        draw(st.sampled_from([None, None, "k"])),
        draw(st.sampled_from([frozenset(), frozenset(), frozenset({"k"})])),
        temperature=draw(st.sampled_from(["ambient", "ambient", "cold"])),
        may_stand=draw(st.sampled_from([frozenset({0, 1, 2}), frozenset({2}), frozenset({0, 2})])),
    )


@st.composite
def boxes(draw) -> Box:
    """Draw one box: rigid or flexible, with limits in some."""
    inner = tuple(draw(st.tuples(*[st.integers(20, 150)] * 3)))
    return Box(
        draw(st.sampled_from("xyz")),
        inner,
        inner,
        0.1,
        draw(st.sampled_from([math.inf, 2.0, 8.0])),
        draw(st.sampled_from([False, False, True])),
        draw(st.sampled_from([None, None, 0, 1, 2])),
        draw(st.sampled_from([frozenset({"ambient"}), frozenset({"ambient", "cold"})])),
    )


def plain_box(size: Size, key: str = "box", **more) -> Box:
    """Return a rigid box without walls."""
    return Box(key, size, size, **more)


def ways_to_lie(item: Item) -> set[Size]:
    """Return the sizes a piece may have, written down anew."""
    a, b, c = item.size
    if item.rotation is Rotation.NEVER:
        return {(a, b, c)}
    if item.rotation is Rotation.THIS_WAY_UP:
        return {(a, b, c), (b, a, c)}
    return set(itertools.permutations((a, b, c)))


def _apart(at: Size, size: Size, other_at: Size, other: Size) -> bool:
    return any(at[i] + size[i] <= other_at[i] or other_at[i] + other[i] <= at[i] for i in range(3))


def _everywhere(box: Size, size: Size) -> Iterator[Size]:
    return itertools.product(*(range(box[i] - size[i] + 1) for i in range(3)))


def fits_anyhow(pieces: Sequence[Item], box: Size, laid: tuple = ()) -> bool:
    """Say whether pieces fit, by trying every whole-numbered place of every piece."""
    if not pieces:
        return True
    for size in ways_to_lie(pieces[0]):
        for at in _everywhere(box, size):
            if all(_apart(at, size, *other) for other in laid) and fits_anyhow(pieces[1:], box, (*laid, (at, size))):
                return True
    return False


def two_rest_anyhow(one: Item, other: Item, box: Size, share: float) -> bool:
    """Say whether two pieces fit so that each base rests, by trying every whole-numbered place of both."""
    for size, second in itertools.product(ways_to_lie(one), ways_to_lie(other)):
        for at, place in itertools.product(_everywhere(box, size), _everywhere(box, second)):
            if _apart(at, size, place, second):
                lower, upper = ((at, size), (place, second)), ((place, second), (at, size))
                if all(_rests(each, beneath, share) for each, beneath in (lower, upper)):
                    return True
    return False


def _rests(each: tuple[Size, Size], beneath: tuple[Size, Size], share: float) -> bool:
    (at, size), (low, base) = each, beneath
    if at[2] == 0:
        return True
    if low[2] + base[2] != at[2]:
        return False
    sides = [min(at[i] + size[i], low[i] + base[i]) - max(at[i], low[i]) for i in (0, 1)]
    return min(sides) > 0 and sides[0] * sides[1] >= share * size[0] * size[1]


def cut(draw: random.Random, size: Size, pieces: int) -> list[Size]:
    """Cut a box straight through until there are so many pieces; they fit back exactly."""
    found = [size]
    while len(found) < pieces:
        found.sort(key=math.prod)
        largest = list(found.pop())
        axis = max(range(3), key=largest.__getitem__)
        at = draw.randint(1, largest[axis] - 1)
        for edge in (at, largest[axis] - at):
            found.append(tuple(edge if i == axis else largest[i] for i in range(3)))
    return found
