"""Line hauls done otherwise: another mode, a slower service, fewer empty km."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carbon.organisation import LineHaul
from carbon.roi.baseline import WHOLE, Baseline
from carbon.roi.change import Change, Number, as_lines, energy_line, factor_lines
from carbon.roi.inputs import Reader
from carbon.roi.measure import Values
from carbon.roi.measures.rounds import parcels_of
from carbon.roi.model import ALL_SCOPES, Model
from carbon.roi.remark import Remark
from carbon.terms import TRANSPORT_STAGES, Stage

_HAULS = (Stage.LINE_HAUL, Stage.RETURNS)


class ModeShift(Model):
    """A `share` of a service's tonne-km by another vehicle: `distance_ratio` times as far, by that vehicle's own factor.

    Out and back: what comes back takes the same way. What is carried (goods, box, filling) stays told apart.

    Traps: a ship's way is longer than a flight's, and each factor is of its own kind of distance: take the ratio from the actual
    routes; the legs to port and station are not in it; days more in transit are stock to be paid for, part of `saving_per_parcel`.
    """

    key = "mode_shift"
    group = "line_haul"
    stages = _HAULS
    scopes = ALL_SCOPES

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        for name in ("service", "from_vehicle", "to_vehicle"):
            read.named(name)
        read.own("share")
        read.own("distance_ratio")
        read.own("saving_per_parcel")
        read.costs()
        regions = self.setup.baseline.lines["region"][self._lines(self.setup.baseline)]
        if len(regions) and not read.missing:
            read.factor(self.setup.registry.resolve(self.scheme.to_vehicle, "kg*km", regions.iloc[0], self.setup.year))

    def _lines(self, baseline: Baseline) -> np.ndarray:
        scheme = self.scheme
        return baseline.where(service=scheme.service, activity=scheme.from_vehicle, unit="kg*km", stage=_HAULS)

    def check(self, baseline: Baseline) -> None:
        """Raise where the service has no such leg, or nothing by the other vehicle is known."""
        if baseline.kg(self._lines(baseline)) <= 0:
            raise self.nothing(
                f"tonne-km by '{self.scheme.from_vehicle}' in service '{self.scheme.service}'",
                "name a vehicle of the service's chain in measures.mode_shift.from_vehicle",
                Remark(
                    "no_tonne_km",
                    "no tonne-km by {vehicle} in the service {service}; name a vehicle of its chain",
                    vehicle=self.scheme.from_vehicle,
                    service=self.scheme.service,
                ),
            )
        for region in set(baseline.lines["region"][self._lines(baseline)]):
            self.setup.registry.resolve(self.scheme.to_vehicle, "kg*km", region, self.setup.year)

    def change(self, baseline: Baseline, values: Values) -> Change:
        """The old vehicle's tonne-km less, the new one's instead."""
        change, mine = Change(baseline), self._lines(baseline)
        change.scale(mine, 1 - np.asarray(values["share"]))
        share = np.multiply(values["share"], values["distance_ratio"])
        change.add(self._by_the_new(baseline, mine), share, values["factor"])
        return change

    def _by_the_new(self, baseline: Baseline, mine: np.ndarray) -> pd.DataFrame:
        """All tonne-km by the new vehicle, over the old one's distance."""

        def make() -> pd.DataFrame:
            rows, resolve = [], self.setup.registry.resolve
            for row in baseline.lines[mine].drop_duplicates(list(WHOLE)).to_dict("records"):
                factor = resolve(self.scheme.to_vehicle, "kg*km", row["region"], self.setup.year).factor
                like = energy_line(row, f"{row['service']}/line haul {self.scheme.to_vehicle}")
                rows += factor_lines(like | {"package": row["package"], "part": row["part"]}, factor, row["amount"])
            return as_lines(rows)

        return baseline.once((self, "new"), make)

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """What the carrier asks less."""
        return parcels_of(baseline, self.scheme.service) * np.multiply(values["share"], values["saving_per_parcel"])


class SlowerService(Model):
    """A `share` of one service's parcels by a slower one of the ledger that serves the same destinations.

    What goes with mass follows the parcels' mass, what goes by the parcel their number; both as the slower service has them
    in the ledger. Parcels to regions that it does not serve stay.

    Traps: the two must start from the same place, or the way of the goods to the other site is left out; parcels that go
    slowly travel as far as the slower service's own do on average; patience has to be paid for (`discount_per_parcel`).
    """

    key = "slower_service"
    group = "line_haul"
    stages = (*TRANSPORT_STAGES, Stage.RETURNS)
    confidence = "assumed"

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.named("from_service")
        read.named("to_service")
        read.own("share")
        read.own("saving_per_parcel")
        read.own("discount_per_parcel", default=0.0)
        read.costs()

    def _served(self, baseline: Baseline) -> np.ndarray:
        """Groups of the faster service that the slower one could carry: same site, same destination."""
        groups = baseline.groups
        lanes = set(
            map(tuple, groups.loc[self._of(baseline, self.scheme.to_service), ["site", "destination_region"]].values)
        )
        same = np.array([tuple(row) in lanes for row in groups[["site", "destination_region"]].values], dtype=bool)
        return self._of(baseline, self.scheme.from_service) & same

    @staticmethod
    def _of(baseline: Baseline, service: str) -> np.ndarray:
        return baseline.groups_where(service=service) & (baseline.groups["parcels"].to_numpy() > 0)

    def check(self, baseline: Baseline) -> None:
        """Raise where the slower service has nothing to compare with."""
        for service in (self.scheme.from_service, self.scheme.to_service):
            if parcels_of(baseline, service) <= 0:
                raise self.nothing(
                    f"parcel by service '{service}'",
                    f"correct measures.{self.key}",
                    Remark("no_parcels", "no parcel by the service {service}", service=service),
                )
        if not self._served(baseline).any():
            raise self.nothing(
                f"parcel by '{self.scheme.from_service}' from a site and to a region that "
                f"'{self.scheme.to_service}' serves, too",
                f"name two services with lanes in common in measures.{self.key}",
                Remark(
                    "no_common_lanes",
                    "the services {service} have no lane in common",
                    service=(self.scheme.from_service, self.scheme.to_service),
                ),
            )

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Less of one service, more of the other."""
        change, share = Change(baseline), np.asarray(values["share"])
        served, there = self._served(baseline), self._of(baseline, self.scheme.to_service)
        moving = {what: baseline.parcels(served, what) for what in ("parcels", "gross_mass_kg")}
        if min(baseline.parcels(there, what) for what in moving) <= 0:
            # A measure before has left nothing of the slower service to compare with: nothing is moved.
            return change
        from_all = {what: parcels_of_what(baseline, self.scheme.from_service, what) for what in moving}
        grown = {what: moving[what] / baseline.parcels(there, what) for what in moving}
        for by_mass, what in ((True, "gross_mass_kg"), (False, "parcels")):
            goes_by_mass = baseline.lines["unit"].isin(["kg", "kg*km"]).to_numpy() == by_mass
            stages = {"stage": self.stages}
            mine = baseline.where(service=self.scheme.from_service, **stages) & goes_by_mass
            change.scale(mine, 1 - share * moving[what] / from_all[what])
            theirs = baseline.where(service=self.scheme.to_service, **stages) & goes_by_mass
            change.scale(theirs, 1 + share * grown[what])
        change.transfer(served, share, service=self.scheme.to_service)
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """What the slower service costs less, less what customers get."""
        moved = np.multiply(values["share"], baseline.parcels(self._served(baseline)))
        return moved * (np.asarray(values["saving_per_parcel"]) - values["discount_per_parcel"])


def parcels_of_what(baseline: Baseline, service: str, what: str) -> float:
    """Return a sum over a service's groups."""
    return baseline.parcels(baseline.groups_where(service=service), what)


@dataclass(frozen=True)
class _Laden:
    mask: np.ndarray
    leg: LineHaul
    empty: bool


class LessEmptyRunning(Model):
    """Fewer empty km on line hauls that state `load` and `empty_running`: those km fall, the laden ones stay.

    With load share `l` and empty share `e` of all km, a laden km comes with ``1 - l + e / (1 - e)`` km by the empty vehicle's figure
    and `l` km by the full one's: only the first falls. By energy per km, all km fall with ``1 / (1 - e)``.

    Traps: a published factor per tonne-km of average load has an unknown share of empty km inside, which no measure here
    can take out: state load and empty running first. An empty truck burns less than a laden one.
    """

    key = "less_empty_running"
    group = "line_haul"
    stages = _HAULS
    scopes = ALL_SCOPES

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.named("services")
        read.own("empty_running")
        read.own("saving_per_parcel", default=0.0)
        read.costs()

    def _lines(self, baseline: Baseline) -> Iterator[_Laden]:
        for service in self.scheme.services:
            for position, leg in enumerate(self.setup.organisation.services[service].chain, 1):
                if not isinstance(leg, LineHaul) or leg.load is None or not leg.empty_running:
                    continue
                blocks = [
                    block
                    for block in set(baseline.lines["block"])
                    if block.startswith(f"{service}/{position} line haul")
                ]
                mine = baseline.where(service=service, stage=_HAULS, block=blocks)
                by_load = np.array([str(each).endswith(".empty") for each in baseline.lines["activity"]], dtype=bool)
                if (mine & by_load).any():
                    yield _Laden(mine & by_load, leg, True)
                elif mine.any():
                    yield _Laden(mine, leg, False)

    def check(self, baseline: Baseline) -> None:
        """Raise where no line haul states its empty km."""
        if not any(True for _ in self._lines(baseline)):
            raise self.nothing(
                f"line haul with 'load' and 'empty_running' in {', '.join(self.scheme.services)}",
                "state both in the services' chain and calculate again: average factors hide their empty km",
                Remark(
                    "no_empty_km",
                    "no line haul states its load and empty running: {service}; average factors hide their empty km",
                    service=self.scheme.services,
                ),
            )

    def change(self, baseline: Baseline, values: Values) -> Change:
        """The empty vehicle's km, or all km by energy."""
        change = Change(baseline)
        for each in self._lines(baseline):
            today = each.leg.empty_running
            then = np.minimum(values["empty_running"], today)
            if each.empty:
                rest = 1 - each.leg.load
                left = (rest + then / (1 - then)) / (rest + today / (1 - today))
            else:
                left = (1 - today) / (1 - then)
            change.scale(each.mask, left)
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """What the carrier asks less."""
        return parcels_of(baseline, self.scheme.services) * np.asarray(values["saving_per_parcel"])
