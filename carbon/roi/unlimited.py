"""Plans that no limit ties together: every group for itself, backwards from the last of its states.

Without a budget, what one group does is nothing to another, and the best way on from a state does not depend on how one came
there. So the best of all plans is found state by state and year by year, where an integer programme would have to search. With a
budget its gains are still a bound: no plan within limits gains more than the best one without them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carbon.roi.orders import Move

#: Two ways on gain the same within this part of what the best plan gains.
_SAME = 1e-8
_WAIT = -1


class Unlimited:
    """The best plan without limits.

    Parameters
    ----------
    steps : sequence of Move
        Those of a `carbon.roi.orders.Forest`.
    gains : numpy.ndarray, shape (steps, years)
        What a step adds that begins in a year.
    seconds : numpy.ndarray, optional
        The same of what decides among plans that gain the same.
    """

    def __init__(self, steps: Sequence[Move], gains: np.ndarray, seconds: np.ndarray | None = None):
        self.steps, self.years = steps, gains.shape[1]
        self.leaving: dict[int, list[int]] = {}
        for place, step in enumerate(steps):
            self.leaving.setdefault(step.start, []).append(place)
        self.roots = sorted(set(self.leaving) - {step.end for step in steps})
        self.onward, self.way = self._onward(gains)
        self.gained = float(self.onward[self.roots, 0].sum())
        if seconds is not None:
            _, self.way = self._onward(seconds, gains, self.onward)

    @property
    def begun(self) -> np.ndarray:
        """Return which steps begin in which years, shape (steps, years)."""
        begun = np.zeros((len(self.steps), self.years), dtype=bool)
        for state in self.roots:
            year = 0
            while year < self.years:
                place = self.way[state, year]
                if place == _WAIT:
                    year += 1
                else:
                    begun[place, year] = True
                    state = self.steps[place].end
        return begun

    def _onward(
        self, gains: np.ndarray, first: np.ndarray | None = None, bound: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the most that can still come of being in a state in a year, and the way there: a step begun then, or waiting.

        Only ways are looked at that are within `bound` by what is wanted `first`, where that is given.
        """
        best = np.zeros((1 + max((step.end for step in self.steps), default=0), self.years + 1))
        way = np.full((len(best), self.years), _WAIT)

        def worth(place: int, year: int, state: int, of: np.ndarray, onward: np.ndarray) -> float:
            if place == _WAIT:
                return onward[state, year + 1]
            return of[place, year] + onward[self.steps[place].end, year]

        # A step leads to a state of a higher number, so that what follows is known.
        for state in sorted(self.leaving, reverse=True):
            for year in reversed(range(self.years)):
                ways = [_WAIT, *self.leaving[state]]
                if bound is not None:
                    least = bound[state, year] - _SAME * self.gained
                    ways = [each for each in ways if worth(each, year, state, first, bound) >= least]
                values = [worth(each, year, state, gains, best) for each in ways]
                best[state, year] = max(values)
                way[state, year] = ways[values.index(best[state, year])]
        return best, way
