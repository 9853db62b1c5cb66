"""Blocks that do not depend on the service: packaging, end of life, sites, returned goods, product."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from carbon.activities.scoping import Kind
from carbon.engine.block import MARKET_BASED, Binding, Block, Value, build
from carbon.engine.context import Context
from carbon.engine.money import deflator, exchange_rate
from carbon.errors import FactorError, OrganisationError
from carbon.organisation import Site, SiteEnergy
from carbon.terms import DataType, Party, Stage
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, to_canonical

TREATMENTS = ("recycling", "incineration", "composting", "landfill")
_INTENSITY = {"ambient": "hub_energy.electricity", "refrigerated": "hub_energy.electricity.refrigerated"}
_BASIS = {"parcel": "parcel_count", "mass": "goods_mass_kg", "volume_days": "volume_days_m3_day"}


# Packaging ----------------------------------------------------------------------------------------


def packaging_blocks(context: Context) -> Iterator[Block]:
    """Yield materials, filling, washing, empty return and end of life of every package."""
    most = max((len(spec.pieces) for spec in context.packages), default=0)
    for piece in range(most):
        for source in ("virgin", "recycled"):
            yield from _built(_material(context, piece, source))
        for treatment in TREATMENTS:
            yield from _built(_treatment(context, piece, treatment))
    for source in ("virgin", "recycled"):
        yield from _built(_filling(context, source))
    for treatment in TREATMENTS:
        yield from _built(_filling_treatment(context, treatment))
    yield from _reuse(context)


def _material(context: Context, position: int, source: str) -> Block | None:
    def choose(package: int, year: int) -> Binding | None:
        spec = context.packages[package]
        if position >= len(spec.pieces):
            return None
        piece = spec.pieces[position]
        share = piece.recycled_content if source == "recycled" else 1 - piece.recycled_content
        if share == 0:
            return None
        return Binding(
            _material_factor(context, piece.material, source, context.years[year]),
            {
                "component_kg": Value.given(piece.mass_kg, "kg", piece.origin),
                "material_share": Value.given(share, "1"),
                "uses": Value.given(spec.uses, "1", "expected uses"),
            },
        )

    return build(
        name=f"packaging/{position + 1} {source}", stage=Stage.PACKAGING, kind=Kind.PACKAGING, party=Party.OWN,
        model="material", columns={"mass_ratio": "packaging_ratio"}, axes=context.axes("package", "year"),
        choose=choose, data_type=DataType.MODELLED,
    )


def _material_factor(context: Context, material: str, source: str, year: int):
    return context.factor(f"packaging.{material}.{source}", "kg", context.organisation.country, year)


def _treatment(context: Context, position: int, treatment: str) -> Block | None:
    def choose(package: int, region: int, year: int) -> Binding | None:
        spec = context.packages[package]
        if position >= len(spec.pieces):
            return None
        piece = spec.pieces[position]
        found = _end_of_life(context, piece.material, treatment, context.regions[region], context.years[year])
        if found is None:
            return None
        match, share = found
        return Binding(
            match,
            {
                "component_kg": Value.given(piece.mass_kg, "kg", piece.origin),
                "treatment_share": share,
                "uses": Value.given(spec.uses, "1", "expected uses"),
            },
        )

    return build(
        name=f"end of life/{position + 1} {treatment}", stage=Stage.END_OF_LIFE, kind=Kind.END_OF_LIFE, party=Party.OWN,
        model="treated_material", columns={"mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "destination_region", "year"), choose=choose,
    )


def _end_of_life(context: Context, material: str, treatment: str, region: str, year: int):
    """Factor and share of a treatment, None where nothing goes there.

    The sourced recycling (and composting) rate of the material comes first. The rest is residual waste: the
    country's sourced share of it is incinerated, what then remains goes to landfill.
    """
    share = _treatment_share(context, material, treatment, region, context.edition(year))
    if share.value == 0:
        return None
    try:
        return context.factor(f"end_of_life.{material}.{treatment}", "kg", region, year), share
    except FactorError:
        context.note(f"no end-of-life factor for {material}, {treatment}: left out")
        return None


def _treatment_share(context: Context, material: str, treatment: str, region: str, year: int) -> Value:
    def sourced(name: str) -> Value | None:
        found = context.registry.parameter(f"end_of_life_share.{name}", region, year)
        return Value.of(found) if found is not None else None

    none = Value.given(0, "1", "no share known")
    if treatment in ("recycling", "composting"):
        return sourced(f"{material}.{treatment}") or none
    separate = [each for name in ("recycling", "composting") if (each := sourced(f"{material}.{name}")) is not None]
    rest = max(1 - sum(each.value for each in separate), 0.0)
    burnt = sourced("residual_waste.incineration") or none
    share = rest * (burnt.value if treatment == "incineration" else 1 - burnt.value)
    origins = ", ".join(each.origin for each in (*separate, burnt))
    return Value(share, "1", f"rest after {origins}", burnt.parameter)


def _filling(context: Context, source: str) -> Block | None:
    def choose(package: int, year: int) -> Binding | None:
        fill = context.packages[package].void_fill
        if fill is None:
            return None
        share = fill.recycled_content if source == "recycled" else 1 - fill.recycled_content
        if share == 0:
            return None
        return Binding(
            _material_factor(context, fill.material, source, context.years[year]),
            {"density_kg_per_m3": _density(context, package), "material_share": Value.given(share, "1")},
        )

    return build(
        name=f"packaging/void fill {source}", stage=Stage.PACKAGING, kind=Kind.PACKAGING, party=Party.OWN,
        model="void_fill", columns={"empty_m3": "empty_volume_m3", "mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "year"), choose=choose, data_type=DataType.MODELLED,
    )


def _density(context: Context, package: int) -> Value:
    return Value.given(context.packages[package].fill_kg_per_m3, "kg/m**3")


def _filling_treatment(context: Context, treatment: str) -> Block | None:
    def choose(package: int, region: int, year: int) -> Binding | None:
        fill = context.packages[package].void_fill
        if fill is None:
            return None
        found = _end_of_life(context, fill.material, treatment, context.regions[region], context.years[year])
        if found is None:
            return None
        return Binding(found[0], {"density_kg_per_m3": _density(context, package), "treatment_share": found[1]})

    return build(
        name=f"end of life/void fill {treatment}", stage=Stage.END_OF_LIFE, kind=Kind.END_OF_LIFE, party=Party.OWN,
        model="treated_void_fill", columns={"empty_m3": "empty_volume_m3", "mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "destination_region", "year"), choose=choose,
    )


def _reuse(context: Context) -> Iterator[Block]:
    def back(package: int, region: int, year: int) -> Binding | None:
        spec = context.packages[package]
        if spec.reuse is None or spec.reuse.return_vehicle is None:
            return None
        if spec.reuse.return_distance is None:
            raise OrganisationError(f"packages.{spec.key}.reuse needs 'return_distance'", expected="return_distance: '200 km'")
        match = context.factor(spec.reuse.return_vehicle, "kg*km", context.regions[region], context.years[year])
        return Binding(
            match,
            {
                "tare_kg": Value.given(spec.tare_kg, "kg"),
                "return_km": Value.given(spec.reuse.return_distance.to("km").magnitude, "km"),
            },
        )

    yield from _built(
        build(
            name="packaging/empty return", stage=Stage.PACKAGING, kind=Kind.TRANSPORT, party=Party.CARRIER,
            model="empty_return", columns={}, axes=context.axes("package", "destination_region", "year"), choose=back,
        )
    )
    names = {wash.activity or wash.factor for spec in context.packages if spec.reuse for wash in spec.reuse.washing}
    for name in sorted(names):

        def wash(package: int, year: int, name: str = name) -> Binding | None:
            reuse = context.packages[package].reuse
            found = [part for part in reuse.washing if name in (part.activity, part.factor)] if reuse else []
            if not found:
                return None
            quantity = sum(parse_quantity(part.quantity) for part in found)
            unit = canonical_symbol(canonical_unit(quantity.units))
            match = context.factor(name, unit, context.organisation.country, context.years[year])
            return Binding(match, {"amount_per_use": Value.given(to_canonical(quantity), unit)})

        yield from _built(
            build(
                name=f"packaging/washing {name}", stage=Stage.PACKAGING, kind=Kind.PACKAGING, party=Party.OWN,
                model="washing", columns={}, axes=context.axes("package", "year"), choose=wash,
            )
        )


# Sites --------------------------------------------------------------------------------------------


def site_blocks(context: Context) -> Iterator[Block]:
    """Yield metered energy, estimates and default factors of every site."""
    sites = context.organisation.sites
    for activity in sorted({energy.activity for site in sites.values() for energy in site.energy}):
        for party in Party:
            yield from _built(_metered(context, activity, party, market=False))
            yield from _built(_metered(context, activity, party, market=True))
    for party in Party:
        yield from _built(_estimated(context, party))
        yield from _built(_unmetered(context, party))
    yield from _built(_own_places(context))


def _entry(site: Site, activity: str, month: str) -> SiteEnergy | None:
    found = [energy for energy in site.energy if energy.activity == activity and _covers(energy, month)]
    if len(found) > 1:
        raise OrganisationError(
            f"site '{site.name or ''}' has two entries of {activity} for {month}", expected="one entry per period",
            mend="end the first before the second begins",
        )
    return found[0] if found else None


def _covers(energy: SiteEnergy, month: str) -> bool:
    return f"{energy.first_day:%Y-%m}" <= month <= f"{energy.last_day:%Y-%m}"


def _metered(context: Context, activity: str, party: Party, market: bool) -> Block | None:
    method = context.organisation.method.warehouse_allocation

    def choose(code: int, month: int) -> Binding | None:
        site = context.organisation.sites.get(context.site_keys[code])
        if site is None or site.party is not party:
            return None
        text = context.profile.months[month]
        energy = _entry(site, activity, text)
        if energy is None or (market and energy.market is None):
            return None
        quantity = parse_quantity(energy.quantity)
        unit = canonical_symbol(canonical_unit(quantity.units))
        match = context.factor(energy.market or activity if market else activity, unit,
                               _grid_region(context, context.site_keys[code]), int(text[:4]))
        total, origin = _basis_total(context, context.site_keys[code], energy, method)
        if total <= 0:
            return None
        return Binding(
            match,
            {
                "quantity": Value.given(to_canonical(quantity), unit, f"meter of {context.site_keys[code]}"),
                "basis_total": Value.given(total, "1", origin),
            },
        )

    own_generation = any(
        energy.activity == activity and energy.own_generation
        for site in context.organisation.sites.values() for energy in site.energy
    )
    return build(
        name=f"site/{activity}" + (" market-based" if market else "") + ("" if party is Party.OWN else f" ({party})"),
        stage=Stage.WAREHOUSING, kind=Kind.OWN_GENERATION if own_generation else Kind.SITE, party=party,
        model="site_share", columns={"basis": _BASIS[method]}, column_units={"basis": "1"},
        axes=context.axes("site", "month"), choose=choose, data_type=DataType.PRIMARY,
        **({"accounting": MARKET_BASED} if market else {}),
    )


def _grid_region(context: Context, key: str) -> str:
    return context.organisation.sites[key].grid_region or context.site_regions[key]


def _basis_total(context: Context, key: str, energy: SiteEnergy, method: str) -> tuple[float, str]:
    """What the metered amount is shared among: declared by the merchant, else what this run's orders hold."""
    outbound = energy.outbound
    declared = {
        "parcel": outbound.parcels,
        "mass": outbound.mass.to("kg").magnitude if outbound.mass is not None else None,
        "volume_days": outbound.volume_days,
    }[method]
    if declared is not None:
        return float(declared), "declared outbound"
    position = ("parcel", "mass", "volume_days").index(method)
    total = sum(
        totals[position]
        for (site, month), totals in context.profile.site_totals.items()
        if site == key and _covers(energy, month)
    )
    context.note(f"site {key}: metered amounts are shared among this run's parcels; declare 'outbound' for part of a period")
    return total, "this run's parcels"


def _estimated(context: Context, party: Party) -> Block | None:
    def choose(code: int, year: int) -> Binding | None:
        key = context.site_keys[code]
        site = context.organisation.sites.get(key)
        if site is None or site.estimate is None or site.energy or site.party is not party:
            return None
        estimate, region, when = site.estimate, _grid_region(context, key), context.years[year]
        return Binding(
            context.factor("electricity.grid", "kW*h", region, when),
            {
                "area_m2": Value.given(estimate.area.to("m**2").magnitude, "m**2"),
                "intensity_kwh_per_m2_day": context.parameter(_INTENSITY[estimate.storage], region, when),
                "days": Value.given((date(when + 1, 1, 1) - date(when, 1, 1)).days, "day", "days of the year"),
                "parcels": Value.given(estimate.parcels_per_year, "1"),
                "lighting_share": context.parameter("lighting_share", region, when),
                "led_share": Value.given(float(estimate.lighting == "led"), "1"),
                "led_saving": context.parameter("led_saving", region, when),
                "setpoint_saving": Value.given(
                    min(estimate.setpoint_change_degc * estimate.saving_per_degc, 1.0), "1"
                ),
            },
        )

    return build(
        name="site/estimated electricity" + ("" if party is Party.OWN else f" ({party})"), stage=Stage.WAREHOUSING,
        kind=Kind.SITE, party=party, model="site_estimate", columns={}, axes=context.axes("site", "year"), choose=choose,
        data_type=DataType.MODELLED,
    )


def _unmetered(context: Context, party: Party) -> Block | None:
    def choose(code: int, year: int) -> Binding | None:
        key = context.site_keys[code]
        site = context.organisation.sites.get(key)
        if site is None or site.energy or site.estimate is not None or site.party is not party:
            return None
        return Binding(context.factor(site.activity, "kg", context.site_regions[key], context.years[year]), {})

    return build(
        name="site/by mass" + ("" if party is Party.OWN else f" ({party})"), stage=Stage.WAREHOUSING, kind=Kind.SITE,
        party=party, model="stored_mass", columns={"mass_kg": "goods_mass_kg"}, axes=context.axes("site", "year"),
        choose=choose,
    )


def _own_places(context: Context) -> Block | None:
    """Parcels that leave from a place of their own (a marketplace's sellers) get the default by mass."""

    def choose(code: int, region: int, year: int) -> Binding | None:
        if context.site_keys[code]:
            return None
        return Binding(context.factor("hub.ambient.storage", "kg", context.regions[region], context.years[year]), {})

    return build(
        name="site/seller's own, by mass", stage=Stage.WAREHOUSING, kind=Kind.SITE, party=Party.CARRIER,
        model="stored_mass", columns={"mass_kg": "goods_mass_kg"},
        axes=context.axes("site", "origin_region", "year"), choose=choose,
    )


# Returned goods and product -----------------------------------------------------------------------


def returned_goods_blocks(context: Context) -> Iterator[Block]:
    """Yield reprocessing, new packaging and write-offs of returned parcels."""
    for code, key in enumerate(context.service_keys):
        returns = context.organisation.services[key].returns
        common = {"stage": Stage.RETURNS, "service": code, "weights": ("returned",), "data_type": DataType.MODELLED}
        if returns.reprocessing is not None:
            yield from _built(
                build(
                    name=f"{key}/reprocessing", kind=Kind.TRANSPORT, party=Party.CARRIER, model="handled_mass",
                    columns={"mass_kg": "gross_mass_kg"}, axes=context.axes("origin_region", "year"), **common,
                    choose=lambda region, year, name=returns.reprocessing: Binding(
                        context.factor(name, "kg", context.regions[region], context.years[year]), {}
                    ),
                )
            )
        if returns.package is not None:
            spec = next(spec for spec in context.packages if spec.key == returns.package)
            for piece in spec.pieces:
                yield from _built(
                    build(
                        name=f"{key}/new package {piece.material}", kind=Kind.PACKAGING, party=Party.OWN, model="material",
                        columns={}, axes=context.axes("year"), **common,
                        choose=lambda year, piece=piece, uses=spec.uses: Binding(
                            _material_factor(context, piece.material, "virgin", context.years[year]),
                            {
                                "component_kg": Value.given(piece.mass_kg, "kg", piece.origin),
                                "material_share": Value.given(1, "1", "taken as virgin"),
                                "mass_ratio": Value.given(1, "1", "neutral"),
                                "uses": Value.given(uses, "1", "expected uses"),
                            },
                        ),
                    )
                )
        if returns.write_off is not None and returns.write_off_share > 0:
            yield from _built(
                build(
                    name=f"{key}/write-off", kind=Kind.OPERATIONS_WASTE, party=Party.OWN, model="write_off",
                    columns={"goods_kg": "goods_mass_kg"}, axes=context.axes("origin_region", "year"), **common,
                    choose=lambda region, year, name=returns.write_off, share=returns.write_off_share: Binding(
                        context.factor(name, "kg", context.regions[region], context.years[year]),
                        {"write_off_share": Value.given(share, "1")},
                    ),
                )
            )


def product_blocks(context: Context) -> Iterator[Block]:
    """Yield spend by category and currency, and suppliers' own footprints; always shown apart."""
    categories = context.organisation.categories
    for position, currency in enumerate(context.profile.currencies):

        def choose(code: int, found: int, year: int, position: int = position, currency: str = currency) -> Binding | None:
            name = context.profile.categories[code] if context.profile.categories else ""
            if found != position or name not in categories:
                return None
            when, activity = context.years[year], categories[name].activity
            match, target = _spend_factor(context, activity, when)
            return Binding(
                match,
                {
                    "exchange_rate": Value.given(exchange_rate(currency, target, when), f"{target}/{currency}", "ECB, year's average"),
                    "deflator": deflator(context, target, when, match.factor.first.price_year or when),
                },
            )

        yield from _built(
            build(
                name=f"product/spend in {currency}", stage=Stage.PRODUCT, kind=Kind.PRODUCT, party=Party.OWN, model="spend",
                columns={"value": "goods_value"}, column_units={"value": currency},
                axes=context.axes("category", "currency", "year"), choose=choose,
            )
        )
    if context.profile.has_products:
        yield from _built(
            build(
                name="product/declared by the supplier", stage=Stage.PRODUCT, kind=Kind.PRODUCT, party=Party.OWN,
                model="declared", columns={"product_co2e_kg": "product_co2e_kg"}, axes=context.axes("year"),
                choose=lambda year: Binding(context.factor("product.declared", "kg", "GLO", context.years[year]), {}),
                data_type=DataType.PRIMARY,
            )
        )


def _spend_factor(context: Context, activity: str, year: int):
    for currency in ("USD", "EUR", "GBP", "CNY"):
        if context.registry.has_activity(activity, currency):
            return context.factor(activity, currency, context.organisation.country, year), currency
    raise FactorError(f"no spend factor '{activity}'", expected="an activity with a factor per USD, EUR, GBP or CNY")


def _built(block: Block | None) -> Iterator[Block]:
    if block is not None:
        yield block
