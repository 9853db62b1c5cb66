"""What-if: figures of the page are those of carbon.roi, scenarios change them, are saved, compared and undone."""

from __future__ import annotations

import json

import pytest


def _metrics(test) -> dict[str, str]:
    return {each.label: each.value for each in test.metric}


def _press(test, label: str):
    pressed = next(each for each in test.button if each.label == label)
    test = pressed.click().run(timeout=120)
    assert not test.exception and not test.error, [each.value for each in test.error]
    return test


def _at(test, kind: str, ending: str):
    return next(each for each in test.get(kind) if each.key and each.key.endswith(ending))


@pytest.fixture(scope="module")
def bench(merchant):
    """What carbon.roi knows of the same ledger and file."""
    from carbon.roi import workbench_of

    return workbench_of(merchant / "organisation.yaml", merchant / "ledger")


@pytest.fixture(scope="module")
def whole(bench):
    """What carbon.roi says of all measures together."""
    from carbon.roi import effect_of, terms_of

    baseline = bench.considered.baseline
    terms = terms_of(bench.organisation, baseline.currency, baseline.year)
    return effect_of(bench.considered.applicable, baseline, terms)


@pytest.fixture
def few(own):
    """Return a merchant that considers three measures."""
    from carbon import edited_text
    from carbon.roi import MEASURES

    path = own / "organisation.yaml"
    text = path.read_text(encoding="utf-8")
    others = [
        (("measures", key), None) for key in MEASURES if key not in ("mode_shift", "led_lighting", "fewer_returns")
    ]
    path.write_text(edited_text(text, [each for each in others if f"\n  {each[0][1]}:" in text]), encoding="utf-8")
    return own


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_carbon_roi_says(open_app, merchant, bench, whole, language, words):
    """Proves in both languages that baseline, scenario and net present value are the library's, and that all charts are there."""
    from app.text import plain
    from carbon.reports import numbers
    from carbon.reports.words import Words
    from carbon.terms import Language

    test = open_app(merchant, "what_if", language)
    assert not test.exception and not test.error, [each.value for each in test.error]
    shown, tongue = _metrics(test), Language(language)
    names = {"en": ("Baseline", "Scenario", "Net present value"), "zh": ("基线", "情景", "净现值")}[language]
    assert shown[names[0]] == numbers.mass(bench.considered.baseline.total_kg, tongue)
    assert shown[names[1]] == numbers.mass(whole.total.after_kg, tongue)
    digits = "".join(each for each in shown[names[2]] if each.isdigit())
    assert digits == f"{abs(float(f'{whole.money.npv:.3g}')):.0f}"
    assert len(test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")) == 5
    # What does not apply stands with its reason, in the reader's language.
    assert str(len(bench.considered.left_out)) in words(test)
    for each in bench.considered.left_out:
        said = Words(tongue)(f"roi.remarks.{each.why.key}", **each.why.values)
        assert plain(said) in words(test)


def test_a_scenario_is_built_saved_compared_and_undone(open_app, few):
    """Proves that other measures and inputs change the figures as the library does, and that saving, deleting and undoing hold."""
    from carbon.reports import numbers
    from carbon.roi import Scenario, effect_of, terms_of, workbench_of
    from carbon.terms import Language

    bench = workbench_of(few / "organisation.yaml", few / "ledger")
    test = open_app(few, "what_if")
    kept = ("mode_shift", "led_lighting")
    for each in test.checkbox:
        if not each.key.endswith(kept):
            each.uncheck()
    test = _press(test, "Calculate the scenario")
    measures = [each for each in bench.considered.applicable if each.key in kept]
    baseline = bench.considered.baseline
    terms = terms_of(bench.organisation, baseline.currency, baseline.year)
    two = effect_of(measures, baseline, terms, draws=100)
    assert _metrics(test)["Scenario"] == numbers.mass(two.total.after_kg, Language.EN)

    test = _at(test, "selectbox", "what_if_measure_en").select("mode_shift").run(timeout=120)
    _at(test, "number_input", "input_mode_shift_share").set_value(0.8)
    test = _press(test, "Take these inputs")
    left_out = tuple(each.key for each in bench.considered.applicable if each.key not in kept)
    asked = Scenario("", left_out, {"mode_shift": {"share": 0.8}}, None, "GBP")
    more = effect_of(bench.measures(asked), baseline, terms, draws=100)
    assert more.saved_kg > two.saved_kg
    assert _metrics(test)["Scenario"] == numbers.mass(more.total.after_kg, Language.EN)

    _at(test, "text_input", "_name").set_value("Ship <b>and</b> lamps")
    test = _press(test, "Save scenario")
    saved = json.loads((few / "scenarios.json").read_text(encoding="utf-8"))["scenarios"]
    assert [Scenario.from_json(each).values for each in saved] == [{"mode_shift": {"share": 0.8}}]
    test = test.toggle(key="what_if_compare").set_value(True).run(timeout=120)
    assert not test.error
    table = next(
        each.value for each in test.dataframe if "Measures" in each.value.columns and "Change" in each.value.columns
    )
    assert list(table["Measures"])[1:] == [2, 2]
    assert list(table["Change"])[1] == pytest.approx(-more.saved_kg / baseline.total_kg)
    test = _press(test, "Delete")
    assert json.loads((few / "scenarios.json").read_text(encoding="utf-8"))["scenarios"] == []
    _press(test, "Undo the last change")
    assert json.loads((few / "scenarios.json").read_text(encoding="utf-8"))["scenarios"] == saved


def test_what_is_missing_is_told(open_app, own, empty, words):
    """Proves that no ledger, no rate and no measures each end in what to do, and never in an empty page."""
    assert "Nothing is recorded yet" in words(open_app(empty, "what_if"))
    path = own / "organisation.yaml"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split("\nfinance:", 1)
    path.write_text(before + "\n\n" + rest[rest.index("\npackages:") :], encoding="utf-8")
    test = open_app(own, "what_if")
    assert any("no discount rate" in each.value for each in test.error) and not test.metric
    path.write_text(text.split("\nmeasures:")[0] + "\n", encoding="utf-8")
    assert "names no measures" in words(open_app(own, "what_if"))


def test_one_month_is_said_to_be_made_a_year(open_app, few, words):
    """Proves that a period of one month is judged, and that it is said how it was made a year's."""
    from carbon import connect
    from carbon.reports import numbers
    from carbon.roi import measures_of
    from carbon.terms import Language

    with connect(few / "ledger") as connection:
        (month,) = connection.execute("SELECT max(month)::VARCHAR FROM footprints").fetchone()
    test = open_app(few, "what_if")
    assert "Months with parcels" not in words(test)
    test = _at(test, "selectbox", "period_en").select(month).run(timeout=120)
    assert not test.exception and not test.error
    assert "Months with parcels in the period: 1." in words(test)
    baseline = measures_of(few / "organisation.yaml", few / "ledger", month).baseline
    assert _metrics(test)["Baseline"] == numbers.mass(baseline.total_kg, Language.EN)
