"""The packing of an orders file: read, decide in chunks, write. Read this first.

`pack` writes an orders file that `calculate` reads, and says what adopting it changes in the next inventory: both files
are counted whole, by the same plan and kernel, and the difference is drawn as a pair.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carbon import organisation as _organisation
from carbon.engine.uncertainty import Difference, difference
from carbon.factors.registry import Registry
from carbon.optimise.catalogue import Catalogue, catalogue_of
from carbon.optimise.decide import Decider, Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.items import Item, Parcel, Rotation, outside_tenths
from carbon.optimise.loads import Holder, Load, canonical
from carbon.optimise.options import Aim, Decision, Objective, Stock, Unpacked, empty_share_of
from carbon.optimise.output import OrdersWriter, PlanWriter, SheetWriter
from carbon.optimise.placing.search import Search
from carbon.optimise.rows import Candidate, Goods, packed_table
from carbon.orders.items import GIVEN, UNKNOWN, OrderItems
from carbon.orders.places import Places
from carbon.orders.rejects import Reject, rejects_csv
from carbon.orders.table import OrdersChunk, OrdersInput
from carbon.organisation import Organisation
from carbon.units import parse_price

_ROWS = 2048
#: Called with (step, orders done, orders expected).
Progress = Callable[[str, int, int], None]


@dataclass
class Packing:
    """What came of packing an orders file.

    Attributes
    ----------
    orders, packed, kept, refused : int
        Rows in = packed + kept as they were + refused as no calculation can use them.
    parcels, sheets : int
        Rows that packed orders became; step sheets written.
    co2e_kg, today_co2e_kg, money, today_money : float
        Of packed orders, with the same goods.
    difference : Difference
        What the whole file's next inventory changes by, with its paired 95 % range [kg CO2e]. What is shared among
        parcels, as a site's energy, is shared among more of them where orders are split: `shared_co2e_kg`.
    today_does_not_fit, unfit_co2e_kg : int, float
        Orders whose package of today does not hold their items by the stated sizes, and what packing them right adds.
    empty_share, today_empty_share : float or None
        By volume, over parcels that the EU's rule applies to.
    """

    objective: str
    currency: str
    orders: int = 0
    packed: int = 0
    kept: int = 0
    refused: int = 0
    parcels: int = 0
    sheets: int = 0
    changed: int = 0
    several: int = 0
    own_container: int = 0
    reusable: int = 0
    co2e_kg: float = 0.0
    today_co2e_kg: float = 0.0
    money: float = 0.0
    today_money: float = 0.0
    flagged: int = 0
    today_flagged: int = 0
    today_unknown: int = 0
    today_does_not_fit: int = 0
    unfit_co2e_kg: float = 0.0
    options: int = 0
    sizes_stood_in: int = 0
    masses_differ: int = 0
    questions: int = 0
    packages: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    difference: Difference | None = None
    before_co2e_kg: float = 0.0
    after_co2e_kg: float = 0.0
    _volumes: dict[str, float] = field(default_factory=lambda: Counter())

    @property
    def saving_co2e_kg(self) -> float:
        """What packing changes, today's package against the chosen one, the goods being the same."""
        return self.today_co2e_kg - self.co2e_kg

    @property
    def shared_co2e_kg(self) -> float:
        """The rest of the difference: shares of sites and rounds, and what items say of goods that orders leave open."""
        return (self.after_co2e_kg - self.before_co2e_kg) + self.saving_co2e_kg

    @property
    def empty_share(self) -> float | None:
        """Share of the packages' volume that is empty."""
        return _share(self._volumes, "")

    @property
    def today_empty_share(self) -> float | None:
        """The same of today's packages."""
        return _share(self._volumes, "today ")

    def take(self, decision: Decision, catalogue: Catalogue, holder: Holder, load: Load) -> None:
        """Add one order."""
        chosen, today = decision.chosen, decision.today
        self.packed += 1
        self.parcels += len(chosen.filled)
        self.several += len(chosen.filled) > 1
        self.changed += chosen.packages != (today.package,)
        self.co2e_kg += chosen.co2e_kg
        if np.isnan(today.co2e_kg):  # the row's package is not known: nothing to compare with
            self.today_unknown += 1
        self.today_co2e_kg += chosen.co2e_kg if np.isnan(today.co2e_kg) else today.co2e_kg
        self.money += chosen.money
        self.today_money += today.money if np.isfinite(today.money) else chosen.money
        if today.fits is False:
            self.today_does_not_fit += 1
            self.unfit_co2e_kg += chosen.co2e_kg - today.co2e_kg if np.isfinite(today.co2e_kg) else 0.0
        self.options += len(decision.front)
        self.packages.update(chosen.packages)
        self.reusable += any(key in catalogue.reusable for key in chosen.packages)
        self.own_container += any(each.parcel.box not in catalogue.boxes for each in chosen.filled)
        share, inside_m3 = _today_empty(today, catalogue, holder, load)
        for each in chosen.filled:
            self.flagged += each.flagged
        # Compared are orders whose parcels the rule applies to both today and after.
        if share is not None and all(each.empty_share is not None for each in chosen.filled):
            self.today_flagged += share > 0.5
            self._volumes["today inside"] += inside_m3
            self._volumes["today goods"] += load.volume_m3
            for each in chosen.filled:
                self._volumes["inside"] += each.load.volume_m3 / (1 - each.empty_share)
                self._volumes["goods"] += each.load.volume_m3

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if not name.startswith("_")}
        found |= {name: dict(found[name]) for name in ("packages", "reasons")}
        found["difference"] = None if self.difference is None else vars(self.difference)
        extra = ("saving_co2e_kg", "shared_co2e_kg", "empty_share", "today_empty_share")
        return found | {name: getattr(self, name) for name in extra}


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
    holder = Holder(catalogue, (search or Search()).with_limit(time_limit_s))
    decider = Decider(evaluator, holder, aim, Stock.of([*catalogue.boxes, *catalogue.own_containers]), several)
    packing = Packing(str(aim.objective), evaluator.money.currency)
    packing.notes += [*goods.notes, *evaluator.money.notes]
    packing.notes += [f"package {key} has no inner size: nothing is packed into it" for key in catalogue.unsized]
    several = _several_parcels(opened, goods)
    rejects: list[Reject] = []
    with contextlib.ExitStack() as stack:
        writer = stack.enter_context(OrdersWriter(Path(output), opened.given))
        book = stack.enter_context(PlanWriter(plan, evaluator.money.currency))
        drawer = SheetWriter(sheets, language)
        for chunk in opened.chunks(_ROWS):
            rejects += _packed(evaluator.intake.admit(chunk), goods, several, decider, packing, writer, book, drawer)
            progress("pack", packing.orders, opened.row_estimate)
        packing.sheets, packing.questions = drawer.count, holder.asked
        _compare(packing, evaluator, writer, setup, registry, known, lines)
        book.finish(packing)
    if rejects_file is not None:
        rejects_csv(rejects, rejects_file)
    return packing


def aim_of(objective: str, carbon_price: str | None, setup: Organisation, evaluator: Evaluator) -> Aim:
    """Return what a decision is to make low, checked against the prices there are."""
    from carbon.engine.money import exchange_rate

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
    several: set[str],
    decider: Decider,
    packing: Packing,
    writer: OrdersWriter,
    book: PlanWriter,
    drawer: SheetWriter,
) -> Iterator[Reject]:
    """Pack one chunk; yields the orders that were not packed."""
    table = chunk.table.combine_chunks()
    packing.orders += len(chunk.rows) + len(chunk.rejects)
    packing.refused += len(chunk.rejects)
    packing.reasons.update(reject.reason for reject in chunk.rejects)
    ids = {name: table[name].to_pylist() for name in ("parcel_id", "order_id")}
    orders: list[Order] = []
    unpacked: list[Unpacked] = []
    for made in orders_of(table, goods, decider.evaluator.plan.context.organisation, several):
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
        packing.masses_differ += abs(order.goods.mass_kg - order.load.mass_kg) > 0.01 * order.load.mass_kg
        book.add(ids["parcel_id"][decision.position], ids["order_id"][decision.position], decision, order)
        drawer.add(ids["parcel_id"][decision.position], ids["order_id"][decision.position], decision)
        for each in decision.chosen.filled:
            single = len(decision.chosen.filled) == 1
            same = single and each.package == order.today
            load = None if same else each.load
            candidates.append(Candidate(decision.position, order.goods, load, each.package, same))
    packing.kept += len(unpacked)
    packing.reasons.update(each.code for each in unpacked)
    writer.write(packed_table(table, candidates, sorted(each.position for each in unpacked)))
    yield from chunk.rejects
    for each in sorted(unpacked, key=lambda order: order.position):
        book.add_unpacked(ids["parcel_id"][each.position], ids["order_id"][each.position], each)
        parcel_id, row = ids["parcel_id"][each.position], int(chunk.rows[each.position])
        yield Reject(row, parcel_id, None, each.detail or None, each.code, f"{each.sentence}; the order keeps its package")


def orders_of(
    table: pa.Table, goods: OrderItems, setup: Organisation, several: Collection[str] = ()
) -> Iterator[Order | Unpacked]:
    """Yield each row of a chunk as an order with its items, or why it cannot be packed.

    Parameters
    ----------
    several : collection of str
        Orders with several rows, whose items cannot be told apart.
    """
    found = goods.of(table[goods.key].combine_chunks())
    names = ("order_id", "package", "origin_site", "service", "goods_mass_kg", "goods_volume_m3")
    columns = (table[name].to_pylist() for name in names)
    for position, (order_id, package, site, service, mass_kg, volume_m3) in enumerate(zip(*columns, strict=True)):
        if order_id in several:
            yield Unpacked(position, "several_parcels", order_id)
            continue
        made = order_of(position, found.get(position, []), package, mass_kg, volume_m3)
        if isinstance(made, Order):
            defaults = setup.defaults
            places = {"site": site or defaults.site, "service": service or defaults.service}
            made = replace(made, **places, assumed=defaults.package)
        yield made


def order_of(
    position: int,
    rows: list[dict[str, Any]],
    package: str | None,
    goods_mass_kg: float | None = None,
    goods_volume_m3: float | None = None,
) -> Order | Unpacked:
    """Return an order with its items, or why it cannot be packed."""
    if not rows:
        return Unpacked(position, "no_items")
    for row in rows:
        if row["complaint"] is not None:
            return Unpacked(position, "bad_item", text=row["complaint"])
        if row["source"] == UNKNOWN or not row["length_m"]:
            return Unpacked(position, "no_size", _named(row))
        if not row["unit_mass_kg"]:
            return Unpacked(position, "no_item_mass", _named(row))
    counts: dict[Item, int] = {}
    for row in rows:
        item = _item(row)
        counts[item] = counts.get(item, 0) + row["quantity"]
    items = [Item(**{**_fields(item), "quantity": count}) for item, count in counts.items()]
    load = Load(tuple(sorted(items, key=canonical)))
    sized = all(row["source"] == GIVEN for row in rows)
    weighed = all(row["mass_given"] for row in rows)
    mass_kg = goods_mass_kg if goods_mass_kg is not None else load.mass_kg if weighed else np.nan
    volume_m3 = goods_volume_m3 if goods_volume_m3 is not None else load.volume_m3 if sized else np.nan
    notes = [f"size of {_named(row)}: usual size of {_usual(row)}" for row in rows if row["source"] != GIVEN]
    notes += [f"mass of {_named(row)}: usual mass of its category" for row in rows if not row["mass_given"]]
    return Order(position, load, Goods(mass_kg, volume_m3, load.mass_kg, load.volume_m3), package, notes=tuple(notes))


def _item(row: dict[str, Any]) -> Item:
    top = 0.0 if row["fragile"] else np.inf if row["top_load_kg"] is None else row["top_load_kg"]
    apart = [word.strip() for word in (row["keep_apart"] or "").replace("；", ";").split(";")]
    return Item(
        key=_named(row),
        size=tuple(outside_tenths(row[name]) for name in ("length_m", "width_m", "height_m")),
        mass_kg=row["unit_mass_kg"],
        rotation=Rotation(row["rotation"] or "best_fit"),
        top_load_kg=float(top),
        together=row["keep_together"],
        kind=row["kind"],
        apart_from=frozenset(word for word in apart if word),
        own_container=row["own_container"],
        temperature=row["temperature"],
    )


def _fields(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def _named(row: dict[str, Any]) -> str:
    return row["sku"] or f"item of row {row['row']}"


def _usual(row: dict[str, Any]) -> str:
    return row["product_category"] if row["source"] == "category" else "all items"


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


def _today_empty(today, catalogue: Catalogue, holder: Holder, load: Load) -> tuple[float | None, float]:
    """Empty share of today's package and the volume inside; None where the rule does not apply or nothing is known."""
    box = catalogue.box(today.package) if today.package else None
    if box is None or box.key in catalogue.reusable:
        return None, 0.0
    if not box.flexible:
        share = max(1 - load.volume_m3 / box.inner_m3, 0.0)
        return share, load.volume_m3 / (1 - share) if share < 1 else box.inner_m3
    if not today.fits:
        return None, 0.0
    parcel = holder.held(load, box)
    share = empty_share_of(load, parcel, False) if isinstance(parcel, Parcel) else None
    return (None, 0.0) if share is None or share >= 1 else (share, load.volume_m3 / (1 - share))


def _share(volumes: dict[str, float], prefix: str) -> float | None:
    inside_m3 = volumes.get(f"{prefix}inside", 0.0)
    return 1 - volumes[f"{prefix}goods"] / inside_m3 if inside_m3 > 0 else None
