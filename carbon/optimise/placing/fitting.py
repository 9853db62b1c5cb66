"""All pieces into one box: does it hold them, and how; and which box of several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from carbon.optimise.items import Box, Item, Parcel, Size
from carbon.optimise.placing import covering
from carbon.optimise.placing.given import validated
from carbon.optimise.placing.goods import SLACK, SUMS_UP_TO, THICKNESSES, Goods, Problem, problem, rooms
from carbon.optimise.placing.keyed import LINKS
from carbon.optimise.placing.search import Clock, Search, Tools
from carbon.optimise.placing.tighter import EVERY_MIXTURE, boxes_within, taken_over, tighter_goods
from carbon.optimise.placing.towers import FROM, towers
from carbon.optimise.placing.trying import FOUND, IMPOSSIBLE

#: Tries between two looks at the clock, divided by the number of pieces.
_STRETCH = 400
#: Pieces up to which all tries are made, and from which a try takes as the square of their number.
_FEW, _MANY = 12, 200
#: Tries with draws by piece for each other one: so many, or one for so many where nothing must be supported or borne.
_KEYED, _KEYED_FREE = 4, 4


class Reason(StrEnum):
    """Why a box does not hold an order."""

    SUPPLY = "none is left"
    TEMPERATURE = "it is not for goods of this temperature class"
    APART = "it holds pieces that must not travel together"
    HEAVY = "the goods are heavier than its limit"
    LONG = "a piece is longer than it in every allowed position"
    VOLUME = "the goods have more volume than it can hold"
    IMPOSSIBLE = "no arrangement exists"
    NOT_FOUND = "no arrangement was found"


@dataclass(frozen=True)
class Fitting:
    """What came of one box.

    Attributes
    ----------
    parcel : Parcel or None
    reason : Reason or None
        Why there is no parcel. All but "not found" are proven.
    timed_out : bool
        Time ran out before all tries were made.
    """

    box: Box
    parcel: Parcel | None
    reason: Reason | None = None
    timed_out: bool = False


@dataclass(frozen=True)
class Choice:
    """The box chosen among several.

    Attributes
    ----------
    parcel : Parcel or None
        None where no box holds all pieces, or none was found in time.
    refused : tuple of Fitting
        The boxes that would have been preferred.
    timed_out : bool
    """

    parcel: Parcel | None
    refused: tuple[Fitting, ...]
    timed_out: bool = False


def stop_of(search: Search, pieces: int) -> int:
    """Return how many tries are made for so many pieces."""
    if pieces <= _FEW:
        return search.tries
    return max(1, search.tries * _FEW // pieces * _MANY // max(pieces, _MANY))


def fit(items: Sequence[Item], box: Box, search: Search | None = None) -> Parcel | None:
    """Put all pieces into one box.

    Returns
    -------
    Parcel or None
        None where they do not fit; `fitting` says why.
    """
    return fitting(items, box, search).parcel


def fitting(items: Sequence[Item], box: Box, search: Search | None = None) -> Fitting:
    """Put all pieces into one box, and say why where they do not fit."""
    search = search or Search()
    tools = Tools.of(search)
    return fit_goods(_goods(tuple(items), tools.vetoed), box, tools, Clock.of(search))


@lru_cache(maxsize=64)
def _goods(items: tuple[Item, ...], apart: bool) -> Goods:
    """Return goods that were looked at; kept, because an order is asked for one box after the other."""
    return Goods(validated(items), apart=apart)


def fittings(items: Sequence[Item], boxes: Sequence[Box], search: Search | None = None) -> tuple[Fitting, ...]:
    """Put all pieces into each of several boxes by itself: every single box an order may travel in.

    A box holds whatever one of the others that lies inside it holds.
    """
    search = search or Search()
    tools, clock = Tools.of(search), Clock.of(search)
    goods = Goods(validated(items), apart=tools.vetoed)
    return tuple(within_others(goods, box, boxes, tools, clock) for box in boxes)


def smallest(
    items: Sequence[Item], boxes: Sequence[Box], search: Search | None = None, by_volume: bool = True
) -> Choice:
    """Return the best single box that holds all pieces.

    Parameters
    ----------
    by_volume : bool
        Prefer the smaller inner volume; otherwise the earlier box.
    """
    search = search or Search()
    tools, clock = Tools.of(search), Clock.of(search)
    goods = Goods(validated(items), apart=tools.vetoed)
    refused = []
    boxes = sorted(boxes, key=preference) if by_volume else list(boxes)
    for number, box in enumerate(boxes):
        # What was asked before holds nothing.
        found = within_others(goods, box, boxes[number + 1 :], tools, clock)
        if found.parcel is not None:
            return Choice(found.parcel, tuple(refused), clock.ran_out)
        refused.append(found)
    return Choice(None, tuple(refused), clock.ran_out)


def within_others(goods: Goods, box: Box, boxes: Sequence[Box], tools: Tools, clock: Clock) -> Fitting:
    """Put goods into a box; where no place is found, as they lie in another of the boxes that lies inside it."""
    found = fit_goods(goods, box, tools, clock)
    if found.reason is Reason.NOT_FOUND and not tools.vetoed:
        for other in boxes_within(box, boxes):
            # How many there are of it is no matter: it is asked, not used.
            smaller = fit_goods(goods, replace(other, supply=None), tools, clock)
            if smaller.parcel is not None:
                return Fitting(box, taken_over(smaller.parcel, box))
    return found


def preference(box: Box) -> tuple:
    """Return what boxes are sorted by where nothing else is said: the smaller inside, the lighter, the name."""
    return box.inner_m3, box.tare_kg, box.key


def fit_goods(goods: Goods, box: Box, tools: Tools, clock: Clock) -> Fitting:
    """Put goods that were looked at before into one box."""
    length, width, height = box.inner
    if box.supply is not None and box.supply < 1:
        return Fitting(box, None, Reason.SUPPLY)
    if not goods.temperatures <= box.temperatures:
        return Fitting(box, None, Reason.TEMPERATURE)
    if goods.apart:
        return Fitting(box, None, Reason.APART)
    if goods.mass_kg > box.max_load_kg * SLACK:
        return Fitting(box, None, Reason.HEAVY)
    if goods.volume > length * width * height:
        return Fitting(box, None, Reason.LONG if goods.is_longer_than(box.inner) else Reason.VOLUME)
    if not box.flexible:
        parcel, reason = _fit_room(goods, box, box.inner, tools, clock)
        return Fitting(box, parcel, reason, clock.ran_out and parcel is None)
    reasons = set()
    insides = rooms(goods, box)
    for inside in insides:
        parcel, reason = _fit_room(goods, box, inside, tools, clock)
        if parcel is not None:
            return Fitting(box, parcel, timed_out=False)
        reasons.add(reason)
        if clock.ran_out:
            break
    reason = Reason.VOLUME if not reasons else reasons.pop() if len(reasons) == 1 else Reason.NOT_FOUND
    if len(insides) >= THICKNESSES or goods.pieces > SUMS_UP_TO:
        # Not all thicknesses were looked at.
        reason = Reason.NOT_FOUND
    return Fitting(box, None, reason, clock.ran_out)


def _fit_room(goods: Goods, box: Box, inside: Size, tools: Tools, clock: Clock) -> tuple[Parcel | None, Reason | None]:
    parcel, reason = _searched(goods, box, inside, tools, clock)
    if reason is Reason.NOT_FOUND and not tools.vetoed:
        for tighter in tighter_goods(goods, tools.turned(goods)):
            if clock.is_over():
                break
            found, _ = _searched(tighter, box, inside, tools, clock)
            if found is not None:
                return found, None
    return parcel, reason


def _searched(goods: Goods, box: Box, inside: Size, tools: Tools, clock: Clock) -> tuple[Parcel | None, Reason | None]:
    if not goods.pieces:
        return Parcel(box, inside, ()), None
    found = problem(goods, inside, tools.turned(goods))
    if found is None:
        return None, Reason.LONG if goods.is_longer_than(inside) else Reason.VOLUME
    share, loaded = tools.rules(goods)
    if goods.pieces >= FROM and not tools.vetoed:
        laid, kinds = towers(found, math.inf)
        if len(kinds) == goods.pieces:
            return Parcel(box, inside, tuple(found.placements(goods.pieces, laid, kinds, share == 0))), None
    if goods.pieces >= covering.FITTING_FROM and share > 0 and not tools.vetoed:
        loads = min(covering.FEW, tools.search.tries)
        # Only all of them will do.
        _, placements = covering.covered(found, math.inf, loads, tools, clock, goods.volume // goods.step**3 - 1)
        if placements:
            return Parcel(box, inside, tuple(placements)), None
    data, reals = tools.numbers(found)
    space = tools.workspace(goods.pieces)
    stop = stop_of(tools.search, goods.pieces)
    stretch = max(1, _STRETCH // goods.pieces) if clock.ticks else stop
    tools.watch.append(found)
    try:
        for begin in range(0, stop, stretch):
            if begin and clock.is_over():
                break
            said = tools.functions.find(
                data, reals, len(found.kinds), found.rows, goods.pieces, found.room, share, loaded, tools.vetoed,
                tools.search.seed, begin, min(begin + stretch, stop), *space.common(), space.small,
            )  # fmt: skip
            if said == FOUND:
                hanging = share == 0
                return Parcel(box, inside, tuple(found.placements(goods.pieces, space.laid, space.kind, hanging))), None
            if said == IMPOSSIBLE:
                return None, Reason.IMPOSSIBLE
    finally:
        tools.watch.pop()
    # Of fewer kinds every mixture of tighter rules is searched, which finds as much.
    if goods.pieces <= _FEW and len(goods.kinds) > EVERY_MIXTURE and not tools.vetoed and not clock.ran_out:
        return _searched_keyed(found, box, inside, tools, clock)
    return None, Reason.NOT_FOUND


def _searched_keyed(
    found: Problem, box: Box, inside: Size, tools: Tools, clock: Clock
) -> tuple[Parcel | None, Reason | None]:
    """Look again where nothing was found, with draws that stay a piece's own when more is permitted."""
    pieces, (share, loaded) = found.goods.pieces, tools.rules(found.goods)
    data, reals = tools.numbers(found)
    space = tools.workspace(pieces)
    for place, (name, bulk) in enumerate(found.names()):
        space.keyed[0][place], space.keyed[1][place] = name, bulk
    tries = tools.search.tries
    stop = tries * _KEYED if share or loaded else tries // _KEYED_FREE
    stretch = LINKS * max(1, _STRETCH // pieces // LINKS) if clock.ticks else max(stop, 1)
    for begin in range(0, stop, stretch):
        if clock.is_over():
            break
        said = tools.functions.find_keyed(
            data, reals, len(found.kinds), found.rows, pieces, found.room, share, loaded, tools.search.seed,
            begin, min(begin + stretch, stop), *space.common(), space.keyed,
        )  # fmt: skip
        if said == FOUND:
            return Parcel(box, inside, tuple(found.placements(pieces, space.laid, space.kind, share == 0))), None
    return None, Reason.NOT_FOUND
