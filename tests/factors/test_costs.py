"""Prices and shares of prices: typed a second time from what was read of each publication."""

from __future__ import annotations

from pathlib import Path

import pytest

from carbon.factors import tables

#: Id: value, its ends where the publication gives a range, unit, region.
PUBLISHED = {
    "eurostat_2025.cost.electricity": (19.02 / 100, None, "EUR/(kW*h)", "EU"),
    "bbc_utilities_2025.cost.electricity": (22.96 / 100, (20.05 / 100, 27.57 / 100), "GBP/(kW*h)", "GB"),
    "eia_2025.cost.electricity": (16.24 / 100, (9.74 / 100, 22.74 / 100), "USD/(kW*h)", "US"),
    "china_briefing_2024.cost.electricity": (0.088, None, "USD/(kW*h)", "CN"),
    "transport_environment_2022.cost.van.electric_premium": (
        (40 + 55) / 200,
        (40 / 100, 55 / 100),
        "dimensionless",
        "EU",
    ),
    "rap_2022.cost.van.electric_maintenance_saving": (32 / 100, None, "dimensionless", "EU"),
    "soleos_2025.cost.solar.rooftop": ((1200 + 1800) / 2, (1200, 1800), "EUR/kW", "EU"),
    "ati_electrical.cost.led.fixture": (175, None, "USD", "US"),
    "bamberg_2019.cost.return.shipment": (19.51, None, "EUR", "DE"),
    "bamberg_2019.return_fee.fewer_returns": (16 / 100, None, "dimensionless", "DE"),
    "veyt_2025.cost.carbon.allowance": (75, None, "EUR/t", "EU"),
    "swan_energy_2024.cost.carbon.allowance": (64.9, None, "GBP/t", "GB"),
    "reccessary_2025.cost.carbon.allowance": (88.13, None, "CNY/t", "CN"),
}


@pytest.fixture(scope="module")
def shipped():
    """Rows of the shipped table of costs, by id."""
    return {row.value.id: row.value for row in tables.load().parameters if Path(row.where.file).name == "costs.yaml"}


def test_every_row_is_the_published_one(shipped):
    """Proves that value, ends, unit and region of every cost are those read, and that no row is without its second entry."""
    found = {
        key: (row.value, (row.low, row.high) if row.low is not None else None, row.unit, row.region)
        for key, row in shipped.items()
    }
    assert found.keys() == PUBLISHED.keys()
    for key, (value, ends, unit, region) in PUBLISHED.items():
        assert found[key][0] == pytest.approx(value, rel=1e-12), key
        assert found[key][1] == (pytest.approx(ends, rel=1e-12) if ends else None), key
        assert found[key][2:] == (unit, region), key


def test_every_row_says_where_it_stands(shipped):
    """Proves that every cost has a source, the place in it, and what its spread rests on."""
    assert [key for key, row in shipped.items() if not (row.source and row.locator and row.gsd_basis)] == []
