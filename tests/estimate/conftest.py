"""The sample merchant's checkout, and the same by the way of one shipment at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import carbon.sample
from carbon import organisation as _organisation
from carbon.estimate import Estimate, Shipment
from carbon.estimate.options import Cart, DeliveryOptions
from carbon.estimate.service import by_service
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.organisation import Organisation

ON = date(2025, 6, 17)


@dataclass(frozen=True)
class Shop:
    """An organisation with what its carts need."""

    organisation: Organisation
    registry: Registry
    places: Places

    def options(self, **more: Any) -> DeliveryOptions:
        """Return its delivery options."""
        return DeliveryOptions(self.organisation, self.registry, self.places, **more)

    def changed(self, **values: Any) -> Shop:
        """Return a shop with other values at the top of its organisation file."""
        data = self.organisation.model_dump(by_alias=True, exclude_none=True, mode="json")
        data["measures"] = {}  # they name services and packages, and no cart reads them
        return Shop(Organisation.model_validate(data | values), self.registry, self.places)

    def alone(self, option: Any, shipment: dict[str, Any], whole: bool = False) -> Estimate:
        """Return what `carbon estimate` says of an option's shipment; with a plan of its service alone unless `whole`."""
        setup = self.organisation
        if not whole:
            defaults = setup.defaults.model_copy(update={"service": None})
            services = {option.service: setup.services[option.service]}
            setup = setup.model_copy(update={"services": services, "defaults": defaults, "checkout": None})
        document = Shipment.model_validate({"service": option.service, "shipped_on": ON, **shipment})
        lines, notes, range_kg = by_service(document, setup, self.registry, self.places, "shipment")
        return Estimate(document, lines, "AR5", self.registry.hash, notes, range_kg)


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The sample merchant."""
    organisation = _organisation.read(Path(carbon.sample.__file__).parent / "organisation.yaml")
    return Shop(organisation, Registry.load(gwp_set=organisation.method.gwp_set), Places())


def cart_of(
    destination: dict[str, Any], *masses_kg: float, size: tuple[float, ...] | None = (240, 160, 90), **more
) -> Cart:
    """Return a cart with a line of one piece for each mass."""
    sides = dict(zip(("length_mm", "width_mm", "height_mm"), size, strict=True)) if size else {}
    return Cart.of({"lines": [{"mass_kg": mass, **sides} for mass in masses_kg], "destination": destination, **more})
