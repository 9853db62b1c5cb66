"""The packing of an orders file: read, decide in chunks, write. Read this first.

`pack` writes an orders file that `calculate` reads, and says what adopting it changes in the next inventory: both files
are counted whole, by the same plan and kernel, and the difference is drawn as a pair.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from carbon import organisation as _organisation
from carbon.engine.money import exchange_rate
from carbon.engine.uncertainty import difference
from carbon.factors.registry import Registry
from carbon.optimise.catalogue import catalogue_of
from carbon.optimise.decide import Decider, Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.loads import Holder
from carbon.optimise.options import Aim, Decision, Objective, Stock, Unpacked
from carbon.optimise.order_items import orders_of
from carbon.optimise.output import OrdersWriter, PlanWriter, SheetWriter
from carbon.optimise.placing.search import Search
from carbon.optimise.rows import Candidate, packed_table, parcels_table
from carbon.optimise.summary import Packing
from carbon.orders.items import OrderItems
from carbon.orders.places import Places
from carbon.orders.rejects import Reject, Rejects
from carbon.orders.rejects_file import RejectsFile
from carbon.orders.table import OrdersChunk, OrdersInput
from carbon.organisation import Organisation
from carbon.units import parse_price

_ROWS = 2048
#: Called with (step, orders done, orders expected).
Progress = Callable[[str, int, int], None]


def pack(
    orders: Any,
    items: Path | str,
    organisation: Path | str | Organisation,
    output: Path | str,
    *,
    objective: str = "co2e",
    carbon_price: str | None = None,
    plan: Path | str | None = None,
    sheets: Path | str | None = None,
    language: str = "en",
    rejects_file: Path | str | None = None,
    lines: Path | str | None = None,
    mapping: Path | str | None = None,
    items_mapping: Path | str | None = None,
    factors: Iterable[Path | str] = (),
    places: Path | str | None = None,
    fallback: bool = True,
    several: bool = True,
    ranges: bool = False,
    search: Search | None = None,
    time_limit_s: float | None = 2.0,
    progress: Progress = lambda step, done, expected: None,
) -> Packing:
    """Decide how each order is packed, and write the orders file that follows.

    Parameters
    ----------
    orders : path, pandas.DataFrame or pyarrow.Table
        As for `calculate`, with `mapping`, `lines`, `factors` and `places`.
    items : path
        What is in the orders: columns of docs/vocabulary.md, Items; a lines file with sizes serves.
    organisation : path or Organisation
        Packages with inner sizes, and prices where money is asked for.
    output : path
        Orders file to write, CSV or Parquet by its ending; whole or not at all.
    objective : {"co2e", "cost", "weighted"}
    carbon_price : str, optional
        Such as ``"90 EUR/t"``, for the weighted objective; the organisation file's otherwise.
    plan : path, optional
        JSON file with placements, options and why others lost.
    sheets : path, optional
        Folder for a step sheet (SVG) of each parcel, in `language` (``en`` or ``zh``).
    rejects_file : path, optional
        CSV of the orders that were not packed, with reasons.
    fallback : bool
        Whether the usual size of the category stands in for a missing one; else such an order is not packed.
    several : bool
        Whether an order that one parcel holds may go in several where that is better; else only where none holds it.
    ranges : bool
        Whether the plan tells the paired 95 % range of each changed order's difference to today, too; it takes its time.
    search : Search, optional
        How hard to look for a placing, and by which rules.
    time_limit_s : float
        For one order and package; the best found until then counts.

    Returns
    -------
    Packing
    """
    setup = organisation if isinstance(organisation, Organisation) else _organisation.read(organisation)
    registry = Registry.load(factors, gwp_set=setup.method.gwp_set)
    known = Places(places)
    opened = OrdersInput.open(orders, mapping=mapping, lines=lines)
    evaluator = Evaluator(opened, setup, registry, known)
    aim = aim_of(objective, carbon_price, setup, evaluator)
    goods = OrderItems(items, items_mapping, fallback)
    catalogue = catalogue_of(setup, evaluator.plan.context.packages, registry.packages)
    holder = Holder(catalogue, replace(search or Search(), time_limit_s=time_limit_s))
    decider = Decider(evaluator, holder, aim, Stock.of([*catalogue.boxes, *catalogue.own_containers]), several)
    packing = Packing(str(aim.objective), evaluator.money.currency)
    packing.notes += [*goods.notes, *evaluator.money.notes]
    packing.notes += [f"package {key} has no inner size: nothing is packed into it" for key in catalogue.unsized]
    mixed = _several_parcels(opened, goods)
    with contextlib.ExitStack() as stack:
        refused = stack.enter_context(RejectsFile(rejects_file)) if rejects_file is not None else None
        writer = stack.enter_context(OrdersWriter(Path(output), opened.given))
        book = stack.enter_context(PlanWriter(plan, evaluator.money.currency))
        named = "name_zh" if language == "zh" else "name"
        called = {key: getattr(each, named) for key, each in setup.packages.items()}
        drawer = SheetWriter(sheets, language, catalogue.filled, called)
        for chunk in opened.chunks(_ROWS):
            admitted = evaluator.intake.admit(chunk)
            found = _packed(admitted, goods, mixed, decider, packing, writer, book, drawer, ranges)
            if refused is not None:
                refused.write(found)
            progress("pack", packing.orders, opened.row_estimate)
        packing.sheets, packing.questions = drawer.count, holder.asked
        _compare(packing, evaluator, writer, setup, registry, known, lines)
        book.finish(packing)
        if refused is not None:
            refused.complete()
    return packing


def aim_of(objective: str, carbon_price: str | None, setup: Organisation, evaluator: Evaluator) -> Aim:
    """Return what a decision is to make low, checked against the prices there are."""
    stated = parse_price(carbon_price, "kg") if carbon_price else setup.costs.carbon_price if setup.costs else None
    per_kg = 0.0
    if stated is not None and evaluator.money.known:
        year = evaluator.plan.profile.years[-1]
        per_kg = stated.value * exchange_rate(stated.currency, evaluator.money.currency, year)
    aim = Aim(Objective(objective), per_kg)
    aim.check(evaluator.money.known, evaluator.money.currency)
    return aim


def _packed(
    chunk: OrdersChunk,
    goods: OrderItems,
    mixed: set[str],
    decider: Decider,
    packing: Packing,
    writer: OrdersWriter,
    book: PlanWriter,
    drawer: SheetWriter,
    ranges: bool,
) -> Rejects:
    """Pack one chunk; returns the orders that were not packed."""
    table = chunk.table.combine_chunks()
    packing.orders += len(chunk.rows) + len(chunk.rejects)
    packing.refused += len(chunk.rejects)
    packing.reasons.update(chunk.rejects.reasons())
    ids = {name: table[name].to_pylist() for name in ("parcel_id", "order_id")}
    orders: list[Order] = []
    unpacked: list[Unpacked] = []
    for made in orders_of(table, goods, decider.evaluator.plan.context.organisation, mixed):
        (unpacked if isinstance(made, Unpacked) else orders).append(made)
    decisions: list[Decision] = []
    for decided in decider.decide(table, orders):
        (unpacked if isinstance(decided, Unpacked) else decisions).append(decided)
    loads = {order.position: order for order in orders}
    candidates = []
    for decision in decisions:
        order = loads[decision.position]
        packing.take(decision, decider.holder.catalogue, decider.holder, order.load)
        packing.sizes_stood_in += bool(order.notes)
        packing.timed_out += any(each.code == "time_ran_out" for each in decision.lost)
        packing.masses_differ += abs(order.goods.mass_kg - order.load.mass_kg) > 0.01 * order.load.mass_kg
        drawer.add(ids["parcel_id"][decision.position], ids["order_id"][decision.position], decision)
        for each in decision.chosen.filled:
            single = len(decision.chosen.filled) == 1
            same = single and each.package == order.today
            load = None if same else each.load
            candidates.append(Candidate(decision.position, order.goods, load, each.package, same))
        changed = decision.chosen.packages != (order.today,) and np.isfinite(decision.today.co2e_kg)
        differs = None
        if ranges and changed:
            mine = candidates[-len(decision.chosen.filled) :]
            today = Candidate(decision.position, order.goods, None, order.today, True)
            differs = decider.evaluator.difference(parcels_table(table, [today]), parcels_table(table, mine))
        book.add(ids["parcel_id"][decision.position], ids["order_id"][decision.position], decision, differs)
    packing.kept += len(unpacked)
    packing.reasons.update(each.code for each in unpacked)
    writer.write(packed_table(table, candidates, sorted(each.position for each in unpacked)))
    rejects: list[Reject] = []
    for each in sorted(unpacked, key=lambda order: order.position):
        book.add_unpacked(ids["parcel_id"][each.position], ids["order_id"][each.position], each)
        parcel_id, row = ids["parcel_id"][each.position], int(chunk.rows[each.position])
        text = f"{each.sentence}; the order keeps its package"
        rejects.append(Reject(row, parcel_id, None, each.detail or None, each.code, text))
    return Rejects.joined([chunk.rejects, Rejects.of(rejects)])


def _several_parcels(opened: OrdersInput, goods: OrderItems) -> set[str]:
    """Orders with several rows, where items are given by order: whose item is in which parcel is not known."""
    if goods.key != "order_id":
        return set()
    for chunk in opened.chunks():
        goods.count(chunk.table["order_id"].combine_chunks())
    return goods.several()


def _compare(packing: Packing, before: Evaluator, writer: OrdersWriter, setup, registry, places, lines) -> None:
    """Count both files whole, and draw the difference."""
    writer.close()
    after = Evaluator(OrdersInput.open(writer.partial_path, lines=lines), setup, registry, places)
    one, other = before.whole(), after.whole()
    packing.before_co2e_kg, packing.after_co2e_kg = one.co2e_kg, other.co2e_kg
    packing.difference = difference(one.activity, other.activity)
