"""Parcels of an order made better, their number kept: smaller boxes, and mass shared evenly."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from carbon.optimise.items import Box, Item, Parcel
from carbon.optimise.placing.fitting import fit_goods
from carbon.optimise.placing.goods import Goods
from carbon.optimise.placing.search import Clock, Tools

#: Parcels and pieces up to which mass is shared; packings tried for it.
_MOST_PARCELS, _MOST_PIECES, _MOST_MOVES = 12, 300, 60
_TRIES = 40


def contents(items: Sequence[Item], parcel: Parcel) -> list[int]:
    """Return how many pieces of each item a parcel holds."""
    packed = Counter(each.item for each in parcel.placements)
    return [packed[position] for position in range(len(items))]


def _lighter(tools: Tools) -> Tools:
    """Return the same tools with fewer tries."""
    return replace(tools, search=replace(tools.search, tries=min(_TRIES, tools.search.tries)))


def shrunk(
    items: Sequence[Item], parcels: Sequence[Parcel], boxes: Sequence[Box], tools: Tools, clock: Clock
) -> list[Parcel]:
    """Put each parcel's pieces into the most preferred box that holds them and is left."""
    used = Counter(id(parcel.box) for parcel in parcels)
    tools = _lighter(tools)
    better = []
    for parcel in parcels:
        goods = None
        for box in boxes:
            if box is parcel.box or clock.is_over():
                break
            if box.supply is not None and used[id(box)] >= box.supply:
                continue
            goods = goods or Goods(items, contents(items, parcel), apart=tools.vetoed)
            found = fit_goods(goods, box, tools, clock).parcel
            if found is not None:
                used[id(parcel.box)] -= 1
                used[id(box)] += 1
                parcel = found
                break
        better.append(parcel)
    return better


def balanced(items: Sequence[Item], parcels: Sequence[Parcel], tools: Tools, clock: Clock) -> list[Parcel]:
    """Move or swap pieces from the heaviest parcels to the lightest as long as the spread of masses falls.

    Pieces of groups stay where they are; boxes stay those they are.
    """
    parcels = list(parcels)
    if len(parcels) > _MOST_PARCELS or sum(len(parcel.placements) for parcel in parcels) > _MOST_PIECES:
        return parcels
    tools = _lighter(tools)
    held = [contents(items, parcel) for parcel in parcels]
    moves = 0
    failed: set[tuple] = set()
    while moves < _MOST_MOVES:
        mass = [_mass_kg(items, counts) for counts in held]
        by_mass = sorted(range(len(parcels)), key=lambda number: (-mass[number], number))
        done = False
        for heavy in by_mass:
            for light in reversed(by_mass):
                gap_kg = mass[heavy] - mass[light]
                if gap_kg <= 0 or done:
                    continue
                for give, take in _exchanges(items, held[heavy], held[light], gap_kg):
                    key = (heavy, light, give, take, tuple(held[heavy]), tuple(held[light]))
                    if key in failed:
                        continue
                    if moves >= _MOST_MOVES or clock.is_over():
                        return parcels
                    moves += 1
                    found = _exchanged(items, parcels, held, heavy, light, give, take, tools, clock)
                    if found is not None:
                        for number, (parcel, counts) in zip((heavy, light), found, strict=True):
                            parcels[number], held[number] = parcel, counts
                        done = True
                        break
                    failed.add(key)
            if done:
                break
        if not done:
            break
    return parcels


def _mass_kg(items: Sequence[Item], counts: Sequence[int]) -> float:
    return math.fsum(item.mass_kg * count for item, count in zip(items, counts, strict=True) if count)


def _exchanges(
    items: Sequence[Item], heavy: Sequence[int], light: Sequence[int], gap_kg: float
) -> list[tuple[int, int | None]]:
    """List what the heavier parcel may give and take back, the most even result first."""

    def loose(counts: Sequence[int]) -> list[int]:
        return [i for i, count in enumerate(counts) if count and items[i].together is None]

    found = []
    for give in loose(heavy):
        for take in (None, *loose(light)):
            moved_kg = items[give].mass_kg - (0 if take is None else items[take].mass_kg)
            # The squares' sum falls by twice moved * (gap - moved).
            gain = moved_kg * (gap_kg - moved_kg)
            if gain > 1e-9 * max(1.0, gap_kg**2) and (take is not None or sum(heavy) > 1):
                found.append((-gain, give, -1 if take is None else take))
    return [(give, None if take < 0 else take) for _, give, take in sorted(found)[:6]]


def _exchanged(
    items: Sequence[Item], parcels: Sequence[Parcel], held: Sequence[list[int]],
    heavy: int, light: int, give: int, take: int | None, tools: Tools, clock: Clock,
) -> list[tuple[Parcel, list[int]]] | None:  # fmt: skip
    one, other = list(held[heavy]), list(held[light])
    one[give] -= 1
    other[give] += 1
    if take is not None:
        one[take] += 1
        other[take] -= 1
    found = []
    for number, counts in ((light, other), (heavy, one)):
        goods = Goods(items, counts, apart=tools.vetoed)
        parcel = fit_goods(goods, parcels[number].box, tools, clock).parcel
        if parcel is None:
            return None
        found.append((parcel, counts))
    return found[::-1]
