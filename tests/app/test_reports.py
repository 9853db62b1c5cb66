"""Reports: every standard is offered, and what is handed over is the ledger's own figures in three forms."""

from __future__ import annotations

import json

import pytest


def _made(test):
    test.button[0].click().run(timeout=300)
    assert not test.exception and not test.error
    return {each.label: each for each in test.get("download_button")}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_standard_is_chosen_and_its_report_made(open_app, merchant, language, monkeypatch):
    """Proves that every standard is offered, and that HTML, PDF and data of the chosen one hold its edition and total."""
    from carbon import inventory
    from carbon.reports import PROFILES
    from carbon.reports.words import Words
    from carbon.roi import measures_of

    test = open_app(merchant, "reports", language)
    standards = next(each for each in test.selectbox if each.key.startswith("report_standard"))
    assert len(standards.options) == len(PROFILES)
    test = standards.select("esrs").run()
    edition = next(each for each in test.selectbox if each.key.startswith("report_edition_esrs"))
    test = edition.select("2023").run()
    assert len(_made(test)) == 3
    from app.reading import reports

    monkeypatch.setattr("sys.argv", ["main.py"])
    monkeypatch.setenv("CARBON_LEDGER", str(merchant / "ledger"))
    monkeypatch.setenv("CARBON_ORGANISATION", str(merchant / "organisation.yaml"))
    made = reports.esg("esrs", "2023", language, None)
    measures = measures_of(merchant / "organisation.yaml", merchant / "ledger").applicable
    assert len(measures) > 5 and all(Words(language)(f"roi.measures.{each.key}.name") in made.html for each in measures)
    assert made.pdf.startswith(b"%PDF") and made.html.startswith("<!DOCTYPE html>")
    data = json.loads(made.data)
    assert (data["profile"], data["edition"]) == ("esrs", "2023")
    found = [each["value"] for each in data["facts"] if each.get("unit") == "t CO2e" and each.get("value") is not None]
    total_t = inventory(merchant / "ledger").total_kg / 1000
    assert found and max(found) >= total_t - 1e-9


def test_the_roi_report_needs_measures(open_app, own, words):
    """Proves that without measures the way to them is told, and that with the sample's the report is made."""
    test = open_app(own, "reports")
    test = next(each for each in test.selectbox if each.key.startswith("report_kind")).select("roi").run()
    assert len(_made(test)) == 3
    path = own / "organisation.yaml"
    kept = path.read_text(encoding="utf-8").split("\nmeasures:")[0]
    path.write_text(kept + "\n", encoding="utf-8")
    test = open_app(own, "reports")
    test = next(each for each in test.selectbox if each.key.startswith("report_kind")).select("roi").run()
    assert "names no measures" in words(test) and not test.get("download_button")


def test_a_broken_ledger_makes_no_report(open_app, own):
    """Proves that a ledger that does not verify is refused with the reason, and nothing is handed over."""
    factors = next((own / "ledger" / "runs").glob("*/factors.json"))
    factors.write_text(factors.read_text(encoding="utf-8") + " ", encoding="utf-8")
    test = open_app(own, "reports")
    test.button[0].click().run(timeout=300)
    assert any("does not verify" in each.value for each in test.error)
    assert not test.get("download_button")
