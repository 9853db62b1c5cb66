"""Figures of one thing that stand in several places, and claims that somebody else holds."""

from __future__ import annotations

import pytest

from carbon.reports import build
from carbon.reports.answers import FACTS
from carbon.reports.context import Context
from carbon.reports.report import Chart, KeyFigures, Number, Table
from carbon.reports.words import Words
from tests.reports.inventories import full
from tests.reports.test_content import LANGUAGES, table_of, tables
from tests.reports.test_numbers import value_of
from tests.reports.test_profiles import fact_of


def context_of(inventory, language="en", **organisation):
    """Return the context of facts."""
    return Context(inventory, Words(language), {**inventory.organisation, **organisation})


def test_shares_of_data_types_in_the_index_sum_to_the_printed_whole():
    """Proves that three thirds are told as in the table of transport, 33.4, 33.3 and 33.3 %, not as 33.3 % three times."""
    stages = full().stages.assign(primary_share=1 / 3, modelled_share=1 / 3, default_share=1 / 3)
    report = build(full(stages=stages), "transport")
    rows = [row for each in tables(report) for row in each.rows if str(row[0]).startswith("14083-DT")]
    assert sorted(value_of(row[3].text.removesuffix("\u00a0%")) for row in rows) == [33.3, 33.3, 33.4]


def test_own_power_whose_certificates_were_sold_is_nobodys_renewable_energy_here():
    """Proves that renewable energy is own generation less the share of it whose certificates were sold, in index and section."""
    inventory = full()
    sites = inventory.power.own
    kept_share = 1 - sites["sold_kwh"].sum() / sites["generated_kwh"].sum()
    assert 0 < kept_share < 1
    own = FACTS["own_generation"](context_of(inventory))
    report = build(inventory, "esrs", edition="2023")
    assert fact_of(report, "E1-5_05")["value"] == pytest.approx(own.value * kept_share / 1000)
    share = fact_of(report, "E1-5_09")["value"]
    told = {row[0]: row[1] for each in tables(report) for row in each.rows if len(row) == 3}
    assert told[Words("en")("energy.renewable_kept_share")].value * 100 == pytest.approx(share)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_internal_carbon_price_is_told_with_what_it_serves(language):
    """Proves that the price of measures stands beside that of packages and routes, each year with its own, and alone where it is the only one."""
    path = {"carbon_price": {"2026": "80 GBP/t", "2035": "150 GBP/t"}}
    both = FACTS["carbon_price"](context_of(full(), language, costs={"carbon_price": "70 GBP/t"}, finance=path)).value
    assert all(each in both for each in ("70 GBP/t", "80 GBP/t", "2026", "150 GBP/t", "2035"))
    alone = FACTS["carbon_price"](context_of(full(), language, costs=None, finance=path)).value
    assert "70" not in alone and "150 GBP/t" in alone
    one = FACTS["carbon_price"](context_of(full(), language, costs=None, finance={"carbon_price": "90 GBP/t"})).value
    assert "90 GBP/t" in one


def test_scopes_have_the_same_share_in_the_flows_as_in_their_table():
    """Proves that the chart of flows ends in the table's shares of scopes 1 and 2."""
    report = build(full())
    table = table_of(report, "scopes")
    printed = {row[0]: row[-1].text for row in table.rows[:2]}
    (chart,) = (
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Chart) and block.kind == "flows"
    )
    shares = dict(chart.totals)
    for scope, text in zip(("1", "2"), printed.values(), strict=True):
        told = shares[Words("en")(f"quality.scopes.{scope}")].removesuffix("\u00a0%")
        assert told == (text if value_of(text) < 10 else f"{value_of(text):.0f}")


@pytest.mark.parametrize(
    ("profile", "keys"),
    [
        ("vsme", ("B3 30 scopes 1 and 2", "50-53 total", "B3 31")),
        ("esrs", ("E1-6_13", "E1-6_31", "E5-4_04")),
        ("china", ("CN-EXPRESS-PLASTIC",)),
        ("transport", ("14083-TA", "14083-INTENSITY")),
    ],
)
def test_the_index_leads_to_a_section_that_holds_the_figure(profile, keys):
    """Proves that totals by both methods, ratios to revenue and tonne-kilometres stand where the content index sends the reader."""
    report = build(full(), profile, edition="2023" if profile == "esrs" else None)
    sections = {each.key: list(figures_of(each)) for each in report.sections}
    rows = [row for each in table_rows(report, "index") for row in each if str(row[0]).startswith(keys)]
    assert len(rows) >= len(keys)
    for row in rows:
        near = [value for value, text in sections[row[5].key] if text == row[3].text]
        scaled = [value * scale for value, _ in sections[row[5].key] for scale in (1.0, 1e-3, 1e3)]
        assert near or any(value == pytest.approx(row[3].value, rel=1e-9) for value in scaled), str(row[0])


def table_rows(report, key):
    """Yield the rows of each table of a section."""
    (section,) = (each for each in report.sections if each.key == key)
    return [block.rows for block in section.blocks if isinstance(block, Table)]


def figures_of(section):
    """Yield value and text of each figure of a section, and what notes of key figures say."""
    for block in section.blocks:
        if isinstance(block, Table):
            yield from ((cell.value, cell.text) for row in block.rows for cell in row if isinstance(cell, Number))
        elif isinstance(block, KeyFigures):
            for _, figure, note in block.figures:
                if isinstance(figure, Number):
                    yield figure.value, figure.text
                yield 1.0, note.partition(":")[0]
