"""What of an order may share a parcel, what packages may hold it, and how an order may be shared out among parcels."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from carbon.optimise.catalogue import Catalogue, Refusal, own_container_of
from carbon.optimise.items import TENTHS_PER_M, Box, Item, Parcel, Placement, Rotation
from carbon.optimise.placing.fitting import Fitting, Reason, fitting
from carbon.optimise.placing.search import Search
from carbon.optimise.placing.splitting import Split, split
from carbon.optimise.placing.tighter import boxes_within, taken_over

#: Places items in a box, or says why not.
Fit = Callable[[tuple[Item, ...], Box, Search], Fitting]
#: Shares items out among as few boxes as possible.
SplitUp = Callable[[tuple[Item, ...], tuple[Box, ...], Search], Split]
_CODES = {
    Reason.SUPPLY: "out_of_stock",
    Reason.TEMPERATURE: "wrong_temperature",
    Reason.APART: "kept_apart",
    Reason.HEAVY: "over_its_load",
    Reason.LONG: "item_too_large",
    Reason.VOLUME: "volume_too_large",
    Reason.IMPOSSIBLE: "no_arrangement",
    Reason.NOT_FOUND: "does_not_fit",
}
#: What another search might find.
_NOT_PROVEN = ("does_not_fit", "time_ran_out")
#: Up to so many pieces (or groups that stay together) every way of sharing them out is looked at.
_EVERY_WAY = 5


@dataclass(frozen=True)
class Load:
    """Items that share a parcel."""

    items: tuple[Item, ...]

    @cached_property
    def pieces(self) -> int:
        """How many there are."""
        return sum(item.quantity for item in self.items)

    @cached_property
    def mass_kg(self) -> float:
        """Of all pieces."""
        return math.fsum(item.mass_kg * item.quantity for item in self.items)

    @cached_property
    def volume_m3(self) -> float:
        """Of all pieces in their sales packaging."""
        return sum(math.prod(item.size) * item.quantity for item in self.items) / TENTHS_PER_M**3

    @cached_property
    def alike(self) -> tuple[Item, ...]:
        """What a search sees of the items: equal loads are one question, whatever the articles are called."""
        return tuple([_bare(item) for item in self.items])

    def conflict(self) -> Refusal | None:
        """Return why its items may not share a parcel at all."""
        classes = sorted({item.temperature for item in self.items})
        if len(classes) > 1:
            return Refusal("temperatures_differ", ", ".join(classes))
        for item in self.items:
            for other in self.items:
                if other.kind is not None and other.kind in item.apart_from:
                    return Refusal("kept_apart", f"{item.key} and {other.key} ({other.kind})")
        return None

    def refusal(self, box: Box) -> Refusal | None:
        """Return why a box cannot hold it, as far as that can be told without placing anything."""
        if self.items[0].temperature not in box.temperatures:
            return Refusal("wrong_temperature", self.items[0].temperature)
        for item in self.items:
            if not _enters(item, box):
                sides = " x ".join(f"{side / 10:g}" for side in item.size)
                return Refusal("item_too_large", f"{item.key}, {sides} mm")
        if self.mass_kg > box.max_load_kg * (1 + 1e-12):
            return Refusal("over_its_load", f"{self.mass_kg:.3f} kg, at most {box.max_load_kg:g} kg")
        if self.volume_m3 > box.inner_m3 * (1 + 1e-12):
            return Refusal("volume_too_large", f"{self.volume_m3 * 1000:.2f} l, at most {box.inner_m3 * 1000:.2f} l")
        return None


@lru_cache(maxsize=20_000)
def _bare(item: Item) -> Item:
    return replace(item, key="", own_container=False)


@lru_cache(maxsize=20_000)
def _of(item: Item, quantity: int) -> Item:
    return item if item.quantity == quantity else replace(item, quantity=quantity)


def _enters(item: Item, box: Box) -> bool:
    """Whether one piece fits into an empty box, in some way its rotation allows."""
    length, width, height = box.inner
    for size in _ways(item):
        if box.flexible:
            # With thickness h inside, h is lost of length and of width.
            if size[2] <= height and size[0] + size[2] <= length and size[1] + size[2] <= width:
                return True
        elif size[0] <= length and size[1] <= width and size[2] <= height:
            return True
    return False


def _ways(item: Item) -> Iterator[tuple[int, int, int]]:
    a, b, c = item.size
    yield a, b, c
    if item.rotation is not Rotation.NEVER:
        yield b, a, c
    if item.rotation is Rotation.BEST_FIT:
        yield from ((a, c, b), (c, a, b), (b, c, a), (c, b, a))


@dataclass(frozen=True)
class Possible:
    """What measures leave open for an order.

    Attributes
    ----------
    ways : tuple of tuple of Load
        To share it out.
    pairs : tuple of (Load, Box)
    refusals : mapping
        Package to why it cannot hold the whole order.
    """

    ways: tuple[tuple[Load, ...], ...]
    pairs: tuple[tuple[Load, Box], ...]
    refusals: Mapping[str, Refusal]


class Holder:
    """Whether boxes hold loads; a question that was answered is not asked again.

    Parameters
    ----------
    catalogue : Catalogue
    search : Search
        How hard to look.
    fit, split : callable
    most : int
        Answers kept; the oldest are forgotten, so that memory stays flat.
    """

    def __init__(
        self, catalogue: Catalogue, search: Search, fit: Fit = fitting, split: SplitUp = split, most: int = 20_000
    ):
        self.catalogue, self._search = catalogue, search
        self._fit, self._split, self._most = fit, split, most
        self._known: OrderedDict[tuple, Parcel | Refusal] = OrderedDict()
        self._possible: OrderedDict[tuple[Item, ...], Possible] = OrderedDict()
        self.asked = 0

    def held(self, load: Load, box: Box) -> Parcel | Refusal:
        """Return the load in a box, or why it is not."""
        if box.key in self._own_keys:
            return Parcel(box, box.inner, (Placement(0, (0, 0, 0), load.items[0].size),))
        key = self._key(load, box)
        if key not in self._known:
            self.asked += 1
            fitting = self._fit(load.items, box, self._search)
            found = fitting.parcel
            if found is None:
                code = "time_ran_out" if fitting.timed_out else _CODES[fitting.reason or Reason.NOT_FOUND]
                found = Refusal(code) if code not in _NOT_PROVEN else self._within(load, box) or Refusal(code)
            self._keep(self._known, key, found)
            return found
        return self._known[key]

    def _within(self, load: Load, box: Box) -> Parcel | None:
        """Return the load as it lies in a smaller package of the catalogue that lies inside a box."""
        for other in boxes_within(box, self.catalogue.boxes):
            if load.refusal(other) is None:
                held = self.held(load, other)
                if isinstance(held, Parcel):
                    return taken_over(held, box)
        return None

    @staticmethod
    def _key(load: Load, box: Box) -> tuple:
        return load.alike, box.key

    def possible(self, whole: Load) -> Possible:
        """Return every way that measures do not rule out, before anything is placed."""
        if whole.items not in self._possible:
            self._keep(self._possible, whole.items, self._possible_of(whole), self._most // 20)
        return self._possible[whole.items]

    def _possible_of(self, whole: Load) -> Possible:
        conflict = whole.conflict()
        ways = tuple(self.partitions(whole)) if whole.pieces > 1 else ()
        pairs: list[tuple[Load, Box]] = []
        refusals: dict[str, Refusal] = {}
        for load in dict.fromkeys([whole, *(load for way in ways for load in way)]):
            for box in self.boxes_for(load):
                refusal = (conflict if load is whole else None) or load.refusal(box)
                if refusal is None:
                    pairs.append((load, box))
                elif load is whole:
                    refusals[box.key] = refusal
        return Possible(ways, tuple(pairs), refusals)

    def _keep(self, known: OrderedDict, key: tuple, value: Any, most: int | None = None) -> None:
        known[key] = value
        if len(known) > (most or self._most):
            known.popitem(last=False)

    @cached_property
    def _own_keys(self) -> frozenset[str]:
        return frozenset(box.key for box in self.catalogue.own_containers)

    def boxes_for(self, load: Load) -> Iterator[Box]:
        """Yield every package that a load may go into: all boxes, and its own container for a single piece."""
        yield from self.catalogue.boxes
        if load.pieces == 1 and load.items[0].own_container:
            for box in self.catalogue.own_containers:
                yield own_container_of(load.items[0], box)

    def partitions(self, whole: Load) -> Iterator[tuple[Load, ...]]:
        """Yield ways to share an order out among two parcels or more.

        Every way up to five pieces or groups that stay together; else one kind of item from the rest, own containers
        from the rest, and what `split` proposes.
        """
        units = units_of(whole)
        seen = set()
        ways = _set_partitions(units) if len(units) <= _EVERY_WAY else self._likely(whole, units)
        for way in ways:
            loads = tuple(
                sorted((_joined(part) for part in way), key=lambda load: [canonical(item) for item in load.items])
            )
            if len(loads) > 1 and loads not in seen:
                seen.add(loads)
                if all(load.conflict() is None for load in loads):
                    yield loads

    def _likely(self, whole: Load, units: list[Load]) -> Iterator[list[list[Load]]]:
        proposal = self._split(whole.items, self.catalogue.boxes, self._search)
        if not proposal.left_out:
            contents = [_contents(parcel, whole) for parcel in proposal.parcels]
            for load, parcel in contents:
                # How it was found to fit need not be found again.
                self._keep(self._known, self._key(load, parcel.box), parcel)
            yield [[load] for load, _ in contents]
        own = [unit for unit in units if unit.pieces == 1 and unit.items[0].own_container]
        if own and len(own) < 50:
            rest = [unit for unit in units if unit not in own]
            yield [*([unit] for unit in own), *([rest] if rest else [])]
        kinds = {unit.items[0].key for unit in units}
        if 1 < len(kinds) <= 12:
            for kind in sorted(kinds):
                parts = [[unit for unit in units if (unit.items[0].key == kind) is here] for here in (True, False)]
                yield parts


def units_of(load: Load) -> list[Load]:
    """Pieces, those that stay together as one."""
    together: dict[str, list[Item]] = {}
    units = []
    for item in load.items:
        if item.together is None:
            units += [Load((_of(item, 1),))] * item.quantity
        else:
            together.setdefault(item.together, []).append(item)
    return units + [Load(tuple(group)) for group in together.values()]


def _joined(units: list[Load]) -> Load:
    """One load of several, equal items as one with their quantity."""
    counts: dict[Item, int] = {}
    for unit in units:
        for item in unit.items:
            one = _of(item, 1)
            counts[one] = counts.get(one, 0) + item.quantity
    items = [_of(item, count) for item, count in counts.items()]
    return Load(tuple(sorted(items, key=canonical)))


def canonical(item: Item) -> tuple:
    """Return what items are sorted by, so that equal orders are the same question."""
    return (
        item.size, item.mass_kg, item.quantity, item.rotation, item.top_load_kg, item.together or "", item.kind or "",
        tuple(sorted(item.apart_from)), item.own_container, item.temperature, item.key,
    )  # fmt: skip


def _contents(parcel: Parcel, whole: Load) -> tuple[Load, Parcel]:
    """Return what a parcel holds of an order as a load, and the parcel with placements that name its items."""
    counts: dict[int, int] = {}
    for each in parcel.placements:
        counts[each.item] = counts.get(each.item, 0) + 1
    items = sorted(
        ((replace(whole.items[position], quantity=count), position) for position, count in counts.items()),
        key=lambda pair: canonical(pair[0]),
    )
    number = {position: at for at, (_, position) in enumerate(items)}
    placements = tuple(replace(each, item=number[each.item]) for each in parcel.placements)
    return Load(tuple(item for item, _ in items)), replace(parcel, placements=placements)


def _set_partitions(units: list[Load]) -> Iterator[list[list[Load]]]:
    """Yield every way to share units out, each unit in one part."""
    if not units:
        yield []
        return
    first, rest = units[0], units[1:]
    for smaller in _set_partitions(rest):
        for position in range(len(smaller)):
            yield [*smaller[:position], [first, *smaller[position]], *smaller[position + 1 :]]
        yield [[first], *smaller]
