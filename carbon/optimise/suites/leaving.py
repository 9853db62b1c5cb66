"""What sets may leave without a size where they leave out no more parcels than the best one known.

Orders that the same sizes hold are left out together, and with them all that only some of these sizes hold. So few
orders can be left out at all: those without which no more than the allowed parcels go.
"""

from __future__ import annotations

import numpy as np

#: Relative tolerance of sums of parcels.
_ROUNDING = 1e-9


class Leaving:
    """Groups of orders that may be left out.

    Parameters
    ----------
    costs : array, orders x sizes
        Infinite where an order does not fit.
    times : array, orders
    most_times : float
        Parcels left out at most.

    Attributes
    ----------
    groups : array of bool, groups x sizes
        Sizes that hold the orders of each.
    group_of : array of int, orders
        -1 for an order that every set holds.
    group_times : array, groups
        Parcels of each.
    """

    def __init__(self, costs: np.ndarray, times: np.ndarray, most_times: float):
        self.most_times = most_times * (1 + _ROUNDING)
        held, group_of = np.unique(np.isfinite(costs), axis=0, return_inverse=True)
        parcels = np.bincount(group_of, times, len(held))
        may = np.zeros(len(held), dtype=bool)
        if most_times:
            common = held.astype(np.float32) @ held.T.astype(np.float32)
            inside = common == held.sum(axis=1)[:, None]
            may = parcels @ inside <= self.most_times
        number = np.where(may, np.cumsum(may) - 1, -1)
        self.groups, self.group_of, self.group_times = held[may], number[group_of], parcels[may]
        self._orders = np.flatnonzero(self.group_of >= 0)
        self._times = times[self._orders]

    def saves(self, prices: np.ndarray, taken: np.ndarray) -> tuple[float, float]:
        """Return what leaving orders out can save at most at these prices, in sets that have the sizes taken.

        The groups of the highest price a parcel until the allowed ones are full, the last one in part.

        Returns
        -------
        saved, price : float
            The price is that of a parcel of the last group: what one more parcel left out would save about.
        """
        own = self.group_of[self._orders]
        worth = np.bincount(own, self._times * prices[self._orders], len(self.groups))
        open_ = np.flatnonzero((worth > 0) & ~self.groups[:, taken].any(axis=1))
        if not len(open_):
            return 0.0, 0.0
        each = worth[open_] / self.group_times[open_]
        order = open_[np.argsort(-each, kind="stable")]
        before = self.group_times[order].cumsum() - self.group_times[order]
        part = np.clip((self.most_times - before) / self.group_times[order], 0.0, 1.0)
        last = order[np.flatnonzero(part)[-1]]
        return float(part @ worth[order]), float(worth[last] / self.group_times[last])
