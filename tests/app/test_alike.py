"""Command line, app and report tell one story: the same causes, the same gaps, the same figures."""

from __future__ import annotations

import json

import pytest

from tests.reports.test_content import table_of


@pytest.fixture(scope="module")
def printed(merchant) -> dict:
    """Return what `carbon inventory --json` prints of the merchant's ledger."""
    from typer.testing import CliRunner

    from carbon.cli import app as command

    result = CliRunner().invoke(command, ["inventory", "--ledger", str(merchant / "ledger"), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_causes_and_gaps_everywhere(open_app, merchant, printed, language, words):
    """Proves that the five causes and the ten gaps have one order, one wording and one set of figures in all three."""
    from app.text import catalogue
    from carbon import inventory
    from carbon.reports import build, numbers
    from carbon.terms import Language

    code, heads = Language(language), catalogue(language)
    causes, gaps = printed["variance"], printed["gaps"]
    assert len(causes) == 6 and len(gaps) == 10
    assert sum(each["variance_share"] for each in causes) == pytest.approx(1)

    report = build(inventory(merchant / "ledger"), language=language)
    rows = table_of(report, "uncertainty", 2).rows
    assert [row[1] for row in rows[:-1]] == [each["key"] for each in causes[:-1]]
    assert [row[2].value for row in rows] == pytest.approx([each["variance_share"] for each in causes])
    told = table_of(report, "uncertainty", 1).rows
    assert [row[2].value for row in told] == pytest.approx([each["co2e_kg"] for each in gaps])
    for row, each in zip(told, gaps, strict=True):
        # A sentence says how much it is about in the same digits as the command line's.
        assert f"{each['parcels']:,}" in row[1] or each["kind"] in ("proxy", "edition", "supplier", "figure")
        assert each["text_en"].rpartition("by ")[2].removesuffix(" %") in row[1]

    test = open_app(merchant, "overview", language)
    figures = next(
        each.value for each in test.dataframe if list(each.value.columns) == [heads["head.name"], heads["head.share"]]
    )
    assert list(figures[heads["head.name"]]) == [row[0] for row in rows]
    assert list(figures[heads["head.share"]]) == pytest.approx([each["variance_share"] for each in causes])
    shown = words(test).replace("\\", "")
    for number, (row, each) in enumerate(zip(told, gaps, strict=True), 1):
        assert f"{number}. {row[1]}" in shown
        assert heads["gaps.concerned"].format(mass=numbers.mass(each["co2e_kg"], code)) in shown
