"""The checker finds every planted fault, and none in what is right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbon.optimise.checking import Rule, check, loads_on_top_kg, support_shares
from carbon.optimise.items import Box, Item, Parcel, Placement, Rotation

BOX = Box("box", (100, 80, 60), (104, 84, 64), 0.2, 10.0)
ITEMS = (
    Item("base", (40, 40, 20), 2.0, 2, Rotation.THIS_WAY_UP, together="set"),
    Item("top", (40, 30, 10), 1.0, 1, Rotation.BEST_FIT, top_load_kg=1.0, kind="food"),
    Item("small", (20, 10, 10), 0.5, 1, Rotation.NEVER, kind="tool"),
)
RIGHT = Parcel(
    BOX,
    BOX.inner,
    (
        Placement(0, (0, 0, 0), (40, 40, 20)),
        Placement(0, (40, 0, 0), (40, 40, 20)),
        Placement(1, (10, 0, 20), (40, 30, 10)),
        Placement(2, (10, 0, 30), (20, 10, 10)),
    ),
)


def _moved(number: int, **changes) -> Parcel:
    placements = list(RIGHT.placements)
    placements[number] = replace(placements[number], **changes)
    return replace(RIGHT, placements=tuple(placements))


def _rules(items, parcels, **more) -> set[Rule]:
    return {fault.rule for fault in check(items, parcels, **more)}


def test_what_is_right_has_no_fault():
    """Proves that the checker passes a right parcel, an empty one, and pieces that touch."""
    assert check(ITEMS, [RIGHT]) == []
    assert check((), [Parcel(BOX, BOX.inner, ())]) == []
    assert support_shares(RIGHT) == (1.0, 1.0, 1.0, 1.0)
    assert loads_on_top_kg(ITEMS, RIGHT) == (1.5, 1.5, 0.5, 0.0)


@pytest.mark.parametrize(
    ("rule", "parcel"),
    [
        (Rule.OVERLAP, _moved(1, at=(39, 0, 0))),
        (Rule.OVERLAP, _moved(2, at=(10, 0, 19))),
        (Rule.BOUNDS, _moved(1, at=(61, 0, 0))),
        (Rule.BOUNDS, _moved(0, at=(-1, 0, 0))),
        (Rule.BOUNDS, _moved(3, at=(10, 71, 30))),
        (Rule.ROTATION, _moved(0, size=(40, 20, 40))),
        (Rule.ROTATION, _moved(1, size=(40, 39, 20))),
        (Rule.ROTATION, _moved(3, size=(10, 20, 10))),
        (Rule.SUPPORT, _moved(3, at=(10, 0, 31))),
        (Rule.SUPPORT, _moved(2, at=(60, 11, 20), size=(40, 30, 10))),
        (Rule.ORDER, replace(RIGHT, placements=RIGHT.placements[::-1])),
        (Rule.ITEM, _moved(3, item=3)),
        (Rule.ITEM, _moved(3, item=-1)),
        (Rule.INSIDE, replace(RIGHT, inside=(100, 80, 61))),
        (Rule.COUNT, replace(RIGHT, placements=RIGHT.placements[:-1])),
        (Rule.COUNT, replace(RIGHT, placements=(*RIGHT.placements, Placement(2, (80, 0, 0), (20, 10, 10))))),
        (Rule.MASS, replace(RIGHT, box=replace(BOX, max_load_kg=5.4999))),
        (Rule.TEMPERATURE, replace(RIGHT, box=replace(BOX, temperatures=frozenset({"cold"})))),
        (Rule.SUPPLY, replace(RIGHT, box=replace(BOX, supply=0))),
    ],
)
def test_planted_faults_of_parcels_are_found(rule, parcel):
    """Proves that each fault is found: by a tenth of a millimetre, upside down, floating, too heavy, out of order."""
    assert rule in _rules(ITEMS, [parcel])


@pytest.mark.parametrize(
    ("rule", "position", "changes"),
    [
        (Rule.TOP_LOAD, 0, {"top_load_kg": 1.4999}),
        (Rule.TOP_LOAD, 1, {"top_load_kg": 0.0}),
        (Rule.TOP_LOAD, 1, {"top_load_kg": 0.0, "mass_kg": 0.0}),
        (Rule.APART, 1, {"apart_from": frozenset({"tool"})}),
        (Rule.APART, 0, {"kind": "own", "apart_from": frozenset({"own"})}),
        (Rule.TEMPERATURE, 2, {"temperature": "cold"}),
        (Rule.COUNT, 0, {"quantity": 3}),
        (Rule.ROTATION, 1, {"may_stand": frozenset({0, 1})}),
    ],
)
def test_planted_faults_of_items_are_found(rule, position, changes):
    """Proves that a parcel that was right is not when the items bear, stand or tolerate less."""
    items = list(ITEMS)
    items[position] = replace(items[position], **changes)
    assert _rules(items, [RIGHT]) == {rule}


def test_a_load_counts_through_pieces_between_and_in_full():
    """Proves that a mass on two pieces is counted on each in full, and on what is beneath both."""
    items = (
        Item("plate", (80, 40, 5), 1.0, top_load_kg=7.0),
        Item("post", (10, 10, 30), 1.0, 2, top_load_kg=5.0),
        Item("beam", (80, 10, 10), 5.0),
    )
    parcel = Parcel(
        BOX,
        BOX.inner,
        (
            Placement(0, (0, 0, 0), (80, 40, 5)),
            Placement(1, (0, 0, 5), (10, 10, 30)),
            Placement(1, (70, 0, 5), (10, 10, 30)),
            Placement(2, (0, 0, 35), (80, 10, 10)),
        ),
    )
    assert loads_on_top_kg(items, parcel) == (7.0, 5.0, 5.0, 0.0)
    assert check(items, [parcel], support_share=0.25) == []
    assert _rules(items, [parcel], support_share=0.26) == {Rule.SUPPORT}
    weak = (items[0], replace(items[1], top_load_kg=4.999), items[2])
    assert _rules(weak, [parcel], support_share=0.25) == {Rule.TOP_LOAD}


def test_groups_are_checked_over_all_parcels():
    """Proves that a group in two parcels, or partly left out, is found, and pieces left out are counted."""
    halves = [
        replace(RIGHT, placements=RIGHT.placements[:1]),
        replace(RIGHT, placements=(Placement(0, (0, 0, 0), (40, 40, 20)),)),
    ]
    assert _rules(ITEMS[:1], halves) == {Rule.TOGETHER}
    assert _rules(ITEMS[:1], halves[:1], left_out={0: 1}) == {Rule.TOGETHER}
    alone = [replace(ITEMS[0], together=None)]
    assert check(alone, halves[:1], left_out={0: 1}) == []
    assert _rules(alone, halves[:1]) == {Rule.COUNT}
    two = replace(BOX, supply=1)
    assert _rules(alone, [replace(half, box=two) for half in halves]) == {Rule.SUPPLY}


def test_a_bag_is_only_as_long_as_its_thickness_lets_it():
    """Proves the rule of flexible packages: what is filled high is lost of length and width."""
    bag = Box("bag", (100, 80, 30), (100, 80, 30), flexible=True)
    item = (Item("a", (70, 50, 30), 1.0),)
    placed = (Placement(0, (0, 0, 0), (70, 50, 30)),)
    assert check(item, [Parcel(bag, (70, 50, 30), placed)]) == []
    assert _rules(item, [Parcel(bag, (71, 50, 30), placed)]) == {Rule.INSIDE}
    assert _rules(item, [Parcel(bag, (69, 49, 31), placed)]) >= {Rule.INSIDE, Rule.BOUNDS}
