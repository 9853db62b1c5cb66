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
    """

    name: str
    function: Callable[..., Any]

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the arguments, all of them needed."""
        return tuple(inspect.signature(self.function).parameters)

    def amounts(self, **values: Any) -> tuple[Any, ...]:
        """Evaluate on floats, arrays or quantities; always a tuple."""
        result = self.function(**values)
        return result if isinstance(result, tuple) else (result,)


#: Every model by name. A new one is a function in a file of this folder and a line here.
MODELS = {
    function.__name__: Model(function.__name__, function)
    for function in (
        transport.freight,
        transport.laden_vehicle_distance,
        transport.vehicle_energy,
        transport.round_distance,
        transport.round_distance_by_mass_distance,
        transport.round_energy,
        transport.round_energy_by_mass_distance,
        transport.round_freight,
        transport.customer_trip,
        transport.handled_mass,
        transport.handled_parcel,
        transport.reported,
        packaging.material,
        packaging.void_fill,
        packaging.treated_material,
        packaging.treated_void_fill,
        packaging.washing,
        packaging.empty_return,
        warehousing.site_share,
        warehousing.site_estimate,
        warehousing.stored_mass,
        returns.write_off,
        product.spend,
        product.declared,
    )
}
