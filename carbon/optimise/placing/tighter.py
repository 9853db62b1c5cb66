"""More room, more freedom, and still no worse: what was found under tighter rules holds under looser ones.

A search that is allowed more draws otherwise, and may miss what it would have found with less. So where it finds
nothing, it looks again as if less were allowed, with as many tries as less would have got.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from carbon.optimise.items import Box, Item, Parcel, Rotation
from carbon.optimise.placing.goods import Goods

_TIGHTER = {Rotation.BEST_FIT: Rotation.THIS_WAY_UP, Rotation.THIS_WAY_UP: Rotation.NEVER}
#: Articles up to which every mixture of tighter rules is tried.
EVERY_MIXTURE = 3


def tighter_goods(goods: Goods, turned: str) -> Iterator[Goods]:
    """Yield goods as if less were allowed.

    Of up to three articles every mixture: each turned as freely as it may, kept upright, or kept as it is given. What is
    tried under tighter rules is then among what is tried under looser ones. Of more articles there are too many mixtures:
    all are kept upright, then all as they are given, if they turn alike.

    Where height is an axis like the others (`turned` of `goods.problem`), nothing may depend on what stands upright.
    """
    counts = [0] * len(goods.items)
    for kind in goods.kinds:
        for position, count in kind.members:
            counts[position] += count
    there = [item for item, count in zip(goods.items, counts, strict=True) if count]
    articles = list(dict.fromkeys(map(_article, there)))
    if turned == "all" and all(item.rotation is Rotation.BEST_FIT for item in articles):
        return
    if len(articles) <= EVERY_MIXTURE:
        mixtures = product(*map(_turned_less, articles))
    elif len({item.rotation for item in articles}) == 1 and all(map(_may_stand_as_given, articles)):
        mixtures = zip(*map(_turned_less, articles), strict=True)
    else:
        return
    next(mixtures)  # as they are
    for mixture in mixtures:
        instead = dict(zip(articles, mixture, strict=True))
        yield Goods(
            [
                replace(instead[_article(item)], key=item.key, quantity=item.quantity) if count else item
                for item, count in zip(goods.items, counts, strict=True)
            ],
            counts,
        )


def _article(item: Item) -> Item:
    """Return what makes an item another article to the search: nothing of its name, number and company."""
    return Item(
        "", item.size, item.mass_kg, rotation=item.rotation, top_load_kg=item.top_load_kg, may_stand=item.may_stand
    )


def _turned_less(item: Item) -> list[Item]:
    """Return an article as it is, and with each tighter rule on turning that leaves it fewer ways to lie."""
    found = [item]
    rotation = item.rotation
    while rotation in _TIGHTER and _may_stand_as_given(item):
        rotation = _TIGHTER[rotation]
        found.append(replace(item, rotation=rotation))
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
