"""Carriers' intensities in iLEAP: rows of a carrier's table, which becomes own factors."""

from __future__ import annotations

import pytest

from carbon import carrier_factors, carrier_table

_ENERGY = [{"energyCarrier": "Diesel", "emissionFactorWTW": "4", "emissionFactorTTW": "3", "relativeShare": "1"}]


def _sent(version_2: dict, *extensions: dict) -> dict:
    given = [{"specVersion": "2.0.0", "dataSchema": "urn:x", "data": each} for each in extensions]
    return version_2 | {"extensions": given}


def _toc(**changed) -> dict:
    return {"tocId": "trunk", "mode": "Road", "transportActivityUnit": "tkm", "co2eIntensityWTW": "0.116",
            "co2eIntensityTTW": "0.089", "energyCarriers": _ENERGY} | changed  # fmt: skip


def _hoc(**changed) -> dict:
    return {"hocId": "hub-1", "hubType": "Transshipment", "hubActivityUnit": "tonnes", "co2eIntensityWTW": "33",
            "co2eIntensityTTW": "10", "energyCarriers": _ENERGY, "hubLocation": {"city": "Ulm", "country": "DE"}} | changed  # fmt: skip


def test_categories_become_rows_that_own_factors_take(version_2, written, tmp_path):
    """Proves by hand: well-to-tank is the difference (0.116 - 0.089), hubs are per tonne where they stand, the last day
    of the reference period is the day before its exclusive end, and the carrier's reader takes every row."""
    made = carrier_table([written(_sent(version_2, _toc(), _hoc()))], "great_circle")
    (tmp_path / "table.csv").write_text(made.text, encoding="utf-8")
    rows = carrier_factors(tmp_path / "table.csv", "Carrier")
    found = [(each["activity"], each["boundary"], each["value"], each["unit"], each["region"]) for each in rows]
    assert found == [
        ("road.own.carrier.trunk", "WTT", 0.027, "kg/(t*km)", "DE"),
        ("road.own.carrier.trunk", "TTW", 0.089, "kg/(t*km)", "DE"),
        ("hub.own.carrier.hub_1", "WTT", 23.0, "kg/t", "DE"),
        ("hub.own.carrier.hub_1", "TTW", 10.0, "kg/t", "DE"),
    ]
    assert {str(each["valid_to"]) for each in rows} == {"2023-12-31"}
    assert [each.get("distance_basis") for each in rows] == ["great_circle"] * 2 + [None] * 2
    assert (made.found, made.rows, made.rejects) == (2, 4, ())


@pytest.mark.parametrize(
    ("extension", "reason"),
    [
        (_toc(mode="InlandWaterway"), "mode"),
        (_toc(transportActivityUnit="TEUkm"), "activity_unit"),
        (_hoc(hubActivityUnit="TEU"), "activity_unit"),
        (_toc(co2eIntensityTTW="0.2"), "schema"),
        (_toc(co2eIntensityWTW=0.116), "schema"),
        ({"shipmentId": "s", "mass": "1", "tces": []}, "not_ileap"),
    ],
)
def test_what_is_no_usable_category_is_a_reject(version_2, written, extension, reason):
    """Proves each refusal, and that the category beside it is taken all the same."""
    made = carrier_table([written(_sent(version_2, extension, _toc()))], "actual")
    assert [each.reason for each in made.rejects] == [reason]
    assert (made.found, made.rows) == (2, 2)
