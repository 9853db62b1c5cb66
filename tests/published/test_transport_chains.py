"""Transport chains with published intensities, TTW and WTW side by side.

Sources
    iLEAP   Smart Freight Centre and SINE Foundation, iLEAP Technical Specifications, demonstration footprints
            (shipments `shipment-simple-1`, `shipment-multi-modal-1`, `pre-and-post-legs-1` with the TOCs and HOCs they name).
            Its third element of `shipment-multi-modal-1` gives 1692.62 kg for 16,920 t*km at 0.116: digits swapped, left out.
    dcycle  Dcycle help centre, Frequently asked questions about GLEC, Q1: rigid truck 26-32 t, GLEC v3 factor, 203 km.

    element                     mass    distance  intensity WTW / TTW         published WTW / TTW
    truck-40t-euro5-de          40 t    423 km    0.116 / 0.089 kg/(t*km)     1962.72 / 1505.88 kg
    toc-rail-1                  40 t    423 km    0.007 / 0     kg/(t*km)     118.44 / 0 kg
    hoc-transshipment-1         40 t    -         33 / 10       kg/t          1320 / 400 kg
    toc-small-truck-1, pre      4 t     30 km     0.793 / 0.609 kg/(t*km)     95.16 / 73.08 kg
    hoc-warehouse-1             4 t     -         33 / 10       kg/t          132 / 40 kg
    toc-small-truck-1, post     4 t     50 km     0.793 / 0.609 kg/(t*km)     158.6 / 121.8 kg
    rigid truck 26-32 t         5 t     203 km    0.162         kg/(t*km)     164.4 kg
    rigid truck 26-32 t         2.5 t   203 km    0.162         kg/(t*km)     82.2 kg
"""

from __future__ import annotations

import pytest

from tests.engine.small import estimated, is_close, own_factor, shipment

ELEMENTS = [
    ("truck-40t-euro5-de", "40 t", "423 km", "kg/(t*km)", 0.116, 0.089, 1962.72, 1505.88),
    ("toc-rail-1", "40 t", "423 km", "kg/(t*km)", 0.007, 0.0, 118.44, 0.0),
    ("hoc-transshipment-1", "40 t", None, "kg/t", 33, 10, 1320, 400),
    ("toc-small-truck-1 pre", "4 t", "30 km", "kg/(t*km)", 0.793, 0.609, 95.16, 73.08),
    ("hoc-warehouse-1", "4 t", None, "kg/t", 33, 10, 132, 40),
    ("toc-small-truck-1 post", "4 t", "50 km", "kg/(t*km)", 0.793, 0.609, 158.6, 121.8),
]


def _factors(name, unit, wtw, ttw):
    """A factor of which the source gives WTW and TTW, as two rows of one id."""
    return [own_factor(name, wtw, unit, "WTW"), own_factor(name, ttw, unit, "TTW")]


def _leg(name, mass, distance):
    return {"factor": name, "mass": mass} | ({"distance": distance} if distance else {})


@pytest.mark.parametrize(
    ("name", "mass", "distance", "unit", "wtw", "ttw", "wtw_kg", "ttw_kg"), ELEMENTS, ids=[row[0] for row in ELEMENTS]
)
def test_element_of_an_ileap_chain(tmp_path, name, mass, distance, unit, wtw, ttw, wtw_kg, ttw_kg):
    """Proves that WTW is the total, never WTW plus TTW, and that TTW is told beside it."""
    found = estimated(
        shipment(chain=[_leg("own.element", mass, distance)]), tmp_path, _factors("own.element", unit, wtw, ttw)
    ).result()
    assert is_close(found.total.co2e_kg, wtw_kg)
    assert found.total.ttw_kg == pytest.approx(ttw_kg, rel=1e-9, abs=1e-12)


def test_whole_chain_with_pre_and_post_leg(tmp_path):
    """Proves that elements add up: 95.16 + 132 + 158.6 kg."""
    factors = [*_factors("own.small_truck", "kg/(t*km)", 0.793, 0.609), *_factors("own.warehouse", "kg/t", 33, 10)]
    chain = [
        {"factor": "own.small_truck", "distance": "30 km"},
        {"factor": "own.warehouse"},
        {"factor": "own.small_truck", "distance": "50 km"},
    ]
    found = estimated(shipment(goods={"mass": "4000 kg"}, chain=chain), tmp_path, factors).result()
    assert is_close(found.total.co2e_kg, 95.16 + 132 + 158.6)
    assert is_close(found.total.ttw_kg, 73.08 + 40 + 121.8)
    assert found.stages == pytest.approx({"line_haul": 95.16 + 158.6, "hubs": 132})


@pytest.mark.parametrize(("mass", "published_kg"), [("5000 kg", 164.4), ("2500 kg", 82.2)])
def test_glec_factor_is_linear_in_mass(tmp_path, mass, published_kg):
    """Proves mass x distance with a fixed intensity, in kg and t."""
    found = estimated(
        shipment(goods={"mass": mass}, chain=[{"factor": "own.rigid", "distance": "203 km"}]),
        tmp_path,
        [own_factor("own.rigid", 0.162, "kg/(t*km)")],
    )
    assert round(found.co2e_kg, 1) == published_kg
