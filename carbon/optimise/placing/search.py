"""How hard to look, by which rules, and with which functions."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from carbon.errors import InputError
from carbon.optimise.items import Item, Placement
from carbon.optimise.placing import compiled
from carbon.optimise.placing.goods import Goods, Problem
from carbon.optimise.placing.kernel import BUCKETS

#: Says whether a piece may lie where it would, given those that lie already.
Constraint = Callable[[Item, Placement, tuple[Placement, ...]], bool]

#: Most spaces that are kept open at a time.
SPACES = 2000


@dataclass(frozen=True)
class Search:
    """How hard to look, and by which rules.

    Attributes
    ----------
    tries : int
        Most packings that are tried for one box with up to a dozen pieces; fewer with more. Those of a smaller number
        are the first of a larger one.
    seed : int
        The same seed finds the same packings, on any number of cores.
    time_limit_s : float or None
        For one call; the best until then is returned, and the result says that time ran out. What is found then
        depends on the machine.
    support_share : float
        Least share of a piece's base that rests on the floor or on other pieces, 0 to 1. Three quarters by default:
        the centre of gravity is then over something even at a corner. With 0 any contact will do.
    permutations : int
        How many sequences of boxes are tried where one parcel is not enough.
    balance : bool
        Share the mass evenly among parcels, where their number stays.
    constraint : callable or None
        Refuses places. It is asked for one piece at a time, with the pieces that lie already.
    compiled : bool or None
        Whether to use numba; None where it is installed. Both find the same.
    """

    tries: int = 1000
    seed: int = 1
    time_limit_s: float | None = None
    support_share: float = 0.75
    permutations: int = 8
    balance: bool = True
    constraint: Constraint | None = None
    compiled: bool | None = None

    def __post_init__(self):
        for name, least in (("tries", 1), ("permutations", 1)):
            if getattr(self, name) < least:
                raise InputError(f"the search's `{name}` is too small", found=getattr(self, name), expected="1 or more")
        if not 0 <= self.seed < 2**31:
            raise InputError("the search's seed is out of range", found=self.seed, expected="0 to 2,147,483,647")
        if not 0 <= self.support_share <= 1:
            raise InputError(
                "the supported share of a base is no share", found=self.support_share, expected="a number from 0 to 1"
            )
        if self.compiled and not compiled.is_available():
            raise InputError(
                "the compiled search needs numba", mend="install carbon-per-order[fast], or leave `compiled` out"
            )

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled functions are used; a constraint is asked by the uncompiled ones."""
        wanted = compiled.is_available() if self.compiled is None else self.compiled
        return wanted and self.constraint is None


@dataclass
class Clock:
    """When to stop.

    Attributes
    ----------
    ran_out : bool
        Whether something was left untried for want of time.
    """

    until: float = math.inf
    ran_out: bool = False

    @classmethod
    def of(cls, search: Search) -> Clock:
        """Start the clock of one call."""
        return cls(math.inf if search.time_limit_s is None else time.monotonic() + search.time_limit_s)

    @property
    def ticks(self) -> bool:
        """Whether there is a limit."""
        return self.until < math.inf

    def is_over(self) -> bool:
        """Say whether time is out, and remember that somebody asked."""
        if self.until < math.inf and time.monotonic() >= self.until:
            self.ran_out = True
        return self.ran_out


@dataclass
class Workspace:
    """Room for the inner functions' own numbers, for so many pieces."""

    spaces: tuple
    capacity: int
    tails: tuple
    laid: tuple
    kind: object
    loads: object
    below: object
    dead: object
    heads: object
    nexts: object
    sequence: object
    chosen: object
    keys: object
    small: tuple
    keyed: tuple
    best: tuple
    best_kind: object

    def common(self) -> tuple:
        """Return what `find` and `most` both take."""
        return (
            self.spaces, self.capacity, self.tails, self.laid, self.kind, self.loads, self.below, self.dead,
            self.heads, self.nexts, self.sequence, self.chosen, self.keys,
        )  # fmt: skip


def _workspace(pieces: int, is_compiled: bool) -> Workspace:
    capacity = min(64 + 16 * pieces, SPACES)

    def whole(count: int):
        return np.zeros(count, np.int64) if is_compiled else [0] * count

    return Workspace(
        spaces=tuple(whole(2 * capacity) for _ in range(6)),
        capacity=capacity,
        tails=tuple(whole(pieces + 1) for _ in range(3)),
        laid=tuple(whole(pieces) for _ in range(6)),
        kind=whole(pieces),
        loads=np.zeros(pieces) if is_compiled else [0.0] * pieces,
        below=whole(pieces),
        dead=whole(pieces),
        heads=whole(BUCKETS),
        nexts=whole(pieces),
        sequence=whole(pieces),
        chosen=whole(pieces),
        keys=whole(pieces),
        small=tuple(whole(8) for _ in range(6)),
        keyed=tuple(whole(pieces) for _ in range(6)),
        best=tuple(whole(pieces) for _ in range(6)),
        best_kind=whole(pieces),
    )


_kept = threading.local()


@dataclass
class Tools:
    """The functions of one search, the rules as they take them, and room to work in."""

    search: Search
    functions: SimpleNamespace
    is_compiled: bool
    share: int
    vetoed: bool
    watch: list = field(default_factory=list)

    @classmethod
    def of(cls, search: Search) -> Tools:
        """Choose functions and rules for a search."""
        vetoed = search.constraint is not None
        share = math.ceil(search.support_share * 1000)
        if vetoed:
            watch: list = []
            return cls(search, compiled.with_veto(_asking(search.constraint, watch)), False, max(share, 1), True, watch)
        functions = compiled.fast() if search.is_compiled else compiled.plain()
        return cls(search, functions, search.is_compiled, share, False)

    def rules(self, goods: Goods) -> tuple[int, bool]:
        """Return the thousandths of a base that must be supported, and whether loads are watched, for some goods."""
        loaded = goods.loaded or self.vetoed
        return (max(self.share, 1) if loaded else self.share), loaded

    def turned(self, goods: Goods) -> str:
        """Say which axes may change places; see `goods.problem`."""
        if self.vetoed:
            return "none"
        share, loaded = self.rules(goods)
        return "flat" if share > 0 or loaded else "all"

    def workspace(self, pieces: int) -> Workspace:
        """Return room for so many pieces; it is kept, one for each thread.

        A caller's constraint may pack something itself, and must not do so in the room of the search that asks it.
        """
        if self.vetoed:
            return _workspace(pieces, False)
        size = 16
        while size < pieces:
            size *= 2
        spaces = vars(_kept).setdefault("spaces", {})
        key = (size, self.is_compiled)
        if key not in spaces:
            spaces[key] = _workspace(size, self.is_compiled)
        return spaces[key]

    def whole_numbers(self, count: int):
        """Return room for so many whole numbers."""
        return np.zeros(count, np.int64) if self.is_compiled else [0] * count

    def numbers(self, found: Problem) -> tuple:
        """Return a problem's numbers as the functions take them."""
        if self.is_compiled:
            return np.array(found.data, np.int64), np.array(found.reals, np.float64)
        return found.data, found.reals


def _asking(constraint: Constraint, watch: list) -> Callable:
    """Return `kernel.bears` that asks the caller, too; `watch` holds the problem in hand."""
    own = compiled.plain().bears

    def bears(x, y, z, dx, dy, dz, k, masses, px, py, pz, px2, py2, pz2, kind, bearing, loads, below, placed):
        if not own(x, y, z, dx, dy, dz, k, masses, px, py, pz, px2, py2, pz2, kind, bearing, loads, below, placed):
            return False
        found: Problem = watch[-1]
        step = found.goods.step

        def piece(which, a, b, c, a2, b2, c2):
            item = found.kinds[which].members[0][0]
            return Placement(item, (a * step, b * step, c * step), ((a2 - a) * step, (b2 - b) * step, (c2 - c) * step))

        lying = tuple(piece(kind[j], px[j], py[j], pz[j], px2[j], py2[j], pz2[j]) for j in range(placed))
        wanted = piece(k, x, y, z, x + dx, y + dy, z + dz)
        return bool(constraint(found.goods.items[wanted.item], wanted, lying))

    return bears
