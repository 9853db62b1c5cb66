"""Sites: who runs them, what was metered, or how an unmetered one is estimated."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import Field, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Area, Mass, Part, Share
from carbon.organisation.entities import Lease
from carbon.organisation.parts import Key, PlaceRef, positive
from carbon.terms import Party
from carbon.units import parse_quantity


@lru_cache(maxsize=4096)
def months_of(first: date, last: date) -> tuple[str, ...]:
    """Return the months a reading stands for: those whose 15th lies in it, so that readings in mid-month neither gap nor overlap."""
    months = [
        f"{year}-{month:02d}"
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 15) <= last
    ]
    return tuple(months) or (f"{first:%Y-%m}",)


class Outbound(Part):
    """All that left a site in a period, where the orders file does not hold everything."""

    parcels: float | None = Field(default=None, gt=0)
    mass: Mass | None = None
    volume_days: float | None = Field(default=None, gt=0, description="m**3*day")


class SiteEnergy(Part):
    """A metered amount at a site: electricity, gas, own solar, refrigerant leaked ...

    `own_generation` marks the merchant's own solar or wind power, whose life-cycle figure belongs to scope 3 category 3;
    `certificates_sold` is the part of it whose certificates were sold, or given away: somebody else claims it.
    Contracts for bought electricity stand under the file's `instruments`.
    """

    activity: str
    quantity: str
    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    own_generation: bool = False
    certificates_sold: str | None = None
    outbound: Outbound = Outbound()

    @model_validator(mode="after")
    def _check(self):
        positive(self.quantity, or_zero=True)
        if self.first_day > self.last_day:
            raise OrganisationError("'from' lies after 'to'", found=f"{self.first_day} > {self.last_day}")
        if self.certificates_sold is not None:
            self._check_sold(self.certificates_sold)
        return self

    def _check_sold(self, sold: str) -> None:
        if not self.own_generation or not self.is_electricity:
            raise OrganisationError(
                "'certificates_sold' is of electricity that was generated here",
                found=self.activity,
                expected="own_generation: true",
                mend="leave it out; certificates bought for the grid's electricity stand under 'instruments'",
            )
        positive(sold, or_zero=True)
        whole, part = parse_quantity(self.quantity), parse_quantity(sold)
        if not part.is_compatible_with(whole.units) or part > whole:
            raise OrganisationError(
                "more certificates were sold than power generated",
                found=sold,
                expected=f"at most {self.quantity}",
                mend="count only certificates of this reading's days",
            )

    @property
    def is_electricity(self) -> bool:
        """Whether the meter is one of electricity."""
        return self.activity.startswith("electricity.")

    @property
    def months(self) -> tuple[str, ...]:
        """Months that the reading stands for."""
        return months_of(self.first_day, self.last_day)


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


class Channel(Part):
    """What else a site serves besides the parcels: shops, pallets to other merchants, a marketplace's own orders.

    `share` is of all that the site uses, and `by` says what it was measured by.
    """

    name: str | None = None
    name_zh: str | None = None
    share: float = Field(gt=0, lt=1)
    by: Literal["floor_area", "submeter", "parcels", "mass", "volume", "revenue"]


class Site(Part):
    """A warehouse or fulfilment centre from which parcels leave.

    `channels` carry their share first; parcels share out what they leave, and `outbound` is of parcels alone.
    `entity` names whose the site is, where not the organisation's alone. Without `energy` or `estimate` the default hub factor `activity` per mass is used.
    """

    name: str | None = None
    name_zh: str | None = None
    party: Party = Party.OWN
    entity: Key | None = None
    lease: Lease | None = None
    place: PlaceRef
    grid_region: str | None = None
    energy: tuple[SiteEnergy, ...] = ()
    estimate: SiteEstimate | None = None
    channels: dict[Key, Channel] = {}
    activity: str = "hub.ambient.storage"

    @model_validator(mode="after")
    def _something_is_left(self):
        taken = math.fsum(each.share for each in self.channels.values())
        if taken >= 1:
            raise OrganisationError(
                "the channels of a site leave nothing for its parcels",
                found=f"shares of {taken:.4g} together",
                expected="less than 1",
                mend="lower the shares, or let no parcel leave from this site",
            )
        return self

    @property
    def parcels_share(self) -> float:
        """What the channels leave of all that the site uses."""
        return 1.0 - math.fsum(each.share for each in self.channels.values())
