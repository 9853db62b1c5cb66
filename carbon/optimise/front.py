"""Options that no other option beats: the exact non-dominated set of any number of figures, all to be low."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def non_dominated(figures: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Return which rows no other row beats.

    A row beats another if it is at most as high in every column and lower in one. Equal rows do not beat each other, so
    all of them stay.

    Parameters
    ----------
    figures : array_like, shape (options, columns)
        Without NaN: what is not known cannot be compared.

    Returns
    -------
    numpy.ndarray of int
        Positions, ascending by the first column, then the next; equal rows in their own order.

    Raises
    ------
    ValueError
        If a figure is NaN.
    """
    table = np.asarray(figures, dtype=float)
    if table.size == 0:
        return np.empty(0, dtype=np.intp)
    if np.isnan(table).any():
        raise ValueError("an option has a figure that is not known")
    order = np.lexsort((np.arange(len(table)), *table.T[::-1]))
    kept: list[int] = []
    # Sorted so, a row can be beaten only by an earlier one, and by a kept one if by any.
    if table.shape[1] <= 2:
        last: tuple[float, ...] = ()
        for position in order.tolist():
            row = tuple(table[position])
            if not last or row[-1] < last[-1] or row == last:
                kept.append(position)
                last = row
        return np.array(kept, dtype=np.intp)
    for position in order.tolist():
        others = table[kept]
        beaten = len(kept) and ((others <= table[position]).all(axis=1) & (others < table[position]).any(axis=1)).any()
        if not beaten:
            kept.append(position)
    return np.array(kept, dtype=np.intp)
