"""The decision for each order: every package, several parcels, the own container, the reusable box.

Every candidate is a row of the orders table. The kernel counts all candidates of a chunk at once; a placing is looked for
only where no option found so far beats the candidate, so that the set of options that nothing beats is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from carbon.optimise.catalogue import Refusal
from carbon.optimise.evaluate import Evaluator, Figures
from carbon.optimise.front import non_dominated
from carbon.optimise.items import Box, Parcel
from carbon.optimise.loads import Holder, Load, units_of
from carbon.optimise.options import Aim, Decision, Filled, Lost, Option, Stock, Today, Unpacked, empty_share_of
from carbon.optimise.rows import Candidate, Goods, candidate_table
from carbon.optimise.scarce import Way, ways_of

SEVERAL = "several_parcels"
#: Reasons that do not say whether a package holds the goods.
_TELLS_NOTHING = (
    "out_of_stock",
    "stock_to_others",
    "over_tariff",
    "not_at_this_site",
    "not_for_this_service",
    "time_ran_out",
    "does_not_fit",
)
_NONE: frozenset[str] = frozenset()
#: Why a row cannot be counted as it stands, and can be in another package.
_ONLY_THE_PACKAGE = ("unknown_package", "no_package")
#: Relative difference below which two figures are the same.
_SAME = 1e-12


@dataclass(frozen=True)
class Order:
    """An order to pack: a row of the chunk, and what is in it.

    Attributes
    ----------
    today, assumed : str or None
        Package of the row, and the one that a row without any gets.
    """

    position: int
    load: Load
    goods: Goods
    today: str | None
    assumed: str | None = None
    site: str | None = None
    service: str | None = None
    notes: tuple[str, ...] = ()


#: Ways to share an order out.
Ways = Sequence[tuple[Load, ...]]


@dataclass(frozen=True)
class _Cell:
    """A load in a package as the kernel counts it, before it is known whether it fits."""

    load: Load
    box: Box
    co2e_kg: float
    money: float


class Decider:
    """Decides chunk by chunk.

    Parameters
    ----------
    evaluator : Evaluator
    holder : Holder
    aim : Aim
    stock : Stock
    several : bool
        Whether an order that one parcel holds may go in several, too, where that is better.
    """

    def __init__(self, evaluator: Evaluator, holder: Holder, aim: Aim, stock: Stock, several: bool = True):
        self.evaluator, self.holder, self.aim, self.stock, self._several_too = evaluator, holder, aim, stock, several

    def decide(
        self, table: pa.Table, orders: Sequence[Order], closed: Mapping[int, frozenset[str]] | None = None
    ) -> Iterator[Decision | Unpacked]:
        """Yield what is decided for each order, in their order.

        Parameters
        ----------
        closed : mapping, optional
            Position to packages that the order leaves to others; see `scarce`.
        """
        for order, *counted in self._counted(table, orders):
            decided = self._decided(order, *counted, (closed or {}).get(order.position, _NONE))
            if isinstance(decided, Decision):
                self.stock.take(decided.chosen.packages)
            yield decided

    def wishes(self, table: pa.Table, orders: Sequence[Order]) -> Iterator[tuple[int, tuple[Way, ...]]]:
        """Yield position and ways of each order that would take a limited package; nothing is taken."""
        limited = frozenset(key for key, count in self.stock.left.items() if count)
        for order, partitions, candidates, refusals, figures in self._counted(table, orders):
            if not any(candidate.package in limited for candidate in candidates[1:]):
                continue

            def best(closed, order=order, counted=(partitions, candidates, refusals, figures)):
                decided = self._decided(order, *counted, closed)
                if isinstance(decided, Unpacked):
                    return None
                chosen = decided.chosen
                return self.aim.value(chosen.co2e_kg, chosen.money), chosen.packages

            ways = ways_of(best, limited)
            if ways:
                yield order.position, ways

    def _counted(self, table: pa.Table, orders: Sequence[Order]) -> Iterator[tuple]:
        """Yield each order with its candidates as the kernel counts them."""
        plans = [self._candidates(order) for order in orders]
        rows = [candidate for _, candidates, _ in plans for candidate in candidates]
        if not rows:
            return
        figures = self.evaluator.figures(candidate_table(table, rows))
        start = 0
        for order, (partitions, candidates, refusals) in zip(orders, plans, strict=True):
            stop = start + len(candidates)
            yield order, partitions, candidates, refusals, _slice(figures, start, stop)
            start = stop

    def _candidates(self, order: Order) -> tuple[Ways, list[Candidate], dict[str, Refusal]]:
        """Ways to share out, rows to count (today's first), and why packages cannot hold the whole."""
        whole, possible = order.load, self.holder.possible(order.load)
        rows = [Candidate(order.position, order.goods, None, order.today, True)]
        refusals = dict(possible.refusals)
        for load, box in possible.pairs:
            absence = self.holder.catalogue.absence(box.key, order.site, order.service)
            if absence is None:
                same = load == whole and box.key == order.today
                rows.append(Candidate(order.position, order.goods, load, box.key, same, box))
            elif load == whole:
                refusals[box.key] = absence
        return possible.ways, rows, refusals

    def _decided(
        self, order, ways, candidates, refusals, figures: Figures, closed: frozenset[str]
    ) -> Decision | Unpacked:
        reject = figures.rejects.get(0)
        if np.isnan(figures.co2e_kg[0]) and (reject is None or reject.reason not in _ONLY_THE_PACKAGE):
            return Unpacked(
                order.position, reject.reason if reject else "not_counted", text=reject.mend if reject else ""
            )
        cells: dict[Load, list[_Cell]] = {}
        for candidate, co2e_kg, money in zip(candidates[1:], figures.co2e_kg[1:], figures.money[1:], strict=True):
            if not np.isnan(co2e_kg):
                cell = _Cell(candidate.load, candidate.box, float(co2e_kg), float(money))
                cells.setdefault(candidate.load, []).append(cell)
        lost = {key: Lost(key, refusal.code, refusal.detail) for key, refusal in refusals.items()}
        front = self._singles(cells.get(order.load, []), lost, closed)
        verified = list(front)
        untried = self._several(ways, cells, front, closed) if self._several_too or not front else None
        if not front:
            return _why_not(order, self.holder, lost)
        best = self._best(front)
        beside = self._beside(front)
        lost = [*(self._compared(each, cells, order, best) for each in lost.values())]
        lost += [_more(option, best, True) for option in verified if option is not best]
        several = [option for option in front if len(option.filled) > 1 and option is not best]
        if several:
            lost.append(replace(_more(self._best(several), best, True), package=SEVERAL))
        elif untried is not None and len(best.filled) == 1:
            lost.append(Lost(SEVERAL, "higher", "", untried[0] - best.co2e_kg, untried[1] - best.money))
        return Decision(
            order.position, best, beside, tuple(lost), self._today(order, figures, lost, front), order.notes
        )

    def _singles(self, cells: list[_Cell], lost: dict[str, Lost], closed: frozenset[str]) -> list[Option]:
        """Options of one parcel that nothing beats, verified; the others go to `lost`."""
        front: list[Option] = []
        for cell in sorted(cells, key=self._order_of):
            found = self._verified(cell, front, lost, closed)
            if found is not None:
                front.append(Option((found,)))
        return front

    def _verified(
        self, cell: _Cell, front: Sequence[Option], lost: dict[str, Lost], closed: frozenset[str]
    ) -> Filled | None:
        key = cell.box.key
        if np.isinf(cell.money):
            lost[key] = Lost(key, "over_tariff")
        elif key in closed:
            lost[key] = Lost(key, "stock_to_others")
        elif not self.stock.holds((key,)):
            lost[key] = Lost(key, "out_of_stock")
        elif any(self._beats(option.co2e_kg, option.money, cell.co2e_kg, cell.money) for option in front):
            lost[key] = Lost(key, "higher", co2e_kg=cell.co2e_kg, money=cell.money)
        else:
            held = self.holder.held(cell.load, cell.box)
            if isinstance(held, Parcel):
                return self._filled(cell, held)
            lost[key] = Lost(key, held.code, held.detail)
        return None

    def _several(
        self, ways, cells: dict[Load, list[_Cell]], front: list[Option], closed: frozenset[str]
    ) -> tuple[float, float] | None:
        """Add options of several parcels to the front; returns the least that those not tried would cause and cost."""
        least: tuple[float, float] | None = None
        fronts: dict[Load, list[Filled]] = {}
        bounds = []
        for way in ways:
            if all(cells.get(load) for load in way):
                low = [
                    sum(min(getattr(cell, name) for cell in cells[load]) for load in way)
                    for name in ("co2e_kg", "money")
                ]
                bounds.append((*low, len(way), way))
        for low_kg, low_money, _, way in sorted(bounds, key=lambda bound: (self.aim.value(*bound[:2]), bound[:3])):
            if np.isinf(low_money):
                continue
            if any(self._beats(option.co2e_kg, option.money, low_kg, low_money) for option in front):
                least = least or (low_kg, low_money)
                continue
            for load in way:
                if load not in fronts:
                    options = self._singles(cells[load], {}, closed)
                    fronts[load] = [option.filled[0] for option in options]
            front += self._combined([fronts[load] for load in way])
        if front:
            front[:] = [front[at] for at in self._non_dominated(front)]
        return least

    def _combined(self, fronts: list[list[Filled]]) -> list[Option]:
        combined: list[tuple[Filled, ...]] = [()]
        for filled in fronts:
            grown = [(*each, one) for each in combined for one in filled]
            grown = [each for each in grown if self.stock.holds([one.package for one in each])]
            options = [Option(each) for each in grown]
            combined = [options[at].filled for at in self._non_dominated(options)] if options else []
        return [Option(each) for each in combined if each]

    def _filled(self, cell: _Cell, parcel: Parcel) -> Filled:
        exempt = cell.box.key in self.holder.catalogue.reusable or cell.box not in self.holder.catalogue.boxes
        return Filled(cell.load, parcel, cell.co2e_kg, cell.money, empty_share_of(cell.load, parcel, exempt))

    def _figures(self, co2e_kg: float, money: float) -> tuple[float, ...]:
        return (co2e_kg, money) if self.evaluator.money.known else (co2e_kg,)

    def _beats(self, co2e_kg: float, money: float, other_kg: float, other_money: float) -> bool:
        mine, theirs = self._figures(co2e_kg, money), self._figures(other_kg, other_money)
        return all(a <= b for a, b in zip(mine, theirs, strict=True)) and mine != theirs

    def _non_dominated(self, options: Sequence[Option]) -> list[int]:
        return non_dominated([self._figures(each.co2e_kg, each.money) for each in options]).tolist()

    def _order_of(self, cell: _Cell) -> tuple:
        return (*self._figures(cell.co2e_kg, cell.money), cell.box.inner_m3, cell.box.key)

    def _best(self, front: Sequence[Option]) -> Option:
        def rank(option: Option) -> tuple:
            return (
                self.aim.value(option.co2e_kg, option.money), option.co2e_kg, option.money, len(option.filled),
                sum(each.parcel.box.inner_m3 for each in option.filled), option.packages,
            )  # fmt: skip

        return min(front, key=rank)

    def _beside(self, front: Sequence[Option]) -> tuple[Option, ...]:
        """The front without options that differ from another in nothing but their name."""
        ordered = sorted(front, key=lambda option: (*self._figures(option.co2e_kg, option.money), len(option.filled)))
        same = [False] + [_alike(one, other) for one, other in pairwise(ordered)]
        best = self._best(front)
        return tuple(option for option, twin in zip(ordered, same, strict=True) if not twin or option is best)

    def _compared(self, each: Lost, cells, order: Order, best: Option) -> Lost:
        if each.code != "higher":
            return each
        return replace(each, co2e_kg=each.co2e_kg - best.co2e_kg, money=each.money - best.money)

    def _today(self, order: Order, figures: Figures, lost: Sequence[Lost], front: Sequence[Option]) -> Today:
        fits: bool | None = None
        by_key, key = {each.package: each for each in lost}, order.today or order.assumed
        if any(option.packages == (key,) for option in front):
            fits = True
        elif key in {box.key for box in self.holder.catalogue.own_containers}:
            fits = False  # several pieces, or one that must not ship so
        elif key in by_key:
            each = by_key[key]
            box = self.holder.catalogue.box(key)
            if each.co2e_kg is None:
                fits = None if each.code in _TELLS_NOTHING else False
            elif box is not None:
                fits = each.tried or isinstance(self.holder.held(order.load, box), Parcel)
        return Today(order.today, float(figures.co2e_kg[0]), float(figures.money[0]), fits)


def _alike(one: Option, other: Option) -> bool:
    return (
        abs(one.co2e_kg - other.co2e_kg) <= _SAME * abs(one.co2e_kg)
        and abs(one.money - other.money) <= _SAME * abs(one.money)
        and sorted(one.packages) == sorted(other.packages)
    )


def _more(option: Option, best: Option, tried: bool) -> Lost:
    more_kg, dearer = option.co2e_kg - best.co2e_kg, option.money - best.money
    return Lost(option.packages[0], "higher", "", more_kg, dearer, tried)


def _slice(figures: Figures, start: int, stop: int) -> Figures:
    rejects = {at - start: reject for at, reject in figures.rejects.items() if start <= at < stop}
    return Figures(figures.co2e_kg[start:stop], figures.money[start:stop], rejects)


def _why_not(order: Order, holder: Holder, lost: dict[str, Lost]) -> Unpacked:
    """Name the piece or group that no package takes, or what else stands in the way."""
    if not holder.catalogue.boxes and not holder.catalogue.own_containers:
        return Unpacked(order.position, "no_packages")
    for item in order.load.items:
        piece = Load((replace(item, quantity=1),))
        refusals = [piece.refusal(box) for box in holder.boxes_for(piece)]
        if all(refusal is not None for refusal in refusals):
            return Unpacked(order.position, *_nearest(item.key, [refusal for refusal in refusals if refusal]))
    groups = [unit for unit in units_of(order.load) if unit.pieces > 1]
    for group in groups:
        name = f"{group.items[0].together}: {group.mass_kg:.3f} kg, {group.volume_m3 * 1000:.1f} l"
        conflict = group.conflict()
        if conflict is not None:
            return Unpacked(order.position, "group_conflict", conflict.detail)
        if all(group.refusal(box) is not None for box in holder.boxes_for(group)):
            return Unpacked(order.position, "group_does_not_fit", name)
    codes = {each.code for each in lost.values()}
    for code in (
        "out_of_stock",
        "stock_to_others",
        "over_tariff",
        "not_at_this_site",
        "not_for_this_service",
        "time_ran_out",
    ):
        if code in codes:
            return Unpacked(order.position, code, ", ".join(key for key, each in lost.items() if each.code == code))
    if groups:
        return Unpacked(order.position, "group_does_not_fit", name)
    return Unpacked(order.position, "not_packed", f"{order.load.pieces} pieces, {order.load.volume_m3 * 1000:.1f} l")


def _nearest(key: str, refusals: list[Refusal]) -> tuple[str, str]:
    """The refusal that comes nearest to a package: one that is large enough refuses by load."""
    by_code = {refusal.code: refusal.detail for refusal in refusals}
    for code, name in (
        ("over_its_load", "item_too_heavy"), ("item_too_large", "item_too_large"),
        ("volume_too_large", "item_too_large"), ("wrong_temperature", "no_temperature"),
    ):  # fmt: skip
        if code in by_code:
            return name, by_code[code] if code == "item_too_large" else f"{key}: {by_code[code]}"
    return "not_packed", key
