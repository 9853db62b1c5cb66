"""What a chosen set changes for all orders of the history, not only for those that it was chosen by."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from carbon.optimise.decide import Order
from carbon.optimise.items import Item
from carbon.optimise.order_items import orders_of
from carbon.optimise.suites.adopted import TwoSets
from carbon.optimise.suites.columns import Column
from carbon.optimise.suites.effects import Compared, Effect
from carbon.optimise.suites.kernel_costs import Elsewhere, SizeCosts
from carbon.orders.items import OrderItems
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation

#: Rows that are read at a time.
ROWS = 8192
#: Different orders whose fits are kept.
_KNOWN = 200_000


def usable_orders(
    opened: OrdersInput, goods: OrderItems, setup: Organisation
) -> Iterator[tuple[pa.Table, list[Order]]]:
    """Yield the rows of a history chunk by chunk, and of each the orders that can be packed."""
    for chunk in opened.chunks(ROWS):
        table = chunk.table.combine_chunks()
        found = orders_of(table, goods, setup)
        yield table, [order for order in found if isinstance(order, Order) and order.load.conflict() is None]


def groups_of(table: pa.Table) -> tuple[list[str], list[str]]:
    """Return month and lane of each row."""
    months = [str(day)[:7] for day in table["shipped_on"].to_pylist()]
    lanes = [
        f"{site or '?'} - {country or '?'}, {service or '?'}"
        for site, country, service in zip(
            *(table[name].to_pylist() for name in ("origin_site", "destination_country", "service")), strict=True
        )
    ]
    return months, lanes


class Whole:
    """Sums over the history: before and after, by month and by lane.

    Parameters
    ----------
    before, after : sequence of int
        Which of the columns are in the one set and in the other.
    storage_before, storage_after : float
        Of the sets' sizes.

    Attributes
    ----------
    sets : (list of int, list of int)
        Columns of the one set and of the other.
    orders : int
        Counted.
    """

    def __init__(
        self, before: Sequence[int], after: Sequence[int], storage_before: float = 0.0, storage_after: float = 0.0
    ):
        self.sets, self._storage, self.orders = (list(before), list(after)), (storage_before, storage_after), 0
        #: Parcels that both sets hold, cost before and after, parcels that only one holds or none.
        self._months, self._lanes = defaultdict(_nothing), defaultdict(_nothing)
        self._only = [0, 0]

    def add(self, cost: np.ndarray, elsewhere: np.ndarray, months: Sequence[str], lanes: Sequence[str]) -> None:
        """Count orders: their cost in each column, and in the best of what is no carton."""
        old, new = (np.minimum(cost[:, each].min(axis=1, initial=math.inf), elsewhere) for each in self.sets)
        held = np.isfinite(old), np.isfinite(new)
        both = held[0] & held[1]
        self.orders += len(cost)
        self._only[0] += int((held[0] & ~held[1]).sum())
        self._only[1] += int((held[1] & ~held[0]).sum())
        for sums, labels in ((self._months, months), (self._lanes, lanes)):
            for label, before, after, is_both in zip(labels, old.tolist(), new.tolist(), both.tolist(), strict=True):
                found = sums[label]
                if is_both:
                    found[0] += 1
                    found[1].append(before)
                    found[2].append(after)
                else:
                    found[3] += 1
            for found in sums.values():
                found[1], found[2] = [math.fsum(found[1])], [math.fsum(found[2])]

    def by_month(self) -> list[Effect]:
        """Return what the change means for each month; the parcels add up to the orders."""
        return _effects(self._months)

    def by_lane(self) -> list[Effect]:
        """Return what the change means for each lane."""
        return _effects(self._lanes)

    def compared(self, share: float = 1.0) -> Compared:
        """Return the one set against the other; `share` is that of the orders which were counted."""
        months = self.by_month()
        return Compared(
            times=sum(each.parcels for each in months) / share,
            before=math.fsum(each.before for each in months) / share,
            after=math.fsum(each.after for each in months) / share,
            storage_before=self._storage[0],
            storage_after=self._storage[1],
            only_before_times=self._only[0] / share,
            only_after_times=self._only[1] / share,
        )


def _nothing() -> list:
    return [0, [], [], 0]


def _effects(sums: dict[str, list]) -> list[Effect]:
    return [
        Effect(label, parcels, math.fsum(before), math.fsum(after), lost)
        for label, (parcels, before, after, lost) in sorted(sums.items())
    ]


def count_all(
    whole: Whole,
    opened: OrdersInput,
    goods: OrderItems,
    setup: Organisation,
    columns: Sequence[Column],
    costs_of: Callable[[pa.Table, list[Order], dict[tuple[Item, ...], np.ndarray]], SizeCosts],
    elsewhere: Elsewhere,
    adopting: TwoSets,
    total: int,
    most: int,
    progress: Callable[[str, int, int], None],
) -> None:
    """Count all orders of a history, or `most` of them evenly spread over it.

    Parameters
    ----------
    whole : Whole
        Filled.
    columns : sequence of Column
        Of both sets.
    costs_of : callable
        Makes the costs of a chunk's orders, given what fits equal orders of earlier ones.
    adopting : TwoSets
        Filled.
    total : int
        Orders of the history.
    """
    known: dict[tuple[Item, ...], np.ndarray] = {}
    number, counted = 0, min(total, most)
    for table, orders in usable_orders(opened, goods, setup):
        some = []
        for order in orders:
            number += 1
            if number * counted // total > (number - 1) * counted // total:
                some.append(order)
        if not some:
            continue
        if len(known) > _KNOWN:
            known.clear()
        labels = groups_of(table)
        months, lanes = ([each[order.position] for order in some] for each in labels)
        cost = costs_of(table, some, known).of(columns)
        best, parcels, exempt = elsewhere.best(table, some)
        whole.add(cost, best, months, lanes)
        adopting.add(table, some, cost, best, parcels, exempt)
        progress("effects", whole.orders, counted)
