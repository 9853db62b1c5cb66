"""Sites: who runs them, what was metered, or how an unmetered one is estimated."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Area, Mass, Part, Share
from carbon.organisation.parts import PlaceRef, positive
from carbon.terms import Party


class Outbound(Part):
    """All that left a site in a period, where the orders file does not hold everything."""

    parcels: float | None = Field(default=None, gt=0)
    mass: Mass | None = None
    volume_days: float | None = Field(default=None, gt=0, description="m**3*day")


class SiteEnergy(Part):
    """A metered amount at a site: electricity, gas, own solar, refrigerant leaked ...

    `market` names the factor of a contract for the market-based view; `own_generation` marks the
    merchant's own solar or wind power, whose life-cycle figure belongs to scope 3 category 3.
    """

    activity: str
    quantity: str
    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    market: str | None = None
    own_generation: bool = False
    outbound: Outbound = Outbound()

    @model_validator(mode="after")
    def _check(self):
        positive(self.quantity, or_zero=True)
        if self.first_day > self.last_day:
            raise OrganisationError("'from' lies after 'to'", found=f"{self.first_day} > {self.last_day}")
        return self


class SiteEstimate(Part):
    """An unmetered site: floor area times a sourced intensity, with the effect of settings.

    `setpoint_change_degc` counts degrees of less heating or cooling; `saving_per_degc` is the
    merchant's own figure, because none with a source is shipped.
    """

    area: Area
    storage: Literal["ambient", "refrigerated"] = "ambient"
    lighting: Literal["led", "legacy"] = "legacy"
    setpoint_change_degc: float = 0.0
    saving_per_degc: Share = 0.0
    parcels_per_year: float = Field(gt=0)


class Site(Part):
    """A warehouse or fulfilment centre from which parcels leave.

    Without `energy` or `estimate` the default hub factor `activity` per mass is used.
    """

    name: str | None = None
    name_zh: str | None = None
    party: Party = Party.OWN
    place: PlaceRef
    grid_region: str | None = None
    energy: tuple[SiteEnergy, ...] = ()
    estimate: SiteEstimate | None = None
    activity: str = "hub.ambient.storage"
