"""Suppliers and carriers: the library's figures in both languages, a carrier at a time, targets only where there are some."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def held(merchant):
    """Return the carriers of the merchant's ledger."""
    from carbon import carriers

    return carriers(merchant / "ledger")


def _table(test, column):
    return next(each.value for each in test.dataframe if column in each.value.columns)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_scorecard_is_the_librarys(open_app, merchant, held, language, words):
    """Proves that parcels, shares, ratings and emissions of every carrier are those of the library, in both languages."""
    from app.text import catalogue

    heads = catalogue(language)
    test = open_app(merchant, "carriers", language)
    assert not test.error and not test.exception
    table = _table(test, heads["head.carrier"])
    assert list(table[heads["head.parcels"]]) == list(held.carriers["parcels"])
    rests = _table(test, heads["head.temporal"])
    assert list(rests[heads["head.primary"]]) == pytest.approx(list(held.carriers["primary_share"]))
    assert list(rests[heads["head.temporal"]]) == pytest.approx(list(held.carriers["temporal"]))
    total = next(name for name in table.columns if name.startswith("CO₂e"))
    whole_kg = held.carriers["co2e_kg"]
    assert list(table[total] / table[total].sum()) == pytest.approx(list(whole_kg / whole_kg.sum()))
    named = set(held.carriers["carrier"]) - {""}
    assert set(table[heads["head.carrier"]]) == named | {heads["network.own"]}
    assert heads["carriers.targets"] in words(test)


def test_one_carrier_shows_its_own_months_and_services(open_app, merchant, held, words):
    """Proves that trend and services are those of the carrier chosen, with the last month's figure in the finding."""
    from carbon.reports import numbers
    from carbon.terms import Language

    test = open_app(merchant, "carriers")
    test = test.selectbox(key="carrier_en").select("carrier Bike courier").run()
    assert not test.error
    months = held.months[held.months["carrier"] == "Bike courier"]
    last = months.iloc[-1]
    assert f"{numbers.mass(last['kg_per_parcel'], Language.EN)} in " in words(test)
    table = next(each.value for each in test.dataframe if each.value.columns[0] == "Month")
    assert list(table["Month"]) == list(months["month"]) and list(table["Parcels"]) == list(months["parcels"])
    services = next(each.value for each in test.dataframe if "Parcels" in each.value and "Service" in each.value)
    assert len(services) == 1 and services["Parcels"].iloc[0] == months["parcels"].sum()
    assert "No target covers Bike courier" in words(test)


def test_a_target_that_names_a_carrier_is_set_against_its_base_year(open_app, merchant, held, words, monkeypatch):
    """Proves the mass of a target by hand: the carrier's base year in the ledger, less the share that is to go."""
    from app import session
    from carbon.reports import numbers
    from carbon.terms import Language

    goal = {"year": 2030, "base_year": 2025, "reduction_share": 0.3, "covers": "Express carrier"}
    runs = session.Ledger(merchant / "ledger").current()[::-1]
    changed = [run.model_copy(update={"organisation": {**run.organisation, "targets": [goal]}}) for run in runs]
    monkeypatch.setattr(session, "current_runs", lambda: changed)
    assert {month[:4] for month in held.months["month"]} == {"2025"}
    base_kg = held.carriers.set_index("carrier").at["Express carrier", "co2e_kg"]
    test = open_app(merchant, "carriers")
    test = test.selectbox(key="carrier_en").select("carrier Express carrier").run()
    said = words(test)
    assert numbers.mass(base_kg * 0.7, Language.EN) in said and numbers.mass(base_kg, Language.EN) in said
    test = test.selectbox(key="carrier_en").select("own").run()
    assert "No target covers Own vehicles" in words(test)


def test_without_a_ledger_the_way_to_one_is_told(open_app, empty, words):
    """Proves that a page without data is no empty page."""
    test = open_app(empty, "carriers")
    assert test.info and not test.dataframe and not test.error
