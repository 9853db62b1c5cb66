"""More room, more freedom, and still no worse: what was found under tighter rules holds under looser ones.

A search that is allowed more draws otherwise, and may miss what it would have found with less. So where it finds
nothing, it looks again as if less were allowed, with as many tries as less would have got.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from carbon.optimise.items import Box, Item, Parcel, Rotation
from carbon.optimise.placing.goods import Goods

_TIGHTER = {Rotation.BEST_FIT: Rotation.THIS_WAY_UP, Rotation.THIS_WAY_UP: Rotation.NEVER}


def tighter_goods(goods: Goods, turned: str) -> list[Goods]:
    """Return goods of which all turn alike with all kept upright, then with all as they are given.

    Of goods that turn in different ways there are too many ways to tighten: none is returned. Where height is an axis
    like the others (`turned` of `goods.problem`), nothing may depend on what stands upright.
    """
    counts = [0] * len(goods.items)
    for kind in goods.kinds:
        for position, count in kind.members:
            counts[position] += count
    there = [item for item, count in zip(goods.items, counts, strict=True) if count]
    rotations = {item.rotation for item in there}
    if len(rotations) != 1 or not all(map(_may_stand_as_given, there)):
        return []
    if turned == "all" and rotations == {Rotation.BEST_FIT}:
        return []
    found = []
    rotation = rotations.pop()
    while rotation in _TIGHTER:
        rotation = _TIGHTER[rotation]
        found.append(Goods([replace(item, rotation=rotation) for item in goods.items], counts))
    return found


def _may_stand_as_given(item: Item) -> bool:
    return item.rotation is not Rotation.BEST_FIT or 2 in item.may_stand


def boxes_within(box: Box, boxes: Sequence[Box]) -> Iterator[Box]:
    """Yield boxes that lie inside another as they stand: what they hold it holds in the same places."""
    for other in boxes:
        if other is box or other.flexible != box.flexible or other.inner == box.inner:
            continue
        if all(a <= b for a, b in zip(other.inner, box.inner, strict=True)):
            yield other


def taken_over(parcel: Parcel, box: Box) -> Parcel:
    """Return a parcel's content in the same places of a box that its own lies within."""
    if not box.flexible:
        return Parcel(box, box.inner, parcel.placements)
    length, width, _ = box.inner
    thick = parcel.inside[2]
    return Parcel(box, (length - thick, width - thick, thick), parcel.placements)
