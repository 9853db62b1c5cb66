"""What the packaging measures share: which packages they mean, what those cost, and how carried packaging follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from carbon.engine.packages import PackageSpec
from carbon.organisation import Package
from carbon.roi.baseline import BOX, EXTRAS, FILLING, Baseline
from carbon.roi.change import Change, Number, as_lines, factor_lines
from carbon.roi.inputs import Setup
from carbon.roi.model import Model
from carbon.roi.remark import Remark
from carbon.terms import Stage

#: Stages in which a package is made and thrown away; in the others it is carried.
MADE = (Stage.PACKAGING, Stage.END_OF_LIFE)
_S_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Cell:
    """Parcels of one service in one package.

    Attributes
    ----------
    groups : numpy.ndarray of bool
        Of the baseline's groups.
    parcels, empty_volume_m3 : float
    """

    service: str
    package: str
    groups: np.ndarray
    parcels: float
    empty_volume_m3: float


class PackedModel(Model):
    """A measure on packages: `packages` and `services` of its scheme narrow it."""

    group = "packaging"
    stages = (Stage.PACKAGING, Stage.END_OF_LIFE, Stage.LINE_HAUL, Stage.HUBS, Stage.RETURNS)

    def suits(self, key: str, package: Package) -> bool:
        """Return whether the measure is about a package of the catalogue, before `packages` narrows it."""
        return package.reuse is None and package.kind != "own_container"

    @cached_property
    def wanted(self) -> dict[str, Package]:
        """Packages that the measure means."""
        chosen = self.scheme.packages
        known = self.setup.organisation.packages
        return {key: each for key, each in known.items() if (chosen is None or key in chosen) and self.suits(key, each)}

    @cached_property
    def specs(self) -> dict[str, PackageSpec]:
        """Packages as the plan uses them."""
        return self.setup.packages

    def cells(self, baseline: Baseline) -> tuple[Cell, ...]:
        """Return the parcels that the measure means, by service and package."""
        return baseline.once((self, "cells"), lambda: tuple(self.find(baseline)))

    def serves(self, service: str) -> bool:
        """Return whether the measure is about a service, before `services` narrows it."""
        return True

    def find(self, baseline: Baseline) -> Iterator[Cell]:
        """Yield the cells."""
        mine = baseline.groups_where(package=self.wanted)
        if self.scheme.services is not None:
            mine &= baseline.groups_where(service=self.scheme.services)
        for service, package in _pairs(baseline, mine):
            groups = baseline.groups_where(service=service, package=package)
            parcels = baseline.parcels(groups)
            if parcels > 0 and self.serves(service):
                yield Cell(service, package, groups, parcels, baseline.parcels(groups, "empty_volume_m3"))

    def check(self, baseline: Baseline) -> None:
        """Raise where no parcel is in such a package."""
        if not self.cells(baseline):
            raise self.nothing(
                f"parcel in {', '.join(self.wanted) or 'a package of that kind'}",
                f"correct measures.{self.key}.packages or .services",
                Remark("no_packages", "no parcel in a package that suits; correct its packages or services"),
            )


def _pairs(baseline: Baseline, mine: np.ndarray) -> Iterator[tuple[str, str]]:
    """Yield each service and package of some groups once, in the groups' order."""
    (services, named), (packages, called) = (baseline.texts("groups", name) for name in ("service", "package"))
    pairs = services[mine] * len(called) + packages[mine]
    services, packages = list(named), list(called)
    for pair in pairs[np.sort(np.unique(pairs, return_index=True)[1])].tolist():
        service, package = divmod(pair, len(called))
        yield services[service], packages[package]


def made(baseline: Baseline, cell: Cell, part: str) -> np.ndarray:
    """Return the lines of making, and throwing away, a part of a cell's packages."""
    return baseline.where(service=cell.service, package=cell.package, part=part, stage=MADE)


def carried(baseline: Baseline, cell: Cell, part: str) -> np.ndarray:
    """Return the lines of carrying a part of a cell's packages, or its goods."""
    mine = baseline.where(service=cell.service, package=cell.package, part=part)
    return mine & ~baseline.where(stage=MADE)


def replace_packages(change: Change, cell: Cell, share: Number, old: PackageSpec, new: PackageSpec) -> None:
    """Take a share of a cell's packages away, and carry others instead; what those take to make is added apart."""
    baseline = change.baseline
    for part in (BOX, EXTRAS, FILLING):
        change.scale(made(baseline, cell, part), 1 - np.asarray(share))
    change.scale(carried(baseline, cell, FILLING), 1 - np.asarray(share))
    heavier = new.tare_kg / old.tare_kg if old.tare_kg > 0 else 0.0
    change.scale(carried(baseline, cell, BOX), 1 - np.asarray(share) + np.multiply(share, heavier))
    change.transfer(cell.groups, share, package=new.key)


def package_lines(baseline: Baseline, setup: Setup, cells: Iterable[Cell], package: str) -> pd.DataFrame:
    """Return what all of some cells' parcels cause in another package, its filling left out, as the run's own plan counts it.

    Raises
    ------
    FactorError
        If the plan names a factor that is in no table.
    """
    mine = np.zeros(len(baseline.groups), dtype=bool)
    for cell in cells:
        mine |= cell.groups
    sent = baseline.groups[mine].to_dict("records")
    terms = baseline.catalogue[baseline.catalogue["package"] == package]
    rows: list[dict] = []
    for term in terms.to_dict("records"):
        factor = setup.registry.factor(term["factor_id"])
        if factor.co2e_kg <= 0:
            continue
        found: dict[tuple[str, str], float] = {}
        for group in sent:
            if all(not term[axis] or term[axis] == group[axis] for axis in ("origin_region", "destination_region")):
                place, number = (group["service"], group["site"]), group["parcels"]
                found[place] = found.get(place, 0.0) + (number - group["returned"] if term["kept"] else number)
        like = {name: term[name] for name in ("stage", "block", "kind", "party", "region", "part")}
        for (service, site), number in found.items():
            amount = number * term["co2e_kg"] / factor.co2e_kg
            rows += factor_lines(like | {"service": service, "site": site, "package": package}, factor, amount)
    return as_lines(rows)


def cost_of(setup: Setup, package: Package, spec: PackageSpec) -> float:
    """Return what one parcel's package costs: its price over its uses, each trip's own cost, and the time to pack it."""
    costs = setup.organisation.costs
    labour = setup.money(costs.labour) if costs is not None else 0.0
    time_s = package.packing_time.to("s").magnitude if package.packing_time is not None else 0.0
    trip = setup.money(package.reuse.cost_per_trip) if package.reuse is not None else 0.0
    return setup.money(package.cost) / spec.uses + trip + time_s / _S_PER_HOUR * labour


def fill_price_per_m3(setup: Setup, package: Package, spec: PackageSpec) -> float:
    """Return what filling costs per empty volume; 0 where it has no price."""
    price = package.void_fill.price if package.void_fill is not None else None
    if price is None:
        return 0.0
    return setup.money(price) * (1.0 if price.per == "m**3" else spec.fill_kg_per_m3)
