"""Blocks on how figures move: years, months, targets; lanes to stages to categories; ratings."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.reports import build, movements, numbers, over_time, quality_map
from carbon.reports.context import Context
from carbon.reports.report import Chart, Number, Subheading, Text
from carbon.reports.words import Words
from tests.reports import inventory_tables
from tests.reports.inventories import STAGES, TOTAL_KG, empty, full, unranged
from tests.reports.test_numbers import value_of


def history(years: tuple[int, ...] = (2024, 2025)):
    """Return months of some years."""
    return inventory_tables.history(STAGES, years)


def context(made=full, language: str = "en", **changes) -> Context:
    """Return what sections need, for an inventory with changes."""
    inventory = made(**changes) if changes else made()
    return Context(inventory, Words(language), inventory.organisation)


def test_two_years_are_compared_stage_by_stage():
    """Proves that the waterfall's bars lead from one year to the next, and say what changed most."""
    heading, chart = over_time.year_to_year(context())
    assert isinstance(heading, Subheading) and chart.kind == "waterfall"
    start, *changes, end = chart.bars
    assert start.value == pytest.approx(TOTAL_KG) and start.value + sum(bar.value for bar in changes) == pytest.approx(
        end.value
    )
    assert [bar.stage for bar in changes] == ["last_mile"]
    assert changes[0].value == pytest.approx(-STAGES["last_mile"] * 2 / 3)
    assert chart.title == "2025 is 1.60\u00a0t CO2e below 2024; last mile falls most"


def test_every_row_of_the_comparison_adds_up_as_printed():
    """Proves that former year plus change is this year, in every row and in the total."""
    chart = over_time.year_to_year(context())[1]
    for row in chart.table.rows:
        before, after, change = (value_of(cell.text.lstrip("+<")) for cell in row[1:4])
        assert "<" in row[1].text or before + change == pytest.approx(after, abs=1e-9)


def test_only_months_of_both_years_are_compared():
    """Proves that nine months are not set against twelve, and that it says how many are compared."""
    chart = over_time.year_to_year(context(history=history().iloc[:21]))[1]
    assert "the 9 months" in chart.subtitle
    assert chart.bars[0].value == pytest.approx(TOTAL_KG * 9 / 12)


@pytest.mark.parametrize("held", [None, history((2025,)), history((2023, 2025))])
def test_without_the_former_year_the_reason_stands_there(held):
    """Proves that a ledger of one year gives no waterfall and no zero, but the reason."""
    heading, text = over_time.year_to_year(context(history=held))
    assert isinstance(heading, Subheading) and isinstance(text, Text)
    assert text.text == "not reported: the ledger holds none of the months of 2024 that it holds of 2025"


def test_a_shorter_period_is_compared_with_its_own_months():
    """Proves that a report on one quarter compares that quarter."""
    chart = over_time.year_to_year(context(first_day=date(2025, 1, 1), last_day=date(2025, 3, 31)))[1]
    assert chart.bars[0].value == pytest.approx(TOTAL_KG / 4)


def test_the_intensity_is_the_months_emissions_over_their_parcels():
    """Proves the trend's points and the ends of its band."""
    (chart,) = over_time.intensity_trend(context())
    found = full().months
    assert [bar.value for bar in chart.bars] == pytest.approx(list(found["total_kg"] / found["parcels"]))
    assert [bar.high for bar in chart.bars] == pytest.approx(list(found["high_kg"] / found["parcels"]))
    assert chart.bars[0].low is not None
    assert over_time.intensity_trend(context(unranged))[0].bars[0].low is None
    assert over_time.intensity_trend(context(months=found.head(1))) == ()


def test_the_path_leads_from_the_base_year_to_the_target():
    """Proves that a target of 42 % ends at 58 % of the base year, and that whole years are set against the line."""
    (chart,) = over_time.glidepath(context(history=history((2025, 2026)), base_year_kg=TOTAL_KG * 1.1))
    path = [bar for bar in chart.bars if bar.role == "path"]
    assert [(bar.group, bar.value) for bar in path] == [
        ("2025", pytest.approx(TOTAL_KG * 1.1)), ("2030", pytest.approx(TOTAL_KG * 1.1 * 0.58)),
    ]  # fmt: skip
    (reported,) = (bar for bar in chart.bars if bar.role == "reported")
    wanted = TOTAL_KG * 1.1 * (1 - 0.42 / 5)
    assert reported.group == "2026" and chart.title.startswith("2026 is ")
    assert ("below" in chart.title) == (reported.value < wanted)
    row = next(row for row in chart.table.rows if row[0] == "2026")
    assert row[1].value == pytest.approx(wanted)


def test_table_and_picture_follow_one_path():
    """Proves that with several targets the table's years lie on the picture's lines, through each target, and stand by year."""
    targets = [
        {"year": 2035, "base_year": 2025, "reduction_share": 0.8},
        {"year": 2030, "base_year": 2025, "reduction_share": 0.2},
    ]
    report = build(full(base_year_kg=20_000.0), organisation={"base_year": 2025, "targets": targets})
    section = next(each for each in report.sections if each.key == "targets")
    (picture,) = (block for block in section.blocks if isinstance(block, Chart))
    path = {row[0]: row[1].value for row in picture.table.rows}
    drawn = {bar.group: bar.value for bar in picture.bars if bar.role == "path"}
    assert drawn == {"2025": 20_000.0, "2030": 16_000.0, "2035": pytest.approx(4_000.0)}
    assert {year: path[year] for year in drawn} == pytest.approx(drawn)
    assert path["2026"] == pytest.approx(19_200.0) and path["2031"] == pytest.approx(13_600.0)
    assert [row[0] for row in section.blocks[0].rows] == ["2030", "2035"]


@pytest.mark.parametrize(
    "changes", [{"base_year_kg": None}, {"organisation": {"base_year": 2025}}, {"organisation": {}}]
)
def test_no_path_without_base_year_or_target(changes):
    """Proves that a path is never drawn from nothing."""
    assert over_time.glidepath(context(**changes)) == ()


def test_flows_are_the_ledgers_and_the_rest_is_one_lane():
    """Proves that lanes beyond the largest are kept together, and that columns of the table add up."""
    (chart,) = movements.flow(context(lanes=full().lanes.head(1)))
    first = [bar for bar in chart.bars if bar.role == "first"]
    assert {bar.group for bar in first} == {
        "Coventry fulfilment centre to United States, Air express",
        "All other lanes",
    }
    assert sum(bar.value for bar in first) == pytest.approx(TOTAL_KG)
    for place in range(1, len(chart.table.columns)):
        cells = [row[place] for row in chart.table.rows]
        parts = [value_of(cell.text) for cell in cells[:-1] if "<" not in cell.text]
        assert sum(parts) == pytest.approx(value_of(cells[-1].text.lstrip("<")), abs=0.011)


def test_the_quality_map_shows_the_ratings_of_the_stages():
    """Proves that the grid's figures are those of the inventory, and that there is none without ratings."""
    (chart,) = quality_map.quality_map(context())
    found = full().stages.set_index("stage")
    values = {(bar.stage, bar.label): bar.value for bar in chart.bars}
    assert values["hubs", Words("en")("quality.geographical")] == found.loc["hubs", "geographical"]
    rows = chart.table.rows
    assert all(isinstance(cell, Number) for row in rows for cell in row[1:])
    assert quality_map.quality_map(context(unranged)) == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_period_has_none_of_them(language):
    """Proves that nothing is drawn of nothing."""
    nothing = context(empty, language)
    blocks = [*over_time.year_to_year(nothing), *over_time.intensity_trend(nothing), *movements.flow(nothing)]
    assert [block for block in (*blocks, *quality_map.quality_map(nothing)) if isinstance(block, Chart)] == []


NOTHING = context(empty)


@given(st.floats(1e-6, 1e9))
def test_axes_start_at_zero_and_reach_beyond_the_largest(largest_kg):
    """Proves, for any size, that an axis has three to seven evenly spaced marks whose figures differ."""
    scale = numbers.scale_for([largest_kg])
    ticks = over_time.ticks(largest_kg, scale, NOTHING)
    values = [value for value, _ in ticks]
    assert values[0] == 0 and values[-1] >= largest_kg * (1 - 1e-9) and 3 <= len(ticks) <= 7
    assert len({text for _, text in ticks}) == len(ticks)
    unit_kg = scale.step_kg * 10**scale.decimals
    assert [value_of(text) * unit_kg for _, text in ticks] == pytest.approx(values, rel=1e-9)
