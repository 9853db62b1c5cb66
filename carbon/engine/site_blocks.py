"""Blocks of sites: metered energy shared among parcels, estimates, defaults by mass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

from carbon.activities.scoping import Kind
from carbon.engine.block import NONE, STATED, Binding, Block, Value, applicable, build
from carbon.engine.context import Context
from carbon.engine.market_blocks import market_blocks
from carbon.engine.meters import BASIS, basis_total, covers, entries, grid_region, most_meters, of_parcels
from carbon.terms import DataType, Party, Stage
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, to_canonical

_ELECTRICITY = "electricity.grid"
#: What an unmetered site is estimated to use, and the intensity per floor area by kind of storage.
_ESTIMATED = {
    _ELECTRICITY: {"ambient": "hub_energy.electricity", "refrigerated": "hub_energy.electricity.refrigerated"},
    "fuel.natural_gas.gross": {"ambient": "hub_energy.gas", "refrigerated": "hub_energy.gas.refrigerated"},
}


def site_blocks(context: Context) -> Iterator[Block]:
    """Yield metered energy, estimates and default factors of every site."""
    sites = context.organisation.sites
    for activity in sorted({energy.activity for site in sites.values() for energy in site.energy}):
        for party, generated in product(Party, (False, True)):
            for layer in range(most_meters(context, activity)):
                yield from applicable(_metered(context, activity, party, generated, layer))
    yield from market_blocks(context)
    for party in Party:
        for activity, intensities in _ESTIMATED.items():
            yield from applicable(_estimated(context, party, activity, intensities))
        yield from applicable(_unmetered(context, party))
    yield from applicable(_own_places(context))


def _metered(context: Context, activity: str, party: Party, generated: bool, layer: int) -> Block | None:
    def choose(code: int, month: int) -> Binding | None:
        site = context.organisation.sites.get(context.site_keys[code])
        if site is None or site.party is not party:
            return None
        text = context.profile.months[month]
        meters = entries(site, activity, text)
        if layer >= len(meters):
            return None
        energy = meters[layer]
        if energy.own_generation is not generated:
            return None
        quantity = parse_quantity(energy.quantity)
        unit = canonical_symbol(canonical_unit(quantity.units))
        match = context.factor(activity, unit, grid_region(context, context.site_keys[code]), int(text[:4]))
        total, origin, part, months = basis_total(context, context.site_keys[code], energy)
        if total <= 0:
            return None
        meter = f"meter of {context.site_keys[code]}{of_parcels(site)}" + (f", {months}" if months else "")
        return Binding(
            match,
            {
                "quantity": Value.given(to_canonical(quantity) * site.parcels_share * part, unit, meter),
                "basis_total": Value.given(total, "1", origin),
            },
        )

    second = f" meter {layer + 1}" if layer else ""
    return build(
        name=f"site/{activity}{second}"
        + (" (own generation)" if generated else "")
        + ("" if party is Party.OWN else f" ({party})"),
        stage=Stage.WAREHOUSING,
        kind=Kind.OWN_GENERATION if generated and party is Party.OWN else Kind.SITE,
        party=party,
        model="site_share",
        columns={"basis": BASIS[context.organisation.method.warehouse_allocation]},
        column_units={"basis": "1"},
        axes=context.axes("site", "month"),
        choose=choose,
        data_type=DataType.PRIMARY,
    )


def _estimated(context: Context, party: Party, activity: str, intensities: dict[str, str]) -> Block | None:
    """Electricity or gas of an unmetered site by floor area; lamps matter to electricity only."""
    lamps = activity == _ELECTRICITY

    def choose(code: int, year: int) -> Binding | None:
        key = context.site_keys[code]
        site = context.organisation.sites.get(key)
        if site is None or site.estimate is None or site.energy or site.party is not party:
            return None
        estimate, region, when = site.estimate, grid_region(context, key), context.years[year]
        saved = min(estimate.setpoint_change_degc * estimate.saving_per_degc, 1.0)
        values = {
            "area_m2": Value.given(
                estimate.area.to("m**2").magnitude * site.parcels_share, "m**2", f"{STATED}{of_parcels(site)}"
            ),
            "intensity_kwh_per_m2_day": context.parameter(intensities[estimate.storage], region, when),
            "days": Value.given((date(when + 1, 1, 1) - date(when, 1, 1)).days, "day", "days of the year"),
            "parcels": Value.given(estimate.parcels_per_year, "1"),
            "lighting_share": context.parameter("lighting_share", region, when) if lamps else NONE,
            "led_share": Value.given(float(estimate.lighting == "led"), "1") if lamps else NONE,
            "led_saving": context.parameter("led_saving", region, when) if lamps else NONE,
            "setpoint_saving": Value.given(saved, "1"),
        }
        return Binding(context.factor(activity, "kW*h", region, when), values)

    return build(
        name=f"site/estimated {activity}" + ("" if party is Party.OWN else f" ({party})"),
        stage=Stage.WAREHOUSING,
        kind=Kind.SITE,
        party=party,
        model="site_estimate",
        columns={},
        axes=context.axes("site", "year"),
        choose=choose,
        data_type=DataType.MODELLED,
    )


def _unmetered(context: Context, party: Party) -> Block | None:
    """The default by mass, for sites and months without a meter or an estimate."""

    def choose(code: int, month: int) -> Binding | None:
        key, text = context.site_keys[code], context.profile.months[month]
        site = context.organisation.sites.get(key)
        if site is None or site.estimate is not None or site.party is not party or _is_metered(context, key, text):
            return None
        if site.energy:
            context.note(f"site {key}: no metered amount to share in {text}; the default by mass stands in")
        return Binding(context.factor(site.activity, "kg", context.site_regions[key], int(text[:4])), {})

    return build(
        name="site/by mass" + ("" if party is Party.OWN else f" ({party})"),
        stage=Stage.WAREHOUSING,
        kind=Kind.SITE,
        party=party,
        model="stored_mass",
        columns={"mass_kg": "goods_mass_kg"},
        axes=context.axes("site", "month"),
        choose=choose,
    )


def _is_metered(context: Context, key: str, month: str) -> bool:
    """Whether some metered amount of the site can be shared in that month."""
    return any(
        covers(energy, month) and basis_total(context, key, energy)[0] > 0
        for energy in context.organisation.sites[key].energy
    )


def _own_places(context: Context) -> Block | None:
    """Parcels that leave from a place of their own (a marketplace's sellers) get the default by mass."""

    def choose(code: int, region: int, year: int) -> Binding | None:
        if context.site_keys[code]:
            return None
        return Binding(context.factor("hub.ambient.storage", "kg", context.regions[region], context.years[year]), {})

    return build(
        name="site/seller's own, by mass",
        stage=Stage.WAREHOUSING,
        kind=Kind.SITE,
        party=Party.CARRIER,
        model="stored_mass",
        columns={"mass_kg": "goods_mass_kg"},
        axes=context.axes("site", "origin_region", "year"),
        choose=choose,
    )
