"""As much volume as possible into one box, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from carbon.optimise.items import Box, Item, Parcel
from carbon.optimise.placing.given import validated
from carbon.optimise.placing.search import Clock, Search, Tools
from carbon.optimise.placing.shelf import Units


@dataclass(frozen=True)
class Filling:
    """A box as full as it was found to go.

    Attributes
    ----------
    parcel : Parcel or None
        None where no piece may go in.
    left_out : dict of int to int
        Position of an item, and how many of its pieces are not in the box.
    timed_out : bool
    """

    parcel: Parcel | None
    left_out: dict[int, int]
    timed_out: bool = False


def fill(items: Sequence[Item], box: Box, search: Search | None = None) -> Filling:
    """Put as much volume as possible into one box: one temperature class, groups whole, nothing beside what it shuns."""
    search = search or Search()
    tools, clock = Tools.of(search), Clock.of(search)
    best: Parcel | None = None
    classes: dict[str | None, set[str]] = {}
    for item in validated(items):
        classes.setdefault(item.together, set()).add(item.temperature)
    for temperature in sorted({item.temperature for item in items} & box.temperatures):
        # A group of several classes can be whole in no parcel.
        counts = [
            item.quantity
            if item.temperature == temperature and (item.together is None or len(classes[item.together]) == 1)
            else 0
            for item in items
        ]
        units = Units(items, counts, 0)
        parcel = units.fill(counts, box, box.max_load_kg, tools, clock, search.tries, offer_all=True)
        if parcel is not None and (best is None or parcel.goods_m3() > best.goods_m3()):
            best = parcel
    packed = Counter(each.item for each in best.placements) if best else Counter()
    left = {i: item.quantity - packed[i] for i, item in enumerate(items) if item.quantity > packed[i]}
    return Filling(best, left, clock.ran_out)
