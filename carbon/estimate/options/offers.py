"""Which options a checkout has for a destination, and why one of them cannot be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from carbon.errors import InputError, OrganisationError, Where
from carbon.estimate.options.cart import Destination
from carbon.factors.registry import Registry
from carbon.orders.areas import normal_postcode
from carbon.orders.distance import great_circle_km
from carbon.orders.places import PlaceMatch, Places
from carbon.organisation import DeliveryOption, Organisation, Within

#: Codes of why an option has no figure; those of `carbon.engine.rejecting` besides.
POSTCODE_NEEDED, PLACE_TOO_COARSE = "postcode_needed", "place_too_coarse"
_COARSE = (PlaceMatch.PROVINCE, PlaceMatch.COUNTRY)


@dataclass(frozen=True)
class Offer:
    """An option for a destination; `reason` says why it cannot be told whether it is one."""

    option: DeliveryOption
    reason: str | None = None


@dataclass(frozen=True)
class Offers:
    """All options of a destination, in the order of the organisation file.

    Attributes
    ----------
    nearby : tuple of DeliveryOption
        All that serve the country, whatever their postcodes: what a plan is laid for.
    country : str
        Its code.
    """

    offers: tuple[Offer, ...]
    nearby: tuple[DeliveryOption, ...]
    country: str = ""


class Finder:
    """Finds the options of a destination.

    Raises
    ------
    OrganisationError
        If the organisation has no checkout, or one that names an unknown region.
    """

    def __init__(self, organisation: Organisation, registry: Registry, places: Places):
        if organisation.checkout is None:
            raise OrganisationError(
                "the organisation file has no checkout",
                expected="checkout: with options: a service and the countries it serves each",
                mend="add it; `carbon schema organisation` shows its keys",
            )
        self._organisation, self._registry, self._places = organisation, registry, places
        for option in organisation.checkout.options:
            for region in option.serves:
                if region not in registry.regions:
                    raise OrganisationError(
                        f"checkout option '{option.name_or_key}' serves an unknown region",
                        found=region,
                        expected="a code such as GB, DE, CN-GD",
                    )

    def of(self, destination: Destination, name: str = "cart") -> Offers:
        """Return the options of a destination.

        Raises
        ------
        InputError
            If the place is not found.
        """
        _check(destination, name)
        found = self._places.resolve(
            **{
                each: pa.array([getattr(destination, each)], pa.float64() if each.endswith("itude") else pa.string())
                for each in ("country", "postcode", "city", "latitude", "longitude")
            }
        )
        match = PlaceMatch(int(found.match[0]))
        if match is PlaceMatch.UNKNOWN_COUNTRY:
            raise InputError(
                "the country is not known",
                found=destination.country,
                expected="an ISO code, an English or a Chinese name",
                where=Where(name, None, "destination.country"),
            )
        point = (float(found.latitude[0]), float(found.longitude[0]))
        region = found.region().to_pylist()[0]
        if np.isnan(point[0]) or region is None:
            said = ", ".join(str(value) for value in vars(destination).values() if value is not None)
            raise InputError(
                "the place was not found",
                found=said or "nothing",
                expected="a country with a postcode or a known city, or latitude and longitude",
                where=Where(name, None, "destination"),
            )
        codes = set(self._registry.region_chain(region))
        nearby = [each for each in self._organisation.checkout.options if codes.intersection(each.serves)]
        offers = []
        for option in nearby:
            serves, reason = self._serves(option, destination, point, match in _COARSE)
            if serves:
                offers.append(Offer(option, reason))
        return Offers(tuple(offers), tuple(nearby), region.split("-")[0])

    def _serves(
        self, option: DeliveryOption, destination: Destination, point: tuple[float, float], coarse: bool
    ) -> tuple[bool, str | None]:
        """Whether an option is one here; with the reason where that cannot be told."""
        if option.postcodes:
            if destination.postcode is None:
                return True, POSTCODE_NEEDED
            if not any(starts(destination.postcode, first) for first in option.postcodes):
                return False, None
        if option.within is not None:
            if coarse:
                return True, PLACE_TOO_COARSE
            middle = self._middle(option.within)
            way_km = great_circle_km(*(np.array([value]) for value in (*middle, *point)))[0]
            if way_km > option.within.distance.to("km").magnitude:
                return False, None
        return True, None

    def _middle(self, within: Within) -> tuple[float, float]:
        if within.place is None:
            return within.latitude, within.longitude
        organisation = self._organisation
        place = organisation.places.get(within.place) or organisation.sites[within.place].place
        texts = {each: pa.array([getattr(place, each)], pa.string()) for each in ("country", "postcode", "city")}
        numbers = {each: pa.array([getattr(place, each)], pa.float64()) for each in ("latitude", "longitude")}
        found = self._places.resolve(**texts, **numbers)
        return float(found.latitude[0]), float(found.longitude[0])


def starts(postcode: str, first: str) -> bool:
    """Return whether a postcode begins with letters or digits; E is not EC, but 1 is 10."""
    postcode, first = normal_postcode(postcode), normal_postcode(first)
    if not postcode.startswith(first):
        return False
    following = postcode[len(first) : len(first) + 1]
    return not (first[-1:].isalpha() and following.isalpha())


def _check(destination: Destination, name: str) -> None:
    for field, limit in (("latitude", 90), ("longitude", 180)):
        value = getattr(destination, field)
        if value is not None and not -limit <= value <= limit:
            raise InputError(
                "out of range",
                found=value,
                expected=f"-{limit} to {limit} degrees",
                where=Where(name, None, f"destination.{field}"),
            )
    if (destination.latitude is None) != (destination.longitude is None):
        lacking = "longitude" if destination.longitude is None else "latitude"
        raise InputError(
            "half of the coordinates are missing",
            found="nothing",
            expected="latitude and longitude",
            where=Where(name, None, f"destination.{lacking}"),
        )
