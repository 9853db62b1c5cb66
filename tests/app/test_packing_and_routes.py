"""Packaging and routes: the ledger's figures, work on files with its own numbers, results to take away."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest


def _press(test, start: str):
    next(each for each in test.button if each.label.startswith(start)).click()
    return test.run()


@pytest.fixture
def few(own) -> Path:
    """Return the merchant with the first thirty orders beside the organisation file."""
    orders = pd.read_csv(own / "orders.csv", dtype=str, keep_default_na=False).head(30)
    lines = pd.read_csv(own / "lines.csv", dtype=str, keep_default_na=False)
    orders.to_csv(own / "orders.csv", index=False)
    lines[lines["parcel_id"].isin(orders["parcel_id"])].to_csv(own / "lines.csv", index=False)
    return own


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sizes_and_empty_space_are_the_ledgers(open_app, merchant, language, words):
    """Proves that packages add up to packaging and end of life, and that the empty share is the inventory's."""
    from app.text import catalogue
    from carbon import inventory
    from carbon.reports import numbers
    from carbon.terms import Language

    held, heads = inventory(merchant / "ledger"), catalogue(language)
    test = open_app(merchant, "packaging", language)
    table = next(each.value for each in test.dataframe if heads["head.size"] in each.value.columns)
    assert table[heads["head.parcels"]].sum() == held.parcels
    assert numbers.percent(held.empty_space_share, Language(language)) in words(test)


def test_packing_the_files_beside_tells_the_librarys_difference(open_app, few):
    """Proves that a click packs the merchant's own files, that the counts add up, and that the file can be calculated."""
    test = _press(open_app(few, "packaging"), "Pack the orders")
    assert not test.error and not test.exception
    made = test.session_state["made_pack"][1]
    packing, output = made
    assert packing.orders == packing.packed + packing.kept + packing.refused
    assert any(each.label == "Orders packed" for each in test.metric)
    (few / "packed.csv").write_bytes(output)
    from carbon import OrdersInput

    assert sum(len(chunk.rows) for chunk in OrdersInput.open(few / "packed.csv").chunks()) >= packing.packed


def test_a_carton_set_is_adopted_as_catalogue(open_app, few):
    """Proves that the K curve is the suite's, and that adopting writes packages that the reader takes."""
    from carbon import read_organisation

    test = open_app(few, "packaging", packing_what_held="cartons", carton_count=3, carton_seconds=2)
    before = set(read_organisation(few / "organisation.yaml").packages)
    test = _press(test, "Design the set")
    assert not test.error and not test.exception
    suite = test.session_state["made_cartons"][1]
    assert len(suite.packages) <= 3 and len(suite.curve) >= 3
    test = _press(test, "Adopt the set")
    assert not test.error
    assert set(read_organisation(few / "organisation.yaml").packages) == before | set(suite.packages)


def test_rounds_are_planned_shown_and_downloaded(open_app, merchant, tmp_path, words):
    """Proves that a day's stops become rounds on a map without a server, beside today's plan, in three formats."""
    stops = "stop_id,latitude,longitude,delivery_mass_kg\n" + "".join(
        f"S{number},{52.40 + number % 3 * 0.02},{-1.50 + number // 3 * 0.03},{2 + number}\n" for number in range(8)
    )
    test = open_app(merchant, "routes", routes_from_held="upload", route_example=True, route_seconds=2)
    test = test.file_uploader(key="route_stops").set_value(("stops.csv", stops.encode(), "text/csv")).run()
    assert not test.error
    test = _press(test, "Plan the rounds")
    search = test.session_state["route_search"]
    search.wait(60)
    test.run()
    assert search.error is None and not test.error
    result = search.result
    shown = {each.label: each.value for each in test.metric}
    assert shown["Not served"] == "0" and result.answer["stops"] == 8
    labels = [each.proto.label for each in test.get("download_button")]
    assert {"Plan (CSV)", "Map (GeoJSON)", "Tracks (GPX)"} <= set(labels)
    drawn = json.loads(test.get("deck_gl_json_chart")[0].proto.json)
    assert "http" not in json.dumps(drawn) and "lines_rounds" in [layer["id"] for layer in drawn["layers"]]
    plan = result.plans[0]
    assert sum(each["properties"]["kind"] == "stop" for each in plan.features) == 8
    assert plan.co2e_kg == pytest.approx(sum(each["co2e_kg"] for each in plan.summary["duties"]))


def test_stopping_keeps_the_best(merchant, tmp_path, monkeypatch):
    """Proves that a search told to stop ends long before its time with a plan that is verified, not with nothing."""
    from tests.optimise.rounds.intake_world import stop, write_fleet, write_rows

    monkeypatch.setenv("CARBON_LEDGER", str(merchant / "ledger"))
    monkeypatch.setenv("CARBON_ORGANISATION", str(tmp_path / "none.yaml"))
    monkeypatch.setattr("sys.argv", ["main.py"])
    from app.reading import routing

    rows = [stop(f"S{number}", latitude=52.4 + number / 200) for number in range(12)]
    files = {"stops": write_rows(tmp_path / "stops.csv", rows), "fleet": write_fleet(tmp_path)}
    search = routing.begin(files, (), 300.0, "en", objective="co2e")
    while not search.found and search.running:
        search.wait(0.05)
    search.stop()
    search.wait(60)
    assert not search.running and search.error is None and search.after_s < 100
    assert search.result.plans[0].summary["vehicles"] >= 1


def test_the_example_fleet_is_the_documented_one():
    """Proves that the fleet the app offers is the one that the documentation shows."""
    from app.reading import routing
    from tests.app.conftest import ROOT

    documented = ROOT / "docs" / "examples" / "rounds" / "fleet.yaml"
    assert routing.example_fleet().read_bytes() == documented.read_bytes()
