"""Which options a destination has, and what becomes of one that has no figure."""

from __future__ import annotations

import math

import pytest

from carbon.errors import InputError, OrganisationError
from carbon.estimate.options import Cart, DeliveryOptions, grounds
from carbon.estimate.options.kept import Kept
from carbon.estimate.options.offers import starts
from carbon.optimise.cart_packing import CartPacker
from tests.estimate.conftest import ON, Shop, cart_of

COVENTRY = {"country": "GB", "city": "Coventry"}


def keys(shop: Shop, destination: dict, **more) -> dict[str, str | None]:
    """Return the options of a destination and why they have no figure."""
    return {option.key: option.reason for option in shop.options().of(cart_of(destination, 0.5, **more), ON)}


def test_the_sample_merchant_in_its_countries(shop):
    """Proves which options the sample merchant shows where, in the order of its file; none where it does not deliver."""
    assert list(keys(shop, {"country": "GB", "city": "London"})) == [
        "gb_standard",
        "gb_electric",
        "gb_pickup",
        "gb_cargo_bike",
    ]
    around = ["gb_standard", "gb_electric", "gb_pickup", "gb_own_van", "gb_own_van_reusable"]
    assert list(keys(shop, COVENTRY)) == around
    assert len(keys(shop, {"country": "Germany", "city": "München"})) == 4
    assert keys(shop, {"country": "CN", "city": "Ningbo"}) == {}


def test_a_place_too_coarse_for_an_option(shop):
    """Proves that an option with a circle is shown without a figure, and why, where only the country is known."""
    found = keys(shop, {"country": "GB", "postcode": "CV1 1AA"})
    assert found["gb_standard"] is None and found["gb_own_van"] == found["gb_cargo_bike"] == "place_too_coarse"


def option(**more):
    """Return options: the standard service, and it again with something else said of it."""
    return {
        "options": [{"service": "gb_standard", "serves": ["GB"]}, {"service": "gb_electric", "serves": ["GB"]} | more]
    }


def test_postcodes_narrow_an_option(shop):
    """Proves that an option is offered for its postcodes alone, and has no figure where the postcode is not said."""
    changed = shop.changed(checkout=option(postcodes=["CV", "SW1"]))
    assert list(keys(changed, {"country": "GB", "postcode": "cv1 2ab"})) == ["gb_standard", "gb_electric"]
    assert list(keys(changed, {"country": "GB", "postcode": "EH1 1AA"})) == ["gb_standard"]
    assert keys(changed, COVENTRY)["gb_electric"] == "postcode_needed"
    assert starts("E1 6AN", "E") and not starts("EC1A 1BB", "E") and starts("10115", "10")


def test_an_option_without_a_factor(shop):
    """Proves that an option that no factor serves is there, with the reason and no figure; the others have theirs."""
    chain = [
        {"stage": "line_haul", "vehicle": "road.hgv.all.average"},
        {"stage": "hubs", "activity": "hub.no_such.kind"},
    ]
    services = {
        **{
            "gb_standard": shop.organisation.services["gb_standard"].model_dump(
                by_alias=True, exclude_none=True, mode="json"
            )
        }
    }
    services["gb_odd"] = {"chain": chain}
    packages = {"carton_m": {"inner": "350x250x180 mm"}, "mailer": {"kind": "mailer", "mass": "26 g"}}
    offered = {
        "options": [
            {"service": "gb_odd", "serves": ["GB"], "default": True},
            {"service": "gb_standard", "serves": ["GB"]},
        ]
    }
    changed = shop.changed(
        services=services, packages=packages, defaults={"site": "coventry", "package": "carton_m"}, checkout=offered
    )
    odd, standard = changed.options().of(cart_of(COVENTRY, 0.5), ON)
    assert (odd.reason, odd.co2e_kg, odd.stages, odd.default) == ("no_factor", None, {}, False)
    assert standard.available and standard.default and standard.co2e_kg > 0
    with pytest.raises(InputError, match="no_factor"):
        changed.options().lines(cart_of(COVENTRY, 0.5), "gb_odd", ON)


def test_an_option_from_nowhere(shop):
    """Proves that an option without a site to leave from says so, and that the next one is the default."""
    offered = option(site="coventry")
    offered["options"][0]["default"] = True
    found = shop.changed(checkout=offered, defaults={"package": "carton_m"}).options().of(cart_of(COVENTRY, 0.5), ON)
    assert [(each.reason, each.default) for each in found] == [("no_origin", False), (None, True)]
    assert found[0].co2e_kg is None and found[0].low_kg is None and found[1].difference is None


def test_goods_too_large_for_a_reusable_box(shop):
    """Proves that an option in a package that cannot hold the goods has no figure, rather than a small one."""
    for line in ({"size": (400, 100, 100)}, {"size": (300, 250, 180)}, {"size": (100, 100, 100)}):
        masses_kg = (8.0, 8.0) if line["size"] == (100, 100, 100) else (0.5, 0.5)
        found = {each.key: each for each in shop.options().of(cart_of(COVENTRY, *masses_kg, **line), ON)}
        assert found["gb_own_van_reusable"].reason == "package_too_small"
        assert found["gb_own_van"].available
    assert keys(shop, COVENTRY)["gb_own_van_reusable"] is None


def test_the_cart_says_where_from(shop):
    """Proves that the cart's site goes before the option's, and that an unknown site or package is an error."""
    near, far = (shop.options().of(cart_of(COVENTRY, 0.5, origin_site=site), ON)[0] for site in (None, "leipzig"))
    assert (near.site, far.site) == ("coventry", "leipzig")
    assert far.stages["line_haul"] > 5 * near.stages["line_haul"]
    for field, value in (("origin_site", "york"), ("packaging", "crate")):
        with pytest.raises(InputError) as error:
            shop.options().of(cart_of(COVENTRY, 0.5, **{field: value}), ON)
        assert error.value.where.column == field and error.value.found == value


@pytest.mark.parametrize(
    ("destination", "field"),
    [
        ({"country": "Atlantis"}, "destination.country"),
        ({"city": "Qwertzuiopolis"}, "destination"),
        ({"country": "GB", "latitude": 95.0, "longitude": 1.0}, "destination.latitude"),
        ({"country": "GB", "latitude": 52.0}, "destination.longitude"),
        ({"country": "GB", "planet": "Mars"}, "destination.planet"),
    ],
)
def test_a_place_that_cannot_be_used(shop, destination, field):
    """Proves that an error about the destination names the field."""
    with pytest.raises(InputError) as error:
        shop.options().of(cart_of(destination, 0.5), ON)
    assert error.value.where.column == field


def test_packed_carts_go_in_several_parcels(shop):
    """Proves that the packer's parcels are added up, lines and all, and that the packer is asked once for an item set."""
    asked = []
    packer = CartPacker(shop.organisation, shop.registry, shop.places, on=ON)

    def counting(*question):
        asked.append(question)
        return packer(*question)

    options = shop.changed(checkout=option(site="coventry")).options(packer=counting)
    lines = [{"mass_kg": 9, "length_mm": 700, "width_mm": 500, "height_mm": 500, "quantity": 2}]
    cart = Cart.of({"lines": lines, "destination": COVENTRY, "packaging": "packed", "origin_site": "coventry"})
    found = options.of(cart, ON)
    assert [each.parcels for each in found] == [2, 2] and len(asked) == 2
    assert options.of(cart, ON) == found and len(asked) == 2
    counted = [line for line in options.lines(cart, "gb_electric", ON) if line.accounting == "total"]
    assert math.fsum(line.co2e_kg for line in counted) == pytest.approx(found[1].co2e_kg, rel=1e-9)
    one = cart_of(COVENTRY, 9, size=(700, 500, 500), packaging="carton_xxl", origin_site="coventry")
    single = options.of(one, ON)[1]
    assert found[1].co2e_kg == pytest.approx(2 * single.co2e_kg, rel=1e-9)
    # Twice the same parcel: everything is shared, so that the range is twice as wide.
    assert found[1].high_kg == pytest.approx(2 * single.high_kg, rel=1e-9)


def test_what_cannot_be_packed_says_why(shop):
    """Proves that a packer's refusal is the reason, and that without a packer the cart is refused."""
    cart = cart_of(COVENTRY, 5.0, size=(1900, 300, 300), packaging="packed")
    with pytest.raises(InputError, match="nothing can be packed"):
        shop.options().of(cart, ON)
    found = shop.options(packer=lambda *question: "item_too_large").of(cart, ON)
    assert {each.reason for each in found} == {"item_too_large", "package_too_small"}


@pytest.mark.parametrize(
    ("checkout", "problem"),
    [
        (None, "no checkout"),
        ({"options": [{"service": "gb_standard", "serves": ["XX"]}]}, "unknown region"),
    ],
)
def test_an_organisation_that_offers_nothing(shop, checkout, problem):
    """Proves that a missing checkout, and a region that nobody knows, are errors of the organisation file."""
    changed = Shop(shop.organisation.model_copy(update={"checkout": None}), shop.registry, shop.places)
    with pytest.raises(OrganisationError, match=problem):
        DeliveryOptions((shop.changed(checkout=checkout) if checkout else changed).organisation, shop.registry)


def test_what_is_prepared_is_not_made_again(shop, monkeypatch):
    """Proves that carts of a prepared month lay no plan, in any country that is served; and that memory is bounded."""
    options = shop.options()
    options.prepare(ON)

    def refuse(*args, **kwargs):
        raise AssertionError("a plan was laid")

    monkeypatch.setattr(grounds, "make_plan", refuse)
    for destination in (COVENTRY, {"country": "DE", "city": "Berlin"}, {"country": "US", "city": "Chicago"}):
        assert options.of(cart_of(destination, 0.5), ON)
    with pytest.raises(AssertionError, match="a plan was laid"):
        options.of(cart_of(COVENTRY, 0.5), ON.replace(month=1))


def test_memory_is_bounded():
    """Proves that the least asked for is forgotten, and that an error is not remembered."""
    kept = Kept(2)
    made = [kept.of(key, lambda key=key: key * 2) for key in ("a", "b", "a", "c")]
    assert made == ["aa", "bb", "aa", "cc"] and len(kept) == 2
    assert kept.of("a", lambda: "again") == "aa" and kept.of("b", lambda: "again") == "again"
    with pytest.raises(InputError):
        kept.of("d", lambda: (_ for _ in ()).throw(InputError("no")))
    assert kept.of("d", lambda: "now") == "now"
