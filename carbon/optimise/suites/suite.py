"""The set of cartons for a shop: its own orders, the kernel's figures, the choice with a proven bound.

`carton_suite` reads orders and items as `pack` does, asks the kernel what each order causes and costs in each size that
could be made, and hands that matrix to the choice of K sizes (`carbon.optimise.cartons`). What goes better in a mailer, a
reusable box or its own container does so in every set.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carbon import organisation as _organisation
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.cartons import CartonSet, Step, best_set, curve
from carbon.optimise.catalogue import catalogue_of
from carbon.optimise.decide import Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.items import Parcel
from carbon.optimise.loads import Holder
from carbon.optimise.options import Aim
from carbon.optimise.order_items import orders_of
from carbon.optimise.packing import aim_of
from carbon.optimise.placing.search import Search
from carbon.optimise.rows import Candidate, candidate_table
from carbon.optimise.suites.choice import suite_problem
from carbon.optimise.suites.columns import Plant, columns_of, is_carton, template_of, with_costs
from carbon.optimise.suites.effects import Compared, Effect, compared, effects
from carbon.optimise.suites.kernel_costs import SizeCosts
from carbon.optimise.suites.nearby import Made, Nearby, Polish, with_nearby
from carbon.optimise.suites.plain_costs import sourced_board
from carbon.orders.items import OrderItems
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation, Package

#: Largest sets that a curve shows.
MOST = 20
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
    by_month, by_lane : list of Effect
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
            "against_stock": _compared(self.stock),
            "by_month": [vars(each) | {"saved": each.saved} for each in self.by_month],
            "by_lane": [vars(each) | {"saved": each.saved} for each in self.by_lane],
            "candidates": self.candidates,
            "polish": None if self.polish is None else self.polish.as_dict(),
            "orders": self.orders,
            "looked_at": self.looked_at,
            "no_size_holds": self.homeless,
            "in_other_packages": self.elsewhere,
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
    sample: int = 1000,
    candidates: int = 300,
    seconds: float = 30.0,
    polish: float = 30.0,
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
    sample : int
        Orders that the set is chosen by, drawn with a fixed seed where there are more.
    candidates : int
        Most sizes to choose from; today's and stock sizes come on top.
    seconds : float
        For choosing.
    polish : float
        Seconds for sizes near the chosen ones and for the bound with them; 0 for none.

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
    outside = _outside(evaluator, aim, table, drawn, setup, registry, search)
    problem = suite_problem(
        np.column_stack([outside, cost]),
        np.full(len(drawn), total / len(drawn)),
        [0.0, *([storage] * len(columns))],
        [0, *(at for at, column in enumerate(columns, 1) if column.stay)],
        minimum,
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
    return _suite(
        str(aim.objective),
        evaluator.money.currency,
        first,
        nearby,
        steps,
        wide.packages | nearby.packages,
        drawn,
        table,
        total,
        notes + goods.notes,
    )


def _suite(objective, currency, first, nearby, steps, packages, drawn, table, total, notes) -> Suite:
    chosen, problem, columns = nearby.set, nearby.problem, nearby.columns
    picked = [at for at in chosen.outcome.chosen if at]
    sets = {
        name: [0, *(at for at, column in enumerate(columns, 1) if getattr(column, name))] for name in ("today", "stock")
    }
    outcomes = {name: problem.outcome(each) for name, each in sets.items() if len(each) > 1}
    used = dict(zip(chosen.outcome.chosen, chosen.outcome.used.tolist(), strict=True))
    months = [str(day)[:7] for day in table["shipped_on"].to_pylist()]
    lanes = [
        f"{site or '?'} - {country or '?'}, {service or '?'}"
        for site, country, service in zip(
            *(table[name].to_pylist() for name in ("origin_site", "destination_country", "service")), strict=True
        )
    ]
    rows = np.arange(len(drawn))
    before = outcomes.get("today")
    by = [effects(rows, labels, before, chosen.outcome) if before else [] for labels in (months, lanes)]
    unit = "kg CO2e" if objective == "co2e" else currency
    return Suite(
        objective, unit, chosen,
        {columns[at - 1].key: packages[columns[at - 1].key] for at in picked},
        {columns[at - 1].key: used[at] for at in picked},
        steps,
        *(compared(problem, outcomes[name], chosen.outcome) if name in outcomes else None for name in ("today", "stock")),
        *by, len(columns), total, len(drawn), len(problem.homeless), round(used.get(0, 0.0)), notes,
        Polish.of(first, nearby),
    )  # fmt: skip


def drawn_orders(
    opened: OrdersInput, goods: OrderItems, setup: Organisation, sample: int, progress: Progress = _quiet
) -> tuple[pa.Table, list[Order], int]:
    """Return rows and orders that the set is chosen by, and how many there are in all (reservoir, fixed seed)."""
    rng = np.random.default_rng(0)
    kept: list[tuple[pa.Table, Order]] = []
    total = 0
    for chunk in opened.chunks(8192):
        table = chunk.table.combine_chunks()
        for order in orders_of(table, goods, setup):
            if not isinstance(order, Order) or order.load.conflict() is not None:
                continue
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


def _year(table: pa.Table) -> int:
    return max(table["shipped_on"].to_pylist()).year


def _outside(
    evaluator: Evaluator, aim: Aim, table: pa.Table, drawn, setup: Organisation, registry, search: Search
) -> np.ndarray:
    """The best of what is no carton: mailers, bags, reusable boxes, own containers."""
    others = {key: each for key, each in setup.packages.items() if not is_carton(each)}
    best = np.full(len(drawn), math.inf)
    if not others:
        return best
    catalogue = catalogue_of(
        setup.model_copy(update={"packages": others}), evaluator.plan.context.packages, registry.packages
    )
    holder = Holder(catalogue, search)
    pairs = []
    for order in drawn:
        for box in holder.boxes_for(order.load):
            absent = catalogue.absence(box.key, order.site, order.service)
            if absent is None and order.load.refusal(box) is None and isinstance(holder.held(order.load, box), Parcel):
                pairs.append((order.position, Candidate(order.position, order.goods, None, box.key, False)))
    if pairs:
        figures = evaluator.figures(candidate_table(table, [candidate for _, candidate in pairs]))
        for (position, _), co2e_kg, money in zip(pairs, figures.co2e_kg, figures.money, strict=True):
            if not math.isnan(co2e_kg):
                best[position] = min(best[position], aim.value(float(co2e_kg), float(money)))
    return best


def _compared(each: Compared | None) -> dict[str, Any] | None:
    return None if each is None else vars(each) | {"saved": each.saved}
