"""As much volume as possible into one room: loads built from blocks, the most promising beginnings carried on.

A beginning is worth what it becomes when it is built on greedily to the end. Each round widens the choice: more
beginnings are kept, and more blocks tried for the next corner.
"""

from __future__ import annotations

from dataclasses import dataclass

from carbon.optimise.placing.blocks import PER_BLOCK, PER_CHOICE
from carbon.optimise.placing.goods import Problem
from carbon.optimise.placing.search import Clock, Tools

#: Blocks are for goods of few kinds.
MOST_KINDS = 60
_SPACES = 300
#: Beginnings kept and blocks tried in each round.
_ROUNDS = ((1, 4), (2, 6), (4, 8), (8, 12), (16, 16), (32, 24), (64, 32), (128, 48))


@dataclass
class _Beginning:
    spaces: tuple
    count: int
    left: object
    blocks: object
    placed: int
    room_kg: float
    volume: int

    def copy(self) -> _Beginning:
        def same(numbers):
            return numbers.copy()

        return _Beginning(
            tuple(same(each) for each in self.spaces), self.count, same(self.left), same(self.blocks),
            self.placed, self.room_kg, self.volume,
        )  # fmt: skip

    def state(self) -> tuple:
        return self.spaces, self.count, _SPACES, self.left, self.blocks, self.placed, self.room_kg


class Builder:
    """Builds loads for one problem.

    Parameters
    ----------
    found : Problem
    room_kg : float
        Most mass.
    share : int
        Thousandths of a base that must rest on something.
    """

    def __init__(self, found: Problem, room_kg: float, share: int, tools: Tools):
        self.found, self.tools, self.share = found, tools, share
        self.data, self.reals = tools.numbers(found)
        tools.functions.fill_edges(self.data, len(found.kinds), found.rows)
        self.room_kg = room_kg
        self.pieces = sum(kind.quantity for kind in found.kinds)
        self.best: list[int] = []
        self.best_placed = 0
        self.best_volume = 0
        self.built = 0

    def _numbers(self, count: int):
        return self.tools.whole_numbers(count)

    def _start(self) -> _Beginning:
        spaces = tuple(self._numbers(2 * _SPACES) for _ in range(6))
        for axis in range(3):
            spaces[axis + 3][0] = self.found.room[axis]
        left = self._numbers(len(self.found.kinds))
        for position, kind in enumerate(self.found.kinds):
            left[position] = kind.quantity
        return _Beginning(spaces, 1, left, self._numbers(PER_BLOCK * (self.pieces + 1)), 0, self.room_kg, 0)

    def build(self, budget: int, clock: Clock) -> None:
        """Spend a number of loads built to the end; the best stays."""
        goal = sum(kind.volume * kind.quantity for kind in self.found.kinds) // self.found.goods.step**3
        self._end(self._start())
        for kept, wide in _ROUNDS:
            if self.built >= budget or self.best_volume >= goal:
                return
            beginnings = [self._start()]
            while beginnings:
                following = []
                for beginning in beginnings:
                    for child in self._children(beginning, wide):
                        if self.built >= budget or clock.is_over() or self.best_volume >= goal:
                            return
                        following.append((-self._end(child), -child.volume, len(following), child))
                following.sort(key=lambda each: each[:3])
                beginnings = []
                for position, (worth, volume, _, child) in enumerate(following):
                    if position and following[position - 1][:2] == (worth, volume):
                        continue
                    beginnings.append(child)
                    if len(beginnings) == kept:
                        break

    def _children(self, beginning: _Beginning, wide: int) -> list[_Beginning]:
        functions, found = self.tools.functions, self.found
        choices, scores = self._numbers(PER_CHOICE * wide), self._numbers(wide)
        kinds = len(found.kinds)
        offered, s, far, count = functions.next_choices(
            self.data, self.reals, kinds, found.rows, found.room, self.share, beginning.state(), wide, choices, scores
        )
        beginning.count = count
        children = []
        for choice in range(offered):
            child = beginning.copy()
            child.count = functions.take(self.data, kinds, found.rows, child.state(), s, far, choice, choices)
            begin = PER_BLOCK * child.placed
            pieces = int(child.blocks[begin + 4] * child.blocks[begin + 5] * child.blocks[begin + 6])
            kind = int(child.blocks[begin + 7])
            child.volume += pieces * (found.kinds[kind].volume // found.goods.step**3)
            child.room_kg -= pieces * found.kinds[kind].mass_kg
            child.placed += 1
            children.append(child)
        return children

    def _end(self, beginning: _Beginning) -> int:
        """Build a copy to the end and return its volume; keep it where it is the best."""
        found = self.found
        load = beginning.copy()
        placed, volume = self.tools.functions.complete(
            self.data, self.reals, len(found.kinds), found.rows, found.room, self.share, load.state(),
            self._numbers(PER_CHOICE), self._numbers(1),
        )  # fmt: skip
        self.built += 1
        volume = int(volume) + load.volume
        if volume > self.best_volume:
            self.best_volume, self.best_placed = volume, int(placed)
            self.best = [int(number) for number in load.blocks[: PER_BLOCK * self.best_placed]]
        return volume

    def laid(self) -> tuple[list[list[int]], list[int]]:
        """Return the best load piece by piece: where pieces begin and end, and their kinds."""
        found = self.found
        begin = 2 * len(found.kinds)
        columns = [found.data[begin + axis * found.rows : begin + (axis + 1) * found.rows] for axis in range(3)]
        laid: list[list[int]] = [[] for _ in range(6)]
        kinds = []
        for block in range(self.best_placed):
            x, y, z, row, nx, ny, nz, kind = self.best[PER_BLOCK * block : PER_BLOCK * (block + 1)]
            dx, dy, dz = (column[row] for column in columns)
            for c in range(nz):
                for b in range(ny):
                    for a in range(nx):
                        corner = (x + a * dx, y + b * dy, z + c * dz)
                        for axis, edge in enumerate((dx, dy, dz)):
                            laid[axis].append(corner[axis])
                            laid[axis + 3].append(corner[axis] + edge)
                        kinds.append(kind)
        return laid, kinds
