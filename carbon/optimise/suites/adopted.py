"""What adopting a set changes, order by order as the next inventory counts it: kg CO2e with its paired range, money, empty space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from carbon.engine.uncertainty import Difference, difference
from carbon.optimise.decide import Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.items import TENTHS_PER_M, Parcel
from carbon.optimise.options import EMPTY_SHARE_LIMIT
from carbon.optimise.rows import Candidate, candidate_table
from carbon.optimise.suites.columns import Column

_BEFORE, _AFTER = 0, 1


@dataclass(frozen=True)
class Adopted:
    """One set against another over the orders that both hold, each in the package that is best for it; storage apart.

    Attributes
    ----------
    orders : float
    before_co2e_kg, after_co2e_kg : float
    difference : Difference
        After less before, with its paired 95 % range [kg CO2e].
    currency : str
        Empty where nothing has a price.
    before_money, after_money : float
        As far as prices are known. Prices are taken as exact.
    before_empty_share, after_empty_share : float or None
        Of the volume inside the packages, void fill counted as empty (EU 2025/40), over parcels that the rule applies to
        before and after.
    before_flagged, after_flagged : float
        Of these, parcels that are emptier than the rule allows.
    """

    orders: float
    before_co2e_kg: float
    after_co2e_kg: float
    difference: Difference
    currency: str
    before_money: float
    after_money: float
    before_empty_share: float | None
    after_empty_share: float | None
    before_flagged: float
    after_flagged: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return vars(self) | {"difference": vars(self.difference)}


class TwoSets:
    """Counts orders in the best package of the one set and of the other.

    Parameters
    ----------
    evaluator : Evaluator
        Whose plan knows the packages of both.
    columns : sequence of Column
        Cartons of both sets.
    sets : (sequence of int, sequence of int)
        Which of the columns are in the set before and in the set after.
    """

    def __init__(self, evaluator: Evaluator, columns: Sequence[Column], sets: tuple[Sequence[int], Sequence[int]]):
        self._currency = evaluator.money.currency
        self._keys = [column.key for column in columns]
        self._inside_m3 = np.array([math.prod(column.size) for column in columns]) / TENTHS_PER_M**3
        self._sets = [np.array(each, dtype=np.intp) for each in sets]
        self._counted = [evaluator.counting() for _ in sets]
        self._orders = 0
        self._goods_m3: list[float] = []
        self._boxes_m3: list[list[float]] = [[], []]
        self._flagged = [0, 0]

    def add(
        self,
        table: pa.Table,
        orders: Sequence[Order],
        cost: np.ndarray,
        elsewhere: np.ndarray,
        parcels: Sequence[Parcel | None],
        exempt: Sequence[bool],
    ) -> None:
        """Count orders.

        Parameters
        ----------
        table : pyarrow.Table
            Rows of the orders.
        cost : array, shape (orders, columns)
            Infinite where a carton does not hold the order.
        elsewhere : array
            Least cost of each in what is no carton.
        parcels : sequence of Parcel or None
            As each lies there.
        exempt : sequence of bool
            Whether the rule on empty space does not apply to that.
        """
        best = [cost[:, each].min(axis=1, initial=math.inf) for each in self._sets]
        held = [np.isfinite(np.minimum(each, elsewhere)) for each in best]
        both = np.flatnonzero(held[_BEFORE] & held[_AFTER])
        self._orders += len(both)
        if not len(both):
            return
        inside_m3 = np.full((2, len(orders)), math.nan)
        for number, each in enumerate(self._sets):
            candidates = []
            for row in both.tolist():
                order = orders[row]
                if elsewhere[row] <= best[number][row]:
                    key = parcels[row].box.key
                    if not exempt[row]:
                        inside_m3[number, row] = math.prod(parcels[row].inside) / TENTHS_PER_M**3
                else:
                    at = each[int(np.argmin(cost[row, each]))]
                    key, inside_m3[number, row] = self._keys[at], self._inside_m3[at]
                candidates.append(Candidate(order.position, order.goods, None, key, False))
            self._counted[number].add(candidate_table(table, candidates))
        for row in np.flatnonzero(np.isfinite(inside_m3).all(axis=0)).tolist():
            goods_m3 = orders[row].load.volume_m3
            self._goods_m3.append(goods_m3)
            for number in (_BEFORE, _AFTER):
                self._boxes_m3[number].append(float(inside_m3[number, row]))
                self._flagged[number] += 1 - goods_m3 / inside_m3[number, row] > EMPTY_SHARE_LIMIT
        for sums in (self._goods_m3, *self._boxes_m3):
            sums[:] = [math.fsum(sums)]

    def adopted(self, share: float = 1.0) -> Adopted | None:
        """Return what was counted, as all orders if `share` of them were; None where no order is held by both."""
        if not self._orders:
            return None
        before, after = (each.whole() for each in self._counted)
        found = difference(before.activity, after.activity)
        ends = [None if each is None else each / share for each in (found.low_kg, found.high_kg)]
        goods_m3, boxes_m3 = math.fsum(self._goods_m3), [math.fsum(each) for each in self._boxes_m3]
        empty = [1 - goods_m3 / each if each > 0 else None for each in boxes_m3]
        return Adopted(
            self._orders / share,
            before.co2e_kg / share, after.co2e_kg / share,
            replace(found, value_kg=found.value_kg / share, low_kg=ends[0], high_kg=ends[1]),
            self._currency,
            before.money / share, after.money / share,
            *empty,
            *(each / share for each in self._flagged),
        )  # fmt: skip
