"""Every model: the same value on floats, on arrays and on pint quantities, and by hand."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.activities import MODELS, packaging, product, returns, transport, warehousing
from carbon.units import ureg

NAN = float("nan")

#: Model -> arguments as (value, unit), result unit, results by hand.
CASES = {
    "freight": (
        {
            "mass_kg": (1.2, "kg"),
            "distance_km": (100, "km"),
            "circuity": (1.3, ""),
            "adjustment": (1.05, ""),
            "addition_km": (5, "km"),
        },
        "kg*km",
        [1.2 * (100 * 1.3 * 1.05 + 5)],
    ),
    "laden_vehicle_distance": (
        {
            "mass_kg": (120, "kg"),
            "distance_km": (100, "km"),
            "circuity": (1.2, ""),
            "adjustment": (1, ""),
            "payload_kg": (12_000, "kg"),
            "load_share": (0.6, ""),
            "empty_share": (0.2, ""),
        },
        # 120 km x 120 kg / 7,200 kg = 2 km, of which 40 % at empty weight, and a quarter as much again empty.
        "km",
        [2 * (0.4 + 0.25), 2 * 0.6],
    ),
    "vehicle_energy": (
        {
            "mass_kg": (120, "kg"),
            "distance_km": (100, "km"),
            "circuity": (1.2, ""),
            "adjustment": (1, ""),
            "payload_kg": (12_000, "kg"),
            "load_share": (0.6, ""),
            "empty_share": (0.2, ""),
            "consumption_per_km": (0.9, "kW*h/km"),
            "charging_loss": (0.1, ""),
        },
        "kW*h",
        [2 / 0.8 * 0.9 / 0.9],
    ),
    "round_distance": (
        {"round_km": (80, "km"), "round_parcels": (120, ""), "attempts": (2, ""), "failure_share": (0.1, "")},
        "km",
        [80 / 120 * 2],
    ),
    "round_distance_by_mass_distance": (
        {
            "round_km": (35, "km"),
            "round_parcels": (3, ""),
            "mass_kg": (24, "kg"),
            "radial_km": (10, "km"),
            "round_mass_distance_kg_km": (490, "kg*km"),
            "attempts": (1, ""),
            "failure_share": (0, ""),
        },
        "km",
        [35 * 240 / 490],
    ),
    "round_energy": (
        {
            "round_km": (80, "km"),
            "round_parcels": (100, ""),
            "attempts": (1, ""),
            "failure_share": (0, ""),
            "consumption_per_km": (0.25, "kW*h/km"),
            "charging_loss": (0.2, ""),
        },
        "kW*h",
        [80 / 100 * 0.25 / 0.8],
    ),
    "round_use": (
        {
            "round_use": (12, "kW*h"),
            "round_parcels": (48, ""),
            "attempts": (1, ""),
            "failure_share": (0, ""),
            "plan_ratio": (1.1, ""),
        },
        "kW*h",
        [12 * 1.1 / 48],
    ),
    "round_use_by_mass_distance": (
        {
            "round_use": (12, "kW*h"),
            "round_parcels": (3, ""),
            "mass_kg": (24, "kg"),
            "radial_km": (10, "km"),
            "round_mass_distance_kg_km": (490, "kg*km"),
            "attempts": (1, ""),
            "failure_share": (0, ""),
            "plan_ratio": (1.1, ""),
        },
        "kW*h",
        [12 * 1.1 * 240 / 490],
    ),
    "round_energy_by_mass_distance": (
        {
            "round_km": (35, "km"),
            "round_parcels": (3, ""),
            "mass_kg": (24, "kg"),
            "radial_km": (10, "km"),
            "round_mass_distance_kg_km": (490, "kg*km"),
            "attempts": (1, ""),
            "failure_share": (0, ""),
            "consumption_per_km": (0.25, "kW*h/km"),
            "charging_loss": (0, ""),
        },
        "kW*h",
        [35 * 240 / 490 * 0.25],
    ),
    "customer_trip": ({"trip_km": (7, "km"), "car_share": (0.5, ""), "parcels_per_trip": (2, "")}, "km", [1.75]),
    "handled_mass": ({"mass_kg": (1.3, "kg")}, "kg", [1.3]),
    "handled_parcel": ({"parcel_count": (1, "parcel")}, "parcel", [1]),
    "reported": ({"reported_co2e_kg": (0.4, "kg")}, "kg", [0.4]),
    "material": (
        {"component_kg": (0.6, "kg"), "material_share": (0.3, ""), "mass_ratio": (1.5, ""), "uses": (9, "")},
        "kg",
        [0.03],
    ),
    "void_fill": (
        {
            "empty_m3": (0.01, "m**3"),
            "density_kg_per_m3": (12, "kg/m**3"),
            "material_share": (0.5, ""),
            "mass_ratio": (1, ""),
        },
        "kg",
        [0.06],
    ),
    "treated_material": (
        {"component_kg": (0.6, "kg"), "treatment_share": (0.25, ""), "mass_ratio": (1, ""), "uses": (3, "")},
        "kg",
        [0.05],
    ),
    "treated_void_fill": (
        {
            "empty_m3": (0.01, "m**3"),
            "density_kg_per_m3": (12, "kg/m**3"),
            "treatment_share": (0.25, ""),
            "mass_ratio": (2, ""),
        },
        "kg",
        [0.06],
    ),
    "washing": ({"amount_per_use": (0.04, "kW*h")}, "kW*h", [0.04]),
    "empty_return": ({"tare_kg": (0.64, "kg"), "return_km": (60, "km")}, "kg*km", [38.4]),
    "site_share": ({"quantity": (1000, "kW*h"), "basis": (3, ""), "basis_total": (60, "")}, "kW*h", [50]),
    "site_estimate": (
        {
            "area_m2": (1000, "m**2"),
            "intensity_kwh_per_m2_day": (0.1, "kW*h/(m**2*day)"),
            "days": (365, "day"),
            "parcels": (36_500, ""),
            "lighting_share": (0.4, ""),
            "led_share": (1, ""),
            "led_saving": (0.5, ""),
            "setpoint_saving": (0.1, ""),
        },
        "kW*h",
        [1 * (1 - 0.4 * 0.5) * 0.9],
    ),
    "stored_mass": ({"mass_kg": (1.3, "kg")}, "kg", [1.3]),
    "write_off": ({"goods_kg": (1.2, "kg"), "write_off_share": (0.05, "")}, "kg", [0.06]),
    "spend": ({"value": (100, "GBP"), "exchange_rate": (1.25, "USD/GBP"), "deflator": (0.9, "")}, "USD", [112.5]),
    "declared": ({"product_co2e_kg": (7.5, "kg")}, "kg", [7.5]),
}

HALVED = {"kg": "g", "km": "m", "kW*h": "MJ", "m**3": "l", "m**2": "cm**2", "day": "hour", "GBP": "GBP"}


def test_every_model_has_a_case_and_a_docstring():
    """Proves that a model added is a model tested and explained."""
    assert set(CASES) == set(MODELS)
    for module in (packaging, product, returns, transport, warehousing):
        functions = [
            f
            for n, f in inspect.getmembers(module, inspect.isfunction)
            if f.__module__ == module.__name__ and not n.startswith("_")
        ]
        assert functions and all(f.__doc__ for f in functions)


@pytest.mark.parametrize("name", sorted(CASES))
def test_model_by_hand(name):
    """Proves the value on floats and, elementwise, on arrays."""
    arguments, _, wanted = CASES[name]
    plain = {key: float(value) for key, (value, _) in arguments.items()}
    assert [float(each) for each in MODELS[name].amounts(**plain)] == pytest.approx(wanted, rel=1e-12)
    arrays = {key: np.full(3, value) for key, value in plain.items()}
    for found, value in zip(MODELS[name].amounts(**arrays), wanted, strict=True):
        assert np.allclose(found, value, rtol=1e-12, atol=0) and found.shape == (3,)


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("other_units", [False, True], ids=["canonical", "other units"])
def test_model_on_quantities(name, other_units):
    """Proves that pint gives the same value and the unit that the docstring promises, in whatever units come in."""
    arguments, unit, wanted = CASES[name]
    measured = {}
    for key, (value, text) in arguments.items():
        quantity = float(value) * ureg(text) if text else float(value)
        measured[key] = quantity.to(HALVED[text]) if other_units and text in HALVED else quantity
    found = MODELS[name].amounts(**measured)
    assert [(each * ureg.dimensionless).to(unit).magnitude for each in found] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("name", ["round_distance", "round_distance_by_mass_distance", "round_energy", "round_use"])
def test_attempts_recorded_or_expected(name):
    """Proves that recorded attempts replace the failure rate, and that an unrecorded one adds it once."""
    arguments = {key: float(value) for key, (value, _) in CASES[name][0].items()}
    once = MODELS[name].amounts(**arguments | {"attempts": 1.0, "failure_share": 0.25})[0]
    twice = MODELS[name].amounts(**arguments | {"attempts": 2.0, "failure_share": 0.25})[0]
    expected = MODELS[name].amounts(**arguments | {"attempts": NAN, "failure_share": 0.25})[0]
    assert float(twice) == pytest.approx(2 * float(once)) and float(expected) == pytest.approx(1.25 * float(once))


def test_a_round_at_its_own_depot_is_shared_by_parcel():
    """Proves that mass x distance of nothing leaves no parcel without a figure."""
    arguments = {key: float(value) for key, (value, _) in CASES["round_distance_by_mass_distance"][0].items()}
    with np.errstate(all="ignore"):
        found = MODELS["round_distance_by_mass_distance"].amounts(
            **{
                key: np.array([value])
                for key, value in (arguments | {"radial_km": 0.0, "round_mass_distance_kg_km": 0.0}).items()
            }
        )[0]
    assert found == pytest.approx(35 / 3)


@pytest.mark.parametrize(
    ("uses", "loss", "wanted"),
    [(50, 0.0, 50), (1, 0.0, 1), (1, 0.3, 1), (3, 1.0, 1), (50, 0.03, (1 - 0.97**50) / 0.03), (2, 0.5, 1.5)],
)
def test_expected_uses(uses, loss, wanted):
    """Proves the formula at its ends: no loss, everything lost, one use."""
    assert float(packaging.expected_uses(uses, loss)) == pytest.approx(wanted, rel=1e-12)


@given(uses=st.integers(1, 200), loss=st.floats(0.0, 1.0))
def test_expected_uses_is_the_sum_over_trips(uses, loss):
    """Proves the closed form against the sum of the chances of each trip, between 1 and the most."""
    found = float(packaging.expected_uses(uses, loss))
    assert found == pytest.approx(math.fsum((1 - loss) ** trip for trip in range(uses)), rel=1e-6)
    assert 1 - 1e-9 <= found <= uses + 1e-9


def test_carton_mass_by_hand():
    """Proves the blank of a slotted carton: 30 x 20 x 15 cm, 35 mm joint, 500 g/m2."""
    found = float(packaging.carton_mass(0.3, 0.2, 0.15, 0.035, 0.5))
    assert found == pytest.approx((0.6 + 0.4 + 0.035) * (0.15 + 0.2) * 0.5)
    measured = packaging.carton_mass(300 * ureg.mm, 200 * ureg.mm, 15 * ureg.cm, 35 * ureg.mm, 500 * ureg("g/m**2"))
    assert measured.to("kg").magnitude == pytest.approx(found)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_formula_names_every_argument(name):
    """Proves that the printed formulas leave no argument out (a failure rate stands in attempts)."""
    text = " ".join(MODELS[name].formulas)
    arguments = set(MODELS[name].arguments) - {"failure_share"}
    assert {argument for argument in arguments if argument not in text} == set()
