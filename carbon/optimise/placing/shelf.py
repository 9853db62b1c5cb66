"""What is left to pack with, and which pieces may go into one parcel."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from carbon.optimise.items import Box, Item, Parcel
from carbon.optimise.placing.filling import fill_counts
from carbon.optimise.placing.fitting import fit_goods
from carbon.optimise.placing.given import sort_key
from carbon.optimise.placing.goods import Goods
from carbon.optimise.placing.kernel import next_random
from carbon.optimise.placing.search import Clock, Tools

#: A box is offered pieces of so many times its volume, where there are more.
_LARGE_SHARE, _SMALL_SHARE = 1.3, 0.3
#: The same where some bear little: what one box leaves the next must take.
_FAIR_SHARE = 0.9
#: Pieces beyond which a box is not offered all that is left.
_OFFER_ALL = 150
#: Single pieces that are added to a group, one after the other.
_ADDED = 30


class Shelf:
    """Boxes in the order of preference, as many as there are."""

    def __init__(self, boxes: Sequence[Box]):
        self._boxes = list(boxes)
        self._left = [math.inf if box.supply is None else box.supply for box in boxes]

    def boxes(self, temperature: str) -> list[Box]:
        """Return the kinds of boxes for a temperature class of which one is left."""
        return [
            box
            for box, left in zip(self._boxes, self._left, strict=True)
            if left > 0 and temperature in box.temperatures
        ]

    def take(self, box: Box) -> None:
        """Take one box away."""
        for position, each in enumerate(self._boxes):
            if each is box:
                self._left[position] -= 1
                return

    def undominated(self, temperature: str) -> list[Box]:
        """Return the kinds left that are not smaller and weaker than another of which any number is left."""
        there = self.boxes(temperature)
        endless = [
            box for box, left in zip(self._boxes, self._left, strict=True) if left == math.inf and not box.flexible
        ]
        return [box for box in there if not any(_dominates(other, box) for other in endless)]


def _dominates(other: Box, box: Box) -> bool:
    if other is box or (other.inner == box.inner and other.max_load_kg == box.max_load_kg):
        return False
    return (
        other.max_load_kg >= box.max_load_kg
        and other.temperatures >= box.temperatures
        and all(a >= b for a, b in zip(other.inner, box.inner, strict=True))
    )


class Units:
    """Pieces that travel together, and those that must not.

    Parameters
    ----------
    left : sequence of int
        Pieces of each item at the beginning.
    permutation : int
        Draws another order in which pieces are chosen where not all may share a parcel.
    """

    def __init__(self, items: Sequence[Item], left: Sequence[int], permutation: int):
        self.items, self._evenly = items, permutation % 2 == 0
        self.groups: dict[str, list[int]] = {}
        there = [(position, item) for position, item in enumerate(items) if left[position] > 0]
        for position, item in there:
            if item.together is not None:
                self.groups.setdefault(item.together, []).append(position)
        kinds = {item.kind for _, item in there}
        self.shunning = any(item.apart_from & kinds for _, item in there)
        state = permutation + 1
        keys = []
        for position, _ in sorted(there, key=lambda pair: (-math.prod(pair[1].size), sort_key(pair[1]), pair[0])):
            state = next_random(next_random(state))
            keys.append(((state >> 8) if permutation else len(keys), position))
        self.order = [position for _, position in sorted(keys)]

    def fill(
        self, left: Sequence[int], box: Box, load_kg: float, tools: Tools, clock: Clock, tries: int,
        offer_all: bool = False,
    ) -> Parcel | None:  # fmt: skip
        """Fill a box with pieces that may share it, groups whole."""
        counts = self._sociable(left)
        if not offer_all and sum(counts) > _OFFER_ALL:
            counts = self._offered(counts, box)
        while sum(counts):
            parcel = fill_counts(self.items, counts, box, tools, clock, tries, load_kg)
            if parcel is None and load_kg < box.max_load_kg:
                load_kg = box.max_load_kg
                continue
            packed = Counter(each.item for each in parcel.placements) if parcel else Counter()
            torn = [
                members for members in self.groups.values()
                if any(left[i] for i in members) and any(packed[i] for i in members)
                and any(packed[i] < left[i] for i in members)
            ]  # fmt: skip
            if not torn:
                if parcel is not None:
                    return parcel
                break
            # The smallest of the groups that did not go in whole stays out, the others have more room.
            out = min(torn, key=lambda members: (self._volume(members, left), members))
            counts = [0 if position in out else count for position, count in enumerate(counts)]
        return self._group_first(left, box, tools, clock) or self._one_piece(left, box, tools, clock)

    def _volume(self, members: Sequence[int], left: Sequence[int]) -> float:
        return sum(self.items[i].volume_m3 * left[i] for i in members)

    def _group_first(self, left: Sequence[int], box: Box, tools: Tools, clock: Clock) -> Parcel | None:
        """Return a parcel with the largest group that fits, and what can be added piece by piece."""
        for members in sorted(self.groups.values(), key=lambda each: (-self._volume(each, left), each)):
            if not all(left[i] for i in members):
                continue
            counts = [left[i] if i in members else 0 for i in range(len(left))]
            parcel = fit_goods(Goods(self.items, counts, apart=tools.vetoed), box, tools, clock).parcel
            if parcel is None:
                continue
            singles = [i for i in self.order if left[i] and self.items[i].together is None]
            for position in singles[:_ADDED]:
                if clock.is_over():
                    break
                more = list(counts)
                more[position] += 1
                larger = fit_goods(Goods(self.items, more, apart=tools.vetoed), box, tools, clock).parcel
                if larger is not None:
                    parcel, counts = larger, more
            return parcel
        return None

    def _one_piece(self, left: Sequence[int], box: Box, tools: Tools, clock: Clock) -> Parcel | None:
        """Return a parcel with the first single piece that the box holds."""
        for position in self.order:
            if left[position] and self.items[position].together is None:
                counts = [int(i == position) for i in range(len(left))]
                parcel = fit_goods(Goods(self.items, counts, apart=tools.vetoed), box, tools, clock).parcel
                if parcel is not None:
                    return parcel
        return None

    def _sociable(self, left: Sequence[int]) -> list[int]:
        """Return pieces that may all share a parcel, chosen one after the other; groups whole."""
        if not self.shunning:
            return list(left)
        counts = [0] * len(left)
        pieces: Counter[str | None] = Counter()
        shunned: Counter[str] = Counter()
        seen: set[int] = set()
        for position in self.order:
            if position in seen:
                continue
            group = self.items[position].together
            unit = self.groups[group] if group is not None else [position]
            seen.update(unit)
            for _ in range(1 if group is not None else left[position]):
                adding = Counter()
                shunning = Counter()
                for i in unit:
                    number = left[i] if group is not None else 1
                    adding[self.items[i].kind] += number
                    for other in self.items[i].apart_from:
                        shunning[other] += number
                if any(shunned[kind] for kind in adding) or any(pieces[kind] for kind in shunning):
                    break
                if any(
                    adding[other] > (self.items[i].kind == other) for i in unit for other in self.items[i].apart_from
                ):
                    # A group that cannot be with itself goes nowhere.
                    break
                pieces += adding
                shunned += shunning
                for i in unit:
                    counts[i] += left[i] if group is not None else 1
        return counts

    def _offered(self, counts: list[int], box: Box) -> list[int]:
        """Return the largest pieces and some of the smallest, a little more than a box can hold."""
        order = sorted(
            (position for position, count in enumerate(counts) if count),
            key=lambda position: (-self.items[position].volume_m3, position),
        )
        if self._evenly and any(self.items[position].top_load_kg < math.inf for position in order):
            return self._fair(counts, order, box)
        offered = [0] * len(counts)
        for positions, share in ((order, _LARGE_SHARE), (order[::-1], _SMALL_SHARE)):
            volume_m3 = 0.0
            for position in positions:
                each_m3 = self.items[position].volume_m3
                wanted = math.ceil((share * box.inner_m3 - volume_m3) / each_m3)
                number = min(counts[position] - offered[position], max(0, wanted))
                offered[position] += number
                volume_m3 += number * each_m3
        return self._whole(offered, counts)

    def _fair(self, counts: list[int], order: list[int], box: Box) -> list[int]:
        """Return some of all sizes and strengths: a box of what bears most leaves the others only what bears nothing.

        Pieces are counted off from the largest to the smallest, those that bear little apart from the others.
        """
        volume_m3 = sum(self.items[position].volume_m3 * counts[position] for position in order)
        share = min(_FAIR_SHARE * box.inner_m3 / volume_m3, 1.0)
        offered = [0] * len(counts)
        due = [0.0, 0.0]
        for position in order:
            weak = self.items[position].top_load_kg < math.inf
            due[weak] += counts[position] * share
            offered[position] = min(counts[position], math.floor(due[weak] + 1e-9))
            due[weak] -= offered[position]
        return self._whole(offered, counts)

    def _whole(self, offered: list[int], counts: list[int]) -> list[int]:
        for members in self.groups.values():
            if any(offered[i] for i in members):
                for i in members:
                    offered[i] = counts[i]
        return offered
