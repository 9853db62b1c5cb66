"""Blocks of the goods: what a return adds besides its transport, and the product, always shown apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from carbon.activities.scoping import Kind
from carbon.engine.block import ONE, Binding, Block, Value, applicable, build
from carbon.engine.context import Context
from carbon.engine.money import deflator, exchange_rate
from carbon.engine.packages import PackageSpec, Piece
from carbon.engine.packaging_blocks import component_of, expected_uses_of, material_factor, share_of
from carbon.errors import FactorError, InputError
from carbon.terms import DataType, Party, Stage


def returned_goods_blocks(context: Context) -> Iterator[Block]:
    """Yield reprocessing, new packaging and write-offs of returned parcels."""
    for code, key in enumerate(context.service_keys):
        returns = context.organisation.services[key].returns
        common = {"stage": Stage.RETURNS, "service": code, "weights": ("returned",), "data_type": DataType.MODELLED}
        if returns.reprocessing is not None:
            yield from applicable(
                build(
                    name=f"{key}/reprocessing",
                    kind=Kind.SITE,
                    party=Party.CARRIER,
                    model="handled_mass",
                    columns={"mass_kg": "gross_mass_kg"},
                    axes=context.axes("origin_region", "year"),
                    **common,
                    choose=lambda region, year, name=returns.reprocessing: Binding(
                        context.factor(name, "kg", context.regions[region], context.years[year]), {}
                    ),
                )
            )
        if returns.package is not None:
            spec = next(spec for spec in context.packages if spec.key == returns.package)
            for piece, source in product(spec.pieces, ("virgin", "recycled")):
                share = share_of(context, piece.recycled_content, source)
                if share.value > 0:
                    yield from applicable(_new_package(context, key, spec, piece, source, share, common))
        if returns.write_off is not None and returns.write_off_share > 0:
            yield from applicable(
                build(
                    name=f"{key}/write-off",
                    kind=Kind.OPERATIONS_WASTE,
                    party=Party.OWN,
                    model="write_off",
                    columns={"goods_kg": "goods_mass_kg"},
                    axes=context.axes("origin_region", "year"),
                    **common,
                    choose=lambda region, year, name=returns.write_off, share=returns.write_off_share: Binding(
                        context.factor(name, "kg", context.regions[region], context.years[year]),
                        {"write_off_share": Value.given(share, "1")},
                    ),
                )
            )


def _new_package(
    context: Context, key: str, spec: PackageSpec, piece: Piece, source: str, share: Value, common: dict[str, Any]
) -> Block | None:
    def choose(region: int, year: int) -> Binding:
        return Binding(
            material_factor(context, piece.material, source, context.regions[region], context.years[year]),
            {
                "component_kg": component_of(piece),
                "material_share": share,
                "mass_ratio": ONE,
                "uses": expected_uses_of(spec),
            },
        )

    return build(
        name=f"{key}/new package, {piece.material} {source}",
        kind=Kind.PACKAGING,
        party=Party.OWN,
        model="material",
        columns={},
        axes=context.axes("origin_region", "year"),
        choose=choose,
        **common,
    )


def product_blocks(context: Context) -> Iterator[Block]:
    """Yield spend by category and currency, and suppliers' own footprints; always shown apart."""
    categories = context.organisation.categories
    for position, currency in enumerate(context.profile.currencies):

        def choose(
            code: int, found: int, year: int, position: int = position, currency: str = currency
        ) -> Binding | None:
            name = context.profile.categories[code] if context.profile.categories else ""
            if found != position or name not in categories:
                return None
            when, activity = context.years[year], categories[name].activity
            try:
                match, target = _spend_factor(context, activity, when)
                rate = exchange_rate(currency, target, when)
                prices = deflator(context, target, when, match.factor.first.price_year or when)
            except InputError as error:
                # The product stands apart: that it cannot be told takes nothing from the delivery.
                context.note(f"product of category {name} in {currency}, {when}: not reported: {error.problem}")
                return None
            return Binding(
                match,
                {"exchange_rate": Value.given(rate, f"{target}/{currency}", "ECB, year's average"), "deflator": prices},
            )

        yield from applicable(
            build(
                name=f"product/spend in {currency}",
                stage=Stage.PRODUCT,
                kind=Kind.PRODUCT,
                party=Party.OWN,
                model="spend",
                columns={"value": "goods_value"},
                column_units={"value": currency},
                axes=context.axes("category", "currency", "year"),
                choose=choose,
            )
        )
    if context.profile.has_products:
        yield from _declared_blocks(context)


def _declared_blocks(context: Context) -> Iterator[Block]:
    """Yield a supplier's own footprint by data type: what it does not state as primary is the supplier's model."""
    for name, data_type, share in (
        ("primary data", DataType.PRIMARY, "product_primary_share"),
        ("other data", DataType.MODELLED, "product_other_share"),
    ):
        yield from applicable(
            build(
                name=f"product/declared by the supplier, {name}",
                stage=Stage.PRODUCT,
                kind=Kind.PRODUCT,
                party=Party.OWN,
                model="declared",
                columns={"product_co2e_kg": "declared_co2e_kg"},
                weights=(share,),
                axes=context.axes("year"),
                choose=lambda year: Binding(context.factor("product.declared", "kg", "GLO", context.years[year]), {}),
                data_type=data_type,
            )
        )


def _spend_factor(context: Context, activity: str, year: int):
    for currency in ("USD", "EUR", "GBP", "CNY"):
        if context.registry.has_activity(activity, currency):
            return context.factor(activity, currency, context.organisation.country, year), currency
    raise FactorError(f"no spend factor '{activity}'", expected="an activity with a factor per USD, EUR, GBP or CNY")
