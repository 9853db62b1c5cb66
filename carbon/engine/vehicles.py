"""Vehicles of known energy use: which carrier a vehicle key names, its use per km and its factor."""

from __future__ import annotations

from carbon.engine.block import NONE, Value
from carbon.engine.context import Context
from carbon.errors import FactorError
from carbon.factors.registry import FactorMatch
from carbon.organisation import Consumption, HubStop, LastMile, LineHaul
from carbon.terms import DataType
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, to_canonical

#: Energy carriers that a vehicle key may end in: where their use per km and their factor are found.
CARRIERS = {
    ".battery_electric": ("consumption.electricity", "electricity.grid"),
    ".hydrogen": ("consumption.hydrogen", "hydrogen.average"),
}


def carrier_of(vehicle: str | None) -> str | None:
    """Return the energy carrier a vehicle key ends in, None for others."""
    return next((suffix for suffix in CARRIERS if vehicle and vehicle.endswith(suffix)), None)


def energy_of(
    context: Context, given: Consumption | None, base: str | None, carrier: str | None, region: str, year: int
) -> tuple[FactorMatch, Value, Value]:
    """Return factor, use per km and charging loss of a vehicle of given or known consumption."""
    if given is not None:
        quantity = parse_quantity(given.per_distance)
        per_km = quantity.to_root_units() * (1 * canonical_unit(parse_quantity("1 km").units)).to_root_units()
        unit = canonical_unit(per_km.units)
        value = Value.given(to_canonical(per_km), f"{canonical_symbol(unit)}/km")
        return context.factor(given.activity, canonical_symbol(unit), region, year), value, NONE
    name, activity = CARRIERS[carrier]
    value = context.parameter(f"{name}.{base}", region, year)
    unit = value.unit.split("/")[0]
    # Only where a figure was taken at the battery; others are at the plug.
    loss = context.registry.parameter(f"charging_loss.{base}", region, context.edition(year))
    return context.factor(activity, unit, region, year), value, Value.of(loss) if loss is not None else NONE


def one_unit(context: Context, key: str, activity: str, wanted: tuple[str, ...]) -> str:
    """Return the first wanted unit in which an activity has factors.

    Raises
    ------
    FactorError
        If it has none of them; `key` is the service that asks.
    """
    units = context.units_of(activity)
    for unit in wanted:
        if unit in units:
            return unit
    raise FactorError(
        f"services.{key}: no factor '{activity}' per {' or '.join(wanted)}",
        found=f"factors per {', '.join(sorted(units))}" if units else "no factor of that name",
        expected="an activity from `carbon factors list`",
    )


def data_type_of(leg: LineHaul | HubStop | LastMile) -> DataType:
    """Return primary where the organisation says the leg's factor is the carrier's own, else default."""
    return DataType.PRIMARY if leg.primary else DataType.DEFAULT
