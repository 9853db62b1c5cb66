"""Measures on packages: smaller cartons, none at all, reusable ones."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from carbon.organisation import Package
from carbon.roi.baseline import BOX, FILLING, GOODS, VOLUME, Baseline
from carbon.roi.change import Change, Number
from carbon.roi.inputs import Reader
from carbon.roi.measure import Values
from carbon.roi.measures.fills import Fills
from carbon.roi.measures.packed import (
    Cell,
    PackedModel,
    carried,
    cost_of,
    fill_price_per_m3,
    made,
    package_lines,
    replace_packages,
)
from carbon.roi.reading import FILL_BINS, MASSES
from carbon.roi.remark import NotApplicable, Remark
from carbon.terms import Stage


class CartonRightSizing(PackedModel):
    """Cartons that fit: wherever goods take less of the inner volume than `fill_share`, the box shrinks until they do.

    The parcels' own fill, in bins of a hundredth, tells how far each box shrinks; board goes with the surface, so with the
    power 2/3 of the volume, filling with the empty space. Tape and label stay.

    Traps: less volume saves freight only where volume is what the carriage is shared by, and only down to what the parcel weighs:
    elsewhere only the board and filling that need not be carried count. What carriers bill by volume is not in the money: `carbon cartons` works it out with
    tariffs. A carton suite cannot fit every order: take `fill_share` from its result, not from a wish.
    """

    key = "carton_right_sizing"
    notes = (Remark("freight_money", "freight money saved by smaller parcels is not counted: see carbon cartons"),)

    def suits(self, key: str, package: Package) -> bool:
        """Boxes for single use."""
        return package.kind == "box" and package.reuse is None

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.own("fill_share")
        read.own("price_share_of_board", default=0.0)
        read.costs()

    def check(self, baseline: Baseline) -> None:
        """Raise where no parcel's fill is known."""
        super().check(baseline)
        if not any(self._bins(baseline, cell) is not None for cell in self.cells(baseline)):
            raise self.nothing(
                "goods' volume in the orders",
                "give goods_volume_m3, or items with their sizes",
                Remark(
                    "no_volume", "the orders have no volume of goods; give goods_volume_m3, or items with their sizes"
                ),
            )

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Boxes, what carries them, filling, volume."""
        change = Change(baseline)
        for cell in self.cells(baseline):
            board, filling = self._left(baseline, cell, values["fill_share"])
            spec = self.specs[cell.package]
            main = spec.pieces[0].mass_kg / spec.tare_kg if spec.tare_kg > 0 else 0.0
            change.scale(made(baseline, cell, BOX), board)
            change.scale(carried(baseline, cell, BOX), 1 - main * (1 - np.asarray(board)))
            change.scale(made(baseline, cell, FILLING), filling)
            change.scale(carried(baseline, cell, FILLING), filling)
            change.scale(carried(baseline, cell, VOLUME), self._volume_left(cell, values["fill_share"]))
            change.move(cell.groups, filling, ("empty_volume_m3",))
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Board's part of the cartons' price, and filling."""
        saved: Number = 0.0
        for cell in self.cells(baseline):
            board, filling = self._left(baseline, cell, values["fill_share"])
            package, spec = self.wanted[cell.package], self.specs[cell.package]
            price = cell.parcels * self.setup.money(package.cost)
            saved = saved + price * np.multiply(values["price_share_of_board"], 1 - np.asarray(board))
            saved = saved + cell.empty_volume_m3 * fill_price_per_m3(self.setup, package, spec) * (
                1 - np.asarray(filling)
            )
        return saved

    def _bins(self, baseline: Baseline, cell: Cell) -> Fills | None:
        found = self.setup.baseline.once(
            "bins", lambda: {key: Fills.of(mine) for key, mine in baseline.fills.groupby(["service", "package"])}
        )
        return found.get((cell.service, cell.package))

    def _left(self, baseline: Baseline, cell: Cell, fill_share: Number) -> tuple[Number, Number]:
        """Return what is left of board and filling; parcels of unknown fill stay as they are."""
        # Emissions and money of the same draws ask for the same one after the other.
        asked, found = self._last.get((cell.service, cell.package), (None, None))
        if asked is not fill_share:
            found = self._shrunk(baseline, cell, fill_share)
            self._last[cell.service, cell.package] = (fill_share, found)
        return found

    @cached_property
    def _last(self) -> dict[tuple[str, str], tuple[Number, tuple[Number, Number]]]:
        return {}

    def _shrunk(self, baseline: Baseline, cell: Cell, fill_share: Number) -> tuple[Number, Number]:
        bins = self._bins(baseline, cell)
        if bins is None:
            return 1.0, 1.0
        before = self.setup.baseline
        sent = before.parcels(before.groups_where(service=cell.service, package=cell.package))
        known = min(bins.parcels[-1] / sent, 1.0)
        return tuple(1 - known * (1 - each) for each in bins.left(fill_share))

    def _volume_left(self, cell: Cell, fill_share: Number) -> Number:
        """Return what is left of the volumetric mass that is carried: a parcel is never carried by less than it weighs."""
        table = self.setup.baseline.volumetric
        if table.empty:
            return 1.0
        mine = table[(table["service"] == cell.service) & (table["package"] == cell.package)]
        if mine.empty:
            return 1.0
        fill, freight_kg, gross_kg = mine[["fill", *MASSES]].to_numpy(dtype=float).T
        # The middle of a bin stands for it.
        ratio = np.minimum((fill + 0.5) / FILL_BINS / np.asarray(fill_share)[..., None], 1.0)
        ratio = np.where(fill < 0, 1.0, ratio)
        return np.maximum(freight_kg * ratio, gross_kg).sum(axis=-1) / freight_kg.sum()


class OwnContainer(PackedModel):
    """Goods shipped in their own box with a label: the shipment packaging of a `share` of the parcels is not made.

    Traps: what protects the goods protects them no more, so `damage_share` of these parcels is sent again, with everything
    that a parcel's carriage causes; the goods lost are products and stand outside the total, their cost does not.
    Which articles may go so is found by `carbon pack`; the share is of parcels, not of articles.
    """

    key = "own_container"
    stages = (*PackedModel.stages, Stage.LAST_MILE)

    @property
    def container(self) -> str:
        """Key of the package that is only a label."""
        found = [key for key, each in self.setup.organisation.packages.items() if each.kind == "own_container"]
        return self.scheme.container or (found[0] if found else "")

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        if not self.container:
            read.named("container")
        read.own("share")
        read.own("damage_share")
        read.own("cost_per_damage")
        read.costs()

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Packages away, labels added, damaged parcels sent again."""
        change = Change(baseline)
        share, again = values["share"], np.multiply(values["share"], values["damage_share"])
        label = self.specs[self.container]
        hit: dict[str, float] = {}
        for cell in self.cells(baseline):
            replace_packages(change, cell, share, self.specs[cell.package], label)
            change.scale(carried(baseline, cell, GOODS), 1 + again)
            hit[cell.service] = hit.get(cell.service, 0.0) + cell.parcels
        change.add(self._labels(baseline), share)
        for service, parcels in hit.items():
            of_service = parcels / baseline.parcels(baseline.groups_where(service=service))
            rounds = baseline.where(service=service, package="", stage=(Stage.LAST_MILE, Stage.LINE_HAUL, Stage.HUBS))
            change.scale(rounds, 1 + again * of_service)
        return change

    def _labels(self, baseline: Baseline) -> pd.DataFrame:
        cells = self.cells(baseline)
        return baseline.once((self, "labels"), lambda: package_lines(baseline, self.setup, cells, self.container))

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Packages, filling and packing saved, less the damage."""
        saved: Number = 0.0
        label = cost_of(self.setup, self.setup.organisation.packages[self.container], self.specs[self.container])
        for cell in self.cells(baseline):
            package, spec = self.wanted[cell.package], self.specs[cell.package]
            each = cost_of(self.setup, package, spec) - label
            each = each * cell.parcels + cell.empty_volume_m3 * fill_price_per_m3(self.setup, package, spec)
            hurt = np.multiply(values["damage_share"], values["cost_per_damage"])
            saved = saved + np.multiply(values["share"], each - cell.parcels * hurt)
        return saved


class ReusableBoxes(PackedModel):
    """A reusable package instead of single-use ones, for a `share` of the parcels of services that bring it back.

    Its making is shared among the trips it is expected to make (`uses` and `loss_rate` of the catalogue), and every trip has its
    way back and its washing, as the run's own plan counts them. Only packages that are no larger inside are replaced.

    Traps: below the break-even number of trips it emits more; a box that is heavier costs freight on every trip, out and
    back; what the customer keeps is lost.
    """

    key = "reusable_boxes"
    stages = (*PackedModel.stages,)

    @cached_property
    def box(self) -> str:
        """Key of the reusable package."""
        found = [key for key, each in self.setup.organisation.packages.items() if each.reuse is not None]
        return self.scheme.package or (found[0] if found else "")

    def suits(self, key: str, package: Package) -> bool:
        """Single-use packages that the reusable one can stand in for."""
        inner_m3, old_m3 = self.specs[self.box].inner_m3, self.specs[key].inner_m3
        return super().suits(key, package) and package.kind == "box" and old_m3 <= inner_m3

    def serves(self, service: str) -> bool:
        """Only services that bring the box back."""
        served = self.setup.organisation.packages[self.box].services
        return served is None or service in served

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        package = self.setup.organisation.packages.get(self.box)
        if package is None or package.reuse is None:
            raise NotApplicable(
                Remark("no_reusable", "the catalogue has no reusable package; add one and calculate again"),
                "measure 'reusable_boxes' has no reusable package",
                found=self.box or "no package with 'reuse'",
                expected="a package of the catalogue with uses, loss_rate, return way and washing",
                mend="add one to packages, calculate again, and name it in measures.reusable_boxes.package",
            )
        read.own("share")
        read.costs()

    def check(self, baseline: Baseline) -> None:
        """Raise where nothing is replaced, or the plan does not know the reusable package."""
        super().check(baseline)
        if baseline.catalogue.empty or not (baseline.catalogue["package"] == self.box).any():
            raise self.nothing(
                f"package '{self.box}' in the run's plan",
                "calculate again with this organisation file",
                Remark("not_in_plan", "the run’s plan does not know {package}; calculate again", package=self.box),
            )

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Single-use packages away, reusable ones made, washed, carried out and back."""
        change = Change(baseline)
        for cell in self.cells(baseline):
            replace_packages(change, cell, values["share"], self.specs[cell.package], self.specs[self.box])
        change.add(self._boxes(baseline), values["share"])
        return change

    def _boxes(self, baseline: Baseline) -> pd.DataFrame:
        cells = self.cells(baseline)
        return baseline.once((self, "boxes"), lambda: package_lines(baseline, self.setup, cells, self.box))

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Single-use packages, filling and packing, less the reusable one's share and trips."""
        box = cost_of(self.setup, self.setup.organisation.packages[self.box], self.specs[self.box])
        saved = 0.0
        for cell in self.cells(baseline):
            package, spec = self.wanted[cell.package], self.specs[cell.package]
            saved += cell.parcels * (cost_of(self.setup, package, spec) - box)
            saved += cell.empty_volume_m3 * fill_price_per_m3(self.setup, package, spec)
        return np.multiply(values["share"], saved)

    def break_even_uses(self, baseline: Baseline) -> float | None:
        """Return from how many expected trips the box emits less than what it replaces; None where never.

        What is replaced, `r`, stands against making `m` shared among the trips and `t` for each trip: ``m / (r - t)``.
        """
        change, boxes = self.change(baseline, self.values | {"share": 1.0}), self._boxes(baseline)
        making = boxes["part"] == BOX
        from_making, from_trips = (float(boxes.loc[mine, "co2e_kg"].sum()) for mine in (making, ~making))
        replaced = float(change.saved_kg()) + from_making + from_trips
        left = replaced - from_trips
        return from_making * self.specs[self.box].uses / left if left > 0 else None

    def remarks(self, baseline: Baseline) -> tuple[Remark, ...]:
        """Tell the break-even."""
        uses, expected = self.break_even_uses(baseline), self.specs[self.box].uses
        if uses is None:
            return (
                Remark(
                    "never_even", "{package}: emits more than what it replaces at any number of trips", package=self.box
                ),
            )
        text = "{package}: emits less from {uses} expected trips; {expected} are expected"
        return (Remark("even_from", text, package=self.box, uses=f"{uses:.3g}", expected=f"{expected:.3g}"),)
