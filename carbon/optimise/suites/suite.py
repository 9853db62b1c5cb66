"""The set of cartons for a shop: its own orders, the kernel's figures, the choice with a proven bound.

`carton_suite` reads orders and items as `pack` does, asks the kernel what each order causes and costs in each size that
could be made, and hands that matrix to the choice of K sizes (`carbon.optimise.cartons`). What goes better in a mailer, a
reusable box or its own container does so in every set.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carbon import organisation as _organisation
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.cartons import CartonSet, Step, best_set, curve
from carbon.optimise.decide import Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.packing import aim_of
from carbon.optimise.placing.search import Search
from carbon.optimise.suites.adopted import Adopted, TwoSets
from carbon.optimise.suites.choice import suite_problem
from carbon.optimise.suites.columns import Column, Plant, columns_of, template_of, with_costs
from carbon.optimise.suites.effects import Compared, Effect, compared
from carbon.optimise.suites.kernel_costs import Elsewhere, SizeCosts
from carbon.optimise.suites.nearby import Made, Nearby, Polish, with_nearby
from carbon.optimise.suites.plain_costs import sourced_board
from carbon.optimise.suites.whole import Whole, count_all, usable_orders
from carbon.orders.items import OrderItems
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation, Package

#: Largest sets that a curve shows.
MOST = 20
#: Orders that a set is compared with today's cartons by.
EFFECTS = 100_000
#: Of all parcels, fewer than this share is few for a size.
_FEW = 0.005
Progress = Callable[[str, int, int], None]


def _quiet(step: str, done: int, expected: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Suite:
    """A set of cartons, what each further size is worth, and what adopting it changes.

    Attributes
    ----------
    packages : dict of str to Package
        Chosen sizes by key, as the organisation file takes them; those that stay included.
    used : dict of str to float
        Parcels in each, of the orders looked at.
    curve : list of Step
        Sets of one size to twenty.
    today, stock : Compared or None
        Against today's cartons, and against the stock sizes of the countries shipped from.
        Both scaled to all orders.
    by_month, by_lane : list of Effect
        Of today's cartons against the set, for the orders of `effects_of`.
    adopting : Adopted or None
        Today's cartons against the set in kg CO2e with its paired range, money and empty space, whatever the objective.
        Scaled to all orders.
    effects_of : int
        Orders that today's cartons are compared by: all, or as many as were asked for, evenly spread over the file.
    candidates : int
        Sizes that the set is chosen from and its bound holds for; those near the chosen ones are among them.
    polish : Polish or None
        What the sizes near the chosen ones lowered; the curve is of the candidates without them.
    orders, looked_at, homeless : int
        Orders that items are known for; those that the set was chosen by; those that no size holds.
    elsewhere : int
        Of those looked at, orders that go in no carton.
    """

    objective: str
    unit: str
    chosen: CartonSet
    packages: dict[str, Package]
    used: dict[str, float]
    curve: list[Step]
    today: Compared | None
    stock: Compared | None
    by_month: list[Effect]
    by_lane: list[Effect]
    candidates: int
    orders: int
    looked_at: int
    homeless: int
    elsewhere: int
    notes: list[str] = field(default_factory=list)
    polish: Polish | None = None
    effects_of: int = 0
    adopting: Adopted | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "objective": self.objective,
            "unit": self.unit,
            "sizes": {key: {"inner": each.inner, "parcels": self.used[key]} for key, each in self.packages.items()},
            "total": self.chosen.outcome.total,
            "bound": self.chosen.bound.total,
            "gap": self.chosen.gap,
            "bound_of": str(self.chosen.bound.of),
            "curve": [
                {"sizes": step.set.count - 1, "total": step.set.outcome.total, "gain": step.gain, "gap": step.set.gap,
                 "without_a_size": step.set.outcome.left_out_times}
                for step in self.curve
            ],
            "against_today": _compared(self.today),
            "adopting": None if self.adopting is None else self.adopting.as_dict(),
            "against_stock": _compared(self.stock),
            "by_month": [vars(each) | {"saved": each.saved} for each in self.by_month],
            "by_lane": [vars(each) | {"saved": each.saved} for each in self.by_lane],
            "candidates": self.candidates,
            "polish": None if self.polish is None else self.polish.as_dict(),
            "orders": self.orders,
            "looked_at": self.looked_at,
            "no_size_holds": self.homeless,
            "without_a_size": self.chosen.outcome.left_out_times,
            "in_other_packages": self.elsewhere,
            "effects_of": self.effects_of,
            "notes": self.notes,
        }  # fmt: skip

    def yaml(self) -> str:
        """Return the chosen cartons as `packages:` of an organisation file."""
        lines = [
            f"# Chosen for {self.looked_at:,} orders by {self.objective} out of {self.candidates:,} sizes; "
            f"{self.chosen.gap:.2%} above the proven bound of these."
        ]
        lines += [f"# {note}" for note in self.notes if note.startswith("prices of new sizes")]
        lines += ["packages:"]
        for key, package in self.packages.items():
            values = package.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
            lines.append(f"  {key}: {json.dumps(values, ensure_ascii=False)}")
        return "\n".join(lines) + "\n"


def carton_suite(
    orders: Any,
    items: Path | str,
    organisation: Path | str | Organisation,
    *,
    count: int = 8,
    objective: str = "co2e",
    carbon_price: str | None = None,
    stay: Iterable[str] = (),
    like: str | None = None,
    plant: Plant | None = None,
    minimum: float = 0.0,
    storage: float = 0.0,
    cover: float = 1.0,
    sample: int = 1000,
    candidates: int = 300,
    seconds: float = 30.0,
    polish: float = 30.0,
    effects: int = EFFECTS,
    lines: Path | str | None = None,
    mapping: Path | str | None = None,
    items_mapping: Path | str | None = None,
    factors: Iterable[Path | str] = (),
    places: Path | str | None = None,
    progress: Progress = _quiet,
) -> Suite:
    """Choose the carton sizes of a shop by its orders.

    Parameters
    ----------
    orders, items, organisation, objective, carbon_price
        As for `pack`.
    count : int
        Carton sizes, those that stay included.
    stay : iterable of str
        Packages that remain in every set.
    like : str, optional
        Package whose board, filling and extras the new sizes get; the most used carton of today where it is left out.
    plant : Plant, optional
        What can be made.
    minimum : float
        Fewest parcels of a new size, of all orders.
    storage : float
        What keeping a size costs, in the unit of the objective.
    cover : float
        Share of the orders that the set must hold, of those that any size holds. Those that it leaves out count in no
        total; with 1, a few odd orders take up most of a small set.
    sample : int
        Orders that the set is chosen by, drawn with a fixed seed where there are more.
    candidates : int
        Most sizes to choose from; today's and stock sizes come on top.
    seconds : float
        For choosing.
    polish : float
        Seconds for sizes near the chosen ones and for the bound with them; 0 for none.
    effects : int
        Orders that the set is compared with today's cartons by, evenly spread over the file where there are more.

    Returns
    -------
    Suite
    """
    setup = organisation if isinstance(organisation, Organisation) else _organisation.read(organisation)
    registry, known = Registry.load(factors, gwp_set=setup.method.gwp_set), Places(places)
    opened = OrdersInput.open(orders, mapping=mapping, lines=lines)
    goods = OrderItems(items, items_mapping)
    table, drawn, total = drawn_orders(opened, goods, setup, sample, progress)
    template = template_of(setup, drawn, like)
    plant = plant or Plant()
    board = sourced_board(registry, setup.country, _year(table), plant.flute)
    columns = columns_of(setup, registry, drawn, template, board, plant, tuple(stay), candidates)
    wide = setup.model_copy(update={"packages": {**setup.packages, **{each.key: each.package for each in columns}}})
    wide, notes = with_costs(wide, setup, [each for each in columns if not each.today], registry, _year(table))
    evaluator = Evaluator(opened, wide, registry, known)
    aim = aim_of(objective, carbon_price, wide, evaluator)
    search = Search(tries=60, time_limit_s=1.0)
    costs = SizeCosts(evaluator, aim, table, drawn, setup, search, progress)
    cost = costs.of(columns)
    outside = Elsewhere(evaluator, aim, setup, registry, search)
    problem = suite_problem(
        np.column_stack([outside.of(table, drawn), cost]),
        np.full(len(drawn), total / len(drawn)),
        [0.0, *([storage] * len(columns))],
        [0, *(at for at, column in enumerate(columns, 1) if column.stay)],
        minimum,
        cover,
    )
    held = sum(column.stay for column in columns)
    if not max(held, 1) <= count <= MOST:
        raise InputError(
            "the number of sizes cannot be met",
            found=f"{count}, {held} of which stay",
            expected=f"{max(held, 1)} to {MOST}",
        )
    steps = curve(problem, MOST + 1, seconds=seconds / 2, say=lambda done, of: progress("choose", done, of))
    steps = [step for step in steps if step.set.count > max(held, 1)] if held == 0 else steps
    chosen = next(step.set for step in steps if step.set.count == count + 1)
    again = best_set(problem, count + 1, within=0.001, seconds=seconds / 2, start=chosen.outcome.chosen, branch=True)
    if not chosen.outcome.beats(again.outcome):
        chosen = again
    first = Nearby(chosen, problem, columns, {})
    nearby = first
    if polish:
        progress("polish", 0, 1)
        made = Made(setup, registry, template, board, plant, _year(table), storage)
        nearby = with_nearby(first, costs, made, polish)
        progress("polish", 1, 1)
    wide = wide.model_copy(update={"packages": wide.packages | nearby.packages})
    found = _suite(str(aim.objective), evaluator.money.currency, first, nearby, steps, wide.packages, total, len(drawn))
    found.notes.extend(notes + (few_orders(found) if cover == 1 else []) + goods.notes)
    if any(column.today for column in columns):
        evaluator = evaluator.widened(wide) if nearby.packages else evaluator
        whole, both = _both_sets(nearby)

        def costs_of(table: pa.Table, some: list[Order], known: dict) -> SizeCosts:
            return SizeCosts(evaluator, aim, table, some, setup, search, _quiet, known)

        adopting = TwoSets(evaluator, both, whole.sets)
        count_all(whole, opened, goods, setup, both, costs_of, outside, adopting, total, effects, progress)
        share = whole.orders / total
        found = replace(
            found, today=whole.compared(share), by_month=whole.by_month(), by_lane=whole.by_lane(),
            effects_of=whole.orders, adopting=adopting.adopted(share),
        )  # fmt: skip
    return found


def _both_sets(nearby: Nearby) -> tuple[Whole, list[Column]]:
    """Return what to count, and the cartons of today and of the chosen set."""
    picked = {nearby.columns[at - 1].key for at in nearby.set.outcome.chosen if at}
    both = [(at, each) for at, each in enumerate(nearby.columns, 1) if each.today or each.key in picked]
    before = [place for place, (_, each) in enumerate(both) if each.today]
    after = [place for place, (_, each) in enumerate(both) if each.key in picked]
    storage = nearby.problem.storage[[at for at, _ in both]]
    return Whole(before, after, *(math.fsum(storage[each].tolist()) for each in (before, after))), [c for _, c in both]


def _suite(objective, currency, first, nearby, steps, packages, total, looked_at) -> Suite:
    chosen, problem, columns = nearby.set, nearby.problem, nearby.columns
    picked = [at for at in chosen.outcome.chosen if at]
    stock = [0, *(at for at, column in enumerate(columns, 1) if column.stock)]
    used = dict(zip(chosen.outcome.chosen, chosen.outcome.used.tolist(), strict=True))
    return Suite(
        objective,
        "kg CO2e" if objective == "co2e" else currency,
        chosen,
        {columns[at - 1].key: packages[columns[at - 1].key] for at in picked},
        {columns[at - 1].key: used[at] for at in picked},
        steps,
        today=None,
        stock=compared(problem, problem.outcome(stock), chosen.outcome) if len(stock) > 1 else None,
        by_month=[],
        by_lane=[],
        candidates=len(columns),
        orders=total,
        looked_at=looked_at,
        homeless=len(problem.homeless),
        elsewhere=round(used.get(0, 0.0)),
        polish=Polish.of(first, nearby),
    )


def drawn_orders(
    opened: OrdersInput, goods: OrderItems, setup: Organisation, sample: int, progress: Progress = _quiet
) -> tuple[pa.Table, list[Order], int]:
    """Return rows and orders that the set is chosen by, and how many there are in all (reservoir, fixed seed)."""
    rng = np.random.default_rng(0)
    kept: list[tuple[pa.Table, Order]] = []
    total = 0
    for table, orders in usable_orders(opened, goods, setup):
        for order in orders:
            total += 1
            at = len(kept) if len(kept) < sample else int(rng.integers(total))
            if at < sample:
                row = table.slice(order.position, 1)
                kept[at : at + 1] = [(row, order)]
        progress("read", total, opened.row_estimate)
    if not kept:
        raise InputError(
            "no order has items with sizes", found=f"{goods.rows} items", mend="see `carbon pack ... --rejects`"
        )
    table = pa.concat_tables([row for row, _ in kept]).combine_chunks()
    orders = [Order(**{**vars(order), "position": at}) for at, (_, order) in enumerate(kept)]
    return table, orders, total


def few_orders(suite: Suite) -> list[str]:
    """Say which sizes of a set are there for a few orders."""
    few = [key for key, parcels in suite.used.items() if parcels < _FEW * suite.orders]
    if not few:
        return []
    parcels = sum(suite.used[key] for key in few)
    return [
        f"{', '.join(few)}: there for {parcels:,.0f} of {suite.orders:,} parcels; with --cover 0.99 a set may leave out a "
        "hundredth of the orders"
    ]


def _year(table: pa.Table) -> int:
    return max(table["shipped_on"].to_pylist()).year


def _compared(each: Compared | None) -> dict[str, Any] | None:
    return None if each is None else vars(each) | {"saved": each.saved}
