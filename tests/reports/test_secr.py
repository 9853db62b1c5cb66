"""The UK's energy and carbon table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbon.reports import build
from carbon.reports.report import Missing, Number
from carbon.reports.words import Words
from tests.reports.inventories import full
from tests.reports.test_content import LANGUAGES, table_of, tables
from tests.reports.test_numbers import value_of
from tests.reports.test_profiles import fact_of


def test_the_uk_table_tells_the_uk_from_elsewhere():
    """Proves that UK, other countries and all add up, and that fuel by volume is no energy."""
    energy, carbon = (table_of(build(full(), "secr"), "energy_carbon", place) for place in (0, 1))
    rows = {row[0]: row[1:] for row in energy.rows}
    assert rows["Bought electricity"][0].value == 4123.4 and rows["Own generation"][1].value == 1010.06
    assert isinstance(rows["Fuel of own vehicles"][0], Missing)
    for row in [*rows.values(), *(row[1:] for row in carbon.rows)]:
        if isinstance(row[2], Number):
            parts = [value_of(cell.text) for cell in row[:2] if isinstance(cell, Number)]
            assert parts and sum(parts) == pytest.approx(value_of(row[2].text), abs=1e-9)
    assert rows["Own generation"][0] == "–"
    assert rows["Total"][2].value == pytest.approx(5133.46)


def test_the_uk_ratio_is_one_figure():
    """Proves that the index prints the ratio of the energy and carbon table, which leaves refrigerants out, and leads there."""
    report = build(full(), "secr")
    ratio = table_of(report, "energy_carbon", 2).rows[0][1]
    row = next(row for table in tables(report) for row in table.rows if str(row[0]).startswith("SECR-INTENSITY"))
    assert row[3].text == ratio.text and row[5].key == "energy_carbon"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_uk_table_has_the_year_before(language):
    """Proves that the former year stands beside the year with its own figures, in table, index and data, and a reason where there is none."""
    words, uses = Words(language), full().uses
    energy = uses.energy[uses.energy["unit"] == "kW*h"]
    inventory = full(uses=replace(uses, energy=energy))
    halved = energy.assign(energy_kwh=energy["energy_kwh"] / 2, co2e_kg=energy["co2e_kg"] / 4)
    former = full(period="2024", parcels=2000, uses=replace(uses, energy=halved))
    table = table_of(build(inventory, "secr", language, former=former), "energy_carbon", 2)
    assert [column.title for column in table.columns[1:]] == ["2025", "2024"]
    ratio, used, emitted = ([cell.value for cell in row[1:]] for row in table.rows)
    assert used == [pytest.approx(5133.46), pytest.approx(5133.46 / 2)] and emitted[1] == pytest.approx(emitted[0] / 4)
    assert ratio == [pytest.approx(emitted[0] / 5992), pytest.approx(emitted[1] / 2000)]
    said = fact_of(build(inventory, "secr", language, former=former), "SECR-PREVIOUS")
    assert said["state"] == "reported" and "2024" in said["value"]
    alone = build(inventory, "secr", language)
    assert fact_of(alone, "SECR-PREVIOUS")["reason"] == "no_previous"
    assert table_of(alone, "energy_carbon", 2).rows[-1][1].text == words.not_reported("no_previous")


def test_the_index_prints_the_energy_of_the_uk_table():
    """Proves that energy in the UK has one figure, where rounding to the printed sum takes it to another than its own."""
    uses = full().uses
    energy = uses.energy[uses.energy["unit"] == "kW*h"].head(2)
    energy = energy.assign(country=["GB", "DE"], use="site", energy_kwh=[5_000.49, 2_000.3])
    report = build(full(uses=replace(uses, energy=energy)), "secr")
    table = table_of(report, "energy_carbon", 0)
    row = next(row for each in tables(report) for row in each.rows if str(row[0]).startswith("SECR-ENERGY-UK"))
    printed = table.rows[-1][1].text
    assert row[3].text.removesuffix("\u00a0kWh") == printed
    assert printed != f"{5_000.49:,.0f}" and table.rows[-1][3].text == "7,001"
