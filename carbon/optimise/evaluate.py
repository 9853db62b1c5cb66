"""Footprint and price of rows that an orders file may hold, by the plan and the kernel that `calculate` runs.

So what a decision counts is what the next inventory will count: materials, filling, tape, end of life, freight by the
lane's own allocation, the way back of returns and of empty boxes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.arrays import floats
from carbon.engine.frame import Frame
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.kernel import TOTAL, evaluate, stage_column
from carbon.engine.local import Local
from carbon.engine.money import exchange_rate
from carbon.engine.plan import Plan, lay_ground, make_plan
from carbon.engine.rejecting import Rejecting
from carbon.engine.run import ChunkRunner, Running
from carbon.engine.sharing import shared_plan
from carbon.engine.uncertainty import Difference, difference
from carbon.errors import OrdersError, Where
from carbon.factors.registry import Registry
from carbon.optimise.money import Money, money_of
from carbon.orders.columns import SCHEMA
from carbon.orders.places import Places
from carbon.orders.rejects import Reject
from carbon.orders.table import OrdersChunk, OrdersInput
from carbon.organisation import Organisation
from carbon.terms import Stage

#: Rows of the orders file that the engine has in hand at a time for each core.
_ROWS = 16_384
#: Draws for a single order: its range is read to two digits.
_FEW_DRAWS = 2000


@dataclass(frozen=True)
class Figures:
    """What rows cause and cost; NaN where the kernel refused the row.

    Attributes
    ----------
    co2e_kg, money : numpy.ndarray, shape (rows,)
    rejects : dict of int to Reject
        By position.
    """

    co2e_kg: np.ndarray
    money: np.ndarray
    rejects: dict[int, Reject]


@dataclass(frozen=True)
class Whole:
    """A whole orders file as an inventory would count it.

    Attributes
    ----------
    co2e_kg, money : float
        Sums over all parcels; `money` of those that a tariff carries.
    activity : pyarrow.Table
        For paired ranges of differences.
    empty_m3 : float
        What the goods leave of the packages.
    """

    parcels: int
    co2e_kg: float
    money: float
    activity: pa.Table
    empty_m3: float
    rejects: int


class Counting:
    """Rows added bit by bit, counted as an inventory of them would count them.

    Parameters
    ----------
    plan : Plan
    places : Places
    sums : callable
        Price and empty volume of a chunk of footprints.
    """

    def __init__(self, plan: Plan, places: Places, sums: Callable[[pa.Table], tuple[float, float]]):
        self._running, self._runner, self._sums = Running(plan), ChunkRunner(plan, places, False), sums
        self._parcels = self._rejects = 0
        self._money, self._empty_m3 = [0.0], [0.0]

    def add(self, table: pa.Table) -> None:
        """Count rows with the columns of the orders table."""
        chunk = OrdersChunk(table.select(SCHEMA.names), np.arange(table.num_rows, dtype=np.int64))
        result = self._runner.run(0, chunk, lambda number, kept: self._sums(kept))
        self._running.take(result)
        self._parcels += result.footprint_count
        self._rejects += len(result.rejects)
        self._money.append(result.kept[0])
        self._empty_m3.append(result.kept[1])

    def whole(self) -> Whole:
        """Return the sums so far."""
        return Whole(
            self._parcels, self._running.totals_kg[TOTAL], math.fsum(self._money), self._running.activity_table(),
            math.fsum(self._empty_m3), self._rejects,
        )  # fmt: skip


class Evaluator:
    """The plan of an orders file, and the kernel on any rows like its own.

    Parameters
    ----------
    orders : OrdersInput
    organisation : Organisation
    registry : Registry
    places : Places
    """

    def __init__(self, orders: OrdersInput, organisation: Organisation, registry: Registry, places: Places):
        self.orders, self._places = orders, places
        self._engine = Local(orders, places, _ROWS)
        found = self._engine.survey(registry)
        if not found.profile.months:
            raise OrdersError(
                "no usable row",
                found=f"{found.row_count} rows, all rejected",
                expected="at least one order",
                mend="look at the reasons with `carbon calculate ... --rejects FILE`",
                where=Where(orders.name),
            )
        ground = lay_ground(organisation, registry, found.profile, places)
        self.intake = Intake(found.duplicates)
        self._bind(shared_plan(ground, lambda draft: self._engine.totals(draft, self.intake)), organisation)

    def __getstate__(self) -> dict[str, Any]:
        """Another process counts rows; the orders file is read in one only."""
        return {name: value for name, value in vars(self).items() if name not in ("orders", "_engine", "intake")}

    def widened(self, organisation: Organisation) -> Evaluator:
        """Return an evaluator for further packages of the same organisation.

        No order of the file is in one of them, so that what parcels share stays as it was counted.
        """
        made, context = copy.copy(self), self.plan.context
        ground = lay_ground(organisation, context.registry, context.profile, self._places)
        made._bind(make_plan(ground, self.plan.totals), organisation)
        return made

    def _bind(self, plan: Plan, organisation: Organisation) -> None:
        self.plan = plan
        self._maker = FrameMaker(self.plan.groundwork, self._places, self.plan.totals.rounds)
        specs = self.plan.context.packages
        self.money: Money = money_of(organisation, specs, self.plan.profile.years[-1])
        self._measured_m3 = np.array([spec.inner_m3 if np.isnan(spec.outer_m3) else spec.outer_m3 for spec in specs])

    def figures(self, table: pa.Table) -> Figures:
        """Return footprint and price of rows with the columns of the orders table."""
        count = table.num_rows
        rejecting = Rejecting()
        chunk = OrdersChunk(table.select(SCHEMA.names), np.arange(count, dtype=np.int64))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            evaluated = evaluate(self.plan, self._maker.make(chunk, rejecting), rejecting)
        frame = evaluated.frame
        co2e_kg, money = np.full(count, np.nan), np.full(count, np.nan)
        co2e_kg[frame.rows] = evaluated.results[TOTAL]
        money[frame.rows] = self._price(frame)
        return Figures(co2e_kg, money, {int(reject.row): reject for reject in rejecting.rejects})

    def difference(self, before: pa.Table, after: pa.Table) -> Difference:
        """Return how rows differ from others in what they cause, with the range of the paired difference."""
        return difference(*(self._activity(table) for table in (before, after)), draws=_FEW_DRAWS)

    def _activity(self, table: pa.Table) -> pa.Table:
        counting = self.counting()
        counting.add(table)
        return counting.whole().activity

    def counting(self) -> Counting:
        """Return sums of rows with the columns of the orders table, none yet."""
        return Counting(self.plan, self._places, self._sums)

    def lanes(self, table: pa.Table) -> dict[int, tuple[str, str]]:
        """Return the regions that rows come from and go to, by position; without rows that have no such place."""
        chunk = OrdersChunk(table.select(SCHEMA.names), np.arange(table.num_rows, dtype=np.int64))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            frame = self._maker.make(chunk, Rejecting())
        ends = [
            np.array(self.plan.context.regions)[frame.codes[name]].tolist()
            for name in ("origin_region", "destination_region")
        ]
        return dict(zip(frame.rows.tolist(), zip(*ends, strict=True), strict=True))

    def product_kg(self, table: pa.Table) -> np.ndarray:
        """Return what the goods of rows caused before they were sent [kg CO2e], 0 where nothing is known of it."""
        count = table.num_rows
        chunk = OrdersChunk(table.select(SCHEMA.names), np.arange(count, dtype=np.int64))
        rejecting = Rejecting()
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            evaluated = evaluate(self.plan, self._maker.make(chunk, rejecting), rejecting)
        found = np.zeros(count)
        found[evaluated.frame.rows] = evaluated.results[stage_column(Stage.PRODUCT)]
        return found

    def goods_money(self, table: pa.Table) -> np.ndarray:
        """Return the price of the goods of rows in the money's currency; NaN where it is not known."""
        values, names = floats(table["goods_value"]), table["currency"].to_pylist()
        year, currency = self.plan.profile.years[-1], self.money.currency
        rates = {name: exchange_rate(name, currency, year) for name in set(names) - {None}} if currency else {}
        return values * np.array([rates.get(name, np.nan) for name in names])

    def whole(self, done: Callable[[int], None] = lambda rows: None) -> Whole:
        """Return the sums over the orders file, as a run of `calculate` makes them."""
        running, runner = Running(self.plan), ChunkRunner(self.plan, self._places, self.orders.has_lines)
        parcels = rejects = 0
        money = empty_m3 = 0.0
        for result in self._engine.results(runner, self.intake, lambda number, table: self._sums(table)):
            running.take(result)
            parcels += result.footprint_count
            rejects += len(result.rejects)
            money += result.kept[0]
            empty_m3 += result.kept[1]
            done(result.row_count)
        return Whole(parcels, running.totals_kg[TOTAL], money, running.activity_table(), empty_m3, rejects)

    def _price(self, frame: Frame) -> np.ndarray:
        return self.money.of(
            frame.codes["package"], frame.codes["service"], frame.columns, frame.columns["measured_volume_m3"]
        )

    def _sums(self, table: pa.Table) -> tuple[float, float]:
        """Price and empty volume of a chunk of footprints."""
        keys = [spec.key for spec in self.plan.context.packages]
        codes = {
            name: _codes(table[name], known)
            for name, known in (("package", keys), ("service", self.plan.context.service_keys))
        }
        columns = {name: table[name].to_numpy() for name in ("empty_volume_m3", "gross_mass_kg")}
        measured = np.fmax(self._measured_m3[codes["package"]], table["goods_volume_m3"].to_numpy())
        price = self.money.of(codes["package"], codes["service"], columns, measured)
        return float(price[np.isfinite(price)].sum()), float(columns["empty_volume_m3"].sum())


def _codes(column: pa.ChunkedArray, known: Iterable[str]) -> np.ndarray:
    plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    return pc.index_in(plain, value_set=pa.array(list(known), pa.string())).to_numpy()
