"""Blocks of the market-based view of own sites' electricity: certificates, contracts, and what none of them covers.

GHG Protocol Scope 2 Guidance (2015), table 6.3: instruments that meet the quality criteria come first, then the residual
mix, then the grid's average. Only the energy itself is looked at: what comes before it is category 3, location-based.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from carbon.activities.scoping import Kind
from carbon.engine.block import BY_GRID, BY_RESIDUAL, MARKET_BASED, SOLD, Binding, Block, Value, applicable, build
from carbon.engine.context import Context
from carbon.engine.meters import BASIS, basis_total, entries, grid_region, most_meters, of_parcels
from carbon.errors import FactorError, OrganisationError
from carbon.factors.registry import FactorMatch
from carbon.organisation.instruments import claimable_kwh
from carbon.terms import Boundary, DataType, Match, Party, Stage

_KWH = "kW*h"
_NO_COMBUSTION = "electricity.no_combustion"
#: How near a residual mix must be found: another region's says nothing of what is left unclaimed here.
_OWN_MARKET = (Match.OWN, Match.REGION, Match.PARENT)


def market_blocks(context: Context) -> Iterator[Block]:
    """Yield the market-based terms of every electricity meter of an own site that has one."""
    sites = [site for site in context.organisation.sites.values() if site.party is Party.OWN]
    found = {
        (energy.activity, energy.own_generation) for site in sites for energy in site.energy if claimable_kwh(energy)
    }
    counting = list(context.organisation.claims.counting)
    for activity, generated in sorted(found):
        for layer in range(most_meters(context, activity)):
            for key in counting:
                yield from applicable(_covered(context, activity, generated, layer, key))
            for residual in (True, False):
                yield from applicable(_rest(context, activity, generated, layer, residual))


def _covered(context: Context, activity: str, generated: bool, layer: int, key: str) -> Block | None:
    """Return what one instrument covers of a meter."""

    def bind(site: str, year: int, quantity_kwh: float, meter: str, values: dict[str, Value]) -> Binding | None:
        share = context.organisation.claims.shares.get((site, year), {}).get(key, 0.0)
        if not share:
            return None
        origin = f"{share:.4g} of {meter} by {key}"
        return Binding(
            _resolved(context, key, site, year), {"quantity": Value.given(quantity_kwh * share, _KWH, origin)} | values
        )

    return _block(context, activity, generated, layer, key, bind)


def _resolved(context: Context, key: str, site: str, year: int) -> FactorMatch:
    """Return the direct emissions that an instrument conveys.

    Raises
    ------
    OrganisationError
        If there is no such factor, or it is not one of generation alone.
    """
    name = context.organisation.instruments[key].factor or ""
    where, mend = f"instruments.{key}.factor", f"name {_NO_COMBUSTION} for wind, water or sun, or a row of your own"
    try:
        match = context.factor(name, _KWH, grid_region(context, site), year)
    except FactorError as error:
        raise OrganisationError(f"{where}: {error.problem}", found=name, expected=error.expected, mend=mend) from error
    part = next((part for part in match.factor.parts if part.boundary is Boundary.GENERATION), None)
    if part is None:
        raise OrganisationError(
            f"{where} is not of direct emissions",
            found=f"{name} ({', '.join(part.boundary for part in match.factor.parts)})",
            expected="a factor with boundary generation (quality criterion 1 of the Scope 2 Guidance)",
            mend=mend,
        )
    return replace(match, factor=match.factor.of_energy_alone())


def _rest(context: Context, activity: str, generated: bool, layer: int, residual: bool) -> Block | None:
    """Return what no instrument covers of a meter, by the residual mix or, where none is known, by the grid's average."""

    def bind(site: str, year: int, quantity_kwh: float, meter: str, values: dict[str, Value]) -> Binding | None:
        shares = context.organisation.claims.shares.get((site, year), {})
        left, mix = 1.0 - sum(shares.values()), residual_mix(context, site, year)
        # Rounding of shares that cover all of it is no rest; and with nothing known, the location-based value stands.
        if left < 1e-9 or (mix is not None) is not residual or not (shares or generated or residual):
            return None
        match = mix or context.factor(
            "electricity.grid" if generated else activity, _KWH, grid_region(context, site), year
        )
        alone = replace(match, factor=match.factor.of_energy_alone())
        return Binding(alone, {"quantity": Value.given(quantity_kwh * left, _KWH, meter)} | values)

    name = BY_RESIDUAL if residual else BY_GRID
    return _block(context, activity, generated, layer, name, bind)


def residual_mix(context: Context, site: str, year: int) -> FactorMatch | None:
    """Return the residual mix of a site's own market; None where none is known."""
    try:
        match = context.factor("electricity.residual", _KWH, grid_region(context, site), year)
    except FactorError:
        return None
    return match if match.match in _OWN_MARKET else None


def _block(context: Context, activity: str, generated: bool, layer: int, by: str, bind) -> Block | None:
    def choose(code: int, month: int) -> Binding | None:
        site, text = context.site_keys[code], context.profile.months[month]
        setup = context.organisation.sites.get(site)
        if setup is None or setup.party is not Party.OWN:
            return None
        meters = entries(setup, activity, text)
        if layer >= len(meters) or meters[layer].own_generation is not generated:
            return None
        energy = meters[layer]
        kwh = claimable_kwh(energy)
        total, origin, part, months = basis_total(context, site, energy)
        if not kwh or total <= 0:
            return None
        meter = ("certificates sold" if generated else "meter") + f" of {site}{of_parcels(setup)}"
        meter += f", {months}" if months else ""
        return bind(
            site,
            int(text[:4]),
            kwh * setup.parcels_share * part,
            meter,
            {"basis_total": Value.given(total, "1", origin)},
        )

    second = f" meter {layer + 1}" if layer else ""
    return build(
        name=f"site/{activity}{second}{f' {SOLD}' if generated else ''} market-based by {by}",
        stage=Stage.WAREHOUSING,
        kind=Kind.SITE,
        party=Party.OWN,
        model="site_share",
        columns={"basis": BASIS[context.organisation.method.warehouse_allocation]},
        column_units={"basis": "1"},
        axes=context.axes("site", "month"),
        choose=choose,
        data_type=DataType.PRIMARY,
        accounting=MARKET_BASED,
    )
