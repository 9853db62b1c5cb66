"""Shapley values of a change: what each of several causes adds, averaged over every order of adding them."""

from __future__ import annotations

from math import factorial

import numpy as np


def shapley(totals: np.ndarray) -> np.ndarray:
    """Return the share of each cause in the change from no cause to all.

    Parameters
    ----------
    totals : numpy.ndarray, shape (2, 2, ..., 2)
        One axis for each cause: 0 without it, 1 with it.

    Returns
    -------
    numpy.ndarray, shape (causes,)
        They add up to the whole change; the order of the causes plays no part.
    """
    causes = totals.ndim
    found = np.zeros(causes)
    for cause in range(causes):
        gains = np.take(totals, 1, axis=cause) - np.take(totals, 0, axis=cause)
        for others in np.ndindex(*gains.shape):
            size = sum(others)
            found[cause] += gains[others] * factorial(size) * factorial(causes - size - 1) / factorial(causes)
    return found
