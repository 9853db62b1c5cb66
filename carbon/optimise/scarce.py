"""Who gets packages of which there are too few: the orders that gain most by them.

Each order says what it would do with every package, and without those that are limited. One of these options is chosen
for each, so that the sum is least and no package is used more often than there are of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Way:
    """What an order does without some packages.

    Attributes
    ----------
    closed : frozenset of str
        Packages that it does without.
    value : float
        What is to be low; infinite where the order cannot be packed then.
    uses : mapping of str to int
        Limited packages that it takes.
    """

    closed: frozenset[str]
    value: float
    uses: Mapping[str, int]


@dataclass(frozen=True)
class Wish:
    """An order that would take a limited package, and its other ways; the best one first.

    Attributes
    ----------
    row : int
        Of the orders file.
    """

    row: int
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Shares:
    """Who does without what.

    Attributes
    ----------
    closed : dict of int to frozenset of str
        Row to packages that its order leaves to others.
    wanted : dict of str to int
        Packages of which there are too few, and how many of each were wanted.
    """

    closed: Mapping[int, frozenset[str]]
    wanted: Mapping[str, int]


def shared_out(wishes: Sequence[Wish], left: Mapping[str, int]) -> Shares:
    """Choose a way for each order."""
    wanted: Counter[str] = Counter()
    for wish in wishes:
        wanted.update(wish.ways[0].uses)
    short = {key: count for key, count in wanted.items() if count > left[key]}
    if not short:
        return Shares({}, {})
    chosen = _by_gain(wishes, left) if all(_is_plain(wish) for wish in wishes) else _by_programme(wishes, left)
    return Shares({wish.row: way.closed for wish, way in zip(wishes, chosen, strict=True) if way.closed}, short)


def _is_plain(wish: Wish) -> bool:
    """Whether an order takes one limited package, or none."""
    return len(wish.ways) == 2 and sum(wish.ways[0].uses.values()) == 1 and not wish.ways[1].uses


def _by_gain(wishes: Sequence[Wish], left: Mapping[str, int]) -> list[Way]:
    """One for one: whoever loses most without it comes first; of equals, the earlier in the file."""
    remaining, chosen = dict(left), [wish.ways[1] for wish in wishes]
    order = sorted(
        range(len(wishes)), key=lambda at: (wishes[at].ways[0].value - wishes[at].ways[1].value, wishes[at].row)
    )
    for at in order:
        (key,) = wishes[at].ways[0].uses
        if remaining[key] > 0:
            remaining[key] -= 1
            chosen[at] = wishes[at].ways[0]
    return chosen


def _by_programme(wishes: Sequence[Wish], left: Mapping[str, int]) -> list[Way]:
    # A fifth of what is imported, for what few shops need.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    ways = [(number, way) for number, wish in enumerate(wishes) for way in wish.ways]
    loss = np.array([way.value - wishes[number].ways[0].value for number, way in ways])
    scale = loss[np.isfinite(loss)].max(initial=0.0) or 1.0
    # Not to be packed at all is worse than any other loss.
    loss = np.where(np.isfinite(loss), loss / scale, 10.0)
    keys = sorted(left)
    taken = [
        (keys.index(key), column, count) for column, (_, way) in enumerate(ways) for key, count in way.uses.items()
    ]
    entries = [(number, column, 1) for column, (number, _) in enumerate(ways)]
    entries += [(len(wishes) + row, column, count) for row, column, count in taken]
    rows, columns, counts = zip(*entries, strict=True)
    matrix = csr_array((np.array(counts, float), (rows, columns)), shape=(len(wishes) + len(keys), len(ways)))
    one, most = np.ones(len(wishes)), np.array([left[key] for key in keys], float)
    limits = LinearConstraint(matrix, np.r_[one, np.full(len(keys), -np.inf)], np.r_[one, most])
    found = milp(
        loss, constraints=limits, bounds=Bounds(0, 1), integrality=np.ones(len(ways)), options={"mip_rel_gap": 0}
    )
    picked = {ways[column][0]: ways[column][1] for column in np.flatnonzero(found.x > 0.5)}
    return [picked[number] for number in range(len(wishes))]


def ways_of(decide, limited: frozenset[str]) -> tuple[Way, ...]:
    """Return an order's ways, the best first; empty where it takes no limited package.

    Parameters
    ----------
    decide : callable
        Packages that are closed to (value, packages) of the best option, or None where there is none.
    """
    found: list[Way] = []
    waiting, seen = [frozenset()], {frozenset()}
    while waiting:
        closed = waiting.pop(0)
        best = decide(closed)
        value, packages = best if best is not None else (math.inf, ())
        uses = Counter(key for key in packages if key in limited)
        found.append(Way(closed, value, dict(sorted(uses.items()))))
        for key in sorted(uses):
            if (more := closed | {key}) not in seen:
                seen.add(more)
                waiting.append(more)
    return tuple(found) if len(found) > 1 else ()
