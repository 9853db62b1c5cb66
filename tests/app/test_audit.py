"""Audit: verification, the walk down to source and page, differences that add up, undoing, closing, who did what."""

from __future__ import annotations

import pytest

from carbon import Ledger, calculate


def _press(test, start: str):
    next(each for each in test.button if each.label.startswith(start)).click()
    return test.run()


def test_a_whole_ledger_verifies_and_a_changed_one_does_not(open_app, own, words):
    """Proves that the button verifies by the library, and that a changed byte is found and said without a path."""
    test = _press(open_app(own, "audit"), "Verify")
    assert not test.error and any("1 runs checked" in each.value for each in test.success)
    run = Ledger(own / "ledger").runs()[0].run
    path = own / "ledger" / "runs" / run / "plan.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    test = _press(test, "Verify")
    assert any("problems were found" in each.value for each in test.error)
    assert "was changed" in words(test) and str(own) not in words(test)


def test_a_hash_kept_elsewhere_must_be_in_the_chain(open_app, own):
    """Proves that a foreign hash is a problem, and the head's own is none."""
    test = open_app(own, "audit", kept_hash="0" * 64)
    assert any("problem" in each.value for each in _press(test, "Verify").error)
    test = open_app(own, "audit", kept_hash=Ledger(own / "ledger").head_sha256())
    assert _press(test, "Verify").success


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_walk_adds_up_to_the_stage(open_app, merchant, language):
    """Proves that the factors behind a stage add up to it, each with its source and page."""
    from app.text import catalogue

    heads = catalogue(language)
    test = open_app(merchant, "audit", language)
    test.selectbox(key=f"walk_stage_{language}").set_value("last_mile").run()
    table = next(each.value for each in test.dataframe if heads["head.match"] in each.value.columns)
    assert table[heads["head.cited"]].str.len().min() > 20
    from carbon import connect

    with connect(merchant / "ledger") as ledger:
        wanted_kg = ledger.execute("SELECT sum(last_mile_co2e_kg) FROM footprints").fetchone()[0]
    shown = next(name for name in table.columns if name.startswith("CO₂e"))
    assert table[shown].sum() * (
        1000 if "t" in shown.rpartition("(")[2] + shown.rpartition("（")[2] and "kg" not in shown else 1
    ) == pytest.approx(wanted_kg)


def test_two_months_differ_by_effects_that_add_up(open_app, merchant):
    """Proves that the six effects on the page are the library's, and that A is the earlier month."""
    from carbon import diff

    test = open_app(merchant, "audit")
    a, b = test.selectbox(key="difference_a_en").value, test.selectbox(key="difference_b_en").value
    assert a < b
    test = _press(test, "Compare")
    assert not test.error
    found = diff(merchant / "ledger", a, b)
    figures = next(each.value for each in test.dataframe if "Effect" in each.value.columns)
    size_kg = 1000 if "(t)" in figures.columns[1] else 1
    assert list(figures[figures.columns[1]] * size_kg) == pytest.approx(list(found.effects_kg.values()), abs=1e-6)


def test_a_run_is_undone_by_another(open_app, own, words):
    """Proves that undoing is one click after a word of warning, that the earlier figures are back, and the log tells."""
    first = Ledger(own / "ledger").runs()[0]
    calculate(
        own / "orders.csv", own / "organisation.yaml", ledger=own / "ledger", restate=first.run, reason="late_data"
    )
    test = _press(open_app(own, "audit"), "Undo it")
    assert not test.error and any("is undone by run" in each.value for each in test.success)
    (now,) = Ledger(own / "ledger").current()
    assert now.totals_kg == first.totals_kg
    log = next(each.value for each in test.dataframe if list(each.value.columns)[:2] == ["When", "Who"])
    assert log["What"].iloc[0] == "undid a run" and len(log) == 3


def test_a_period_is_closed_and_opened_again(open_app, own):
    """Proves that closing and opening go to the ledger's own records, with why, and that nonsense is a message."""
    test = open_app(own, "audit")
    test.text_input(key="close_which").set_value("2025-03")
    test.text_input(key="close_why").set_value("audited")
    test = _press(test, "Close the period")
    assert [each.label for each in Ledger(own / "ledger").closed_periods()] == ["2025-03"]
    assert Ledger(own / "ledger").closing_history()[0]["why"] == "audited"
    test.text_input(key="close_which").set_value("2025-03")
    test = _press(test, "Open it again")
    assert Ledger(own / "ledger").closed_periods() == []
    test.text_input(key="close_which").set_value("yesterday")
    test = _press(test, "Close the period")
    assert len(test.error) == 1 and not test.exception


def test_an_undoing_that_is_refused_says_why_where_it_was_asked(open_app, own):
    """Proves that the refusal stands in the window of the button, and that the page below it goes on."""
    head, *rows = (own / "orders.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (own / "new.csv").write_text(head + "".join(f"new-{each}" for each in rows[:5]), encoding="utf-8")
    first = Ledger(own / "ledger").runs()[0].run
    calculate(own / "new.csv", own / "organisation.yaml", ledger=own / "ledger")
    test = open_app(own, "audit")
    test = test.selectbox(key="audit_run_en").set_value(first).run()
    test = _press(test, "Undo it")
    assert "no threshold for restating it is stated" in test.error[0].value and len(test.error) == 1
    assert "Who did what, when" in [each.value for each in test.header]
    assert len(Ledger(own / "ledger").current()) == 2
