"""Each measure's own model, by hand: its figure from plain queries of the ledger, pocket-calculator arithmetic, published inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from carbon.errors import RoiError
from carbon.organisation import Finance
from carbon.roi import MEASURES, Baseline
from carbon.roi.inputs import Setup
from carbon.roi.measures.rounds import round_lines
from carbon.roi.model import Model
from carbon.roi.reading import read_baseline

COST = {"lifetime_years": 5, "investment": "1000 GBP", "running_cost": "100 GBP/year"}
TOTAL = "accounting = 'total' AND stage <> 'product'"


@pytest.fixture
def measure(shop, registry, baseline):
    """Returns a measure of given inputs on the ledger."""

    def make(key: str, **scheme) -> tuple[Model, Baseline]:
        setup = Setup(shop.with_measures(**{key: COST | scheme}), registry, baseline)
        return MEASURES[key](setup), baseline

    return make


def saved_kg(measure: Model, baseline, **values: float) -> float:
    """Return the first year's saving at the inputs' values, some of them changed."""
    outcome = measure.outcome(baseline, measure.values | values)
    assert outcome.saved_kg.shape == (measure.lifetime_years,)
    assert outcome.cash.shape == (measure.lifetime_years + 1,)
    return float(outcome.saved_kg[0])


def kg(shop, where: str) -> float:
    """Return the ledger's own sum."""
    return shop.one(f"SELECT coalesce(sum(co2e_kg), 0) FROM activity WHERE {TOTAL} AND {where}")


def amount(shop, where: str) -> float:
    """Return the ledger's amount, each activity counted once whatever parts its factor has."""
    return shop.one(
        "SELECT sum(amount) FROM (SELECT any_value(amount) AS amount FROM (SELECT block, site, month, region, wanted_region, "
        f"factor_id, stand_ins, boundary, sum(amount) AS amount FROM activity WHERE {TOTAL} AND {where} GROUP BY ALL) "
        "GROUP BY block, site, month, region, wanted_region, factor_id, stand_ins)"
    )


def test_fewer_returns(shop, measure):
    """Proves the fee scenario: 16 % of all that returns cause, and money of returns, fees and lost sales."""
    given = {"fee": "3 GBP/parcel", "lost_sales_share": 0.01, "margin_per_parcel": "10 GBP/parcel"}
    each, baseline = measure("fewer_returns", cost_per_return="8 GBP/parcel", **given)
    assert each.inputs["fewer_returns_share"].value == 0.16
    assert not each.inputs["fewer_returns_share"].source.startswith("organisation")
    assert saved_kg(each, baseline) == pytest.approx(0.16 * kg(shop, "stage = 'returns'"))
    returned = shop.one("SELECT sum(returned) FROM footprints")
    parcels = shop.one("SELECT count(*) FROM footprints")
    money = returned * (0.16 * 8 + 0.84 * 3) - parcels * 0.01 * 10
    cash = each.outcome(baseline, each.values).cash
    assert cash == pytest.approx([-1000, *[money - 100] * 5])


def test_order_consolidation(shop, measure):
    """Proves that only the stop of a parcel that could have gone with another is counted."""
    each, baseline = measure("order_consolidation", share=0.5, saving_per_parcel="2 GBP/parcel")
    wanted, extra_all = 0.0, 0.0
    for service, parcels, extra in (
        shop.sql()
        .execute(
            "SELECT service, sum(n), sum(n - 1) FROM (SELECT service, site, order_id, shipped_on, count(*) AS n "
            "FROM footprints GROUP BY ALL) GROUP BY service"
        )
        .fetchall()
    ):
        wanted += 0.5 * extra / parcels * kg(shop, f"service = '{service}' AND stage = 'last_mile'")
        extra_all += extra
    assert extra_all > 0
    assert saved_kg(each, baseline) == pytest.approx(wanted)
    assert each.yearly(baseline, each.values) == pytest.approx(extra_all * 0.5 * 2)


def test_right_sizing_by_parcel(shop, measure):
    """Proves that bins of fill stand for parcels: board saved by each parcel's own fill agrees within a hundredth."""
    each, baseline = measure("carton_right_sizing", fill_share=0.4, services=["gb_standard"], packages=["carton_l"])
    where = "service = 'gb_standard' AND package = 'carton_l'"
    left = shop.one(
        "SELECT avg(least(1, goods_volume_m3 / (goods_volume_m3 + empty_volume_m3) / 0.4) ** (2.0 / 3.0)) "
        f"FROM footprints WHERE {where}"
    )
    assert left < 0.95
    before = baseline.where(service="gb_standard", package="carton_l", part="box", stage="packaging")
    after = each.outcome(baseline, each.values).after
    mine = after.where(service="gb_standard", package="carton_l", part="box", stage="packaging")
    assert after.kg(mine) / baseline.kg(before) == pytest.approx(left, rel=0.01)
    # Goods weigh what they did: by mass, freight falls by board and filling only.
    goods = {"service": "gb_standard", "part": "goods"}
    assert after.kg(after.where(**goods)) == pytest.approx(baseline.kg(baseline.where(**goods)))
    assert saved_kg(each, baseline, fill_share=0.5) > saved_kg(each, baseline) > 0


@pytest.fixture(scope="module")
def by_volume(shop, tmp_path_factory):
    """The same orders, the standard service's carriage shared by volumetric mass."""
    volumetric = {"allocation": "volumetric", "volumetric_divisor": "5000 cm**3/kg"}
    return shop.again(
        tmp_path_factory.mktemp("volume") / "shop", lambda plain: plain["services"]["gb_standard"].update(volumetric)
    )


def test_right_sizing_saves_freight_where_volume_is_carried(by_volume, registry):
    """Proves, parcel by parcel, that smaller cartons save volumetric mass down to the gross mass, and none where carriage goes by mass."""
    scheme = {"lifetime_years": 5, "investment": "0 GBP", "fill_share": 0.4, "packages": ["carton_m", "carton_l"]}
    baseline = read_baseline(by_volume.ledger, None, "GBP")
    setup = Setup(by_volume.with_measures(carton_right_sizing=scheme), registry, baseline)
    each = MEASURES["carton_right_sizing"](setup)
    after = each.outcome(baseline, each.values).after
    left: dict[str, list[float]] = {}
    query = (
        "SELECT package, freight_mass_kg, gross_mass_kg, goods_volume_m3 / (goods_volume_m3 + empty_volume_m3) "
        "FROM footprints WHERE service = 'gb_standard' AND freight_mass_kg > gross_mass_kg"
    )
    for package, freight_kg, gross_kg, fill in by_volume.sql().execute(query).fetchall():
        ratio = min(fill / 0.4, 1.0) if fill == fill and package in scheme["packages"] else 1.0
        sums = left.setdefault(package, [0.0, 0.0, 0.0])
        sums[0] += max(freight_kg * ratio, gross_kg)
        sums[1] += freight_kg
        sums[2] += freight_kg * ratio < gross_kg
    assert sum(sums[2] for sums in left.values()) > 0 and left["carton_l"][0] < 0.95 * left["carton_l"][1]
    for package, (then_kg, now_kg, _) in left.items():
        mine = {"service": "gb_standard", "package": package, "part": "volume", "stage": "line_haul"}
        share = after.kg(after.where(**mine)) / baseline.kg(baseline.where(**mine))
        assert share == pytest.approx(then_kg / now_kg, rel=0.01), package
    # Every other service goes by mass: nothing of it is carried by volume, and goods are carried as before.
    others = sorted(set(baseline.groups["service"]) - {"gb_standard"})
    assert baseline.kg(baseline.where(service=others, part="volume")) == 0
    goods = {"service": others, "part": "goods"}
    assert after.kg(after.where(**goods)) == pytest.approx(baseline.kg(baseline.where(**goods)))


def test_a_parcel_is_never_carried_by_less_than_it_weighs(shop, registry, baseline):
    """Proves by hand: 4 kg halved, 4 kg down to its 3 kg gross, 5 kg of goods that fit, 6 kg of unknown fill leave 16 of 19 kg."""
    rows = [(20, 25, 4, 1), (20, 75, 4, 3), (80, 20, 5, 1), (-1, 20, 6, 1)]
    table = pd.DataFrame(rows, columns=["fill", "gross", "freight_mass_kg", "gross_mass_kg"])
    table = table.assign(service="gb_standard", package="carton_l")
    scheme = {"lifetime_years": 5, "investment": "0 GBP", "fill_share": 0.41}
    setup = Setup(shop.with_measures(carton_right_sizing=scheme), registry, replace(baseline, volumetric=table))
    measure = MEASURES["carton_right_sizing"](setup)
    cell = next(each for each in measure.cells(baseline) if (each.service, each.package) == ("gb_standard", "carton_l"))
    # The bin from 0.20 to 0.21 stands for 0.205, half of 0.41.
    assert measure._volume_left(cell, 0.41) == pytest.approx((2 + 3 + 5 + 6) / 19)
    assert measure._volume_left(cell, np.array([0.41, 0.205])) == pytest.approx([16 / 19, 1.0])
    assert measure._volume_left(replace(cell, service="gb_express"), 0.41) == 1.0


def test_recycled_content_can_emit_more(shop, measure, registry):
    """Proves that recycled content saves what the two factors differ by, whatever one expects."""
    each, baseline = measure("recycled_content", packages=["mailer"], content=1, price_change="0.2 GBP/kg")
    virgin_kg = amount(shop, "activity = 'packaging.ldpe.virgin' AND block LIKE 'packaging/1 %'")
    virgin_kg += amount(shop, "activity = 'packaging.ldpe.virgin' AND stage = 'returns'")
    factors = [
        registry.resolve(f"packaging.ldpe.{name}", "kg", "GB", 2025).factor.co2e_kg for name in ("virgin", "recycled")
    ]
    assert saved_kg(each, baseline) == pytest.approx(virgin_kg * (factors[0] - factors[1]))
    assert each.yearly(baseline, each.values) == pytest.approx(-0.2 * virgin_kg)


def test_mode_shift(shop, measure, registry):
    """Proves tonne-km by air taken by ship over a longer way."""
    scheme = {"service": "us_express_air", "from_vehicle": "air.long_haul.without_rf"}
    scheme |= {"to_vehicle": "sea.container_ship.average", "share": 0.5, "distance_ratio": 1.4}
    each, baseline = measure("mode_shift", **scheme, saving_per_parcel="6 GBP/parcel")
    where = "activity = 'air.long_haul.without_rf'"
    ship = registry.resolve("sea.container_ship.average", "kg*km", "GB", 2025).factor.co2e_kg
    assert saved_kg(each, baseline) == pytest.approx(0.5 * kg(shop, where) - 0.5 * 1.4 * ship * amount(shop, where))
    assert saved_kg(each, baseline, distance_ratio=2.0) < saved_kg(each, baseline)


def test_pickup_points_emit_more_where_customers_drive(shop, measure, registry):
    """Proves the pick-up model by hand, and that the customer's car turns its sign."""
    scheme = {"from_service": "gb_standard", "to_service": "gb_pickup", "share": 0.25, "parcels_per_trip": 1.5}
    each, baseline = measure("pickup_points", **scheme, saving_per_parcel="0.4 GBP/parcel", car_share=0.1)
    parcels = {
        name: shop.one(f"SELECT count(*) FROM footprints WHERE service = '{name}'")
        for name in ("gb_standard", "gb_pickup")
    }
    moved = 0.25 * parcels["gb_standard"]
    van = kg(shop, "service = 'gb_pickup' AND stage = 'last_mile' AND kind = 'transport'") / parcels["gb_pickup"]
    car = registry.resolve("road.car.average", "km", "GB", 2025).factor.co2e_kg
    door = 0.25 * kg(shop, "service = 'gb_standard' AND stage = 'last_mile'")
    assert each.inputs["trip_distance"].value == 7
    assert saved_kg(each, baseline) == pytest.approx(door - moved * (van + 7 * 0.1 / 1.5 * car))
    assert saved_kg(each, baseline) > 0 > saved_kg(each, baseline, car_share=1.0, parcels_per_trip=1.0)


def test_route_optimisation(shop, measure):
    """Proves shorter rounds by km per parcel, out only, with fuel and km in the money."""
    litres = 1000 * amount(shop, "service = 'gb_own_van' AND stage = 'last_mile'")
    km, parcels = litres / 0.094, shop.one("SELECT count(*) FROM footprints WHERE service = 'gb_own_van'")
    after = 0.8 * km / parcels
    given = {"services": ["gb_own_van"], "distance_per_parcel": f"{after} km/parcel"}
    each, baseline = measure("route_optimisation", **given, fuel_price="1.2 GBP/l", cost_per_km="0.3 GBP/km")
    assert saved_kg(each, baseline) == pytest.approx(0.2 * kg(shop, "service = 'gb_own_van' AND stage = 'last_mile'"))
    assert each.yearly(baseline, each.values) == pytest.approx(0.2 * (litres * 1.2 + km * 0.3))
    longer = {"services": ["gb_own_van"], "distance_per_parcel": f"{2 * after} km/parcel"}
    with pytest.raises(RoiError, match="would lengthen the rounds"):
        measure("route_optimisation", **longer)


def test_vans_money_and_hydrogen_by_route(shop, measure):
    """Proves what own vans cost and save, and that hydrogen from the grid emits more than it saves."""
    vans = {"services": ["gb_own_van"], "vehicle": "road.van.class_3", "share": 1, "km_per_van": "10000 km/year"}
    vans |= {"van_price": "30000 GBP", "residual_share": 0.2, "fuel_price": "1.2 GBP/l", "maintenance": "0.05 GBP/km"}
    each, baseline = measure("electric_vans", **vans, charger="1000 GBP", electricity_price="0.2 GBP/(kW*h)")
    litres = 1000 * amount(shop, "service = 'gb_own_van' AND block LIKE '%last mile%'")
    km = litres / 0.094
    premium, upkeep, use = (each.inputs[key].value for key in ("premium", "maintenance_saving", "consumption"))
    assert (premium, upkeep) == (0.475, 0.32)
    assert each.inputs["premium"].illustrative and not each.inputs["van_price"].illustrative
    number = km / 10000
    yearly = litres * 1.2 + km * 0.05 * upkeep - km * use * 0.2
    cash = each.outcome(baseline, each.values).cash
    assert cash[0] == pytest.approx(-(1000 + number * (30000 * premium + 1000)))
    assert cash[1:5] == pytest.approx(yearly - 100)
    assert cash[5] == pytest.approx(yearly - 100 + number * 30000 * premium * 0.2)
    hydrogen = vans | {"vehicle": "road.van", "premium": 1, "maintenance_saving": 0, "station": "5000 GBP"}
    hydrogen |= {"hydrogen_price": "9 GBP/kg"}
    by_route = {
        route: saved_kg(*measure("hydrogen_vans", **hydrogen, route=route))
        for route in ("electrolysis_wind", "coal", "grid")
    }
    diesel = kg(shop, "service = 'gb_own_van' AND block LIKE '%last mile%'")
    assert by_route["electrolysis_wind"] > 0 > by_route["coal"]
    assert by_route["electrolysis_wind"] == pytest.approx(diesel - km * 0.01257 * 1.17)
    with pytest.raises(RoiError, match="route is not known"):
        measure("hydrogen_vans", **hydrogen, route="moonlight")


def test_a_new_factor_has_a_range_and_new_vans_have_km(shop, measure):
    """Proves that a grid further off changes kg but no kWh, and that rounds driven by new vans can still be shortened."""
    vans = {"services": ["gb_own_van"], "vehicle": "road.van.class_3", "share": 1, "km_per_van": "10000 km/year"}
    vans |= {"van_price": "30000 GBP", "residual_share": 0, "fuel_price": "1.2 GBP/l", "maintenance": "0.05 GBP/km"}
    each, baseline = measure("electric_vans", **vans, charger="1000 GBP")
    grid = each.inputs["factor"]
    assert grid.low < grid.value == 1 < grid.high and "desnz" in grid.source
    ordinary = each.outcome(baseline, each.values)
    dirty = each.outcome(baseline, each.values | {"factor": 2.0})
    left = ordinary.after.where(block="gb_own_van/last mile electric_vans")
    electric_kg = ordinary.after.kg(left)
    assert ordinary.saved_kg[0] - dirty.saved_kg[0] == pytest.approx(electric_kg)
    assert ordinary.grid_kg == pytest.approx(-electric_kg)
    assert [each.key for each in ordinary.notes if each.key.startswith("grid")] == ["grid_constant"]
    plain = shop.plain["finance"] | {"grid_path": {"source": "a plan", "left": {2030: 0.5}}}
    setup = each.setup.organisation.model_copy(update={"finance": Finance.model_validate(plain)})
    assert (
        "50% of the baseline year’s by 2030 (a plan)"
        in type(each)(replace(each.setup, organisation=setup)).grid_remark()
    )
    assert dirty.cash == pytest.approx(ordinary.cash)
    given = {"services": ["gb_own_van"], "distance_per_parcel": "1 km/parcel"}
    route, _ = measure("route_optimisation", **given)
    before, after = (
        sum(line.km for line in round_lines(each, shop.organisation, ["gb_own_van"], clean=True)[0])
        for each in (baseline, ordinary.after)
    )
    assert after == pytest.approx(before)
    outward = ordinary.after.where(block="gb_own_van/last mile electric_vans", stage="last_mile")
    per_parcel = route._today(ordinary.after)
    saved = saved_kg(route, ordinary.after)
    assert saved == pytest.approx(ordinary.after.kg(outward) * (1 - 1 / per_parcel))


def test_site_energy(shop, measure, registry):
    """Proves sun and warmth by hand: kWh of the whole meter in the money, the parcels' share of it in the ledger."""
    roof = {"site": "leipzig", "peak_power": "1 kW", "specific_yield": "900 kW*h/(kW*year)", "self_use_share": 0.5}
    roof |= {"degradation": 0.1, "export_price": "0.05 GBP/(kW*h)", "electricity_price": "0.25 GBP/(kW*h)"}
    each, baseline = measure("solar_roof", **roof, price_per_kw="1200 GBP/kW")
    here = "site = 'leipzig' AND stage = 'warehousing'"
    grid_kwh = amount(shop, f"{here} AND activity = 'electricity.grid'")
    per_kwh = kg(shop, f"{here} AND activity = 'electricity.grid'") / grid_kwh
    panel = registry.resolve("electricity.solar_pv", "kW*h", "DE", 2025).factor.co2e_kg
    share = grid_kwh / (760 + 1130)
    outcome = each.outcome(baseline, each.values)
    years = 0.9 ** np.arange(5)
    assert outcome.saved_kg == pytest.approx(450 * years * share * (per_kwh - panel))
    assert outcome.cash == pytest.approx([-2200, *(450 * years * (0.25 + 0.05) - 100)])
    # A roof larger than the need saves no more than the need.
    most = each.outcome(baseline, each.values | {"peak_power": 100.0}).saved_kg[0]
    assert most == pytest.approx(grid_kwh * (per_kwh - panel))
    warm, base = measure(
        "temperature_control", site="leipzig", degrees=3, saving_per_degree=0.05, energy_price="0.1 GBP/(kW*h)"
    )
    assert saved_kg(warm, base) == pytest.approx(0.15 * kg(shop, f"{here} AND activity LIKE 'fuel.%'"))
    assert warm.yearly(base, warm.values) == pytest.approx(0.15 * 1900 * 0.1)


def test_led_saves_less_where_leds_are_fitted(measure):
    """Proves the trap of lighting: what is LED already saves nothing more."""
    lamps = {"site": "coventry", "fixtures": 4, "fitting": "40 GBP", "fixture_price": "100 GBP"}
    each, baseline = measure("led_lighting", **lamps, led_fitted_share=0.5)
    half, none = saved_kg(each, baseline), saved_kg(each, baseline, led_fitted_share=0.0)
    assert none == pytest.approx(2 * half)
    assert saved_kg(each, baseline, led_fitted_share=1.0) == 0
    assert each.outcome(baseline, each.values).cash[0] == pytest.approx(-(1000 + 4 * 140))
    assert {each.inputs[key].illustrative for key in ("electricity_price", "fixture_price")} == {True, False}


def test_own_container_sends_damaged_parcels_again(measure):
    """Proves that damage takes from the saving, and can take all of it."""
    given = {"packages": ["carton_l"], "share": 0.3, "damage_share": 0.0, "cost_per_damage": "40 GBP/parcel"}
    each, baseline = measure("own_container", **given)
    safe, hurt = saved_kg(each, baseline), saved_kg(each, baseline, damage_share=0.1)
    assert safe > hurt
    assert saved_kg(each, baseline, damage_share=1.0) < 0


def test_slower_service(shop, measure):
    """Proves what parcels of one service cause by another of the same lanes: by their number, and by their mass."""
    scheme = {"from_service": "gb_standard", "to_service": "gb_electric", "share": 0.4}
    each, baseline = measure("slower_service", **scheme, saving_per_parcel="0.2 GBP/parcel")
    stages = "stage IN ('line_haul', 'hubs', 'last_mile', 'returns')"
    wanted = 0.4 * kg(shop, f"service = 'gb_standard' AND {stages}")
    for what, units in (("sum(gross_mass_kg)", "IN"), ("count(*)", "NOT IN")):
        one, other = (
            shop.one(f"SELECT {what} FROM footprints WHERE service = '{name}'")
            for name in ("gb_standard", "gb_electric")
        )
        wanted -= 0.4 * one / other * kg(shop, f"service = 'gb_electric' AND {stages} AND unit {units} ('kg', 'kg*km')")
    assert saved_kg(each, baseline) == pytest.approx(wanted)
    elsewhere = scheme | {"to_service": "us_standard"}
    with pytest.raises(RoiError, match="no baseline"):
        measure("slower_service", **elsewhere, saving_per_parcel="0.2 GBP/parcel")


def test_every_measure_is_tried():
    """Proves that no measure of the list is without a test of its own, here or against the kernel."""
    tried = "fewer_returns order_consolidation carton_right_sizing recycled_content mode_shift pickup_points route_optimisation "
    tried += "electric_vans hydrogen_vans solar_roof temperature_control led_lighting own_container slower_service "
    tried += "reusable_boxes smart_void_fill less_empty_running"
    assert set(tried.split()) == set(MEASURES)
