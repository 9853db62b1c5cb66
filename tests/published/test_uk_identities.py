"""Identities between figures that the UK government prints side by side, each through our factors and models.

Source: DESNZ, Greenhouse gas reporting: conversion factors 2025, flat file (June 2025); row ids in the table.

    row                                          what                                     value
    27_304_3129_4_1, 3130, 3131, 3132            articulated > 33 t, 0/50/100 %/average   0.64734 0.85827 1.06921 0.93421 kg/km
    27_304_3130_14_1, 3131, 3132                 the same per tonne-km                    0.09612 0.05988 0.07703 kg/(t*km)
    28_907_3131_4_1, 28_907_3131_14_1            its WTT at 100 %                         0.25296 kg/km 0.01403 kg/(t*km)
    27_304_3131_9_1                              per mile at 100 %                        1.72072 kg/mile
    27_306_3132_4_1                              refrigerated, average                    1.08051 kg/km
    27_303_3095_4_1, _14_1, _9_1                 van class III, diesel                    0.27878 kg/km 0.62849 kg/(t*km) 0.44866 kg/mile
    28_906_3095_4_1                              its WTT                                  0.06706 kg/km
    7_400_4000_5_1 13_402 15_917 15_918          UK electricity: generation, T&D, WTT,    0.17700 0.01853 0.04590 0.00397 kg/kWh
                                                 WTT of T&D
    9_303_3101_4_6                               van class III, battery electric          0.38984 kWh/km
"""

from __future__ import annotations

import pytest

from carbon.activities import MODELS
from tests.engine.small import estimated, is_close, registry, shipment

EMPTY, HALF, FULL, AVERAGE = 0.64734, 0.85827, 1.06921, 0.93421
HALF_TKM, FULL_TKM, AVERAGE_TKM = 0.09612, 0.05988, 0.07703
#: A figure of five decimals is right to half a unit of the fifth.
ROUNDING = 0.5e-5


@pytest.fixture(scope="module")
def factors():
    """Return the shipped factors by id."""
    return registry().factors


def _artic(factors, state, suffix):
    return factors[f"desnz_2025.road.hgv.articulated_33t.{state}.{suffix}"]


def test_half_laden_is_the_mean_of_empty_and_full(factors):
    """Proves that the published load line is straight, and ours with it."""
    empty, half, full = (_artic(factors, state, "km").ttw_kg for state in ("empty", "half", "full"))
    assert (empty, half, full) == (EMPTY, HALF, FULL)
    assert abs(half - (empty + full) / 2) <= 2 * ROUNDING


@pytest.mark.parametrize(("load", "published_tkm"), [(0.5, HALF_TKM), (1.0, FULL_TKM)])
def test_load_model_gives_the_published_tonne_km(factors, load, published_tkm):
    """Proves the load-dependent model: 1 t over 1 km at 50 and 100 % load is the row printed per tonne-km."""
    payload_kg = FULL / FULL_TKM * 1000
    parts = MODELS["laden_vehicle_distance"].amounts(
        mass_kg=1000.0,
        distance_km=1.0,
        circuity=1,
        adjustment=1,
        payload_kg=payload_kg,
        load_share=load,
        empty_share=0.0,
    )
    kg = sum(km * _artic(factors, state, "km").ttw_kg for km, state in zip(parts, ("empty", "full"), strict=True))
    assert kg == pytest.approx(published_tkm, rel=2e-4)


def test_load_model_gives_the_published_average(factors):
    """Proves the same at the average load, which follows from the printed kg/km."""
    found = registry()
    payload = found.needed_parameter("payload.road.hgv.articulated_33t", "GB", 2025)
    load = found.needed_parameter("load_share.road.hgv.articulated_33t", "GB", 2025)
    assert load.value == pytest.approx((AVERAGE - EMPTY) / (FULL - EMPTY), abs=5e-4)
    parts = MODELS["laden_vehicle_distance"].amounts(
        mass_kg=payload.value * load.value,
        distance_km=1.0,
        circuity=1,
        adjustment=1,
        payload_kg=payload.value,
        load_share=load.value,
        empty_share=0.0,
    )
    kg = sum(km * _artic(factors, state, "km").ttw_kg for km, state in zip(parts, ("empty", "full"), strict=True))
    assert kg == pytest.approx(AVERAGE, rel=5e-4)


def test_per_km_over_payload_is_per_tonne_km(factors):
    """Proves that the shipped payload turns kg/km into the kg/(t*km) of the same row pair."""
    found = registry()
    for name, km, tkm in (("payload", FULL, FULL_TKM), ("payload_average", AVERAGE, AVERAGE_TKM)):
        payload_kg = found.needed_parameter(f"{name}.road.hgv.articulated_33t", "GB", 2025).value
        assert km / (payload_kg / 1000) == pytest.approx(tkm, rel=2e-4)
    van_kg = found.needed_parameter("payload_average.road.van.class_3", "GB", 2025).value
    assert 0.27878 / (van_kg / 1000) == pytest.approx(0.62849, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "wtt", "ttw", "scale"),
    [
        ("road.hgv.articulated_33t.full.km", 0.25296, 1.06921, 1),
        ("road.hgv.articulated_33t.full.tkm", 0.01403, 0.05988, 1000),
        ("road.van.class_3.diesel.km", 0.06706, 0.27878, 1),
        ("road.van.class_3.diesel.tkm", 0.15037, 0.62849, 1000),
        ("sea.container_ship.average.tkm", 0.00365, 0.01612, 1000),
        ("rail.freight.tkm", 0.00691, 0.02779, 1000),
    ],
)
def test_wtw_is_wtt_plus_ttw(factors, name, wtt, ttw, scale):
    """Proves that the halves are kept, and that the total is both."""
    found = factors[f"desnz_2025.{name}"]
    assert is_close(found.wtt_kg * scale, wtt) and is_close(found.ttw_kg * scale, ttw)
    assert is_close(found.co2e_kg * scale, wtt + ttw)


@pytest.mark.parametrize(
    ("vehicle", "per_mile"), [("road.van.class_3.diesel", 0.44866), ("road.hgv.articulated_33t.full", 1.72072)]
)
def test_a_mile_is_converted_as_the_publisher_does(vehicle, per_mile):
    """Proves miles through an estimate against the rows printed per mile (TTW)."""
    found = estimated(shipment(region="GB", chain=[{"vehicle": vehicle, "vehicle_distance": "1 mi"}])).result()
    assert found.total.ttw_kg == pytest.approx(per_mile, abs=2 * ROUNDING)


def test_uk_electricity_in_four_parts(factors):
    """Proves generation, losses and both upstream parts, none of them twice."""
    parts = {str(part.boundary): part.co2e_kg for part in factors["desnz_2025.electricity.grid"].parts}
    assert parts == {"generation": 0.177, "grid_losses": 0.01853, "WTT": 0.0459, "WTT of grid_losses": 0.00397}
    assert is_close(factors["desnz_2025.electricity.grid"].co2e_kg, 0.2454)


def test_refrigeration_uplift(factors):
    """Proves that the shipped uplift is the ratio of the two printed rows."""
    uplift = registry().needed_parameter("refrigerated_uplift.road.hgv.articulated_33t", "GB", 2025).value
    assert AVERAGE * (1 + uplift) == pytest.approx(1.08051, rel=1e-4)
    assert factors["desnz_2025.road.hgv_refrigerated.articulated_33t.average.km"].ttw_kg == 1.08051


def test_battery_van_is_its_kwh_on_the_grid(factors):
    """Proves that kWh/km x grid is what the publisher prints per km with the UK grid inside (generation)."""
    kwh_per_km = registry().needed_parameter("consumption.electricity.road.van.class_3", "GB", 2025).value
    assert kwh_per_km == 0.38984
    inside = {
        str(part.boundary): part.co2e_kg
        for part in factors["desnz_2025.road.van.class_3.battery_electric.uk_grid.km"].parts
    }
    assert kwh_per_km * 0.177 == pytest.approx(inside["generation"], rel=3e-3)
    assert kwh_per_km * 0.01853 == pytest.approx(inside["grid_losses"], rel=3e-3)
