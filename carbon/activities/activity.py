"""The contract of an activity model, and the list of all models."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from carbon.activities import packaging, product, returns, transport, warehousing


@dataclass(frozen=True)
class Model:
    """A pure, branch-free function and its arguments.

    Attributes
    ----------
    name : str
        What the plan and the ledger call it; never changed once a ledger may hold it.
    function : callable
        Takes keyword arguments only; returns one amount or a tuple of amounts.
    formulas : tuple of str
        What each amount is, for a person with a pocket calculator; `attempts` that are not recorded are
        1 + failure_share.
    """

    name: str
    function: Callable[..., Any]
    formulas: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the arguments, all of them needed."""
        return tuple(inspect.signature(self.function).parameters)

    def amounts(self, **values: Any) -> tuple[Any, ...]:
        """Evaluate on floats, arrays or quantities; always a tuple."""
        result = self.function(**values)
        return result if isinstance(result, tuple) else (result,)


_SHARE_OF_ROUND = "round_km x mass_kg x radial_km / round_mass_distance_kg_km x attempts"
_SHARE_OF_USE = _SHARE_OF_ROUND.replace("round_km", "round_use x plan_ratio", 1)
_LADEN = "mass_kg / (payload_kg x load_share) x distance_km x circuity x adjustment"
_SETTINGS = "(1 - lighting_share x led_share x led_saving) x (1 - setpoint_saving)"

#: Every model with its formulas. A new one is a function in a file of this folder and a line here.
_ALL: tuple[tuple[Callable[..., Any], tuple[str, ...]], ...] = (
    (transport.freight, ("mass_kg x (distance_km x circuity x adjustment + addition_km)",)),
    (
        transport.laden_vehicle_distance,
        (f"{_LADEN} x (1 - load_share + empty_share / (1 - empty_share))", f"{_LADEN} x load_share"),
    ),
    (
        transport.vehicle_energy,
        (f"{_LADEN} / (1 - empty_share) x consumption_per_km / (1 - charging_loss)",),
    ),
    (transport.round_distance, ("round_km / round_parcels x attempts",)),
    (transport.round_distance_by_mass_distance, (f"{_SHARE_OF_ROUND}; by round_parcels where all lie at the hub",)),
    (transport.round_energy, ("round_km / round_parcels x attempts x consumption_per_km / (1 - charging_loss)",)),
    (
        transport.round_energy_by_mass_distance,
        (f"{_SHARE_OF_ROUND} x consumption_per_km / (1 - charging_loss); by round_parcels where all lie at the hub",),
    ),
    (transport.round_use, ("round_use x plan_ratio / round_parcels x attempts",)),
    (transport.round_use_by_mass_distance, (f"{_SHARE_OF_USE}; by round_parcels where all lie at the hub",)),
    (transport.customer_trip, ("trip_km x car_share / parcels_per_trip",)),
    (transport.handled_mass, ("mass_kg",)),
    (transport.handled_parcel, ("parcel_count",)),
    (transport.reported, ("reported_co2e_kg",)),
    (packaging.material, ("component_kg x material_share x mass_ratio / uses",)),
    (packaging.void_fill, ("empty_m3 x density_kg_per_m3 x material_share x mass_ratio",)),
    (packaging.treated_material, ("component_kg x treatment_share x mass_ratio / uses",)),
    (packaging.treated_void_fill, ("empty_m3 x density_kg_per_m3 x treatment_share x mass_ratio",)),
    (packaging.washing, ("amount_per_use",)),
    (packaging.empty_return, ("tare_kg x return_km",)),
    (warehousing.site_share, ("quantity x basis / basis_total",)),
    (
        warehousing.site_estimate,
        (f"area_m2 x intensity_kwh_per_m2_day x days / parcels x {_SETTINGS}",),
    ),
    (warehousing.stored_mass, ("mass_kg",)),
    (returns.write_off, ("goods_kg x write_off_share",)),
    (product.spend, ("value x exchange_rate x deflator",)),
    (product.declared, ("product_co2e_kg",)),
)
MODELS = {function.__name__: Model(function.__name__, function, formulas) for function, formulas in _ALL}
