"""Other vans on the rounds: battery or hydrogen, by km of the ledger's rounds and by the local grid or the hydrogen's route."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import numpy as np
import pandas as pd

from carbon.factors.registry import FactorMatch
from carbon.roi.baseline import Baseline
from carbon.roi.change import Change, Number, as_lines, energy_line, factor_lines
from carbon.roi.inputs import Reader
from carbon.roi.measure import Values
from carbon.roi.measures.rounds import RoundLine, round_lines, total
from carbon.roi.model import ALL_SCOPES, Model
from carbon.roi.remark import NotApplicable, Remark
from carbon.terms import Stage

_GRID, _GRID_ROUTE = "electricity.grid", "grid"


class _Vans(Model):
    group = "last_mile"
    stages = (Stage.LAST_MILE, Stage.RETURNS)
    scopes = ALL_SCOPES
    carrier: str

    def prepare(self, read: Reader) -> None:
        """Read the inputs; prices of vans only where own ones are meant."""
        read.named("services")
        vehicle = read.named("vehicle")
        read.own("share")
        unit = f"{'kg' if self.carrier == 'hydrogen' else 'kW*h'}/km"
        if vehicle is not None:
            read.sourced("consumption", f"consumption.{self.carrier}.{vehicle}", unit)
        rounds = self._rounds(self.setup.baseline)
        if rounds and not read.missing:
            read.factor(self.factor(max(rounds, key=lambda each: each.km).line["region"])[0])
        if any(each.own for each in rounds):
            for key in ("km_per_van", "van_price", "residual_share", "fuel_price", "maintenance"):
                read.own(key)
            self.prices(read)
            read.costs(once=False)
        else:
            # A carrier's vans: what it asks for them is the measure's running cost.
            read.costs()

    @abstractmethod
    def prices(self, read: Reader) -> None:
        """Read the prices of vans, energy and what charges or fills them."""

    @abstractmethod
    def factor(self, region: str) -> tuple[FactorMatch, float]:
        """Return the factor of the new energy in a region, and its amount per unit of `consumption`."""

    @abstractmethod
    def energy_price(self, values: Values) -> Number:
        """Return the price of a unit of `consumption`."""

    @abstractmethod
    def supply(self, values: Values, vans: Number) -> Number:
        """Return what chargers or the filling station cost."""

    def check(self, baseline: Baseline) -> None:
        """Raise where no round burns fuel."""
        if not self._rounds(baseline):
            raise self.nothing(
                f"round by fuel whose km are known in {', '.join(self.scheme.services)}",
                f"correct measures.{self.key}.services",
                Remark(
                    "no_fuel_rounds", "no round by fuel whose km are known: {service}", service=self.scheme.services
                ),
            )
        for line in self._rounds(baseline):
            self.factor(line.line["region"])

    def _rounds(self, baseline: Baseline, own: bool | None = None) -> list[RoundLine]:
        return [each for each in self._all_rounds(baseline)[0] if own is None or each.own == own]

    def _all_rounds(self, baseline: Baseline) -> tuple[list[RoundLine], list[str]]:
        """Return the rounds, and the blocks whose km are not known."""
        services = self.scheme.services or ()
        return baseline.once((self, "rounds"), lambda: round_lines(baseline, self.setup.organisation, services))

    def change(self, baseline: Baseline, values: Values) -> Change:
        """A share of the km by the new vans."""
        change = Change(baseline)
        for each in self._rounds(baseline):
            change.scale(each.mask, 1 - np.asarray(values["share"]))
            use = each.line["region"]
            change.uses[self._block(each), use] = float(np.mean(values["consumption"])) * self.factor(use)[1]
        # The factor is asked for once more than its amount: a draw of it changes kg, not kWh.
        change.add(self._by_the_new(baseline), np.multiply(values["share"], values["consumption"]), values["factor"])
        return change

    def _block(self, line: RoundLine) -> str:
        return f"{line.line['service']}/last mile {self.key}"

    def _by_the_new(self, baseline: Baseline) -> pd.DataFrame:
        """All km, at one unit of `consumption` each."""

        def make() -> pd.DataFrame:
            rows = []
            for each in self._rounds(baseline):
                match, per_unit = self.factor(each.line["region"])
                rows += factor_lines(energy_line(each.line, self._block(each)), match.factor, each.km * per_unit)
            return as_lines(rows)

        return baseline.once((self, "new"), make)

    def _vans(self, baseline: Baseline, values: Values) -> Number:
        km = total(self._rounds(baseline), "km", own=True)
        return np.multiply(values["share"], km) / values["km_per_van"] if km else 0.0

    def once(self, baseline: Baseline, values: Values) -> Number:
        """What the vans cost more, and what supplies them."""
        if "km_per_van" not in values:
            return 0.0
        vans = self._vans(baseline, values)
        return np.multiply(vans, values["van_price"]) * values["premium"] + self.supply(values, vans)

    def residual(self, baseline: Baseline, values: Values) -> Number:
        """What is left of the vans' extra price."""
        if "km_per_van" not in values:
            return 0.0
        price = np.multiply(self._vans(baseline, values), values["van_price"]) * values["premium"]
        return price * values["residual_share"]

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Fuel and maintenance saved, less energy; a carrier's vans save the merchant nothing."""
        if "km_per_van" not in values:
            return 0.0
        mine = self._rounds(baseline, own=True)
        km, litres = total(mine, "km"), total(mine, "litres")
        fuel = litres * np.asarray(values["fuel_price"])
        upkeep = km * np.multiply(values["maintenance"], values["maintenance_saving"])
        energy = km * np.multiply(values["consumption"], self.energy_price(values))
        return np.multiply(values["share"], fuel + upkeep - energy)

    def remarks(self, baseline: Baseline) -> tuple[Remark, ...]:
        """Name what is not touched, and whose vans they are."""
        _, unknown = self._all_rounds(baseline)
        untouched = "not touched, since its km are not known: {block}"
        found = [Remark("untouched", untouched, block=block) for block in unknown]
        if self._rounds(baseline, own=False):
            text = "carriers’ vans: what they ask for it is running_cost, 0 where none is given"
            found.append(Remark("carriers_vans", text))
        if any(each.own and not each.litres for each in self._rounds(baseline)):
            text = "own vans counted by km: their fuel is not known in litres and not in the money"
            found.append(Remark("fuel_unknown", text))
        return (*self.notes, *found)


class ElectricVans(_Vans):
    """Battery vans: the rounds' km times kWh/km, from the grid where they are driven.

    Own vans move from scope 1 to scope 2 and 3; a carrier's stay in scope 3. Money is that of own vans: what they cost more,
    chargers, fuel, electricity, maintenance, what is left of the price.

    Traps: kWh/km is at the plug and of the year's average, cold and loads widen it; a factor with a foreign grid inside is never
    used; a grid that gets cleaner is counted only where `finance.grid_path` says how; vans and chargers are made, too, which
    no transport standard counts here.
    """

    key = "electric_vans"
    carrier = "electricity"

    def prices(self, read: Reader) -> None:
        """Vans, electricity, chargers."""
        read.sourced("premium", "cost.van.electric_premium", "share")
        read.sourced("maintenance_saving", "cost.van.electric_maintenance_saving", "share")
        read.sourced("electricity_price", "cost.electricity", "money/(kW*h)")
        read.own("charger")

    def factor(self, region: str) -> tuple[FactorMatch, float]:
        """The local grid, with the losses of charging where kWh/km are at the battery."""
        found = self.setup.registry.parameter(f"charging_loss.{self.scheme.vehicle}", region, self.setup.year)
        loss = found.value if found is not None and self.scheme.consumption is None else 0.0
        return self.setup.registry.resolve(_GRID, "kW*h", region, self.setup.year), 1 / (1 - loss)

    def energy_price(self, values: Values) -> Number:
        """Electricity."""
        return values["electricity_price"]

    def supply(self, values: Values, vans: Number) -> Number:
        """One charger a van."""
        return np.multiply(vans, values["charger"])


class HydrogenVans(_Vans):
    """Fuel-cell vans: the rounds' km times kg/km, by how the hydrogen is made.

    Traps: the route decides. From the average grid it emits more than diesel nearly everywhere, and from natural gas about as
    much; only what is contracted as renewable is renewable. The filling station is dear and wants many vans.
    """

    key = "hydrogen_vans"
    carrier = "hydrogen"
    notes = (Remark("hydrogen_route", "the hydrogen’s route decides: a contract for it is needed, not a wish"),)

    def prices(self, read: Reader) -> None:
        """Vans, hydrogen, station."""
        for key in ("premium", "maintenance_saving", "hydrogen_price", "station"):
            read.own(key)

    def prepare(self, read: Reader) -> None:
        """The route, too."""
        read.named("route")
        super().prepare(read)

    @cached_property
    def _per_kg(self) -> float:
        name = "consumption.electricity.electrolysis.pem"
        country = self.setup.organisation.country
        return self.setup.registry.needed_parameter(name, country, self.setup.year).value

    def factor(self, region: str) -> tuple[FactorMatch, float]:
        """Hydrogen of its route; by electrolysis on the local grid where that is said."""
        registry, route = self.setup.registry, self.scheme.route
        if route == _GRID_ROUTE:
            return registry.resolve(_GRID, "kW*h", region, self.setup.year), self._per_kg
        activity = f"hydrogen.{route}"
        if not registry.has_activity(activity, "kg"):
            known = [
                each.removeprefix("hydrogen.") for each in registry.activities("kg") if each.startswith("hydrogen.")
            ]
            raise NotApplicable(
                Remark("no_route", "no way of making hydrogen is known by the name {route}", route=route),
                "measures.hydrogen_vans.route is not known",
                found=route,
                expected=", ".join([*known, _GRID_ROUTE]),
                mend="name how the hydrogen is made",
            )
        return registry.resolve(activity, "kg", region, self.setup.year), 1.0

    def energy_price(self, values: Values) -> Number:
        """Hydrogen."""
        return values["hydrogen_price"]

    def supply(self, values: Values, vans: Number) -> Number:
        """One station for all."""
        return np.where(np.asarray(vans) > 0, values["station"], 0.0)
