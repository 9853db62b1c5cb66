"""An order into as few parcels as possible; what fits nowhere is listed with its reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from carbon.optimise.items import Box, Item, Parcel
from carbon.optimise.placing.balancing import balanced, shrunk
from carbon.optimise.placing.fitting import fit_goods, preference
from carbon.optimise.placing.given import validated
from carbon.optimise.placing.goods import SLACK, Goods, sizes_of
from carbon.optimise.placing.kernel import next_random
from carbon.optimise.placing.search import Clock, Search, Tools
from carbon.optimise.placing.shelf import Shelf, Units

#: Pieces times tries for one order; long orders get fewer tries.
_WORK = 6_000
_MOST_TRIES = 24
#: Pieces beyond which one sequence of boxes is tried.
_ONE_PERMUTATION = 500
#: The bound counts pieces of which at most so many go into one box.
_SEVERAL = 8
#: From this permutation on, what a box is worth is drawn lower by up to this share.
_DRAWN_FROM, _DRAWN_SHARE = 3, 0.3


class Unpacked(StrEnum):
    """Why a piece is in no parcel."""

    LONG = "longer than every package"
    HEAVY = "heavier than every package's limit"
    LARGE_OR_HEAVY = "too large for the packages that would bear it, too heavy for those that would hold it"
    TEMPERATURE = "no package for this temperature class"
    REFUSED = "refused in every package by the constraint on places"
    GROUP = "the pieces that must travel with it do not fit into one package together"
    GROUP_APART = "its group holds pieces that must not travel together"
    SUPPLY = "no package is left that would hold it"
    TIME = "time ran out before it was packed"


@dataclass(frozen=True)
class LeftOut:
    """Pieces of an item that are in no parcel.

    Attributes
    ----------
    item : int
        Position among the order's items.
    """

    item: int
    quantity: int
    reason: Unpacked


@dataclass(frozen=True)
class Split:
    """An order in parcels.

    Attributes
    ----------
    parcels : tuple of Parcel
    left_out : tuple of LeftOut
        With the parcels' pieces, all pieces of the order.
    least : int
        No fewer parcels are possible for the pieces that are packed: proven from mass and volume.
    timed_out : bool
    """

    parcels: tuple[Parcel, ...]
    left_out: tuple[LeftOut, ...]
    least: int
    timed_out: bool = False


def split(items: Sequence[Item], boxes: Sequence[Box], search: Search | None = None, by_volume: bool = True) -> Split:
    """Pack an order into as few parcels as possible, preferred boxes where their number stays.

    Parameters
    ----------
    by_volume : bool
        Prefer the smaller inner volume; otherwise the earlier box.
    """
    return splits(items, boxes, search, by_volume)[0]


def splits(
    items: Sequence[Item], boxes: Sequence[Box], search: Search | None = None, by_volume: bool = True
) -> list[Split]:
    """Return several ways to pack an order, each with other boxes, the best first."""
    search = search or Search()
    tools, clock = Tools.of(search), Clock.of(search)
    boxes = sorted(boxes, key=preference) if by_volume else list(boxes)
    counts, left_out = _packable(validated(items), boxes, tools, clock)
    least = _least(items, counts, boxes)
    found: list[Split] = []
    seen: set[tuple] = set()
    permutations = 1 if sum(counts) > _ONE_PERMUTATION else search.permutations
    for permutation in range(permutations):
        if permutation and (clock.is_over() or min(len(each.parcels) for each in found) <= least):
            break
        way = _sequence(items, counts, left_out, boxes, least, permutation, tools, clock)
        way = _finished(items, way, boxes, tools, clock)
        ranks = {id(box): rank for rank, box in enumerate(boxes)}
        key = tuple(sorted(ranks[id(parcel.box)] for parcel in way.parcels))
        if key not in seen:
            seen.add(key)
            found.append(way)
    return sorted(found, key=_worth)


def _worth(way: Split) -> tuple:
    return (
        sum(each.quantity for each in way.left_out),
        len(way.parcels),
        math.fsum(parcel.box.inner_m3 for parcel in way.parcels),
    )


def _finished(items: Sequence[Item], way: Split, boxes: list[Box], tools: Tools, clock: Clock) -> Split:
    parcels = shrunk(items, way.parcels, boxes, tools, clock)
    if tools.search.balance and len(parcels) > 1:
        parcels = balanced(items, parcels, tools, clock)
    return Split(tuple(parcels), way.left_out, way.least, clock.ran_out)


def _sequence(
    items: Sequence[Item], counts: list[int], left_out: list[LeftOut], boxes: list[Box],
    least: int, permutation: int, tools: Tools, clock: Clock,
) -> Split:  # fmt: skip
    """Pack everything once, box after box."""
    shelf = Shelf(boxes)
    parcels: list[Parcel] = []
    more: list[LeftOut] = list(left_out)
    for temperature in sorted({item.temperature for item in items}):
        left = [count if item.temperature == temperature else 0 for item, count in zip(items, counts, strict=True)]
        units = Units(items, left, permutation)
        while sum(left):
            parcel = (
                None
                if clock.ran_out
                else _next(items, left, temperature, shelf, units, least, permutation, tools, clock)
            )
            if parcel is None:
                reason = Unpacked.TIME if clock.ran_out else Unpacked.SUPPLY
                more += [LeftOut(i, count, reason) for i, count in enumerate(left) if count]
                break
            parcels.append(parcel)
            shelf.take(parcel.box)
            for each in parcel.placements:
                left[each.item] -= 1
    return Split(tuple(parcels), tuple(more), least, clock.ran_out)


def _next(
    items: Sequence[Item], left: list[int], temperature: str, shelf: Shelf, units: Units, least: int,
    permutation: int, tools: Tools, clock: Clock,
) -> Parcel | None:  # fmt: skip
    """Return the last parcel if one is enough, otherwise the fullest."""
    goods = Goods(items, left, apart=tools.vetoed)
    for box in shelf.boxes(temperature):
        fitting = fit_goods(goods, box, tools, clock)
        if fitting.parcel is not None:
            return fitting.parcel
        if clock.ran_out:
            break
    # Time may be out: one parcel is packed anyway, so that a limit returns something.
    tries = max(1, min(_MOST_TRIES, _WORK // goods.pieces, tools.search.tries))
    best: tuple[float, Parcel] | None = None
    for number, box in enumerate(shelf.undominated(temperature)):
        load_kg = box.max_load_kg
        if permutation % 2 == 1 and least > 1:
            # Fair shares: a box filled with what is light and bulky leaves more heavy ones.
            load_kg = min(load_kg, goods.mass_kg / max(least, 2) * 1.1)
        parcel = units.fill(left, box, load_kg, tools, clock, tries)
        if parcel is not None:
            worth = parcel.goods_m3()
            if permutation % 4 == 2:
                worth = parcel.load_kg(tuple(items))
            elif permutation % 4 == 3:
                worth = worth / box.inner_m3
            if permutation >= _DRAWN_FROM:
                state = next_random(next_random(permutation * 7919 + goods.pieces * 31 + number))
                worth *= 1 - _DRAWN_SHARE * (state >> 8) / (0x7FFFFFFF >> 8)
            if best is None or worth > best[0] * (1 + 1e-9):
                best = (worth, parcel)
        if clock.ran_out and best is not None:
            break
    return None if best is None else best[1]


def _packable(items: Sequence[Item], boxes: list[Box], tools: Tools, clock: Clock) -> tuple[list[int], list[LeftOut]]:
    """Return how many pieces of each item have a package they fit into, and the others with their reasons."""
    counts = [item.quantity for item in items]
    left_out = []
    for position in range(len(items)):
        if counts[position] < 1:
            continue
        reason = _alone(items, position, boxes, tools, clock)
        if reason is not None:
            left_out.append(LeftOut(position, counts[position], reason))
            counts[position] = 0
    groups: dict[str, list[int]] = {}
    for position, item in enumerate(items):
        if item.together is not None and item.quantity > 0:
            groups.setdefault(item.together, []).append(position)
    for members in groups.values():
        group = [item.quantity if position in members else 0 for position, item in enumerate(items)]
        goods = Goods(items, group, apart=tools.vetoed)
        reason = None
        if goods.apart:
            reason = Unpacked.GROUP_APART
        elif any(counts[position] == 0 for position in members) or not any(
            fit_goods(goods, box, tools, clock).parcel for box in boxes if box.supply != 0
        ):
            reason = Unpacked.GROUP
        if reason is not None:
            left_out += [LeftOut(position, counts[position], reason) for position in members if counts[position]]
            for position in members:
                counts[position] = 0
    return counts, left_out


def _alone(items: Sequence[Item], position: int, boxes: list[Box], tools: Tools, clock: Clock) -> Unpacked | None:
    """Return why a piece fits into no box alone, or None where it does."""
    item = items[position]
    warm = [box for box in boxes if item.temperature in box.temperatures]
    if not warm:
        return Unpacked.TEMPERATURE
    bearing = [box for box in warm if item.mass_kg <= box.max_load_kg * SLACK]
    holding = [box for box in warm if holds_one(item, box)]
    both = [box for box in bearing if any(box is other for other in holding)]
    if not both:
        return Unpacked.LONG if not holding else Unpacked.HEAVY if not bearing else Unpacked.LARGE_OR_HEAVY
    left = [box for box in both if box.supply != 0]
    if not left:
        return Unpacked.SUPPLY
    if tools.vetoed:
        goods = Goods(items, [int(i == position) for i in range(len(items))], apart=True)
        if not any(fit_goods(goods, box, tools, clock).parcel for box in left):
            return Unpacked.REFUSED
    return None


def holds_one(item: Item, box: Box) -> bool:
    """Say whether a box is large enough for a single piece."""
    length, width, height = box.inner
    if box.flexible:
        return any(x + z <= length and y + z <= width and z <= height for x, y, z in sizes_of(item))
    return any(x <= length and y <= width and z <= height for x, y, z in sizes_of(item))


def _least(items: Sequence[Item], counts: list[int], boxes: list[Box]) -> int:
    """Return a number of parcels that no packing can go below: by volume and mass of each temperature class."""
    least = 0
    for temperature in {item.temperature for item in items}:
        there = [
            (item, count)
            for item, count in zip(items, counts, strict=True)
            if count and item.temperature == temperature
        ]
        if not there:
            continue
        usable = [box for box in boxes if temperature in box.temperatures]
        volumes = [(math.prod(item.size), count) for item, count in there]
        masses = [(item.mass_kg, count) for item, count in there]
        least += max(
            _least_by(volumes, max(math.prod(box.inner) for box in usable)),
            _least_by(masses, max(box.max_load_kg for box in usable)),
        )
    return least


def _least_by(amounts: list[tuple[float, int]], most: float) -> int:
    """Return the least number of boxes, each for at most so much: by the sum, and by pieces of which few go into one."""
    if most == math.inf:
        return 1
    total = math.fsum(amount * count for amount, count in amounts)
    least = max(1, math.ceil(total / most * (1 - 1e-9)))
    for several in range(1, _SEVERAL + 1):
        large = sum(count for amount, count in amounts if amount * (several + 1) > most * (1 + 1e-9))
        least = max(least, -(-large // several))
    return least


def left_out_counts(way: Split) -> dict[int, int]:
    """Return how many pieces of each item are in no parcel."""
    counts: Counter[int] = Counter()
    for each in way.left_out:
        counts[each.item] += each.quantity
    return dict(counts)
