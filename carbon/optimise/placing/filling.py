"""As much as possible into one box, whatever travels together or apart."""

from __future__ import annotations

from collections.abc import Sequence

from carbon.optimise.items import Box, Item, Parcel, Placement, Size
from carbon.optimise.placing import covering
from carbon.optimise.placing.building import MOST_KINDS, Builder
from carbon.optimise.placing.fitting import stop_of
from carbon.optimise.placing.goods import SLACK, Goods, problem, rooms
from carbon.optimise.placing.search import Clock, Tools
from carbon.optimise.placing.towers import FROM, towers

#: Blocks are tried from so many pieces on.
_BLOCKS_FROM = 8
#: Loads built from blocks for each try that a search allows.
_LOADS_PER_TRY = 2


def fill_counts(
    items: Sequence[Item], counts: Sequence[int], box: Box, tools: Tools, clock: Clock, tries: int,
    load_kg: float | None = None,
) -> Parcel | None:  # fmt: skip
    """Put as many as possible of so many pieces of each item into one box; None where nothing fits."""
    load_kg = (box.max_load_kg if load_kg is None else load_kg) * SLACK
    goods = Goods(items, counts, apart=tools.vetoed)
    if not goods.pieces:
        return None
    best: tuple[int, Size, list[Placement]] | None = None
    insides = rooms(goods, box, partly=True)
    for inside in insides:
        found = problem(goods, inside, tools.turned(goods), partly=True)
        if found is None:
            continue
        volume, placements = _fill_room(goods, found, load_kg, tools, clock, max(1, tries // len(insides)))
        if placements and (best is None or volume > best[0]):
            best = (volume, inside, placements)
        if clock.ran_out or (best is not None and best[0] == goods.volume):
            break
    return None if best is None else Parcel(box, best[1], tuple(best[2]))


def _fill_room(
    goods: Goods, found, load_kg: float, tools: Tools, clock: Clock, tries: int
) -> tuple[int, list[Placement]]:
    share, loaded = tools.rules(goods)
    step = goods.step
    pieces = sum(kind.quantity for kind in found.kinds)
    placements: list[Placement] = []
    volume = 0
    blocks = not loaded and pieces >= _BLOCKS_FROM and len(found.kinds) <= MOST_KINDS
    if blocks:
        builder = Builder(found, load_kg, share, tools)
        builder.build(tries * _LOADS_PER_TRY if pieces > len(found.kinds) else tries, clock)
        volume = builder.best_volume
        laid, kinds = builder.laid()
        placements = found.placements(len(kinds), laid, kinds, share == 0)
    if pieces >= FROM and not tools.vetoed:
        laid, kinds = towers(found, load_kg)
        standing = sum(found.kinds[kind].volume for kind in kinds) // step**3
        if standing > volume:
            volume, placements = standing, found.placements(len(kinds), laid, kinds, share == 0)
    if share > 0 and pieces >= covering.FILLING_FROM and not blocks and not tools.vetoed:
        loads = covering.loads_for(pieces, tries)
        more, covered = covering.covered(found, load_kg, loads, tools, clock, volume)
        if covered:
            volume, placements = more, covered
    if volume * step**3 >= goods.volume or (blocks and clock.is_over()):
        return volume * step**3, placements
    space = tools.workspace(pieces)
    data, reals = tools.numbers(found)
    stop = stop_of(tools.search, pieces) * tries // tools.search.tries if not blocks else min(tries, 50)
    stretch = max(1, 400 // pieces) if clock.ticks else max(stop, 1)
    tools.watch.append(found)
    try:
        for begin in range(0, max(stop, 1), stretch):
            if begin and clock.is_over():
                break
            count = tools.functions.most(
                data, reals, len(found.kinds), found.rows, pieces, found.room, share, loaded, float(load_kg),
                tools.search.seed, begin, min(begin + stretch, max(stop, 1)), *space.common(),
                space.best, space.best_kind, volume,
            )  # fmt: skip
            if count:
                count = int(count)
                placements = found.placements(count, space.best, space.best_kind, share == 0)
                volume = sum(found.kinds[int(space.best_kind[j])].volume for j in range(count)) // step**3
            if count == pieces:
                break
    finally:
        tools.watch.pop()
    return volume * step**3, placements
