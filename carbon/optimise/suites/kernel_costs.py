"""What each order causes or costs in each size that holds it, by the kernel."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from carbon.optimise.decide import Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.options import Aim
from carbon.optimise.placing.fitting import fit
from carbon.optimise.placing.search import Search
from carbon.optimise.rows import Candidate, candidate_table
from carbon.optimise.suites.columns import Column, at_hand
from carbon.optimise.suites.fits import by_packing, fit_matrix
from carbon.organisation import Organisation

_ROWS = 50_000


class SizeCosts:
    """Costs of the orders that a set is chosen by, in any sizes.

    Attributes
    ----------
    size_s : float
        Seconds that one size took when costs were last asked for.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        aim: Aim,
        table: pa.Table,
        drawn: Sequence[Order],
        setup: Organisation,
        search: Search,
        progress: Callable[[str, int, int], None],
    ):
        self._evaluator, self._aim, self._table, self._drawn = evaluator, aim, table, drawn
        self._setup, self._search, self._progress = setup, search, progress
        self.size_s = 0.0

    def of(self, columns: Sequence[Column], packages: Organisation | None = None) -> np.ndarray:
        """Return orders x sizes, infinite where a size does not hold the order.

        Parameters
        ----------
        columns : sequence of Column
        packages : Organisation, optional
            That has the sizes as packages, where the plan does not know them yet.
        """
        began = time.monotonic()
        evaluator = self._evaluator if packages is None else self._evaluator.widened(packages)
        self._progress("fit", 0, len(self._drawn))
        fits = fit_matrix(
            [order.load.items for order in self._drawn],
            [column.size for column in columns],
            by_packing(lambda some, box: fit(some, box, self._search)),
        )
        fits &= at_hand(self._setup, self._drawn, columns)
        cost = np.full(fits.shape, math.inf)
        rows, at = np.nonzero(fits)
        for start in range(0, len(rows), _ROWS):
            some = slice(start, start + _ROWS)
            candidates = [
                Candidate(self._drawn[row].position, self._drawn[row].goods, None, columns[column].key, False)
                for row, column in zip(rows[some].tolist(), at[some].tolist(), strict=True)
            ]
            figures = evaluator.figures(candidate_table(self._table, candidates))
            values = np.array([self._aim.value(*pair) for pair in zip(figures.co2e_kg, figures.money, strict=True)])
            cost[rows[some], at[some]] = np.where(np.isnan(values), math.inf, values)
            self._progress("count", min(start + _ROWS, len(rows)), len(rows))
        self.size_s = (time.monotonic() - began) / len(columns)
        return cost
