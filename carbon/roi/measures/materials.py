"""Measures on what packages are made of and filled with: less filling, more recycled material."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carbon.organisation import Package
from carbon.roi.baseline import BOX, FILLING, Baseline
from carbon.roi.change import Change, Number, as_lines, factor_lines
from carbon.roi.inputs import Reader
from carbon.roi.measure import Values
from carbon.roi.measures.packed import (
    Cell,
    PackedModel,
    carried,
    fill_price_per_m3,
    made,
)
from carbon.terms import Stage


class SmartVoidFill(PackedModel):
    """Filling only where goods need it: `filled_share` of the empty space, at its own density and price.

    Traps: the empty space is still carried, and what carriers bill by volume stays; a lighter filling of another material
    is another factor: this measure keeps the material, and only its density and how much of the space is filled change.
    """

    key = "smart_void_fill"

    def suits(self, key: str, package: Package) -> bool:
        """Packages that are filled."""
        return package.void_fill is not None

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.own("filled_share")
        read.own("density", default=0.0)
        read.own("price", default=0.0)
        read.costs()

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Filling made, carried and thrown away."""
        change = Change(baseline)
        for cell in self.cells(baseline):
            left = self._left(cell, values)
            change.scale(made(baseline, cell, FILLING) | carried(baseline, cell, FILLING), left)
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """What filling costs today less what it costs then."""
        saved: Number = 0.0
        for cell in self.cells(baseline):
            today = fill_price_per_m3(self.setup, self.wanted[cell.package], self.specs[cell.package])
            then = values["price"] if self.scheme.price is not None else today
            saved = saved + cell.empty_volume_m3 * (today - np.multiply(values["filled_share"], then))
        return saved

    def _left(self, cell: Cell, values: Values) -> Number:
        density = self.specs[cell.package].fill_kg_per_m3
        lighter = np.divide(values["density"], density) if self.scheme.density is not None else 1.0
        return np.multiply(values["filled_share"], lighter)


class RecycledContent(PackedModel):
    """More recycled material in the main part of a package: what was virgin up to `content` is recycled.

    By cut-off the benefit is in the recycled material's own factor, and end of life brings no credit. Mass stays. New packages of
    returned goods count, too.

    Traps: where a publisher's recycled factor is no lower than its virgin one nothing is saved, whatever one expects;
    recycled board may have to be heavier for the same strength, which is another package of the catalogue.
    """

    key = "recycled_content"
    stages = (Stage.PACKAGING, Stage.RETURNS)

    def suits(self, key: str, package: Package) -> bool:
        """Packages with virgin material in their main part."""
        return package.kind != "own_container" and self.specs[key].pieces[0].recycled_content < 1

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.own("content")
        read.own("price_change")
        read.costs()

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Virgin lines shrink, recycled ones grow by as much mass."""
        change = Change(baseline)
        for package, virgin in baseline.once((self, "virgin"), lambda: self._virgin(baseline)).items():
            moved = self._more(package, values) / (1 - self.specs[package].pieces[0].recycled_content)
            change.scale(virgin, 1 - moved)
            change.add(self._recycled(baseline, package, virgin), moved)
        return change

    def _virgin(self, baseline: Baseline) -> dict[str, np.ndarray]:
        """Return the lines of virgin material of each package, those of returned goods among them."""
        found: dict[str, np.ndarray] = {}
        for package, virgin in self._returned(baseline):
            found[package] = found.get(package, False) | virgin
        new = baseline.where(stage=(Stage.PACKAGING,), block="packaging/1 virgin")
        for cell in self.cells(baseline):
            found[cell.package] = found.get(cell.package, False) | (made(baseline, cell, BOX) & new)
        return found

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """What the recycled material costs more."""
        moved_kg: Number = 0.0
        for cell in self.cells(baseline):
            spec = self.specs[cell.package]
            moved_kg = moved_kg + cell.parcels * spec.pieces[0].mass_kg / spec.uses * self._more(cell.package, values)
        for package, virgin in self._returned(baseline):
            whole_kg = baseline.amount(virgin) / (1 - self.specs[package].pieces[0].recycled_content)
            moved_kg = moved_kg + whole_kg * self._more(package, values)
        return -np.multiply(moved_kg, values["price_change"])

    def _returned(self, baseline: Baseline) -> list[tuple[str, np.ndarray]]:
        """Virgin material of the new packages that returned goods get, by package."""

        def find() -> list[tuple[str, np.ndarray]]:
            found = []
            for key, service in self.setup.organisation.services.items():
                package = service.returns.package
                if package not in self.wanted or (self.scheme.services is not None and key not in self.scheme.services):
                    continue
                pieces = self.specs[package].pieces
                # Where tape or label are of the same material, the line is not the main part's alone.
                if all(each.material != pieces[0].material for each in pieces[1:]):
                    block = f"{key}/new package, {pieces[0].material} virgin"
                    found.append((package, baseline.where(service=key, block=block)))
            return [(package, lines) for package, lines in found if lines.any()]

        return baseline.once((self, "returned"), find)

    def _recycled(self, baseline: Baseline, package: str, virgin: np.ndarray) -> pd.DataFrame:
        """All of a package's virgin material, made of recycled."""

        def make() -> pd.DataFrame:
            rows, activity = [], f"packaging.{self.specs[package].pieces[0].material}.recycled"
            for row in baseline.records(virgin):
                factor = self.setup.registry.resolve(activity, "kg", row["region"], self.setup.year).factor
                block = row["block"].removesuffix(" virgin") + " recycled"
                rows += factor_lines(row, factor, row["amount"], block=block)
            return as_lines(rows)

        return baseline.once((self, package, "recycled"), make)

    def _more(self, package: str, values: Values) -> np.ndarray:
        return np.maximum(np.asarray(values["content"]) - self.specs[package].pieces[0].recycled_content, 0.0)
