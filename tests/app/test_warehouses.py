"""Warehouses: both methods, the unallocated rest, one site at a time, and settings by sourced figures alone."""

from __future__ import annotations

import os

import pytest


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rest_of_the_meters_is_said(open_app, merchant, language, words):
    """Proves that what no parcel bears is told in the ledger's own figure, in both languages."""
    from carbon import warehouses
    from carbon.reports import numbers
    from carbon.terms import Language

    rest_kg = warehouses(merchant / "ledger").meters["unallocated_kg"].sum()
    said = words(open_app(merchant, "warehouses", language))
    assert numbers.mass(rest_kg, Language(language)) in said
    assert {"en": "unallocated", "zh": "未分摊"}[language] in said


def test_both_methods_stand_side_by_side(open_app, merchant):
    """Proves that each site shows location- and market-based kilograms with their ranges."""
    from carbon import warehouses

    held = warehouses(merchant / "ledger").sites
    table = next(each.value for each in open_app(merchant, "warehouses").dataframe if "Site" in each.value.columns)
    location, market = (
        next(name for name in table.columns if name.startswith(each)) for each in ("Location", "Market")
    )
    assert list(table[location] / table[location].sum()) == pytest.approx(
        list(held["location_kg"] / held["location_kg"].sum())
    )
    assert len(table[market]) == len(held) and table.iloc[:, 3].str.contains("–").all()


def test_one_site_can_be_chosen(open_app, merchant, words):
    """Proves that the energy of one site is its own: Leipzig has no solar power."""
    test = open_app(merchant, "warehouses")
    test.selectbox(key="warehouse_en").select("leipzig").run()
    assert not test.error
    figures = next(each.value for each in test.dataframe if "Meter" in each.value.columns)
    assert set(figures["Site"]) == {"Leipzig fulfilment centre"} and "Own solar power" not in "".join(figures["Meter"])


def test_settings_cite_their_sources(merchant, monkeypatch):
    """Proves what LED lamps would change by hand: grid electricity x sourced share of lighting x sourced saving."""
    monkeypatch.setenv("CARBON_LEDGER", str(merchant / "ledger"))
    monkeypatch.setattr("sys.argv", ["main.py"])
    from app.reading import sites
    from carbon import Ledger, Registry, warehouses

    found = warehouses(merchant / "ledger")
    organisation = Ledger(merchant / "ledger").current()[0].organisation
    rows = {(each.site, each.kind): each for each in sites.settings(found, organisation, 2025)}
    energy = found.energy
    grid_kg = energy[(energy["site"] == "leipzig") & (energy["meter"] == "electricity.grid")]["co2e_kg"].sum()
    known = Registry.load()
    lighting, saving = (known.parameter(name, "DE", 2025).parameter for name in ("lighting_share", "led_saving"))
    led = rows["leipzig", "led"]
    assert led.saved_kg == pytest.approx(grid_kg * lighting.value * saving.value)
    assert led.low_kg < led.saved_kg < led.high_kg and all(led.sources)
    assert ("new_jersey", "led_in_place") in rows and ("new_jersey", "led") not in rows
    assert os.environ["CARBON_LEDGER"]
