"""What each order causes or costs in each size that holds it, by the kernel."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from carbon.factors.registry import Registry
from carbon.optimise.catalogue import catalogue_of
from carbon.optimise.decide import Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.items import Item, Parcel
from carbon.optimise.loads import Holder
from carbon.optimise.options import Aim
from carbon.optimise.placing.fitting import fit
from carbon.optimise.placing.search import Search
from carbon.optimise.rows import Candidate, candidate_table
from carbon.optimise.suites.columns import Column, at_hand, is_carton
from carbon.optimise.suites.fits import by_packing, fit_matrix
from carbon.organisation import Organisation

_ROWS = 50_000


class SizeCosts:
    """Costs of orders in any sizes.

    Parameters
    ----------
    evaluator, aim
    table : pyarrow.Table
        Rows of the orders.
    drawn : sequence of Order
    setup : Organisation
    search : Search
    progress : callable
    known : dict, optional
        As for `fit_matrix`: of other orders, always with the same sizes.

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
        known: dict[tuple[Item, ...], np.ndarray] | None = None,
    ):
        self._evaluator, self._aim, self._table, self._drawn = evaluator, aim, table, drawn
        self._setup, self._search, self._progress, self._known = setup, search, progress, known
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
            known=self._known,
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


class Elsewhere:
    """What is no carton: mailers, bags, reusable boxes, own containers; what orders cost in the best of them.

    Parameters
    ----------
    evaluator, aim, setup, registry, search
        As for `SizeCosts`.
    """

    def __init__(self, evaluator: Evaluator, aim: Aim, setup: Organisation, registry: Registry, search: Search):
        others = {key: each for key, each in setup.packages.items() if not is_carton(each)}
        self._evaluator, self._aim, self._has_any = evaluator, aim, bool(others)
        if others:
            narrow = setup.model_copy(update={"packages": others})
            self._catalogue = catalogue_of(narrow, evaluator.plan.context.packages, registry.packages)
            self._holder = Holder(self._catalogue, search)

    def of(self, table: pa.Table, orders: Sequence[Order]) -> np.ndarray:
        """Return the least cost of each order, infinite where it fits none."""
        return self.best(table, orders)[0]

    def best(self, table: pa.Table, orders: Sequence[Order]) -> tuple[np.ndarray, list[Parcel | None], list[bool]]:
        """Return the least cost of each order, how it lies then, and whether EU 2025/40 leaves its empty space open."""
        best, parcels = np.full(len(orders), math.inf), [None] * len(orders)
        found = [] if not self._has_any else [
            (row, held, Candidate(order.position, order.goods, None, box.key, False))
            for row, order in enumerate(orders)
            for box in self._holder.boxes_for(order.load)
            if self._catalogue.absence(box.key, order.site, order.service) is None
            and order.load.refusal(box) is None
            and isinstance(held := self._holder.held(order.load, box), Parcel)
        ]  # fmt: skip
        for start in range(0, len(found), _ROWS):
            some = found[start : start + _ROWS]
            figures = self._evaluator.figures(candidate_table(table, [candidate for _, _, candidate in some]))
            for (row, parcel, _), co2e_kg, money in zip(some, figures.co2e_kg, figures.money, strict=True):
                value = math.inf if math.isnan(co2e_kg) else self._aim.value(float(co2e_kg), float(money))
                if value < best[row]:
                    best[row], parcels[row] = value, parcel
        return best, parcels, [parcel is not None and self._is_exempt(parcel) for parcel in parcels]

    def _is_exempt(self, parcel: Parcel) -> bool:
        """Whether it is a reusable package or a product's own container."""
        return parcel.box.key in self._catalogue.reusable or parcel.box not in self._catalogue.boxes
