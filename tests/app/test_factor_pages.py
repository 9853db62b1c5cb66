"""Factors: found with source and page, editions told, own factors checked as the command does and kept with history."""

from __future__ import annotations

import pytest

from carbon import documents


def _press(test, start: str):
    next(each for each in test.button if each.label.startswith(start)).click()
    return test.run()


def test_a_search_finds_every_word_and_opens_one(open_app, merchant, words):
    """Proves that an id opens its factor with source, licence, editions and what it makes in the ledger."""
    wanted = "desnz_2025.electricity.grid"
    test = open_app(merchant, "factors", factor_search=wanted)
    assert not test.error
    said = words(test).replace("\\", "")
    assert "Greenhouse gas reporting" in said and wanted in said and "In the ledger it makes" in said
    assert "it changed by" in said and "from 2024 to" in said
    rows = test.dataframe[0].value
    assert len(rows) and rows["Source, edition, page or row"].str.fullmatch(r"Greenhouse gas reporting.*: \S+").all()


def test_nothing_found_is_said(open_app, merchant):
    """Proves that an unknown word is a message with the way out."""
    test = open_app(merchant, "factors", factor_search="no such thing at all")
    assert not test.exception and any("Take one away" in each.value for each in test.warning)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_effect_of_an_edition_is_the_ledgers(open_app, merchant, language, words):
    """Proves that the page's new total is that of `edition_effect`, in both languages."""
    from carbon import Registry, edition_effect
    from carbon.reports import numbers
    from carbon.terms import Language

    test = open_app(merchant, "factors", language)
    test.selectbox(key=f"edition_year_{language}").set_value("2024").run()
    assert not test.error
    found = edition_effect(merchant / "ledger", Registry.load(), 2024)
    said = words(test)
    assert numbers.mass(found.new_total_kg, Language(language)) in said
    assert numbers.mass(found.total_kg, Language(language)) in said


def _fill(test, **values):
    for name, value in values.items():
        field = next(
            each
            for kind in ("text_input", "number_input", "selectbox")
            for each in test.get(kind)
            if each.key == f"own_{name}"
        )
        field.set_value(value)
    return test


def test_an_own_factor_is_checked_saved_and_used(open_app, empty, merchant):
    """Proves that a wrong row is told at its field and not saved, and that a right one wins in the next calculation."""
    from carbon import Ledger, calculate

    good = {"id": "own.van.2025", "activity": "road.van.class_3.diesel", "region": "GB", "value": 0.5, "unit": "kg/km",
            "source": "Own fleet, 2025", "locator": "sheet 1"}  # fmt: skip
    test = _press(_fill(open_app(empty, "factors"), **good | {"unit": "kg/lightbulb"}), "Check and save")
    assert not test.exception and any(each.value.startswith("**Unit") for each in test.error)
    assert not (empty / "own_factors.yaml").exists()
    test = _press(_fill(test, unit="kg/km"), "Check and save")
    assert not test.error and any("own\\.van\\.2025" in each.value for each in test.success)
    held = documents.read(empty / "own_factors.yaml")["factors"]
    assert [row["id"] for row in held] == ["own.van.2025"] and held[0]["value"] == 0.5
    made = calculate(
        merchant / "orders.csv",
        empty / "organisation.yaml",
        ledger=empty / "second",
        factors=[empty / "own_factors.yaml"],
    )
    used = Ledger(empty / "second").file(made.manifest.run, "factors.json").read_text(encoding="utf-8")
    assert "own.van.2025" in used
    test = _press(test, "Remove")
    assert documents.read(empty / "own_factors.yaml") == {"factors": []}
    assert [each.what for each in _history(empty / "own_factors.yaml")] == ["saved", "saved"]


def _history(path):
    from app.reading import versions

    return versions.history(path)


def test_every_version_is_kept_and_can_be_restored(tmp_path):
    """Proves that what stood there before, each save and a restore are all kept, and that hand edits are noticed."""
    from app.reading import versions

    path = tmp_path / "organisation.yaml"
    path.write_text("name: first\n", encoding="utf-8")
    versions.save(path, "name: second\n")
    versions.save(path, "name: third\n")
    found = versions.history(path)
    assert [each.read() for each in found] == ["name: third\n", "name: second\n", "name: first\n"]
    assert [each.what for each in found] == ["saved", "saved", "first"] and found[0].current
    versions.restore(path, found[-1])
    assert path.read_text(encoding="utf-8") == "name: first\n" and len(versions.history(path)) == 4
    path.write_text("name: by hand\n", encoding="utf-8")
    assert versions.changed_outside(path)
