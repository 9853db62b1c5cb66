"""A cart's options are what `carbon estimate` says of the same shipments one by one, and so what the ledger holds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from carbon.estimate.options.cart import goods_of
from carbon.terms import DataType
from tests.estimate.conftest import ON, Shop, cart_of

LONDON, COVENTRY = {"country": "GB", "city": "London"}, {"country": "GB", "city": "Coventry"}
BERLIN, CHICAGO = {"country": "DE", "city": "Berlin", "postcode": "10115"}, {"country": "US", "city": "Chicago, IL"}
POINT = {"country": "GB", "latitude": 52.2, "longitude": 0.12}
SHENZHEN = {"country": "CN", "city": "深圳市"}


def shipment_of(option: Any, cart: Any) -> dict[str, Any]:
    """Return the document of `carbon estimate` for an option."""
    goods = goods_of(cart, None, ON)
    told = {"mass": f"{goods.mass_kg!r} kg" if goods.mass_kg else None}
    told["volume"] = f"{goods.volume_m3!r} m**3" if goods.volume_m3 else None
    package = option.package or (None if cart.package == "default" else cart.package)
    return {
        "goods": {key: value for key, value in told.items() if value},
        "origin": {"site": option.site},
        "destination": {key: value for key, value in vars(cart.destination).items() if value is not None},
        **({"package": package} if package else {}),
    }


def agree(shop: Shop, cart: Any, others: int = 1, whole: bool = False) -> list[Any]:
    """Check every figure of the default option and of the last ones that differ from it."""
    found = shop.options().of(cart, ON)
    default = next(option for option in found if option.default)
    checked = [default, *[option for option in found if option.available and not option.default][-others:]]
    alone = {option.key: shop.alone(option, shipment_of(option, cart), whole) for option in checked}
    for option in checked:
        single = alone[option.key]
        assert option.co2e_kg == pytest.approx(single.co2e_kg, rel=1e-9)
        assert (option.low_kg, option.high_kg) == pytest.approx(single.range_kg, rel=1e-9)
        told = single.result()
        assert {str(stage): kg for stage, kg in option.stages.items()} == pytest.approx(told.stages, rel=1e-9)
        for kind in DataType:
            assert option.shares[kind] == pytest.approx(getattr(told.quality, kind.value), abs=1e-12)
        assumed = {
            note.removeprefix("assumed: ").replace(" ", "_") for note in single.notes if note.startswith("assumed")
        }
        assert set(option.fallbacks) == assumed
        if option is default:
            assert option.difference is None
            continue
        paired, other = option.difference, alone[default.key].difference(single)
        assert paired.value_kg == pytest.approx(other.value_kg, rel=1e-9, abs=1e-12)
        assert (paired.low_kg, paired.high_kg) == pytest.approx((other.low_kg, other.high_kg), rel=1e-9, abs=1e-12)
        assert paired.clear == other.clear
    return found


@pytest.mark.parametrize(
    ("destination", "masses_kg", "size", "package"),
    [
        (LONDON, (0.4, 0.4, 1.3), (240, 160, 90), "default"),
        (COVENTRY, (6.0,), (900, 700, 500), "default"),
        (BERLIN, (0.05,), None, "carton_s"),
        (CHICAGO, (2.2, 0.3), (300, 200, 150), "us_carton_m"),
        (POINT, (12.5,), (300, 250, 200), "mailer"),
    ],
    ids=["three lines", "too large for its box", "no size", "another package", "a point, filled up"],
)
def test_options_equal_estimates(shop, destination, masses_kg, size, package):
    """Proves that value, range, stages, shares, fallbacks and paired differences are those of single estimates."""
    agree(shop, cart_of(destination, *masses_kg, size=size, packaging=package), others=3 if len(masses_kg) == 3 else 1)


def test_options_equal_estimates_of_the_whole_organisation(shop):
    """Proves that leaving services, sites and places out of a plan changes no figure."""
    agree(shop, cart_of(CHICAGO, 1.1), whole=True)


def without_default_package(shop: Shop) -> Shop:
    """Return the shop, its parcels in boxes by size class."""
    return shop.changed(defaults={"site": "coventry", "goods_mass": "1.4 kg"})


@pytest.mark.parametrize("size", [(100, 80, 40), (400, 300, 200), None], ids=["small", "large", "unknown"])
def test_size_classes_equal_estimates(shop, size):
    """Proves it for packages that stand in by size, and for the average parcel; both have spreads of their own."""
    found = agree(without_default_package(shop), cart_of(LONDON, 0.7, 0.2, size=size))
    assert all("package" in option.fallbacks for option in found if option.package is None)


def test_a_mass_that_stands_in_equals_estimates(shop):
    """Proves it for goods whose mass is the organisation's labelled default."""
    cart = type(cart_of(LONDON, 1.0)).of(
        {"lines": [{"length_mm": 90, "width_mm": 90, "height_mm": 90}], "destination": LONDON}
    )
    found = agree(shop, cart)
    assert all("goods_mass" in option.fallbacks for option in found)


CHINESE = {
    "cn_express": {
        "allocation": "volumetric",
        "volumetric_divisor": "6000 cm**3/kg",
        "chain": [
            {"stage": "line_haul", "vehicle": "road.hgv.all.average", "load": 0.6, "empty_running": 0.2, "payload": "18 t",
             "energy": {"activity": "fuel.diesel_blend", "per_distance": "0.31 l/km"}},
            {"stage": "hubs", "activity": "hub.ambient.transshipment"},
            {"stage": "last_mile", "energy": {"activity": "electricity.grid", "per_distance": "0.03 kW*h/km"}},
        ],
    },
    "cn_pickup": {
        "chain": [
            {"stage": "line_haul", "vehicle": "road.hgv.all.average"},
            {"stage": "last_mile", "vehicle": "road.van.class_3.battery_electric", "failed_first_deliveries": 0,
             "customer_trip": {"car_share": 0.1}},
        ],
        "returns": {"rate": 0.12, "package": "mailer"},
    },
}  # fmt: skip
CHINESE["cn_express"]["chain"][0].pop("vehicle")


def test_a_chinese_shop_equals_estimates(shop):
    """Proves it for measured energy, volumetric freight, expected returns and a province as the region."""
    options = [{"service": key, "site": "ningbo", "serves": ["CN"]} for key in CHINESE]
    packages = {
        key: package.model_dump(exclude_none=True, mode="json") for key, package in shop.organisation.packages.items()
    }
    packages["reusable_box"].pop("services")
    changed = shop.changed(
        services=CHINESE, packages=packages, checkout={"options": options}, defaults={"package": "cn_carton_1"}
    )
    found = agree(changed, cart_of(SHENZHEN, 1.9, size=(400, 300, 250)))
    assert [option.key for option in found] == ["cn_express", "cn_pickup"]


def test_a_second_cart_of_a_lane_equals_estimates(shop):
    """Proves that what is kept of a lane holds for other goods: heavier, lighter, another number of lines."""
    options = shop.options()
    for masses_kg in ((0.3,), (4.0, 2.5), (0.02,)):
        cart = cart_of(LONDON, *masses_kg)
        option = options.of(cart, ON)[1]
        single = shop.alone(option, shipment_of(option, cart))
        assert option.co2e_kg == pytest.approx(single.co2e_kg, rel=1e-9)
        assert (option.low_kg, option.high_kg) == pytest.approx(single.range_kg, rel=1e-9)


def test_lines_are_the_same_figures(shop):
    """Proves that the calculation page shows what the option says, line by line."""
    options, cart = shop.options(), cart_of(COVENTRY, 0.8, 0.8)
    for option in options.of(cart, ON):
        lines = options.lines(cart, option.key, ON)
        counted = [line for line in lines if line.accounting == "total" and line.stage != "product"]
        assert math.fsum(line.co2e_kg for line in counted) == pytest.approx(option.co2e_kg, rel=1e-9)
        assert all(line.source and line.factor_id and line.formula for line in counted)
