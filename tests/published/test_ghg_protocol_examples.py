"""Worked examples of the GHG Protocol's Technical Guidance for Calculating Scope 3 Emissions (v1.0, 2013).

World Resources Institute, World Business Council for Sustainable Development and Carbon Trust. Facts and results only;
its factors are illustrative and are given by hand.

    example  page   what                                                    published result
    [3.1]    46-47  generation, upstream and grid losses of electricity     740,000 kg upstream; losses by country
    [4.1]    56     diesel of three suppliers, refrigerant leakage R410A    660,000 + 100,000 = 760,000 kg
    [4.2]    62     three legs by mass x distance (road, air, sea)          800, 3,000, 1,200; 5,000 kg
    [4.3] I  63     a round of three shipments by driven tonne-km           11.8, 7.4, 12.3 of 31.5 kg
    [4.3] II 64     the same by great-circle tonne-km                       15.43, 9.64, 6.43 of 31.5 kg
    [4.4]    66     transport by spend                                      800, 4,500, 2,000; 7,300 kg
    [4.5]    69     two stores, energy by volume                            2,062.5, 3,125; 5,187.5 kg
    [4.6]    71     storage by volume-days                                  80, 160; 240 kg
    [5.1]    75     waste by type and treatment                             132,500 kg
    [9.1]    105    downstream transport                                    1,600 kg
    [12.1]   127    end of life by shares of treatment                      3,700 kg
"""

from __future__ import annotations

import pytest

from carbon.activities import MODELS
from tests.engine.small import estimated, is_close, own_factor, registry, shipment


def _legs(tmp_path, factors, chain, **parts):
    """Estimate a given chain and return the kg of each line."""
    found = estimated(shipment(chain=chain, **parts), tmp_path, factors)
    lines = [line.co2e_kg for line in found.lines]
    assert is_close(found.co2e_kg, sum(lines))
    return lines


@pytest.mark.parametrize(
    ("country", "bought_kwh", "upstream", "combustion", "loss", "upstream_kg", "losses_kg"),
    [
        ("AU", 500_000, 0.12, 0.8, 0.10, 60_000, 40_000),
        ("CA", 600_000, 0.10, 0.4, 0.13, 60_000, 31_200),
        ("IN", 400_000, 0.15, 0.8, 0.15, 60_000, 48_000),
        ("US", 5_500_000, 0.10, 0.5, 0.10, 550_000, 275_000),
        ("TR", 200_000, 0.05, 0.4, 0.12, 10_000, 9_600),
    ],
)
def test_example_3_1_electricity_in_parts(
    tmp_path, country, bought_kwh, upstream, combustion, loss, upstream_kg, losses_kg
):
    """Proves that generation, losses and upstream of one factor stay apart and add up (pp. 46-47)."""
    parts = [("generation", combustion), ("WTT", upstream), ("grid_losses", combustion * loss)]
    factors = [
        own_factor("own.grid", value, "kg/(kW*h)", boundary, activity="electricity.grid", region=country)
        for boundary, value in parts
    ]
    found = estimated(shipment(chain=[{"factor": "own.grid", "quantity": f"{bought_kwh} kW*h"}]), tmp_path, factors)
    by_boundary = {
        part.boundary: part.co2e_kg * bought_kwh for part in registry(tmp_path / "own.yaml").factors["own.grid"].parts
    }
    assert is_close(by_boundary["WTT"], upstream_kg)
    assert is_close(by_boundary["grid_losses"], losses_kg)
    assert is_close(found.co2e_kg, bought_kwh * combustion + upstream_kg + losses_kg)


def test_example_4_1_fuel_and_refrigerant(tmp_path):
    """Proves fuel burnt in litres and refrigerant leaked in kg (p. 56)."""
    factors = [own_factor("own.diesel", 3, "kg/l"), own_factor("own.r410a", 2000, "kg/kg", "TTW")]
    chain = [{"factor": "own.diesel", "quantity": f"{litres} l"} for litres in (50_000, 80_000, 90_000)]
    found = _legs(tmp_path, factors, [*chain, {"factor": "own.r410a", "quantity": "50 kg"}])
    assert is_close(sum(found[:3]), 660_000) and is_close(found[3], 100_000) and is_close(sum(found), 760_000)


def test_example_4_2_mass_times_distance(tmp_path):
    """Proves legs by mass x distance, each with a mass of its own (p. 62)."""
    factors = [
        own_factor("own.truck", 0.2, "kg/(t*km)"),
        own_factor("own.air", 1.0, "kg/(t*km)"),
        own_factor("own.ship", 0.05, "kg/(t*km)"),
    ]
    chain = [
        {"factor": "own.truck", "mass": "2 t", "distance": "2000 km"},
        {"factor": "own.air", "mass": "1 t", "distance": "3000 km"},
        {"factor": "own.ship", "mass": "6 t", "distance": "4000 km"},
    ]
    found = _legs(tmp_path, factors, chain)
    assert found == pytest.approx([800, 3000, 1200], rel=1e-12) and is_close(sum(found), 5000)


#: The round of example [4.3]: A to B with 24 t over 10 km, B to C with 10 t over 15 km, B by C to A with 10 t.
ROUND_KG = 31.5


@pytest.mark.parametrize(
    ("shares_tkm", "total_tkm", "published_kg", "digits"),
    [
        ((240, 150, 250), 640, (11.8, 7.4, 12.3), 1),
        ((240, 150, 100), 490, (15.43, 9.64, 6.43), 2),
    ],
    ids=["driven distance (p. 63)", "great circle (p. 64)"],
)
def test_example_4_3_a_round_shared(tmp_path, shares_tkm, total_tkm, published_kg, digits):
    """Proves that a round's emissions are split by mass x distance, and to the last gram."""
    factors = [own_factor("own.round", ROUND_KG / 35, "kg/km")]
    chain = [
        {
            "factor": "own.round",
            "vehicle_distance": "35 km",
            "share": {"own": f"{tkm} t*km", "total": f"{total_tkm} t*km"},
        }
        for tkm in shares_tkm
    ]
    found = _legs(tmp_path, factors, chain)
    assert [round(kg, digits) for kg in found] == list(published_kg)
    assert is_close(sum(found), ROUND_KG)


def test_example_4_3_by_the_model_of_the_engine():
    """Proves the engine's own rule on the same figures: mass x great-circle distance (p. 64)."""
    model = MODELS["round_distance_by_mass_distance"]
    radial = {"mass_kg": (24_000, 10_000, 10_000), "radial_km": (10, 15, 10)}
    found = [
        model.amounts(
            round_km=35,
            round_parcels=3,
            mass_kg=mass_kg,
            radial_km=km,
            round_mass_distance_kg_km=490_000,
            attempts=1,
            failure_share=0,
        )[0]
        for mass_kg, km in zip(*radial.values(), strict=True)
    ]
    assert [round(float(km) * ROUND_KG / 35, 2) for km in found] == [15.43, 9.64, 6.43]


def test_example_4_4_spend(tmp_path):
    """Proves transport by spend (p. 66)."""
    values = [(20_000, 0.04, 800), (30_000, 0.15, 4500), (40_000, 0.05, 2000)]
    factors = [own_factor(f"own.spend{n}", value, "kg/USD", "cradle_to_gate") for n, (_, value, _) in enumerate(values)]
    chain = [{"factor": f"own.spend{n}", "quantity": f"{usd} USD"} for n, (usd, _, _) in enumerate(values)]
    found = _legs(tmp_path, factors, chain)
    assert found == pytest.approx([kg for *_, kg in values], rel=1e-12) and is_close(sum(found), 7300)


@pytest.mark.parametrize(
    ("electricity_kwh", "gas_kwh", "own_m3", "total_m3", "published_kg"),
    [(10_000, 1_000, 100, 400, 2062.5), (15_000, 2_000, 200, 800, 3125.0)],
    ids=["facility 1", "facility 2"],
)
@pytest.mark.parametrize("unit", ["m**3", "m**2"], ids=["by volume (p. 69)", "by floor area"])
def test_example_4_5_a_store_shared(tmp_path, electricity_kwh, gas_kwh, own_m3, total_m3, published_kg, unit):
    """Proves site energy shared by an own over a total amount, of volume or of floor area alike."""
    factors = [own_factor("own.power", 0.8, "kg/(kW*h)", "generation"), own_factor("own.gas", 0.25, "kg/(kW*h)", "TTW")]
    share = {"own": f"{own_m3} {unit}", "total": f"{total_m3} {unit}"}
    chain = [
        {"factor": "own.power", "quantity": f"{electricity_kwh} kW*h", "share": share, "stage": "warehousing"},
        {"factor": "own.gas", "quantity": f"{gas_kwh} kW*h", "share": share, "stage": "warehousing"},
    ]
    assert is_close(sum(_legs(tmp_path, factors, chain)), published_kg)


def test_example_4_6_volume_days(tmp_path):
    """Proves storage by volume-days, with the amount as one quantity (p. 71)."""
    factors = [own_factor("own.centre", 0.01, "kg/(m**3*day)"), own_factor("own.shop", 0.02, "kg/(m**3*day)")]
    chain = [{"factor": name, "quantity": f"{4000 * 2} m**3*day"} for name in ("own.centre", "own.shop")]
    assert _legs(tmp_path, factors, chain) == pytest.approx([80, 160], rel=1e-12)


def test_example_5_1_waste(tmp_path):
    """Proves waste by mass and by volume (p. 75)."""
    values = [("2000 t", 40, "kg/t"), ("5000 t", 2, "kg/t"), ("4000 t", 10, "kg/t"), ("5000 m**3", 0.5, "kg/m**3")]
    factors = [own_factor(f"own.waste{n}", value, unit, "end_of_life") for n, (_, value, unit) in enumerate(values)]
    chain = [
        {"factor": f"own.waste{n}", "quantity": quantity, "stage": "end_of_life"}
        for n, (quantity, *_) in enumerate(values)
    ]
    assert is_close(sum(_legs(tmp_path, factors, chain)), 132_500)


def test_example_9_1_downstream(tmp_path):
    """Proves that goods' mass is what a leg takes where it has none of its own (p. 105)."""
    found = _legs(
        tmp_path,
        [own_factor("own.truck", 0.2, "kg/(t*km)")],
        [{"factor": "own.truck", "distance": "2000 km"}],
        goods={"mass": "4 t"},
    )
    assert is_close(found[0], 1600)


def test_example_12_1_shares_of_treatment():
    """Proves the end-of-life model: component mass x share of a treatment (p. 127)."""
    model = MODELS["treated_material"]
    found = [
        model.amounts(component_kg=10_000, treatment_share=share, mass_ratio=1, uses=1)[0] * value
        for share, value in ((0.9, 0.3), (0.1, 1.0), (0.0, 0.0))
    ]
    assert is_close(sum(found), 3700)
