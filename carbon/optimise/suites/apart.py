"""Sizes that no set with a minimum order quantity has both of, and prices for that.

Every order ships in the cheapest size of the set that holds it. So of two sizes each keeps only the orders that the
other one does not take away, and where these are fewer than the minimum, no set has both: mostly sizes that are much
alike. Of any group in which each two are so apart, a set has at most one size. What that is worth is a price for each
group, which all its sizes pay:

    the K smallest of (worth + prices of the groups that a size is in) - sum of the prices

is at most what the cheapest K sizes are worth of which no two are of one group. A linear programme finds the prices
(`carbon.optimise.suites.relaxation.Selection`); it is not trusted with the sum.
"""

from __future__ import annotations

import numpy as np

_ROUNDING = 1e-12


def apart(costs: np.ndarray, times: np.ndarray, minima: np.ndarray) -> np.ndarray:
    """Say of each two sizes whether no set has both, because one of them would have less than its minimum.

    Parameters
    ----------
    costs : array, orders x sizes
    times : array, orders
    minima : array, sizes
        Fewest parcels of each; 0 for a size that is exempt.
    """
    sizes = costs.shape[1]
    by_size = np.ascontiguousarray(costs.T)
    short = np.zeros((sizes, sizes), dtype=bool)
    for size in np.flatnonzero(minima > 0):
        held = np.flatnonzero(np.isfinite(by_size[size]))
        own, others = by_size[size, held], by_size[:, held]
        kept = own < others
        # Of equally cheap sizes the first one counts.
        kept[size + 1 :] |= own == others[size + 1 :]
        short[size] = kept @ times[held] < minima[size] * (1 - _ROUNDING)
    np.fill_diagonal(short, False)
    return short | short.T


def groups(pairs: np.ndarray) -> np.ndarray:
    """Return groups in which each two sizes are apart, as rows of ones and zeros: two that each size is in."""
    found = set()
    for size in np.flatnonzero(pairs.any(axis=1)):
        for widest in (True, False):
            members, left = [int(size)], pairs[size].copy()
            while left.any():
                some = np.flatnonzero(left)
                others = pairs[np.ix_(some, some)].sum(axis=1) if widest else -pairs[some].sum(axis=1)
                members.append(int(some[others.argmax()]))
                left &= pairs[members[-1]]
            found.add(tuple(sorted(members)))
    rows = np.zeros((len(found), len(pairs)))
    for row, members in enumerate(sorted(found)):
        rows[row, list(members)] = 1.0
    return rows
