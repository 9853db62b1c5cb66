"""An order in several parcels: supply, balance, groups, limits, and every piece accounted for."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest

from carbon.errors import InputError
from carbon.optimise.checking import check, support_shares
from carbon.optimise.items import Box, Item, Rotation
from carbon.optimise.placing import (
    Reason,
    Search,
    Unpacked,
    fill,
    fit,
    fittings,
    left_out_counts,
    smallest,
    split,
    splits,
)
from tests.optimise.cases import plain_box

QUICK = Search(tries=40, compiled=False)


def _split(items, boxes, search=QUICK):
    way = split(items, boxes, search)
    assert check(items, way.parcels, left_out_counts(way), search.support_share) == []
    return way


def _reasons(way):
    return {each.item: each.reason for each in way.left_out}


def test_as_few_parcels_as_the_volume_allows():
    """Proves that sixteen half-box slabs take eight boxes, and that the smaller box is taken for the rest."""
    large, small = plain_box((100, 100, 100), "large"), plain_box((100, 100, 50), "small")
    way = _split([Item("slab", (100, 100, 50), 1.0, 15)], [large, small])
    assert sorted(parcel.box.key for parcel in way.parcels) == ["large"] * 7 + ["small"]
    assert way.least == 8 and not way.left_out


def test_limited_supply_is_kept_and_what_is_too_much_is_named():
    """Proves that no more boxes are used than there are, over all sizes, and the rest is listed."""
    boxes = [plain_box((100, 100, 50), "a", supply=2), plain_box((100, 100, 100), "b", supply=1)]
    way = _split([Item("slab", (100, 100, 50), 1.0, 6)], boxes)
    assert sum(len(parcel.placements) for parcel in way.parcels) == 4
    assert [(each.quantity, each.reason) for each in way.left_out] == [(2, Unpacked.SUPPLY)]
    assert smallest([Item("slab", (100, 100, 50), 1.0)], [replace(boxes[0], supply=0)], QUICK).refused[0].reason == (
        Reason.SUPPLY
    )


def test_mass_is_shared_evenly_where_the_number_of_parcels_stays():
    """Proves that heavy and light pieces are mixed, and that the switch leaves them as they were."""
    items = [Item("heavy", (50, 50, 50), 4.0, 4), Item("light", (50, 50, 50), 1.0, 4)]
    box = plain_box((100, 100, 50), max_load_kg=16.0)
    masses = [parcel.load_kg(tuple(items)) for parcel in _split(items, [box]).parcels]
    assert masses == pytest.approx([10.0, 10.0])
    loose = _split(items, [box], replace(QUICK, balance=False))
    spread = max(masses) - min(masses)
    assert len(loose.parcels) == 2
    assert spread <= max(p.load_kg(tuple(items)) for p in loose.parcels) - min(
        p.load_kg(tuple(items)) for p in loose.parcels
    )


def test_limits_of_mass_hold_and_more_boxes_are_taken():
    """Proves that pieces with room to spare are parted where they are too heavy together."""
    items = [Item("iron", (10, 10, 10), 3.0, 7)]
    way = _split(items, [plain_box((100, 100, 100), max_load_kg=7.0)])
    assert len(way.parcels) == 4 == way.least


def test_groups_stay_together_and_foes_apart():
    """Proves that a group that would not fit beside the rest is in one parcel, and no parcel holds what shuns itself."""
    items = [
        Item("set a", (60, 60, 60), 1.0, together="set"),
        Item("set b", (30, 60, 60), 1.0, together="set"),
        Item("filler", (50, 50, 50), 1.0, 4),
        Item("acid", (20, 20, 20), 1.0, 2, kind="acid", apart_from=frozenset({"food"})),
        Item("bread", (20, 20, 20), 1.0, 2, kind="food"),
        Item("cell", (20, 20, 20), 1.0, 3, kind="cell", apart_from=frozenset({"cell"})),
    ]
    way = _split(items, [plain_box((100, 100, 60))])
    assert not way.left_out
    assert sum(any(each.item == 5 for each in parcel.placements) for parcel in way.parcels) == 3


def test_temperature_classes_part_and_take_their_own_boxes():
    """Proves that cold goods go into a box for cold, alone, and are named where there is none."""
    items = [Item("milk", (20, 20, 20), 1.0, temperature="cold"), Item("book", (20, 20, 20), 1.0)]
    warm = plain_box((100, 100, 100), "warm")
    cold = plain_box((110, 100, 100), "cold", temperatures=frozenset({"cold"}))
    assert [parcel.box.key for parcel in _split(items, [warm, cold]).parcels] == ["warm", "cold"] or [
        parcel.box.key for parcel in _split(items, [warm, cold]).parcels
    ] == ["cold", "warm"]
    assert _reasons(_split(items, [warm])) == {0: Unpacked.TEMPERATURE}
    assert smallest(items, [warm], QUICK).refused[0].reason is Reason.TEMPERATURE


def test_what_fits_nowhere_is_named_with_its_reason():
    """Proves that each reason is given for its cause, and everything else is packed."""
    boxes = [plain_box((100, 100, 100), "wide", max_load_kg=5.0), plain_box((40, 40, 40), "strong", max_load_kg=50.0)]
    items = [
        Item("fits", (30, 30, 30), 1.0, 2),
        Item("pole", (150, 10, 10), 1.0),
        Item("anvil", (30, 30, 30), 60.0),
        Item("safe", (60, 60, 60), 20.0),
        Item("one half", (90, 90, 60), 1.0, together="pair"),
        Item("other half", (90, 90, 60), 1.0, together="pair"),
        Item("cell", (10, 10, 10), 1.0, 2, kind="cell", apart_from=frozenset({"cell"}), together="cells"),
        Item("lamp", (90, 90, 60), 1.0, rotation=Rotation.NEVER),
    ]
    way = _split(items, boxes)
    assert _reasons(way) == {
        1: Unpacked.LONG,
        2: Unpacked.HEAVY,
        3: Unpacked.LARGE_OR_HEAVY,
        4: Unpacked.GROUP,
        5: Unpacked.GROUP,
        6: Unpacked.GROUP_APART,
    }
    assert sum(len(parcel.placements) for parcel in way.parcels) == 3


def test_a_constraint_is_asked_for_every_place_and_obeyed():
    """Proves that the caller's veto sees item, place and neighbours, keeps pieces down, and is named where it forbids."""
    items = [Item("jar", (30, 30, 30), 1.0, 8), Item("tin", (30, 30, 30), 1.0, 2)]
    asked = []

    def low(item, place, lying):
        asked.append((item.key, len(lying)))
        assert items[place.item] is item
        return place.at[2] == 0 or item.key == "tin"

    box = plain_box((60, 60, 60))
    way = _split(items, [box], replace(QUICK, constraint=low))
    assert all(each.at[2] == 0 for parcel in way.parcels for each in parcel.placements if each.item == 0)
    assert len(way.parcels) == 2 and {name for name, _ in asked} == {"jar", "tin"}
    assert max(number for _, number in asked) >= 3
    nothing = split(items, [box], replace(QUICK, constraint=lambda *_: False))
    assert not nothing.parcels and set(_reasons(nothing).values()) == {Unpacked.REFUSED}


def test_several_permutations_give_several_ways():
    """Proves that other sequences of boxes are tried, every way is right, and the best comes first."""
    boxes = [plain_box((100, 100, 100), "cube"), plain_box((140, 140, 60), "flat")]
    items = [Item("p", (45, 45, 45), 0.5, 20)]
    ways = splits(items, boxes, replace(QUICK, permutations=8))
    assert [len(way.parcels) for way in ways] == sorted(len(way.parcels) for way in ways)
    assert len({tuple(sorted(p.box.key for p in way.parcels)) for way in ways}) > 1
    for way in ways:
        assert check(items, way.parcels, left_out_counts(way)) == []


def test_loads_on_top_and_support_are_kept():
    """Proves that nothing lies on what bears nothing, and that bases rest as far as was asked."""
    items = [
        Item("glass", (40, 40, 20), 1.0, 4, top_load_kg=0.0),
        Item("crate", (40, 40, 40), 3.0, 4, top_load_kg=3.0),
        Item("brick", (20, 20, 20), 2.0, 5),
    ]
    parcel = fit(items, plain_box((120, 90, 80)), replace(QUICK, tries=300))
    assert parcel is not None and check(items, [parcel]) == []
    assert min(support_shares(parcel)) >= 0.75
    glass = [each for each in parcel.placements if each.item == 0]
    assert all(
        other.at[2] < each.at[2] + 20
        or other.at[0] >= each.at[0] + 40 or each.at[0] >= other.at[0] + other.size[0]
        or other.at[1] >= each.at[1] + 40 or each.at[1] >= other.at[1] + other.size[1]
        for each in glass for other in parcel.placements
    )  # fmt: skip
    assert fit([items[0]], plain_box((40, 40, 200)), QUICK) is None


def test_a_bag_closes_around_its_content():
    """Proves that a mailer takes what it can at the least thickness, and no more."""
    bag = Box("bag", (250, 200, 60), (260, 210, 62), flexible=True)
    parcel = fit([Item("book", (150, 120, 20), 0.3, 2)], bag, QUICK)
    assert parcel.inside == (210, 160, 40)
    assert fit([Item("book", (150, 120, 20), 0.3, 4)], bag, QUICK) is None
    assert fit([Item("leaf", (250, 200, 1), 0.1)], bag, QUICK) is None
    assert fit([Item("leaf", (249, 199, 1), 0.1)], bag, QUICK).inside == (249, 199, 1)
    full = fill([Item("book", (150, 120, 20), 0.3, 9)], bag, QUICK)
    assert len(full.parcel.placements) == 3 and full.left_out == {0: 6}


def test_a_time_limit_returns_the_best_and_says_so():
    """Proves that an order that takes long ends soon after the limit, packed as far as it got."""
    items = [Item(str(i), (31 + i % 17, 29 + i % 13, 23 + i % 11), 0.1) for i in range(160)]
    search = replace(QUICK, tries=100_000, time_limit_s=0.2)
    started = time.monotonic()
    way = split(items, [plain_box((200, 150, 130))], search)
    assert time.monotonic() - started < 5
    assert way.timed_out and check(items, way.parcels, left_out_counts(way)) == []
    assert {each.reason for each in way.left_out} <= {Unpacked.TIME}
    choice = smallest(items, [plain_box((300, 250, 84))], search)
    assert choice.timed_out and choice.refused[0].reason is Reason.NOT_FOUND
    assert not split(items[:2], [plain_box((200, 150, 130))], search).timed_out


@pytest.mark.parametrize("share", [0.0, 0.75])
def test_ten_thousand_pieces_end(share):
    """Proves that orders of 10,000 pieces, of few kinds or of thousands, are packed whole in seconds of the processor."""
    box = Box("box", (6000, 4000, 4000), (6000, 4000, 4000), max_load_kg=1000.0)
    search = Search(tries=20, support_share=share, compiled=False)
    started = time.process_time()
    same = [Item(str(i), (90 + i, 80, 70 + i), 0.001, 500) for i in range(20)]
    way = _split(same, [box], search)
    assert len(way.parcels) == 1 and not way.left_out
    other = [Item(str(i), (60 + i % 71, 50 + i % 83, 40 + i % 97), 0.001) for i in range(10_000)]
    way = split(other, [box], search)
    assert sum(len(parcel.placements) for parcel in way.parcels) == 10_000
    assert time.process_time() - started < 60


def test_a_search_that_cannot_be_is_refused():
    """Proves that senseless settings are named."""
    for change in ({"tries": 0}, {"permutations": 0}, {"support_share": 1.5}, {"seed": 2**31}, {"seed": -1}):
        with pytest.raises(InputError):
            Search(**change)
    assert math.isinf(Item("a", (1, 1, 1), 1.0).top_load_kg)


def test_limits_are_reached_exactly():
    """Proves that three tenths of a kilogram are no more than 0.3 kg, in a box and on a piece."""
    box = plain_box((10, 10, 40), max_load_kg=0.3)
    three = Item("a", (10, 10, 10), 0.1, 3, top_load_kg=0.3)
    assert fit([three], box, QUICK) is not None
    base = Item("base", (10, 10, 10), 0.5, top_load_kg=0.3)
    assert fit([base, three], replace(box, max_load_kg=9.0), QUICK) is not None
    assert fit([replace(base, top_load_kg=0.29), three], replace(box, max_load_kg=9.0), QUICK) is None


def test_nothing_lies_on_what_bears_nothing_not_even_what_weighs_nothing():
    """Proves that a mass of 0 kg, which may be one that nobody knows, is kept off as well."""
    items = [Item("glass", (10, 10, 10), 0.0, top_load_kg=0.0), Item("leaf", (10, 10, 1), 0.0)]
    parcel = fit(items, plain_box((10, 10, 12)), QUICK)
    assert parcel is not None and [each.item for each in parcel.placements] == [1, 0]
    assert fit([items[0], replace(items[1], top_load_kg=0.0)], plain_box((10, 10, 12)), QUICK) is None


@pytest.mark.parametrize(
    "change",
    [{"size": (0, 10, 10)}, {"mass_kg": -1.0}, {"mass_kg": math.nan}, {"quantity": -1}, {"may_stand": frozenset()}],
)
def test_items_that_are_none_are_named(change):
    """Proves that a missing edge, mass or number stops the work with the item's key, whichever way it is packed."""
    items = [replace(Item("ghost", (10, 10, 10), 1.0), **change)]
    box = plain_box((100, 100, 100))
    for work in (fit, fill):
        with pytest.raises(InputError, match="ghost"):
            work(items, box, QUICK)
    for work in (smallest, split):
        with pytest.raises(InputError, match="ghost"):
            work(items, [box], QUICK)


def test_every_single_box_and_why_the_others_lost():
    """Proves that each box has its own answer, in the order given, and every refusal its own reason."""
    items = [Item("a", (50, 40, 30), 1.0, 2), Item("b", (20, 20, 20), 1.0, kind="k", apart_from=frozenset({"k"}))]
    boxes = [
        plain_box((120, 35, 35), "short"),
        plain_box((50, 40, 60), "full"),
        plain_box((60, 50, 60), "fits"),
        plain_box((60, 50, 60), "weak", max_load_kg=2.9),
        plain_box((60, 50, 60), "cold", temperatures=frozenset({"cold"})),
        plain_box((130, 40, 25), "flat"),
    ]
    found = fittings(items, boxes, QUICK)
    assert [each.reason for each in found] == [
        Reason.LONG, Reason.VOLUME, None, Reason.HEAVY, Reason.TEMPERATURE, Reason.LONG,
    ]  # fmt: skip
    assert found[2].parcel == fit(items, boxes[2], QUICK)
    two = [items[0], replace(items[1], quantity=2)]
    assert fittings(two, boxes[2:3], QUICK)[0].reason is Reason.APART


def test_a_constraint_may_pack_something_itself():
    """Proves that a search inside a caller's veto does not disturb the one that asks."""
    items = [Item("a", (30, 30, 30), 1.0, 6)]
    box = plain_box((90, 60, 30))

    def asking(item, place, lying):
        return fit([Item("other", (5, 5, 5), 1.0, 7)], plain_box((50, 50, 50)), QUICK) is not None

    parcel = fit(items, box, replace(QUICK, constraint=asking))
    assert parcel is not None and check(items, [parcel]) == []
