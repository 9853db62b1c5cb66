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

import pyarrow as pa

from carbon import organisation as _organisation
from carbon.engine.money import exchange_rate
from carbon.engine.uncertainty import difference
from carbon.factors.registry import Registry
from carbon.optimise.batches import Packer, Workers
from carbon.optimise.catalogue import catalogue_of
from carbon.optimise.decide import Decider
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.lines_output import LinesWriter
from carbon.optimise.loads import Holder
from carbon.optimise.options import Aim, Objective, Stock
from carbon.optimise.output import OrdersWriter, PlanWriter, SheetWriter
from carbon.optimise.pieces import ROWS, SHARES, read_pieces
from carbon.optimise.placing.search import Search
from carbon.optimise.summary import Packing
from carbon.orders.items import OrderItems
from carbon.orders.places import Places
from carbon.orders.rejects import Rejects
from carbon.orders.rejects_file import RejectsFile
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation
from carbon.units import parse_price

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
    lines_output: Path | str | None = None,
    mapping: Path | str | None = None,
    items_mapping: Path | str | None = None,
    factors: Iterable[Path | str] = (),
    places: Path | str | None = None,
    fallback: bool = True,
    several: bool = True,
    ranges: bool = False,
    search: Search | None = None,
    time_limit_s: float | None = 2.0,
    cores: int | None = 1,
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
    lines_output : path, optional
        Lines file to write, CSV or Parquet: the lines of orders that go in several parcels, shared out among them.
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
    cores : int, optional
        Processes that decide; None for all cores where there are many orders. The results are the same. A script that
        asks for several needs the usual ``if __name__ == "__main__"``, since they read it, too.

    Returns
    -------
    Packing
    """
    setup = organisation if isinstance(organisation, Organisation) else _organisation.read(organisation)
    registry = Registry.load(factors, gwp_set=setup.method.gwp_set)
    known = Places(places)
    opened = OrdersInput.open(orders, mapping=mapping, lines=lines)
    limited = any(package.stock for package in setup.packages.values())
    with contextlib.ExitStack() as stack:
        workers = stack.enter_context(Workers(opened.row_estimate or 0, 1 if limited else cores))
        evaluator = Evaluator(opened, setup, registry, known)
        _give_back()
        aim = aim_of(objective, carbon_price, setup, evaluator)
        goods = OrderItems(items, items_mapping, fallback)
        catalogue = catalogue_of(setup, evaluator.plan.context.packages, registry.packages)
        holder = Holder(catalogue, replace(search or Search(), time_limit_s=time_limit_s))
        decider = Decider(evaluator, holder, aim, Stock.of([*catalogue.boxes, *catalogue.own_containers]), several)
        packing = Packing(str(aim.objective), evaluator.money.currency)
        packing.notes += [*goods.notes, *evaluator.money.notes]
        packing.notes += [f"package {key} has no inner size: nothing is packed into it" for key in catalogue.unsized]
        named = "name_zh" if language == "zh" else "name"
        called = {key: getattr(each, named) for key, each in setup.packages.items()}
        drawer = SheetWriter(sheets, language, catalogue.filled, called)
        if catalogue.unfilled:
            beside = ", and beside filled packages that favours them" if catalogue.filled else ""
            packing.notes.append(
                f"no filling is counted in {', '.join(catalogue.unfilled)}: no `void_fill` is stated, so that empty space "
                f"stays empty{beside}"
            )
        packer = Packer(decider, drawer, str(aim.objective), plan is not None, ranges)
        _count_parcels(opened, goods)
        if not packer.is_independent:
            shares = packer.share_out(read_pieces(opened, evaluator, goods, ROWS))
            packing.notes += [
                f"package {key}: {count:,} wanted of {decider.stock.left[key]:,} in stock; the orders got it that gain most by it"
                for key, count in sorted(shares.wanted.items())
            ]
        refused = stack.enter_context(RejectsFile(rejects_file)) if rejects_file is not None else None
        writer = stack.enter_context(OrdersWriter(Path(output), opened.given))
        book = stack.enter_context(PlanWriter(plan))
        shared = stack.enter_context(LinesWriter(lines, lines_output))
        pieces = read_pieces(opened, evaluator, goods, ROWS * SHARES if packer.is_independent else ROWS)
        for broken, done in workers.packed(packer, pieces):
            packing.merge(done.part)
            packing.refused += len(broken)
            packing.orders += done.part.packed + done.part.kept + len(broken)
            packing.reasons.update(broken.reasons())
            writer.write(done.table)
            book.write([text for _, text in done.plan])
            shared.add(done.split)
            if refused is not None:
                refused.write(Rejects.joined([broken, Rejects.of(done.rejects)]))
            progress("pack", packing.orders, opened.row_estimate)
        if lines is not None and lines_output is None and packing.several:
            packing.notes.append(
                f"{packing.several:,} orders go in several parcels, whose lines still name the order's own parcel: "
                "--lines-output writes a lines file that names the parcels"
            )
        _compare(packing, evaluator, writer, setup, registry, known, shared.write())
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


def _count_parcels(opened: OrdersInput, goods: OrderItems) -> None:
    """Find orders with several rows, where items are given by order: whose item is in which parcel is not known."""
    if goods.key != "order_id":
        return
    for chunk in opened.chunks(ROWS * SHARES):
        goods.count(chunk.table["order_id"].combine_chunks())
    goods.counted()


def _compare(packing: Packing, before: Evaluator, writer: OrdersWriter, setup, registry, places, lines) -> None:
    """Count both files whole, and draw the difference."""
    writer.close()
    _give_back()
    one = before.whole()
    _give_back()
    other = Evaluator(OrdersInput.open(writer.partial_path, lines=lines), setup, registry, places).whole()
    packing.before_co2e_kg, packing.after_co2e_kg = one.co2e_kg, other.co2e_kg
    packing.difference = difference(one.activity, other.activity)


def _give_back() -> None:
    """Give what a pass has used back to the system, before the next one asks for as much."""
    pa.default_memory_pool().release_unused()
