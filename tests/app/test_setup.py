"""Set-up: a form changes one value of the file, the reader's problem stands at its field, nothing is lost."""

from __future__ import annotations

import difflib

import pytest

from carbon import read_organisation


def _press(test, start: str):
    next(each for each in test.button if each.label.startswith(start)).click()
    return test.run()


def _field(test, ending: str):
    kinds = ("text_input", "number_input", "selectbox", "checkbox")
    return next(each for kind in kinds for each in test.get(kind) if each.key and each.key.endswith(f"_{ending}"))


def test_one_value_changes_and_all_else_stays(open_app, empty):
    """Proves that saving a form changes one line of a file with comments and anchors, and keeps the former version."""
    path = empty / "organisation.yaml"
    before = path.read_text(encoding="utf-8")
    test = open_app(empty, "setup")
    _field(test, "name").set_value("Harbour & Loom Ltd: new")
    test = _press(test, "Check and save")
    assert not test.error and any("Saved" in each.value for each in test.success)
    after = path.read_text(encoding="utf-8")
    changed = [each for each in difflib.ndiff(before.splitlines(), after.splitlines()) if each[0] in "+-"]
    assert len(changed) == 2 and read_organisation(path).name == "Harbour & Loom Ltd: new"
    from app.reading import versions

    assert [each.read() for each in versions.history(path)] == [after, before]
    assert [bool(each.who) for each in versions.history(path)] == [True, False], (
        "who wrote what stood there is not known"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_problem_stands_at_its_field_and_nothing_is_saved(open_app, empty, language):
    """Proves that the library's reader refuses a wrong value with what was found, and the file stays as it was."""
    path = empty / "organisation.yaml"
    before = path.read_bytes()
    test = open_app(empty, "setup", language, setup_tab_held="packages", setup_packages_held="carton_m")
    _field(test, "packages.carton_m.mass").set_value("heavy")
    test = _press(test, {"en": "Check and save", "zh": "检查并保存"}[language])
    assert not test.exception and path.read_bytes() == before
    (error,) = test.error
    assert "heavy" in error.value and {"en": "Found", "zh": "实际内容"}[language] in error.value
    assert _field(test, "packages.carton_m.mass").value == "heavy", "what was typed is not lost"


def test_what_others_name_cannot_be_taken_out(open_app, empty):
    """Proves that a site that defaults name stays, with the place that names it said."""
    test = open_app(empty, "setup", setup_tab_held="sites", remove_sites="coventry")
    test = _press(test, "Take it out")
    assert "coventry" in read_organisation(empty / "organisation.yaml").sites
    assert any("defaults" in each.value for each in test.error)


def test_the_whole_file_is_checked_before_it_is_saved(open_app, empty):
    """Proves that text that is no YAML is told with its line, and that a right text is saved."""
    path = empty / "organisation.yaml"
    before = path.read_text(encoding="utf-8")
    test = open_app(empty, "setup", setup_tab_held="file")
    for language, told in (("en", "not valid YAML"), ("zh", "YAML 格式有误")):
        shown = open_app(empty, "setup", language, setup_tab_held="file")
        shown.text_area[0].set_value(before + "\nbroken: [\n")
        shown = _press(shown, {"en": "Check and save", "zh": "检查并保存"}[language])
        assert any(told in each.value and "did not find" in each.value for each in shown.error), "the parser is quoted"
    test.text_area[0].set_value(before + "\nbroken: [\n")
    test = _press(test, "Check and save")
    assert path.read_text(encoding="utf-8") == before and any("YAML" in each.value for each in test.error)
    test.text_area[0].set_value(before.replace("base_year: 2025", "base_year: 2024"))
    test = _press(test, "Check and save")
    assert read_organisation(path).base_year == 2024


def test_a_new_merchant_begins_with_the_samples_file(open_app, empty, words):
    """Proves that without a file one click makes a usable one, and that no run is needed for it."""
    (empty / "organisation.yaml").unlink()
    test = open_app(empty, "setup")
    assert test.info
    test = _press(test, "Begin with")
    assert not test.error and read_organisation(empty / "organisation.yaml").name == "Harbour & Loom"


def test_readings_keep_what_the_table_does_not_show():
    """Proves that meter readings are written as the reader wants them, and that outbound masses are carried over."""
    from datetime import date

    from app.reading import setup

    day = date(2025, 1, 1)
    before = [{"activity": "electricity.grid", "from": day, "outbound": {"parcels": 5, "mass": "9 kg"}}]
    row = {
        "activity": "electricity.grid",
        "quantity": "1 kW*h",
        "from": day,
        "to": day,
        "own_generation": False,
        "parcels": 7,
    }
    (made,) = setup.readings([row], before)
    assert made == {"activity": "electricity.grid", "quantity": "1 kW*h", "from": day, "to": day,
                    "outbound": {"mass": "9 kg", "parcels": 7}}  # fmt: skip
