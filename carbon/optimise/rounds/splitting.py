"""A large day's stops in districts: neighbouring duties together, by the distances alone, each time with other borders.

A *unit* is what stays together: the stops of a duty, or a stop that is in none. Units are halved again and again between two
that lie apart, so that districts are of like size. Of several such cuts, the one is made that parts the fewest near neighbours; those
that were parted before count more each time, so that every border is inside a district sooner or later.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carbon.optimise.rounds.problem import Problem

_NEIGHBOURS = 12
_CUTS = 16


class Splitter:
    """Splits one problem, again and again.

    Attributes
    ----------
    near : numpy.ndarray, shape (stops, neighbours)
        Each stop's nearest ones.
    parted : numpy.ndarray, shape (stops, neighbours)
        How many splits ago they were last in one district.
    """

    def __init__(self, problem: Problem, seed: int):
        nodes = np.array([stop.node for stop in problem.stops])
        metres = problem.network.distance_m[0][np.ix_(nodes, nodes)]
        for other in problem.network.distance_m[1:]:
            metres = np.minimum(metres, other[np.ix_(nodes, nodes)])
        metres = metres + metres.T
        known = np.isfinite(metres)
        metres[~known] = 2 * float(np.max(metres, where=known, initial=1.0))
        self._metres, self._rng = metres, np.random.default_rng(seed)
        apart = metres.copy()
        np.fill_diagonal(apart, np.inf)
        count = min(_NEIGHBOURS, max(0, len(nodes) - 1))
        self.near = np.argsort(apart, axis=1, kind="stable")[:, :count]
        self.parted = np.zeros(self.near.shape, dtype=np.int64)

    def split(self, units: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        """Return the positions of the units in each of so many districts, fewer where there are fewer units.

        Parameters
        ----------
        units : sequence of sequence of int
            Every stop in one of them.
        """
        count = max(1, min(count, len(units)))
        sizes = np.array([len(each) for each in units])
        unit_of = np.empty(len(self.near), dtype=np.int64)
        for number, each in enumerate(units):
            unit_of[list(each)] = number
        near_to = unit_of[self.near]
        ties = np.zeros((len(units), len(units)))
        np.add.at(ties, (np.broadcast_to(unit_of[:, None], near_to.shape), near_to), (1.0 + self.parted) ** 2)
        ties += ties.T
        apart = self._apart(units, sizes)
        districts = self._halve(np.arange(len(units)), count, sizes, apart, ties)
        district_of = np.empty(len(units), dtype=np.int64)
        for number, each in enumerate(districts):
            district_of[each] = number
        inside = district_of[near_to] == district_of[unit_of][:, None]
        self.parted = np.where(inside, 0, self.parted + 1)
        return [sorted(each.tolist()) for each in districts]

    def _apart(self, units: Sequence[Sequence[int]], sizes: np.ndarray) -> np.ndarray:
        """Return the mean distance between the stops of any two units."""
        order = np.concatenate([np.asarray(each, dtype=np.int64) for each in units])
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        sums = np.add.reduceat(self._metres[np.ix_(order, order)], first, axis=0)
        return np.add.reduceat(sums, first, axis=1) / np.outer(sizes, sizes)

    def _halve(
        self, members: np.ndarray, count: int, sizes: np.ndarray, apart: np.ndarray, ties: np.ndarray
    ) -> list[np.ndarray]:
        if count == 1:
            return [members]
        fewer = count // 2
        best: tuple[float, np.ndarray, int] | None = None
        for _ in range(_CUTS):
            one = members[self._rng.integers(len(members))]
            other = members[np.argmax(apart[one, members])]
            order = members[np.argsort(apart[one, members] - apart[other, members], kind="stable")]
            reached = np.cumsum(sizes[order])
            # At least as many units on either side as it is to have districts.
            at = int(np.argmin(np.abs(reached - reached[-1] * fewer / count))) + 1
            at = min(max(at, fewer), len(members) - (count - fewer))
            cut = float(ties[np.ix_(order[:at], order[at:])].sum())
            if best is None or cut < best[0]:
                best = cut, order, at
        assert best is not None
        _, order, at = best
        return [
            *self._halve(order[:at], fewer, sizes, apart, ties),
            *self._halve(order[at:], count - fewer, sizes, apart, ties),
        ]
