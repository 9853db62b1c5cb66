"""The checkout of the organisation file is checked against the rest of it."""

from __future__ import annotations

import pytest

from carbon import documents
from carbon.errors import OrganisationError
from carbon.organisation import Organisation

BASE = {
    "name": "A shop",
    "country": "GB",
    "places": {"hub": {"country": "GB", "city": "Leeds"}},
    "packages": {"box": {"inner": "300x200x100 mm"}, "crate": {"inner": "300x200x100 mm", "services": ["van"]}},
    "services": {
        name: {"chain": [{"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}]} for name in ("road", "van")
    },
}


def read(*options):
    """Return the organisation with these options."""
    return documents.validate(Organisation, BASE | {"checkout": {"options": list(options)}}, "file", OrganisationError)


def option(**more):
    """Return an option of the road service."""
    return {"service": "road", "serves": ["GB"]} | more


def test_what_is_right_is_read():
    """Proves that keys fall back to the service's, and that one service may be two options."""
    made = read(option(), option(key="boxed", package="box", within={"place": "hub", "distance": "20 km"}))
    assert [each.name_or_key for each in made.checkout.options] == ["road", "boxed"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "at least 1 item"),
        ([option(), option()], "two options 'road'"),
        ([option(service="air")], "service names 'air'"),
        ([option(package="bag")], "package names 'bag'"),
        ([option(site="york")], "site names 'york'"),
        ([option(within={"place": "york", "distance": "5 km"})], "within.place names 'york'"),
        ([option(within={"distance": "5 km"})], "one middle"),
        ([option(within={"place": "hub", "latitude": 1, "longitude": 1, "distance": "5 km"})], "one middle"),
        ([option(package="crate")], "not for this service"),
        ([option(serves=[])], "at least 1 item"),
        ([option(postcodes=[1067])], "a postcode is text"),
        ([option(speed="slow")], "speed"),
    ],
)
def test_what_is_wrong_is_named(options, problem):
    """Proves that each mistake of a checkout is an error that names it."""
    with pytest.raises(OrganisationError, match=problem):
        read(*options)
