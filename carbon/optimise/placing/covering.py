"""Many different pieces that must be supported into one room: the best of several loads that grow from below."""

from __future__ import annotations

from carbon.optimise.items import Placement
from carbon.optimise.placing.goods import Problem
from carbon.optimise.placing.search import Clock, Tools

#: Pieces from which loads are tried that grow surface by surface: of those that are offered, of those that must go in.
FILLING_FROM, FITTING_FROM = 150, 300
#: Pieces times such loads; so many loads of the longest orders, and where all pieces are to go into one box.
_WORK, FEW = 1_200, 4


def loads_for(pieces: int, tries: int) -> int:
    """Return how many loads are tried for so many pieces, where a search makes so many tries."""
    return min(tries, max(FEW, _WORK // pieces))


def covered(
    found: Problem, load_kg: float, loads: int, tools: Tools, clock: Clock, volume: int = 0
) -> tuple[int, list[Placement]]:
    """Return the load of most volume, in steps, and its placements; none where none has more than `volume`."""
    share, loaded = tools.rules(found.goods)
    pieces = sum(kind.quantity for kind in found.kinds)
    space = tools.workspace(pieces)
    data, reals = tools.numbers(found)
    quantity = tools.whole_numbers(len(found.kinds))
    for k, kind in enumerate(found.kinds):
        quantity[k] = kind.quantity
    step = found.goods.step
    placements: list[Placement] = []
    for number in range(loads):
        if number and clock.is_over():
            break
        count = int(
            tools.functions.covers(
                data, reals, len(found.kinds), found.rows, pieces, found.room, share, loaded, float(load_kg),
                tools.search.seed, number, number + 1, quantity, *space.common(), space.best, space.best_kind, volume,
            )
        )  # fmt: skip
        if count:
            placements = found.placements(count, space.best, space.best_kind, False)
            volume = sum(found.kinds[int(space.best_kind[j])].volume for j in range(count)) // step**3
        if count == pieces:
            break
    return volume, placements
