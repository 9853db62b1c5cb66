"""Figures of US EPA, IPCC blends, and of studies of parcels, each through our registry, models or a calculation.

Sources
    EPA     US EPA, GHG Emission Factors Hub, 15 January 2025 (AR5 GWP); Table 6 row RFCW, Table 8, Table 12 (blends)
    SC      US EPA, Supply Chain GHG Emission Factors v1.3.0 by NAICS, kg CO2e per 2022 USD, purchaser price
    EDW     Edwards, McKinnon, Cherrett, McLeod, Song (2010), Transportation Research Record 2191, abstract; and Green
            Logistics, Carbon Auditing the Last Mile (2009), summary: 181 g CO2 per drop
    ADEME   ADEME, E-commerce: impacts environnementaux (April 2023): about 1 kg CO2e per parcel; Impact CO2 (2026), steps 56, 57
    GP      Greenpeace East Asia et al. (2019), Chinese express packaging: 329 g per carton shipment, 304 g of it board

    what                                          published                       basis
    EPA truck, rail, waterborne, aircraft         0.186 0.021 0.077 1.086         kg CO2 per short ton-mile (with CH4, N2O in g)
    EPA truck, passenger car, light truck         1.298 0.297 0.394               kg CO2 per vehicle-mile
    EPA eGRID RFC West                            911.321 lb CO2, 0.071, 0.010    per MWh; gross grid loss 4.2 %
    Ember, latest year: DE, FR, EU                342.06 44.18 213.02             g CO2e per kWh, life cycle
    EPA blends 404A 407C 410A 507A                3943 1624 1924 3985             GWP AR5
    SC 314110, 314120                             0.292 0.267                     with margins
    EDW round                                     80 km, 120 drops, 181 g         failures of 10-50 % add 9-75 %
    ADEME car trip                                7 km: 0.995774, 30 km: 4.267602 kg CO2e
    DESNZ 2025 grid losses                        0.01853 / (0.01853 + 0.17700)
"""

from __future__ import annotations

import pytest

from carbon.activities import MODELS
from carbon.engine.packages import AVERAGE
from tests.engine.small import VAN, estimated, is_close, merchant, only, own_factor, parcel, planned, registry, shipment

CH4, N2O = 28, 265
SHORT_TON_MILE_IN_TKM = 0.90718474 * 1.609344
MILE_IN_KM = 1.609344


@pytest.mark.parametrize(
    ("name", "co2_kg", "ch4_g", "n2o_g", "si"),
    [
        ("road.hgv.all.average.tkm", 0.186, 0.0016, 0.0054, 0.128411),
        ("rail.freight.tkm", 0.021, 0.0016, 0.0005, 0.014505),
        ("sea.waterborne.average.tkm", 0.077, 0.031, 0.002, 0.053698),
        ("air.freight.without_rf.tkm", 1.086, 0.0, 0.0334, 0.749912),
    ],
)
def test_epa_short_ton_mile(name, co2_kg, ch4_g, n2o_g, si):
    """Proves short tons, miles and three gases: 1 t over 1 km by an estimate is the figure in SI units."""
    found = estimated(shipment(chain=[{"factor": f"epa_hub_2025.{name}", "mass": "1 t", "distance": "1 km"}]))
    by_hand = (co2_kg + (CH4 * ch4_g + N2O * n2o_g) / 1000) / SHORT_TON_MILE_IN_TKM
    assert is_close(found.co2e_kg, by_hand) and found.co2e_kg == pytest.approx(si, abs=5e-7)


@pytest.mark.parametrize(
    ("name", "si"),
    [
        ("road.hgv.all.average.km", 0.812931),
        ("road.car.average.km", 0.185523),
        ("road.van.average.unknown.km", 0.246459),
    ],
)
def test_epa_vehicle_mile(name, si):
    """Proves vehicle-miles in km."""
    found = estimated(shipment(chain=[{"factor": f"epa_hub_2025.{name}", "vehicle_distance": "1 km"}]))
    assert found.co2e_kg == pytest.approx(si, abs=5e-7)


@pytest.mark.parametrize(("gwp_set", "ch4", "n2o"), [("AR4", 25, 298), ("AR5", 28, 265), ("AR6", 27.9, 273)])
def test_egrid_subregion_under_each_gwp_set(gwp_set, ch4, n2o):
    """Proves lb/MWh, that gases are converted with the report's own set (AR5 gives 0.415472), and 4.2 % lost on the way."""
    factor = registry(gwp_set=gwp_set).resolve("electricity.grid", "kW*h", "US-EGRID-RFCW", 2023).factor
    parts = {str(part.boundary): part.co2e_kg for part in factor.parts}
    by_hand = (911.321 + ch4 * 0.071 + n2o * 0.010) * 0.45359237 / 1000
    assert is_close(parts["generation"], by_hand)
    if gwp_set == "AR5":
        assert parts["generation"] == pytest.approx(0.415472, abs=5e-7)
    # Gross grid loss, Table 6: a share of what is generated, so that a kWh used needs 1 / (1 - 0.042).
    assert is_close(parts["grid_losses"], by_hand * 0.042 / (1 - 0.042)) and is_close(
        factor.co2e_kg, by_hand / (1 - 0.042)
    )


@pytest.mark.parametrize(("region", "g_per_kwh"), [("DE", 342.06), ("FR", 44.18), ("EU", 213.02)])
def test_life_cycle_electricity_gets_nothing_added(region, g_per_kwh):
    """Proves that Ember's production-mix figure stands alone: no losses, no upstream, never called generation."""
    factor = registry().resolve("electricity.grid", "kW*h", region, 2024).factor
    assert [str(part.boundary) for part in factor.parts] == ["life_cycle, production mix"]
    assert is_close(factor.co2e_kg, g_per_kwh / 1000)


@pytest.mark.parametrize(
    ("blend", "parts", "published"),
    [
        ("r404a", {"r125": 0.44, "r134a": 0.04, "r143a": 0.52}, 3943),
        ("r407c", {"r32": 0.23, "r125": 0.25, "r134a": 0.52}, 1624),
        ("r410a", {"r32": 0.50, "r125": 0.50}, 1924),
        ("r507a", {"r125": 0.50, "r143a": 0.50}, 3985),
    ],
)
def test_blend_from_its_components(blend, parts, published):
    """Proves that the shipped blend is the mass-weighted mean of the shipped components (EPA Table 12)."""
    found = registry()
    mixed = sum(
        share * found.resolve(f"refrigerant.{part}", "kg", "GLO", 2025).factor.co2e_kg for part, share in parts.items()
    )
    assert found.resolve(f"refrigerant.{blend}", "kg", "GLO", 2025).factor.co2e_kg == published
    assert abs(mixed - published) <= 0.5


@pytest.mark.parametrize(("naics", "published"), [("314110", 0.292), ("314120", 0.267)])
def test_spend_in_the_factor_s_own_year_and_currency(naics, published):
    """Proves that 100 USD of 2022 are neither converted nor deflated."""
    setup = merchant(categories={"goods": {"activity": f"product.spend.naics_{naics}"}})
    found = only(parcel(shipped_on="2022-05-04", product_category="goods", goods_value=100.0, currency="USD"), setup)
    assert is_close(found.product_co2e_kg, 100 * published)


def test_typical_round_gives_the_published_order_of_magnitude():
    """Proves 80 km over 120 drops: with a class III van (TTW, CO2e of 2025) within a tenth of the paper's 181 g CO2."""
    leg = VAN | {"round": {"distance": "80 km", "stops": 120}, "failed_first_deliveries": 0}
    found = only(parcel(), merchant([leg]))
    assert found.ttw_co2e_kg == pytest.approx(0.181, rel=0.1)
    factor = registry().factors["desnz_2025.road.van.class_3.diesel.km"]
    assert is_close(found.last_mile_co2e_kg, factor.co2e_kg * 80 / 120)


@pytest.mark.parametrize("failure_share", [0.1, 0.3, 0.5])
def test_failed_first_deliveries_add_what_the_paper_found(failure_share):
    """Proves that second attempts add within the published 9 to 75 % per drop."""
    once, twice = (
        only(parcel(), merchant([VAN | {"failed_first_deliveries": share}])).last_mile_co2e_kg
        for share in (0.0, failure_share)
    )
    assert 0.09 <= twice / once - 1 <= 0.75
    assert is_close(twice / once, 1 + failure_share)


@pytest.mark.parametrize(("trip", "published_kg"), [("7 km", 0.995774), ("30 km", 4.267602)])
def test_customer_s_own_trip(tmp_path, trip, published_kg):
    """Proves a pick-up trip by car with one factor for both published trips, through the last-mile leg."""
    own = [own_factor("own.car", 0.995774 / 7, "kg/km")]
    found = estimated(shipment(chain=[{"factor": "own.car", "vehicle_distance": trip}]), tmp_path, own)
    assert found.co2e_kg == pytest.approx(published_kg, rel=1e-6)
    model = MODELS["customer_trip"].amounts(trip_km=float(trip.split()[0]), car_share=1.0, parcels_per_trip=1.0)[0]
    assert is_close(model * own[0]["value"], found.co2e_kg)


def test_a_parcel_is_about_a_kilogram():
    """Proves plausibility: a default 1 kg parcel across France is of the order of ADEME's 1 kg CO2e."""
    paris = {"destination_country": "FR", "destination_latitude": 48.86, "destination_longitude": 2.35}
    setup = merchant(country="FR", sites={"lyon": {"place": {"country": "FR", "latitude": 45.76, "longitude": 4.84}}})
    found = only(parcel(origin_site="lyon", goods_mass_kg=1.0, **paris), setup)
    assert 0.2 < found.total_co2e_kg < 3


def test_average_carton_weighs_what_was_counted():
    """Proves that the default parcel's parts are those of the study and stay below its 329 g in all."""
    spec = next(spec for spec in planned([parcel()]).context.packages if spec.key == AVERAGE)
    pieces = {piece.material: piece.mass_kg for piece in spec.pieces}
    assert is_close(pieces["corrugated_board"], 0.304)
    assert spec.tare_kg == pytest.approx(0.329, rel=0.02)


def test_uk_grid_losses_ratio():
    """Proves losses as a share of what is generated: 0.01853 / (0.01853 + 0.177)."""
    found = registry().needed_parameter("grid_losses", "GB", 2025).value
    assert found == pytest.approx(0.01853 / (0.01853 + 0.177), abs=5e-5)
