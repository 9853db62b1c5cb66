"""Measures at own sites with meters: the sun, lamps, warmth. The whole meter is in the money, the parcels' share in the ledger."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np

from carbon.ledger import Period
from carbon.organisation import SiteEnergy
from carbon.roi.baseline import Baseline
from carbon.roi.change import Change, Number, as_lines, energy_line, factor_lines
from carbon.roi.inputs import Reader
from carbon.roi.measure import Values
from carbon.roi.model import ALL_SCOPES, Model, each_year
from carbon.roi.reading import MONTHS
from carbon.roi.remark import Remark
from carbon.terms import Party, Stage
from carbon.units import parse_quantity

_GRID, _SUN = "electricity.grid", "electricity.solar_pv"


class _SiteModel(Model):
    """A measure at one site; `activity` is what its meter counts."""

    group = "site_energy"
    stages = (Stage.WAREHOUSING,)
    scopes = ALL_SCOPES
    activity = _GRID

    @property
    def metered(self) -> str:
        """What the measure saves of."""
        return self.activity

    @property
    def site(self) -> str:
        """The site's key."""
        return self.scheme.site

    def lines(self, baseline: Baseline) -> np.ndarray:
        """Return the site's lines of that energy."""
        return baseline.where(site=self.site, stage=self.stages, activity=self.metered, party=Party.OWN, unit="kW*h")

    def check(self, baseline: Baseline) -> None:
        """Raise where the site has no meter of its own in the ledger."""
        if baseline.kg(self.lines(baseline)) <= 0 or self.meter_kwh <= 0:
            raise self.nothing(
                f"metered {self.metered} at own site '{self.site}'",
                f"give sites.{self.site}.energy from a meter, or name another site in measures.{self.key}.site",
                Remark(
                    "no_meter",
                    "no meter of {activity} at the own site {site}; give its energy",
                    activity=self.metered,
                    site=self.site,
                ),
            )

    @cached_property
    def meter_kwh(self) -> float:
        """What the site's meter counted in the period, made a year's."""
        period = Period.from_text(self.setup.baseline.period)
        site = self.setup.organisation.sites[self.site]
        counted = sum(_within(each, period) for each in site.energy if each.activity == self.metered)
        return counted * MONTHS / self.setup.baseline.months

    @cached_property
    def ledger_share(self) -> float:
        """Share of the meter that the ledger's parcels have; the rest belongs to no parcel of it."""
        return self.setup.baseline.amount(self.lines(self.setup.baseline)) / self.meter_kwh

    def kwh(self, baseline: Baseline) -> float:
        """Return what the whole meter counts of a baseline, after what measures before have saved."""
        return baseline.amount(self.lines(baseline)) / self.ledger_share

    def left(self, baseline: Baseline, values: Values) -> Number:
        """Return the share of the energy that is left."""
        raise NotImplementedError

    def price(self, values: Values) -> Number:
        """Return the price of a kWh."""
        return values["electricity_price"]

    def change(self, baseline: Baseline, values: Values) -> Change:
        """The site's energy, in proportion."""
        change = Change(baseline)
        change.scale(self.lines(baseline), self.left(baseline, values))
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Energy of the whole meter that is not bought."""
        return self.kwh(baseline) * (1 - np.asarray(self.left(baseline, values))) * self.price(values)

    def remarks(self, baseline: Baseline) -> tuple[Remark, ...]:
        """Say what of the meter is in the ledger."""
        text = "the ledger’s parcels have {share} of the meter: the money is of all of it"
        return (*self.notes, Remark("meter_share", text, share=f"{self.ledger_share:.1%}"))


class LedLighting(_SiteModel):
    """LED in place of older lamps: lighting's share of the electricity, times what is not LED yet, times what LED saves of it.

    Traps: where LEDs are fitted already little is left to save, and published shares of lighting are of older lamps: a meter or
    a lamp list is better; less waste heat wants more heating in winter, which is not counted.
    """

    key = "led_lighting"
    notes = (Remark("lamp_heat", "less heat of lamps may want more heating: not counted"),)

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        site = read.named("site")
        region = self.setup.organisation.sites[site].place.country if site else None
        read.sourced("lighting_share", "lighting_share", "share", region=region)
        read.own("led_fitted_share")
        read.sourced("led_saving", "led_saving", "share", region=region)
        read.own("fixtures")
        read.sourced("fixture_price", "cost.led.fixture", "money", region=region)
        read.own("fitting")
        read.sourced("electricity_price", "cost.electricity", "money/(kW*h)", region=region)
        read.costs(once=False)

    def left(self, baseline: Baseline, values: Values) -> Number:
        """What is left of the electricity."""
        older = 1 - np.asarray(values["led_fitted_share"])
        return 1 - np.multiply(values["lighting_share"], values["led_saving"]) * older

    def once(self, baseline: Baseline, values: Values) -> Number:
        """Fixtures and their fitting."""
        return np.multiply(values["fixtures"], np.asarray(values["fixture_price"]) + values["fitting"])


class TemperatureControl(_SiteModel):
    """Less heating or cooling: `degrees` times what one saves of the site's `activity`, by the merchant's own figure.

    Traps: no figure per degree is shipped, since buildings differ too much; goods and people set the limit; a mild year
    saves by itself.
    """

    key = "temperature_control"
    confidence = "assumed"
    activity = "fuel.natural_gas.gross"

    @property
    def metered(self) -> str:
        """Heating fuel, unless another energy is named."""
        return self.scheme.activity or self.activity

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.named("site")
        for key in ("degrees", "saving_per_degree", "energy_price"):
            read.own(key)
        read.costs()

    def left(self, baseline: Baseline, values: Values) -> Number:
        """What is left of the energy, never below nothing."""
        return np.maximum(1 - np.multiply(values["degrees"], values["saving_per_degree"]), 0.0)

    def price(self, values: Values) -> Number:
        """Of that energy."""
        return values["energy_price"]


class SolarRoof(_SiteModel):
    """Photovoltaics on the roof: peak power times yield, of which `self_use_share` is used at the site, never more than it needs.

    What is used takes the place of grid electricity and brings the panels' own life-cycle figure (scope 3, category 3). What is
    fed in earns its price and no credit. Yield falls by `degradation` a year.

    Traps: self-use, not yield, decides, and it falls where other plants or LED came first; location-based figures are
    shown: market-based, power whose certificates were sold is the residual mix, not zero; panels' figure is by life cycle and
    of another kind than the grid's generation.
    """

    key = "solar_roof"
    notes = (
        Remark(
            "guarantees_of_origin",
            "location-based: market-based the power counts as own only while its guarantees of origin are kept",
        ),
    )

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        site = read.named("site")
        region = self.setup.organisation.sites[site].place.country if site else None
        read.own("peak_power")
        read.sourced("specific_yield", "pv_yield", "kW*h/(kW*year)", region=region)
        read.own("self_use_share")
        read.own("degradation")
        read.sourced("price_per_kw", "cost.solar.rooftop", "money/kW", region=region)
        read.own("export_price", default=0.0)
        read.sourced("electricity_price", "cost.electricity", "money/(kW*h)", region=region)
        read.costs(once=False)

    def made_kwh(self, values: Values, year: Number) -> Number:
        """Return what the plant makes in the n-th year [kWh]."""
        fresh = np.multiply(values["peak_power"], values["specific_yield"])
        return fresh * (1 - np.asarray(values["degradation"])) ** (np.asarray(year) - 1)

    def used_kwh(self, baseline: Baseline, values: Values, year: Number = 1) -> Number:
        """Return what the site uses of it [kWh]."""
        return np.minimum(self.made_kwh(values, year) * values["self_use_share"], self.kwh(baseline))

    def left(self, baseline: Baseline, values: Values) -> Number:
        """What is left of the grid's electricity in the first year."""
        whole = self.kwh(baseline)
        return 1 - np.asarray(self.used_kwh(baseline, values)) / whole if whole > 0 else 1.0

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Less from the grid, more from the roof."""
        change = super().change(baseline, values)
        mine = self.lines(baseline)
        if mine.any():
            like = energy_line(baseline.lines[mine].iloc[0], f"site/{_SUN} (own generation)") | {
                "kind": "own_generation"
            }
            factor = self.setup.registry.resolve(_SUN, "kW*h", like["region"], self.setup.year).factor
            change.add(as_lines(factor_lines(like, factor, self.ledger_share)), self.used_kwh(baseline, values))
        return change

    def _by_year(self, values: Values) -> tuple[dict[str, np.ndarray], np.ndarray]:
        return {key: np.asarray(value)[..., None] for key, value in values.items()}, np.arange(
            1, self.lifetime_years + 1
        )

    def by_year(self, baseline: Baseline, values: Values, first_kg: Number) -> np.ndarray:
        """As much as is used, year by year."""
        wide, years = self._by_year(values)
        first = np.maximum(self.used_kwh(baseline, wide, 1), np.finfo(float).tiny)
        share = self.used_kwh(baseline, wide, years) / first
        return each_year(first_kg, self.lifetime_years) * share

    def yearly_by_year(self, baseline: Baseline, values: Values) -> np.ndarray:
        """Electricity not bought, and what is fed in."""
        wide, years = self._by_year(values)
        used = self.used_kwh(baseline, wide, years)
        fed = self.made_kwh(wide, years) - used
        return used * wide["electricity_price"] + fed * wide["export_price"]

    def once(self, baseline: Baseline, values: Values) -> Number:
        """The plant."""
        return np.multiply(values["peak_power"], values["price_per_kw"])


def _within(energy: SiteEnergy, period: Period) -> float:
    """Return the part of a meter's amount that falls in a period, by days."""
    first: date = max(energy.first_day, period.first_day)
    last: date = min(energy.last_day, period.last_day)
    days = (last - first).days + 1
    if days <= 0:
        return 0.0
    amount = parse_quantity(energy.quantity, "kW*h").to("kW*h").magnitude
    return amount * days / ((energy.last_day - energy.first_day).days + 1)
