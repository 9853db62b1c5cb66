"""What holds for every order: no fault, and no worse answer for what changes nothing or permits more."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.optimise.checking import Rule, check
from carbon.optimise.items import Box, Item, Parcel, Rotation
from carbon.optimise.placing import Search, fill, fit, fitting, fittings, left_out_counts, smallest, split
from tests.optimise import cases

QUICK = Search(tries=12, permutations=2, compiled=False)
LAWS = settings(max_examples=60, deadline=None)
some_items = st.lists(cases.items(), min_size=1, max_size=5)
few_items = st.lists(cases.items(rules=False), min_size=1, max_size=4)


def _shape(parcel: Parcel | None) -> list | None:
    """Return where pieces lie, whatever they are called."""
    return None if parcel is None else sorted((each.at, each.size) for each in parcel.placements)


def _total(items) -> int:
    return sum(item.quantity for item in items)


@LAWS
@given(some_items, st.lists(cases.boxes(), min_size=1, max_size=4, unique_by=lambda box: box.key), cases.shares)
def test_no_parcel_has_a_fault_and_no_piece_is_lost(items, boxes, share):
    """Proves that the checker finds nothing in any split, choice or filling, and that all pieces are accounted for."""
    search = replace(QUICK, support_share=share)
    way = split(items, boxes, search)
    assert check(items, way.parcels, left_out_counts(way), share) == []
    assert way.left_out or len(way.parcels) >= way.least
    packed = sum(len(parcel.placements) for parcel in way.parcels)
    assert packed + sum(each.quantity for each in way.left_out) == _total(items)
    choice = smallest(items, boxes, search)
    if choice.parcel is not None:
        assert check(items, [choice.parcel], support_share=share) == []
    else:
        assert len(choice.refused) == len(boxes)
    filling = fill(items, boxes[0], search)
    if filling.parcel is not None:
        faults = check(items, [filling.parcel], filling.left_out, share)
        # How many boxes there are is no matter of one box, and what is left out of it goes elsewhere.
        assert {fault.rule for fault in faults} <= {Rule.SUPPLY}
    else:
        assert sum(filling.left_out.values()) == _total(items)


@LAWS
@given(some_items, cases.boxes(), cases.shares, st.randoms(use_true_random=False))
def test_the_order_of_items_changes_nothing(items, box, share, draw):
    """Proves that shuffled items, and items listed piece by piece, lie in the same places."""
    search = replace(QUICK, support_share=share)
    single = [replace(item, quantity=1) for item in items for _ in range(item.quantity)]
    draw.shuffle(single)
    assert _shape(fit(single, box, search)) == _shape(fit(items, box, search))


@LAWS
@given(few_items, st.tuples(*[st.integers(20, 120)] * 3), cases.shares, st.permutations(range(3)))
def test_the_names_of_axes_change_nothing(items, size, share, way):
    """Proves that length and width may change places; without a rule on support, all three where all may turn."""
    if share > 0:
        way = (1, 0, 2)
    else:
        items = [replace(item, rotation=Rotation.BEST_FIT) for item in items]
    search = replace(QUICK, support_share=share)
    turned = [replace(item, size=tuple(item.size[axis] for axis in way)) for item in items]
    one = fit(items, cases.plain_box(size), search)
    other = fit(turned, cases.plain_box(tuple(size[axis] for axis in way)), search)
    assert (one is None) == (other is None)


@LAWS
@given(some_items, cases.boxes(), cases.shares, st.integers(2, 50))
def test_the_unit_of_length_changes_nothing(items, box, share, factor):
    """Proves that everything larger by one factor lies in places larger by that factor."""
    search = replace(QUICK, support_share=share)

    def scaled(size):
        return tuple(edge * factor for edge in size)

    one = fit(items, box, search)
    large = replace(box, inner=scaled(box.inner), outer=scaled(box.outer))
    other = fit([replace(item, size=scaled(item.size)) for item in items], large, search)
    expected = None if one is None else [(scaled(at), scaled(size)) for at, size in _shape(one)]
    assert _shape(other) == expected


@LAWS
@given(
    st.lists(cases.items(rules=False), min_size=1, max_size=2),
    st.tuples(*[st.integers(20, 90)] * 3),
    st.tuples(*[st.integers(0, 30)] * 3),
)
def test_more_room_or_freedom_is_never_worse_for_few_pieces(items, size, more):
    """Proves that up to four pieces fit again into a larger box, and turned more freely."""
    search = replace(QUICK, support_share=0)
    if fit(items, cases.plain_box(size), search) is None:
        return
    larger = cases.plain_box(tuple(edge + extra for edge, extra in zip(size, more, strict=True)))
    assert fit(items, larger, search) is not None
    assert fit([replace(item, rotation=Rotation.BEST_FIT) for item in items], larger, search) is not None


@LAWS
@given(some_items, st.lists(cases.boxes(), min_size=2, max_size=4, unique_by=lambda box: box.key))
def test_more_boxes_tries_or_strength_are_never_worse(items, boxes):
    """Proves that a longer list of boxes, more tries and higher limits of mass never make the best box worse."""

    def worth(choice):
        return math.inf if choice.parcel is None else choice.parcel.box.inner_m3

    best = worth(smallest(items, boxes, QUICK))
    assert best <= worth(smallest(items, boxes[1:], QUICK))
    assert worth(smallest(items, boxes, replace(QUICK, tries=20))) <= best
    strong = [replace(box, max_load_kg=box.max_load_kg * 2) for box in boxes]
    assert worth(smallest(items, strong, QUICK)) <= best


@LAWS
@given(some_items, st.lists(cases.boxes(), min_size=2, max_size=4, unique_by=lambda box: box.key), cases.shares)
def test_a_box_holds_what_a_box_inside_it_holds(items, boxes, share):
    """Proves for any number of pieces that a list's larger box is never worse than a smaller one that lies inside it."""
    boxes = [replace(box, max_load_kg=math.inf, supply=None, flexible=boxes[0].flexible) for box in boxes]
    boxes.append(replace(boxes[0], key="larger", inner=tuple(edge + 3 for edge in boxes[0].inner)))
    found = fittings(items, boxes, replace(QUICK, tries=2, support_share=share))
    for one in found:
        for other in found:
            inside = all(a <= b for a, b in zip(one.box.inner, other.box.inner, strict=True))
            if one.parcel is not None and inside and one.box.temperatures <= other.box.temperatures:
                assert other.parcel is not None
        if one.parcel is not None:
            assert one.parcel.box is one.box and check(items, [one.parcel], support_share=share) == []


@LAWS
@given(some_items, st.lists(cases.boxes(), min_size=1, max_size=3, unique_by=lambda box: box.key), cases.shares)
def test_goods_that_all_turn_alike_may_all_turn_more_freely(items, boxes, share):
    """Proves for any number of pieces: what fits with all kept as given fits upright, and that fits with all turning freely."""
    search = replace(QUICK, tries=2, support_share=share or 0.5)
    worth = []
    for rotation in (Rotation.NEVER, Rotation.THIS_WAY_UP, Rotation.BEST_FIT):
        alike = [replace(item, rotation=rotation, may_stand=frozenset({0, 1, 2})) for item in items]
        choice = smallest(alike, boxes, search)
        worth.append(math.inf if choice.parcel is None else choice.parcel.box.inner_m3)
        if choice.parcel is not None:
            assert check(alike, [choice.parcel], support_share=share or 0.5) == []
    assert worth[0] >= worth[1] >= worth[2]


def _few_articles(draw: random.Random, articles: int, pieces: int) -> tuple[list[Item], Box]:
    """Return pieces of so many articles with mixed rules on turning, and a box that they fill to more than a half."""
    counts = [1] * articles
    for _ in range(draw.randint(5, pieces) - articles):
        counts[draw.randrange(articles)] += 1
    items = [
        Item(str(i), tuple(draw.randint(30, 250) for _ in range(3)), draw.randint(1, 9) / 10, count,
             rotation=draw.choice(list(Rotation)))
        for i, count in enumerate(counts)
    ]  # fmt: skip
    edge = (sum(item.volume_m3 * item.quantity for item in items) * 1e12 / draw.uniform(0.5, 0.85)) ** (1 / 3)
    a, b = draw.uniform(0.7, 1.4), draw.uniform(0.7, 1.4)
    return items, cases.plain_box((int(edge * a), int(edge * b), int(edge / a / b)))


@pytest.mark.parametrize("articles", [2, 3])
def test_up_to_three_articles_may_each_turn_more_freely(articles):
    """Proves for mixed rules: what fits fits again when any one article may turn more freely, however few tries there are."""
    draw, freer = random.Random(articles), 0
    search = replace(QUICK, tries=1)
    for _ in range(250):
        items, box = _few_articles(draw, articles, 7)
        at = draw.randrange(articles)
        fits = []
        for rotation in (Rotation.NEVER, Rotation.THIS_WAY_UP, Rotation.BEST_FIT):
            turned = [replace(item, rotation=rotation) if i == at else item for i, item in enumerate(items)]
            parcel = fit(turned, box, search)
            fits.append(parcel is not None)
            assert parcel is None or check(turned, [parcel], support_share=search.support_share) == []
        assert fits == sorted(fits)
        freer += fits[-1]
    assert freer > 20


def _drawn(seed: int) -> tuple[list[Item], tuple[int, int, int]]:
    """Return an order and a box that it fills to more than a half."""
    draw = random.Random(seed)
    items = [
        Item(str(i), tuple(draw.randint(30, 400) for _ in range(3)), 1.0, draw.randint(1, 3))
        for i in range(draw.randint(2, 6))
    ]
    edge = (sum(item.volume_m3 * item.quantity for item in items) * 1e12 / draw.uniform(0.55, 0.8)) ** (1 / 3)
    a, b = draw.uniform(0.7, 1.4), draw.uniform(0.7, 1.4)
    return items, (int(edge * a), int(edge * b), int(edge / a / b))


@pytest.mark.parametrize("seed", [317, 392, 2203, 2778, 3286, 3552, 3555, 3905])
def test_orders_that_more_freedom_once_lost(seed):
    """Proves that orders fit which a single search misses as soon as their items may turn more freely."""
    items, size = _drawn(seed)
    search = replace(QUICK, tries=30)
    fits = [
        fit([replace(item, rotation=rotation) for item in items], cases.plain_box(size), search) is not None
        for rotation in (Rotation.NEVER, Rotation.THIS_WAY_UP, Rotation.BEST_FIT)
    ]
    assert any(fits) and fits == sorted(fits)


@pytest.mark.parametrize("seed", [59, 106, 398, 793, 1451, 2294, 2632, 3666])
def test_orders_that_more_room_once_lost(seed):
    """Proves that orders fit into boxes of a list in which a single search misses them, though a smaller one holds them."""
    items, size = _drawn(seed)
    sizes = [tuple(int(edge * factor) for edge in size) for factor in (1, 1.01, 1.03, 1.05)]
    boxes = [cases.plain_box(each, str(number)) for number, each in enumerate(sizes)]
    search = replace(QUICK, tries=30)
    for each in (fittings(items, boxes, search), fittings(items, boxes[::-1], search)):
        assert all(found.parcel is not None for found in each)
    assert smallest(items, boxes[::-1], search, by_volume=False).parcel.box is boxes[-1]


@LAWS
@given(some_items, cases.boxes())
def test_what_keeps_apart_less_is_never_worse_in_one_box(items, box):
    """Proves that an order that fits fits again when nothing in it is kept apart any more."""
    if fit(items, box, QUICK) is not None:
        assert fit([replace(item, apart_from=frozenset()) for item in items], box, QUICK) is not None


@pytest.mark.parametrize("pieces", [2, 3, 4, 5, 6])
def test_cut_boxes_are_put_together_again(pieces):
    """Proves that boxes cut straight through, with nothing to spare, are found to hold their pieces again: all up to four pieces, most beyond."""
    draw = random.Random(pieces)
    found = 0
    for _ in range(20):
        size = tuple(draw.randint(200, 600) for _ in range(3))
        sizes = [tuple(draw.sample(each, 3)) for each in cases.cut(draw, size, pieces)]
        items = [Item(str(i), each, 0.1) for i, each in enumerate(sizes)]
        parcel = fit(items, cases.plain_box(size), replace(QUICK, tries=300, support_share=0))
        found += parcel is not None
        assert parcel is None or check(items, [parcel], support_share=0) == []
    assert found == 20 if pieces <= 4 else found >= 16


def test_what_cannot_fit_is_told_from_what_was_not_found():
    """Proves that five cubes of more than half a box's edges are proven too many, although their volume is not."""
    cubes = [Item("cube", (51, 51, 51), 0.1, 5)]
    found = fitting(cubes, cases.plain_box((101, 101, 400)), replace(QUICK, support_share=0))
    assert found.parcel is not None and len(found.parcel.placements) == 5
    found = fitting([Item("cube", (51, 51, 51), 0.1, 8)], cases.plain_box((101, 101, 400)), QUICK)
    assert found.parcel is None and found.reason is not None and not found.timed_out
