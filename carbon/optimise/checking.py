"""Checks parcels from nothing but items, boxes and placements; shares no code with the search that made them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from carbon.optimise.items import Box, Item, Parcel, Placement, Rotation

#: Sums of masses in another order differ by less.
_ROUNDING = 1e-9


class Rule(StrEnum):
    """What may be broken."""

    ITEM = "a placement names an item that is not there"
    ROTATION = "a piece lies in a way it may not"
    INSIDE = "the room that was packed is not one the box can be"
    BOUNDS = "a piece sticks out of the room"
    OVERLAP = "two pieces are in the same place"
    SUPPORT = "too little of a piece's base rests on something"
    ORDER = "a piece is put in beneath one that lies already"
    MASS = "the goods are heavier than the box's limit"
    TOP_LOAD = "more rests on a piece than it bears"
    COUNT = "the number of pieces is not that of the order"
    TOGETHER = "pieces that belong together are in different parcels"
    APART = "pieces that must not travel together share a parcel"
    TEMPERATURE = "temperature classes do not match"
    SUPPLY = "more boxes of a kind are used than there are"


@dataclass(frozen=True)
class Fault:
    """A broken rule.

    Attributes
    ----------
    parcel : int or None
        Position of the parcel; None for the whole order.
    detail : str
        Which pieces, and the figures.
    """

    rule: Rule
    parcel: int | None
    detail: str

    def __str__(self) -> str:
        place = "order" if self.parcel is None else f"parcel {self.parcel + 1}"
        return f"{place}: {self.rule}: {self.detail}"


def check(
    items: Sequence[Item],
    parcels: Sequence[Parcel],
    left_out: Mapping[int, int] | None = None,
    support_share: float = 0.75,
) -> list[Fault]:
    """Return every rule that parcels break; an empty list where all hold.

    Parameters
    ----------
    left_out : mapping of int to int, optional
        Position of an item, and how many of its pieces are in no parcel, as the result says.
    support_share : float
        Least share of a base that must rest on the floor or on pieces; with 0 any contact will do.
    """
    faults = list(_order_faults(items, parcels, left_out or {}))
    for number, parcel in enumerate(parcels):
        faults += [Fault(rule, number, detail) for rule, detail in _parcel_faults(items, parcel, support_share)]
    return faults


def support_shares(parcel: Parcel) -> tuple[float, ...]:
    """Return for each piece the share of its base that rests on the floor or on other pieces."""
    if not parcel.placements:
        return ()
    low, high = _corners(parcel.placements)
    shares = []
    for i in range(len(low)):
        if low[i, 2] == 0:
            shares.append(1.0)
            continue
        beneath = np.flatnonzero(high[:, 2] == low[i, 2])
        sides = np.minimum(high[beneath, :2], high[i, :2]) - np.maximum(low[beneath, :2], low[i, :2])
        base = int(high[i, 0] - low[i, 0]) * int(high[i, 1] - low[i, 1])
        shares.append(float(np.prod(np.maximum(sides, 0), axis=1).sum()) / base)
    return tuple(shares)


def loads_on_top_kg(items: Sequence[Item], parcel: Parcel) -> tuple[float, ...]:
    """Return for each piece the mass of all pieces that rest on it, directly or through others, each in full."""
    touching = _touching(parcel.placements)
    loads = []
    for i in range(len(touching)):
        above: set[int] = set()
        waiting = list(touching[i])
        while waiting:
            piece = waiting.pop()
            if piece not in above:
                above.add(piece)
                waiting += touching[piece]
        loads.append(math.fsum(items[parcel.placements[piece].item].mass_kg for piece in above))
    return tuple(loads)


def _touching(placements: Sequence[Placement]) -> list[list[int]]:
    """Return for each piece those that lie directly on it."""
    low, high = _corners(placements)
    touching = []
    for i in range(len(low)):
        over = (low[:, :2] < high[i, :2]).all(axis=1) & (high[:, :2] > low[i, :2]).all(axis=1)
        touching.append(np.flatnonzero(over & (low[:, 2] == high[i, 2])).tolist())
    return touching


def _corners(placements: Sequence[Placement]) -> tuple[np.ndarray, np.ndarray]:
    low = np.array([each.at for each in placements], np.int64).reshape(-1, 3)
    return low, low + np.array([each.size for each in placements], np.int64).reshape(-1, 3)


def _order_faults(items: Sequence[Item], parcels: Sequence[Parcel], left_out: Mapping[int, int]) -> Iterator[Fault]:
    packed = Counter(each.item for parcel in parcels for each in parcel.placements)
    for position, item in enumerate(items):
        found = packed[position] + left_out.get(position, 0)
        if found != item.quantity or left_out.get(position, 0) < 0:
            yield Fault(Rule.COUNT, None, f"{item.key}: {found} of {item.quantity}")
    homes: dict[str, set[int]] = {}
    for number, parcel in enumerate(parcels):
        for each in parcel.placements:
            if 0 <= each.item < len(items) and items[each.item].together is not None:
                homes.setdefault(items[each.item].together, set()).add(number)
    for position, count in left_out.items():
        group = items[position].together
        if count and group is not None and group in homes:
            homes[group].add(-1)
    for group, numbers in homes.items():
        if len(numbers) > 1:
            yield Fault(Rule.TOGETHER, None, f"group {group} is in {len(numbers)} places")
    supplies = {parcel.box: parcel.box.supply for parcel in parcels if parcel.box.supply is not None}
    used = Counter(parcel.box for parcel in parcels)
    for box, supply in supplies.items():
        if used[box] > supply:
            yield Fault(Rule.SUPPLY, None, f"{used[box]} of {box.key}, there are {supply}")


def _parcel_faults(items: Sequence[Item], parcel: Parcel, support_share: float) -> Iterator[tuple[Rule, str]]:
    unknown = [each.item for each in parcel.placements if not 0 <= each.item < len(items)]
    if unknown:
        yield Rule.ITEM, f"items {sorted(set(unknown))} of {len(items)}"
        return
    if not parcel.placements:
        return
    box = parcel.box
    there = [items[each.item] for each in parcel.placements]
    for number, (each, item) in enumerate(zip(parcel.placements, there, strict=True)):
        if not _may_lie(item, each.size):
            yield Rule.ROTATION, f"piece {number} ({item.key}) lies as {each.size}, it is {item.size}"
    if not _can_be(box, parcel.inside):
        yield Rule.INSIDE, f"{parcel.inside} in {box.key} of {box.inner}"
    yield from _geometry(parcel, there, support_share)
    load_kg = math.fsum(item.mass_kg for item in there)
    if load_kg > box.max_load_kg * (1 + _ROUNDING):
        yield Rule.MASS, f"{load_kg} kg of {box.max_load_kg} kg"
    if any(item.top_load_kg < math.inf for item in there):
        for number, (load, item) in enumerate(zip(loads_on_top_kg(items, parcel), there, strict=True)):
            if load > item.top_load_kg * (1 + _ROUNDING):
                yield Rule.TOP_LOAD, f"{load} kg on piece {number} ({item.key}), which bears {item.top_load_kg} kg"
        touching = _touching(parcel.placements)
        for number, item in enumerate(there):
            if item.top_load_kg == 0 and touching[number]:
                yield Rule.TOP_LOAD, f"something on piece {number} ({item.key}), which bears nothing"
    kinds = Counter(item.kind for item in there)
    for item in set(there):
        for other in sorted(item.apart_from):
            if kinds[other] > (item.kind == other):
                yield Rule.APART, f"{item.key} and pieces of kind {other}"
    classes = {item.temperature for item in there}
    if len(classes) > 1 or not classes <= box.temperatures:
        yield Rule.TEMPERATURE, f"goods {sorted(classes)}, box {sorted(box.temperatures)}"


def _geometry(parcel: Parcel, there: Sequence[Item], support_share: float) -> Iterator[tuple[Rule, str]]:
    low, high = _corners(parcel.placements)
    for number in np.flatnonzero((low < 0).any(axis=1) | (high > np.array(parcel.inside)).any(axis=1)):
        yield Rule.BOUNDS, f"piece {number} ({there[number].key}) from {low[number]} to {high[number]}"
    for number in range(len(low) - 1):
        rest = slice(number + 1, None)
        common = (low[rest] < high[number]) & (high[rest] > low[number])
        for other in np.flatnonzero(common.all(axis=1)):
            yield Rule.OVERLAP, f"pieces {number} and {number + 1 + other}"
        beneath = common[:, :2].all(axis=1) & (high[rest, 2] <= low[number, 2])
        for other in np.flatnonzero(beneath):
            yield Rule.ORDER, f"piece {number + 1 + other} goes beneath piece {number}"
    for number, share in enumerate(support_shares(parcel)):
        if share <= 0 or share < support_share - _ROUNDING:
            yield Rule.SUPPORT, f"{share:.4f} of the base of piece {number} ({there[number].key})"


def _may_lie(item: Item, size: tuple[int, int, int]) -> bool:
    """Say whether an item may lie so: which of its edges stand along length, width and height."""
    if item.rotation is Rotation.NEVER:
        return size == item.size
    if item.rotation is Rotation.THIS_WAY_UP:
        return size[2] == item.size[2] and sorted(size[:2]) == sorted(item.size[:2])
    standing = {item.size[edge] for edge in item.may_stand}
    return sorted(size) == sorted(item.size) and size[2] in standing


def _can_be(box: Box, inside: tuple[int, int, int]) -> bool:
    if not box.flexible:
        return inside == box.inner
    length, width, thickness = inside
    fits = (length + thickness, width + thickness) == box.inner[:2]
    return fits and 0 < thickness <= box.inner[2] and min(length, width) >= 0
