"""What beyond the single order is worth it: reusable boxes, articles that could ship in their own box, other materials.

All figures of the first two come from the kernel, as differences of rows that are alike in everything else; those of materials
are the factors that it takes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carbon import organisation as _organisation
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.catalogue import catalogue_of
from carbon.optimise.decide import Order
from carbon.optimise.evaluate import Evaluator, Figures
from carbon.optimise.items import Parcel
from carbon.optimise.loads import Holder
from carbon.optimise.placing.search import Search
from carbon.optimise.reuse import BreakEven, OwnContainer, Sku, break_even, own_containers
from carbon.optimise.rows import Candidate, candidate_table
from carbon.optimise.suites.suite import drawn_orders
from carbon.optimise.swaps import Lanes, LeftOut, PackageSwaps, package_swaps
from carbon.orders.items import OrderItems
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation, Package, Reuse

#: Endings of the variants of a reusable package that tell its parts apart.
_ONCE, _TWICE, _UNWASHED, _BARE = "--once", "--twice", "--unwashed", "--bare"
OWN_CONTAINER = "own_container"


@dataclass(frozen=True)
class ReuseAdvice:
    """A reusable package against the best single-use one, for the orders that both hold.

    Attributes
    ----------
    orders : int
        Of those looked at.
    stated_uses, stated_loss_rate : int, float
        As the organisation file has them.
    worth_it : bool or None
        Whether the stated uses reach the break-even in kg CO2e; None where no order fits.
    """

    package: str
    orders: int
    stated_uses: int
    stated_loss_rate: float
    result: BreakEven | None
    worth_it: bool | None


@dataclass(frozen=True)
class Advice:
    """Reusable packages, articles that could ship in their own box, and what packages could be made of.

    Attributes
    ----------
    swaps : tuple of PackageSwaps
        By package, as the organisation file has them, and region.
    left_out : tuple of LeftOut
    """

    looked_at: int
    orders: int
    reuse: tuple[ReuseAdvice, ...]
    own: tuple[OwnContainer, ...]
    swaps: tuple[PackageSwaps, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def advise(
    orders: Any,
    items: Path | str,
    organisation: Path | str | Organisation,
    *,
    damage_risk: float | None = None,
    sample: int = 2000,
    lines: Path | str | None = None,
    mapping: Path | str | None = None,
    items_mapping: Path | str | None = None,
    factors: Iterable[Path | str] = (),
    places: Path | str | None = None,
) -> Advice:
    """Say from how many uses reusable packages are better, and what own containers and other materials would save.

    Parameters
    ----------
    orders, items, organisation
        As for `pack`.
    damage_risk : float, optional
        How much more often a parcel is damaged without shipment packaging; without it the risk is told at which
        nothing would be left of the saving.
    sample : int
        Orders looked at, drawn with a fixed seed where there are more.
    """
    if damage_risk is not None and not 0 <= damage_risk <= 1:
        raise InputError("the damage risk is no share", found=damage_risk, expected="0 to 1")
    setup = organisation if isinstance(organisation, Organisation) else _organisation.read(organisation)
    registry, known = Registry.load(factors, gwp_set=setup.method.gwp_set), Places(places)
    opened = OrdersInput.open(orders, mapping=mapping, lines=lines)
    goods = OrderItems(items, items_mapping)
    table, drawn, total = drawn_orders(opened, goods, setup, sample)
    wide = _with_variants(setup)
    evaluator = Evaluator(opened, wide, registry, known)
    catalogue = catalogue_of(setup, evaluator.plan.context.packages, registry.packages)
    looker = _Looker(evaluator, Holder(catalogue, Search(tries=60, time_limit_s=1.0)), table, drawn)
    own_key = next((box.key for box in catalogue.own_containers), OWN_CONTAINER)
    best = looker.best_single_use()
    swaps, left_out = package_swaps(evaluator.plan.context, _packed(setup, evaluator, table, drawn))
    return Advice(
        len(drawn),
        total,
        tuple(looker.reuse(key, package.reuse, best) for key, package in setup.packages.items() if package.reuse),
        tuple(looker.own(own_key, best, damage_risk)),
        swaps,
        left_out,
        tuple([*goods.notes, *evaluator.money.notes]),
    )


def _packed(setup: Organisation, evaluator: Evaluator, table: pa.Table, drawn: Sequence[Order]) -> dict[str, Lanes]:
    """Return the lanes of the orders in each package today."""
    found, lanes = {key: Counter() for key in setup.packages}, evaluator.lanes(table)
    for order in drawn:
        key = order.today or order.assumed
        if key in found and order.position in lanes:
            found[key][lanes[order.position]] += 1
    return found


def _with_variants(setup: Organisation) -> Organisation:
    """Add to each reusable package ones that differ in one thing, so that differences are its parts."""
    packages = dict(setup.packages)
    for key, package in setup.packages.items():
        if package.reuse is None:
            continue
        once = package.reuse.model_copy(update={"uses": 1, "loss_rate": 0.0})
        packages[key + _ONCE] = _variant(package, once)
        packages[key + _TWICE] = _variant(package, once.model_copy(update={"uses": 2}))
        packages[key + _UNWASHED] = _variant(package, once.model_copy(update={"washing": (), "cost_per_trip": None}))
        bare = {"washing": (), "cost_per_trip": None, "return_vehicle": None, "return_distance": None}
        packages[key + _BARE] = _variant(package, once.model_copy(update=bare))
    if not any(package.kind == "own_container" for package in packages.values()):
        label = {"kind": "own_container", "mass": "0 g", "extras": [{"material": "paper", "mass": "3 g"}]}
        packages[OWN_CONTAINER] = Package.model_validate(label)
    return setup.model_copy(update={"packages": packages})


def _variant(package: Package, reuse: Reuse) -> Package:
    return package.model_copy(update={"reuse": reuse})


class _Looker:
    """Asks the kernel what orders cause in packages that hold them."""

    def __init__(self, evaluator: Evaluator, holder: Holder, table: pa.Table, orders: Sequence[Order]):
        self._evaluator, self._holder, self._table, self._orders = evaluator, holder, table, orders

    def best_single_use(self) -> np.ndarray:
        """Return kg CO2e and money of each order's best single-use package; NaN where none holds it. Shape (2, orders)."""
        pairs = []
        for order in self._orders:
            for box in self._holder.catalogue.boxes:
                if box.key not in self._holder.catalogue.reusable and self._holds(order, box):
                    pairs.append((order, box.key))
        figures, best = self._figures(pairs), np.full((2, len(self._orders)), math.nan)
        for (order, _), co2e_kg, money in zip(pairs, figures.co2e_kg, figures.money, strict=True):
            if not co2e_kg >= best[0, order.position]:
                best[:, order.position] = co2e_kg, money
        return best

    def reuse(self, key: str, reuse: Reuse, best: np.ndarray) -> ReuseAdvice:
        """Take a reusable package apart, and set it against the best single-use ones."""
        box = self._holder.catalogue.box(key)
        orders = [
            order for order in self._orders
            if box is not None and not math.isnan(best[0, order.position]) and self._holds(order, box)
        ]  # fmt: skip
        if not orders:
            return ReuseAdvice(key, 0, reuse.uses, reuse.loss_rate, None, None)
        parts = {}
        for ending in (_ONCE, _TWICE, _UNWASHED, _BARE):
            figures = self._figures([(order, key + ending) for order in orders])
            parts[ending] = np.array([figures.co2e_kg.mean(), figures.money.mean()])
        single = best[:, [order.position for order in orders]].mean(axis=1)
        making = 2 * (parts[_ONCE] - parts[_TWICE])
        washing, bringing = parts[_ONCE] - parts[_UNWASHED], parts[_UNWASHED] - parts[_BARE]
        # What carrying the goods and the box itself causes stands on both sides.
        left = np.maximum(single - (parts[_BARE] - making), 0.0)
        money = (
            [float(each[1]) for each in (left, making, washing, bringing)]
            if self._evaluator.money.known
            else [None] * 4
        )
        found = break_even(
            *(max(float(each[0]), 0.0) for each in (left, making, washing, bringing)), reuse.loss_rate, *money,
            self._evaluator.money.currency or "money",
        )  # fmt: skip
        worth = found.co2e.uses is not None and found.co2e.uses <= reuse.uses
        return ReuseAdvice(key, len(orders), reuse.uses, reuse.loss_rate, found, worth)

    def own(self, key: str, best: np.ndarray, risk: float | None) -> list[OwnContainer]:
        """Return what articles that ship alone would save in their own box.

        A damaged parcel is taken to cost its goods once more, at their price, and its delivery.
        """
        orders = [order for order in self._orders if order.load.pieces == 1 and not math.isnan(best[0, order.position])]
        figures = self._figures([(order, key) for order in orders])
        product, price = self._evaluator.product_kg(self._table), self._evaluator.goods_money(self._table)
        by_sku: dict[str, list[tuple[float, ...]]] = {}
        for order, co2e_kg, money in zip(orders, figures.co2e_kg, figures.money, strict=True):
            at = order.position
            saved = best[0, at] - co2e_kg, best[1, at] - money
            by_sku.setdefault(order.load.items[0].key, []).append((*saved, co2e_kg + product[at], money + price[at]))
        skus = []
        for sku, rows in by_sku.items():
            saved_kg, saved_money, damaged_kg, damaged_money = np.array(rows).mean(axis=0)
            known = self._evaluator.money.known and math.isfinite(saved_money) and math.isfinite(damaged_money)
            skus.append(Sku(sku, len(rows), float(saved_kg), max(float(damaged_kg), 0.0), risk,
                            float(saved_money) if known else None, float(damaged_money) if known else None))  # fmt: skip
        found = own_containers(skus)
        return sorted(found, key=lambda each: -each.sku.parcels * each.sku.saved_co2e_kg) if risk is None else found

    def _holds(self, order: Order, box) -> bool:
        absent = self._holder.catalogue.absence(box.key, order.site, order.service)
        return (
            absent is None
            and order.load.refusal(box) is None
            and isinstance(self._holder.held(order.load, box), Parcel)
        )

    def _figures(self, pairs: Sequence[tuple[Order, str]]) -> Figures:
        rows = [Candidate(order.position, order.goods, None, key, False) for order, key in pairs]
        return self._evaluator.figures(candidate_table(self._table, rows))
