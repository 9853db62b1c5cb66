"""Few pieces are placed exactly: compared with trying every place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.optimise.checking import check
from carbon.optimise.items import Item, Rotation
from carbon.optimise.placing import Reason, Search, fitting
from tests.optimise.cases import fits_anyhow, plain_box, two_rest_anyhow

FREE = Search(support_share=0, tries=20, compiled=False)
small = st.tuples(*[st.integers(1, 4)] * 3)
bulky = st.tuples(*[st.integers(2, 4)] * 3)
rotations = st.sampled_from(Rotation)


def _items(sizes, turns):
    return [Item(str(i), size, 1.0, rotation=turn) for i, (size, turn) in enumerate(zip(sizes, turns, strict=True))]


def _agrees(items, box, expected, search):
    found = fitting(items, plain_box(box), search)
    assert (found.parcel is not None) == expected
    if found.parcel is None:
        assert found.reason is not Reason.NOT_FOUND
    else:
        assert check(items, [found.parcel], support_share=search.support_share) == []


@settings(max_examples=150, deadline=None)
@given(small, rotations, st.tuples(*[st.integers(1, 5)] * 3))
def test_one_piece(size, turn, box):
    """Proves that a single piece fits exactly where one of its ways to lie does."""
    items = _items([size], [turn])
    _agrees(items, box, fits_anyhow(items, box), Search(compiled=False))


@settings(max_examples=100, deadline=None)
@given(st.lists(small, min_size=2, max_size=2), st.lists(rotations, min_size=2, max_size=2), small)
def test_two_pieces(sizes, turns, box):
    """Proves that two pieces fit exactly where any places do."""
    items = _items(sizes, turns)
    _agrees(items, box, fits_anyhow(items, box), FREE)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(1, 3)] * 3), min_size=2, max_size=2),
    st.lists(rotations, min_size=2, max_size=2),
    st.tuples(*[st.integers(2, 4)] * 3),
    st.sampled_from([0.5, 0.75, 1.0]),
)
def test_two_pieces_that_must_rest(sizes, turns, box, share):
    """Proves that two pieces fit exactly where any places do in which each base rests."""
    items = _items(sizes, turns)
    _agrees(items, box, two_rest_anyhow(*items, box, share), Search(support_share=share, compiled=False))


@settings(max_examples=80, deadline=None)
@given(st.lists(bulky, min_size=3, max_size=4), st.lists(rotations, min_size=4, max_size=4), bulky)
def test_three_and_four_pieces(sizes, turns, box):
    """Proves that three and four pieces fit exactly where any places do."""
    items = _items(sizes, turns[: len(sizes)])
    box = tuple(edge + 1 for edge in box)
    _agrees(items, box, fits_anyhow(items, box), FREE)


def test_three_bars_around_a_corner():
    """Proves that pieces no straight cut can part are placed: three bars, each along another axis."""
    items = _items([(4, 2, 2)] * 3, [Rotation.BEST_FIT] * 3)
    _agrees(items, (4, 4, 4), True, FREE)
    turned = [Item("x", (3, 1, 2), 1.0, rotation=Rotation.NEVER), Item("y", (2, 3, 1), 1.0, rotation=Rotation.NEVER)]
    turned.append(Item("z", (1, 2, 3), 1.0, rotation=Rotation.NEVER))
    _agrees(turned, (3, 3, 3), True, FREE)
    _agrees(turned, (3, 3, 2), False, FREE)
