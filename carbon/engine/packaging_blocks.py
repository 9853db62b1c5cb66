"""Blocks of packaging: materials, filling, washing, empty return, end of life."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from carbon.activities.scoping import Kind
from carbon.engine.block import ONE, STATED, Binding, Block, Value, applicable, build
from carbon.engine.context import Context
from carbon.engine.packages import PackageSpec, Piece
from carbon.engine.stated import stated
from carbon.errors import FactorError, OrganisationError
from carbon.factors.registry import FactorMatch
from carbon.factors.spread import Spread, joined
from carbon.terms import DataType, Party, Stage
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, to_canonical

TREATMENTS = ("recycling", "incineration", "composting", "landfill")


def packaging_blocks(context: Context) -> Iterator[Block]:
    """Yield materials, filling, washing, empty return and end of life of every package."""
    most = max((len(spec.pieces) for spec in context.packages), default=0)
    for piece in range(most):
        for source in ("virgin", "recycled"):
            yield from applicable(_material(context, piece, source))
        for treatment in TREATMENTS:
            yield from applicable(_treatment(context, piece, treatment))
    for source in ("virgin", "recycled"):
        yield from applicable(_filling(context, source))
    for treatment in TREATMENTS:
        yield from applicable(_filling_treatment(context, treatment))
    yield from _reuse(context)


def _material(context: Context, position: int, source: str) -> Block | None:
    def choose(package: int, region: int, year: int) -> Binding | None:
        spec = context.packages[package]
        if position >= len(spec.pieces):
            return None
        piece = spec.pieces[position]
        share = share_of(context, piece.recycled_content, source)
        if share.value == 0:
            return None
        return Binding(
            material_factor(context, piece.material, source, context.regions[region], context.years[year]),
            {
                "component_kg": component_of(piece),
                "material_share": share,
                "uses": expected_uses_of(spec),
            },
        )

    return build(
        name=f"packaging/{position + 1} {source}",
        stage=Stage.PACKAGING,
        kind=Kind.PACKAGING,
        party=Party.OWN,
        model="material",
        columns={"mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "origin_region", "year"),
        choose=choose,
        data_type=DataType.MODELLED,
    )


def share_of(context: Context, recycled_content: float, source: str) -> Value:
    """Return the share of a material that is virgin, or recycled; the recycled content errs for both, by its odds."""
    recycled = source == "recycled"
    spreads = stated(context, "recycled_content", f"{recycled_content:g}")
    return Value(
        recycled_content if recycled else 1 - recycled_content,
        "1",
        STATED,
        spreads=joined(_raised(spreads, 1 - recycled_content if recycled else -recycled_content)),
    )


def expected_uses_of(spec: PackageSpec) -> Value:
    """Return how often a package is used: stated, and so uncertain, for a reusable one only."""
    return Value.given(spec.uses, "1", f"{STATED}: expected uses") if spec.reuse else ONE


def component_of(piece: Piece) -> Value:
    """Return the mass of one material of a package."""
    return Value(piece.mass_kg, "kg", piece.origin, spreads=piece.spreads)


def material_factor(context: Context, material: str, source: str, region: str, year: int) -> FactorMatch:
    """Return the factor of a material, virgin or recycled, where the parcel is packed."""
    return context.factor(f"packaging.{material}.{source}", "kg", region, year)


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
                "component_kg": component_of(piece),
                "treatment_share": share,
                "uses": expected_uses_of(spec),
            },
        )

    return build(
        name=f"end of life/{position + 1} {treatment}",
        stage=Stage.END_OF_LIFE,
        kind=Kind.END_OF_LIFE,
        party=Party.OWN,
        model="treated_material",
        columns={"mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "destination_region", "year"),
        choose=choose,
    )


def _end_of_life(context: Context, material: str, treatment: str, region: str, year: int):
    """Factor and share of a treatment, None where nothing goes there.

    The sourced recycling (and composting) rate of the material comes first. The rest is residual waste: the
    country's sourced share of it is incinerated, what then remains goes to landfill.
    """
    material = context.registry.materials.get(material, material)
    key = (material, treatment, region, context.edition(year))
    share = context.known_shares.get(key)
    if share is None:
        share = context.known_shares[key] = _treatment_share(context, *key)
    if share.value == 0:
        return None
    try:
        return context.factor(f"end_of_life.{material}.{treatment}", "kg", region, year), share
    except FactorError:
        context.note(f"no end-of-life factor for {material}, {treatment}: left out")
        return None


def treated_co2e_kg_per_kg(context: Context, material: str, region: str, year: int) -> float | None:
    """Return what the end of life of a material causes where it is thrown away, None where a treatment has no factor."""
    found = [each for name in TREATMENTS if (each := _end_of_life(context, material, name, region, year)) is not None]
    # Shares of one: what is missing of it lacks a factor.
    if not math.isclose(math.fsum(share.value for _, share in found), 1):
        return None
    return math.fsum(match.factor.co2e_kg * share.value for match, share in found)


def _treatment_share(context: Context, material: str, treatment: str, region: str, year: int) -> Value:
    def sourced(name: str) -> Value | None:
        found = context.registry.parameter(f"end_of_life_share.{name}", region, year)
        return Value.of(found) if found is not None else None

    none = Value.given(0, "1", "no share known")
    if treatment in ("recycling", "composting"):
        found = sourced(f"{material}.{treatment}")
        return replace(found, spreads=_raised(found.spreads, 1 - found.value)) if found is not None else none
    separate = [each for name in ("recycling", "composting") if (each := sourced(f"{material}.{name}")) is not None]
    rest = max(1 - sum(each.value for each in separate), 0.0)
    burnt = sourced("residual_waste.incineration") or none
    share = rest * (burnt.value if treatment == "incineration" else 1 - burnt.value)
    origins = ", ".join(each.origin for each in (*separate, burnt))
    spreads = [spread for each in separate for spread in _raised(each.spreads, -each.value)]
    spreads += _raised(burnt.spreads, 1 - burnt.value if treatment == "incineration" else -burnt.value)
    return Value(share, "1", f"rest after {origins}", burnt.parameter, joined(spreads))


def _raised(spreads: Iterable[Spread], power: float) -> tuple[Spread, ...]:
    """Spreads of a share p of a whole: the deviation is one of its odds, since neither it nor the rest may pass 1.

    The share itself then moves by 1 - p, and what is left of the whole by -p.
    """
    return tuple(spread.raised(power) for spread in spreads)


def _filling(context: Context, source: str) -> Block | None:
    def choose(package: int, region: int, year: int) -> Binding | None:
        fill = context.packages[package].void_fill
        if fill is None:
            return None
        share = share_of(context, fill.recycled_content, source)
        if share.value == 0:
            return None
        return Binding(
            material_factor(context, fill.material, source, context.regions[region], context.years[year]),
            {"density_kg_per_m3": density_of(context, package), "material_share": share},
        )

    return build(
        name=f"packaging/void fill {source}",
        stage=Stage.PACKAGING,
        kind=Kind.PACKAGING,
        party=Party.OWN,
        model="void_fill",
        columns={"empty_m3": "empty_volume_m3", "mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "origin_region", "year"),
        choose=choose,
        data_type=DataType.MODELLED,
    )


def density_of(context: Context, package: int) -> Value:
    """Return the density of a package's filling."""
    return Value.given(context.packages[package].fill_kg_per_m3, "kg/m**3")


def _filling_treatment(context: Context, treatment: str) -> Block | None:
    def choose(package: int, region: int, year: int) -> Binding | None:
        fill = context.packages[package].void_fill
        if fill is None:
            return None
        found = _end_of_life(context, fill.material, treatment, context.regions[region], context.years[year])
        if found is None:
            return None
        return Binding(found[0], {"density_kg_per_m3": density_of(context, package), "treatment_share": found[1]})

    return build(
        name=f"end of life/void fill {treatment}",
        stage=Stage.END_OF_LIFE,
        kind=Kind.END_OF_LIFE,
        party=Party.OWN,
        model="treated_void_fill",
        columns={"empty_m3": "empty_volume_m3", "mass_ratio": "packaging_ratio"},
        axes=context.axes("package", "destination_region", "year"),
        choose=choose,
    )


def _reuse(context: Context) -> Iterator[Block]:
    def back(package: int, region: int, year: int) -> Binding | None:
        spec = context.packages[package]
        if spec.reuse is None or spec.reuse.return_vehicle is None:
            return None
        if spec.reuse.return_distance is None:
            raise OrganisationError(
                f"packages.{spec.key}.reuse needs 'return_distance'", expected="return_distance: '200 km'"
            )
        match = context.factor(spec.reuse.return_vehicle, "kg*km", context.regions[region], context.years[year])
        return Binding(
            match,
            {
                "tare_kg": Value.given(spec.tare_kg, "kg"),
                "return_km": Value.given(spec.reuse.return_distance.to("km").magnitude, "km"),
            },
        )

    yield from applicable(
        build(
            name="packaging/empty return",
            stage=Stage.PACKAGING,
            kind=Kind.TRANSPORT,
            party=Party.CARRIER,
            model="empty_return",
            weights=("kept",),
            columns={},
            axes=context.axes("package", "destination_region", "year"),
            choose=back,
        )
    )
    names = {wash.activity or wash.factor for spec in context.packages if spec.reuse for wash in spec.reuse.washing}
    for name in sorted(names):

        def wash(package: int, region: int, year: int, name: str = name) -> Binding | None:
            reuse = context.packages[package].reuse
            found = [part for part in reuse.washing if name in (part.activity, part.factor)] if reuse else []
            if not found:
                return None
            quantity = sum(parse_quantity(part.quantity) for part in found)
            unit = canonical_symbol(canonical_unit(quantity.units))
            match = context.factor(name, unit, context.regions[region], context.years[year])
            return Binding(match, {"amount_per_use": Value.given(to_canonical(quantity), unit)})

        yield from applicable(
            build(
                name=f"packaging/washing {name}",
                stage=Stage.PACKAGING,
                kind=Kind.PACKAGING,
                party=Party.OWN,
                model="washing",
                columns={},
                axes=context.axes("package", "origin_region", "year"),
                choose=wash,
            )
        )
