"""Charts: shapes, patterns and labels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.graphics.shapes import Circle, Group, Line, Path, Polygon, Rect, String

from carbon.errors import ReportError
from carbon.reports import build, charts, drawing, fonts
from carbon.reports.heat_charts import level_of
from carbon.reports.report import Bar, Chart
from carbon.terms import Stage
from tests.reports.inventories import TOTAL_KG, full


def leaves(shape):
    """Return all shapes of a drawing."""
    for each in shape.contents:
        yield from leaves(each) if isinstance(each, Group) else (each,)


def charts_of(language: str) -> list[Chart]:
    """Return the charts of a full report."""
    return [
        block
        for section in build(full(), language=language).sections
        for block in section.blocks
        if isinstance(block, Chart)
    ]


def test_every_stage_has_a_colour_and_a_pattern_of_its_own():
    """Proves that stages can be told apart by colour, and by pattern alone."""
    assert set(drawing.COLOURS) == set(drawing.PATTERNS) == set(Stage)
    assert len({colour.hexval() for colour in drawing.COLOURS.values()}) == len(Stage)
    assert len(set(drawing.PATTERNS.values())) == len(Stage)


@settings(deadline=None)
@given(st.sampled_from(list(Stage)), st.floats(0.5, 300), st.floats(0.5, 200))
def test_patterns_stay_inside_their_shape(stage, width, height):
    """Proves that hatching is cut at the edges, however thin the shape."""
    for mark in leaves(drawing.shape(10, 20, width, height, stage)):
        if isinstance(mark, Line):
            assert all(-1e-6 <= x - 10 <= width + 1e-6 for x in (mark.x1, mark.x2))
            assert all(-1e-6 <= y - 20 <= height + 1e-6 for y in (mark.y1, mark.y2))


@given(st.lists(st.floats(0, 180), min_size=1, max_size=8).map(sorted))
def test_labels_beside_a_column_do_not_overlap(wanted):
    """Proves that names of thin stages are moved apart, inside the drawing."""
    placed = drawing.apart(wanted, 11.0, 3.0, 190.0)
    assert all(after - before >= 11.0 - 1e-9 for before, after in pairwise(placed))
    assert placed[-1] <= 190.0 + 1e-9


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [300.0, 482.0])
def test_no_text_leaves_the_drawing(language, width):
    """Proves that labels fit beside the bars, in both languages."""
    for chart in charts_of(language):
        drawing = charts.draw(chart, width)
        for mark in leaves(drawing):
            if isinstance(mark, String):
                right = mark.x + fonts.pdfmetrics.stringWidth(mark.text, mark.fontName, mark.fontSize)
                assert mark.x >= -0.5 and right <= width + 0.5, mark.text
                assert 0 <= mark.y <= drawing.height


def test_every_stage_of_the_columns_is_named():
    """Proves that a stage which the last column lacks is named by a sample of its pattern, above what that column has."""
    parts = [("2026", "packaging", 5.0), ("2026", "line_haul", 2.0), ("2027", "packaging", 0.0), ("2027", "hubs", 4.0)]
    bars = tuple(Bar(group, stage.title(), stage, value, "") for group, stage, value in parts)
    marks = list(leaves(charts.draw(Chart("columns", "t", "s", "a", bars, None), 482.0)))
    names = {mark.text: mark.y for mark in marks if isinstance(mark, String) and not mark.text.isdigit()}
    assert set(names) == {"Packaging", "Line_Haul", "Hubs"} and min(names.values()) == names["Hubs"]
    samples = [mark for mark in marks if isinstance(mark, Rect) and mark.width == 9 and mark.fillColor is not None]
    assert len(samples) == 2


def test_bars_start_at_zero_and_are_as_long_as_their_figures():
    """Proves the scale: lengths are in proportion to the values, from the common baseline."""
    chart = next(chart for chart in charts_of("en") if chart.kind == "bars")
    outlines = [mark for mark in leaves(charts.draw(chart, 482.0)) if isinstance(mark, Rect) and mark.fillColor is None]
    drawn = [bar for bar in chart.bars if bar.value > 5]
    assert len({round(mark.x, 6) for mark in outlines}) == 1
    ratios = [mark.width / bar.value for mark, bar in zip(outlines, drawn, strict=True)]
    assert max(ratios) == pytest.approx(min(ratios))


def test_ranges_are_drawn_on_the_scale_of_the_bars():
    """Proves that a range's line runs from low to high, measured from the baseline like the bar itself."""
    chart = next(chart for chart in charts_of("en") if chart.kind == "bars")
    marks = list(leaves(charts.draw(chart, 482.0)))
    bars = [mark for mark in marks if isinstance(mark, Rect) and mark.fillColor is None]
    lines = [mark for mark in marks if isinstance(mark, Line) and mark.y1 == mark.y2 and mark.strokeWidth == 1.0]
    shown = [bar for bar in chart.bars if bar.value > 5]
    lines = [line for line in lines if line.x2 - line.x1 > 1]
    for bar, rectangle, line in zip(shown, bars, lines, strict=True):
        unit = rectangle.width / bar.value
        assert line.x1 - rectangle.x == pytest.approx(bar.low * unit)
        assert line.x2 - rectangle.x == pytest.approx(bar.high * unit)


_WORDS = st.sampled_from(["运输", "and ", "分拨中心，", "length ", "（a）", "round", "x" * 60, "😀"])


@given(st.lists(_WORDS, max_size=20).map("".join), st.floats(60, 200))
def test_a_long_label_is_broken_and_nothing_of_it_is_lost(label, room):
    """Proves that labels fit their room, between words or Chinese characters or inside a word too long, and keep every sign."""
    lines = drawing.lines_of(label, room)
    assert "".join("".join(lines).split()) == "".join(label.split())
    assert all(fonts.width(line, fonts.REGULAR, 8.0) <= room for line in lines)


def test_an_unknown_kind_of_chart_is_refused():
    """Proves that content for another renderer is not drawn as something else."""
    with pytest.raises(ReportError, match="unknown kind 'pie'"):
        charts.draw(Chart("pie", "t", "s", "a", (), None), 100.0)


def chart_of(kind: str, language: str = "en") -> Chart:
    """Return the first chart of a kind."""
    return next(chart for chart in charts_of(language) if chart.kind == kind)


def outlines(drawing):
    """Return the outlines of all shapes, from top to bottom."""
    return [mark for mark in leaves(drawing) if isinstance(mark, Rect) and mark.fillColor is None]


def test_a_full_report_draws_every_kind():
    """Proves that every kind of chart stands in the report, so that pages and languages are tested with all of them."""
    assert {chart.kind for chart in charts_of("en")} >= {*_KINDS}


_KINDS = ("bars", "columns", "waterfall", "flows", "trend", "glidepath", "heat")


def test_a_waterfall_hangs_each_change_where_the_last_one_ended():
    """Proves the waterfall: totals start at zero, changes follow each other, and lead to the second total."""
    bars = (
        Bar("", "2024", "", 10.0, "10 t", role="start"),
        Bar("", "Packaging", "packaging", 3.0, "+3 t", role="change"),
        Bar("", "Line haul", "line_haul", -5.0, "−5 t", role="change"),
        Bar("", "2025", "", 8.0, "8 t", role="end"),
    )
    first, up, down, last = outlines(charts.draw(Chart("waterfall", "t", "s", "a", bars, None), 482.0))
    unit = first.width / 10.0
    assert first.x == last.x and last.width == pytest.approx(8.0 * unit)
    assert (up.x, up.width) == (pytest.approx(first.x + first.width), pytest.approx(3.0 * unit))
    assert down.x + down.width == pytest.approx(up.x + up.width) and down.x == pytest.approx(last.x + last.width)


def test_a_waterfall_below_zero_stays_inside():
    """Proves that credits larger than the total do not leave the drawing at the left."""
    bars = (
        Bar("", "a", "", 1.0, "1", role="start"),
        Bar("", "b", "hubs", -3.0, "−3", role="change"),
        Bar("", "c", "", -2.0, "−2", role="end"),
    )
    assert all(
        0 <= mark.x <= mark.x + mark.width <= 482
        for mark in outlines(charts.draw(Chart("waterfall", "t", "s", "a", bars, None), 482.0))
    )


def test_flows_keep_what_comes_in():
    """Proves that nodes are as high as their flows, that a stage gives on what it takes, and that none overlap."""
    chart = chart_of("flows")
    drawing = charts.draw(chart, 482.0)
    nodes = outlines(drawing)
    by_column: dict[float, list] = {}
    for node in nodes:
        by_column.setdefault(round(node.x, 3), []).append(node)
    assert len(by_column) == 3
    for column in by_column.values():
        assert sum(node.height for node in column) == pytest.approx(190.0, abs=0.5 * len(column))
        for above, below in pairwise(sorted(column, key=lambda node: -node.y)):
            assert below.y + below.height <= above.y
    ribbons = [mark for mark in leaves(drawing) if isinstance(mark, Path)]
    assert len(ribbons) == len(chart.bars)
    into, out = (sum(bar.value for bar in chart.bars if bar.role == role) for role in ("first", "second"))
    assert into == pytest.approx(out) == pytest.approx(TOTAL_KG)


def test_a_trend_and_its_band_share_one_scale_from_zero():
    """Proves that points, band and axis are in proportion, and that the axis begins at zero."""
    chart = chart_of("trend")
    assert chart.ticks[0][0] == 0
    marks = list(leaves(charts.draw(chart, 482.0)))
    rules = [mark for mark in marks if isinstance(mark, Line)][: len(chart.ticks)]
    unit = (rules[-1].y1 - rules[0].y1) / chart.ticks[-1][0]
    points = [mark for mark in marks if isinstance(mark, Circle)]
    assert [(point.cy - rules[0].y1) / unit for point in points] == pytest.approx([bar.value for bar in chart.bars])
    band = next(mark for mark in marks if isinstance(mark, Polygon))
    ends = [bar.high for bar in chart.bars] + [bar.low for bar in reversed(chart.bars)]
    assert [(y - rules[0].y1) / unit for y in band.points[1::2]] == pytest.approx(ends)


def test_a_glidepath_is_on_a_scale_of_time():
    """Proves that years without a point take their room, and that reported years are told from the path by their shape."""
    bars = (
        Bar("2025", "", "", 100.0, "100 t", role="path"),
        Bar("2027", "", "", 90.0, "90 t", role="path"),
        Bar("2035", "", "", 50.0, "50 t", role="path"),
        Bar("2026", "", "", 97.0, "97 t reported", 80.0, 110.0, role="reported"),
    )
    ticks = ((0.0, "0"), (50.0, "50"), (100.0, "100"))
    marks = list(leaves(charts.draw(Chart("glidepath", "t", "s", "a", bars, None, ticks=ticks), 482.0)))
    path = [mark for mark in marks if isinstance(mark, Circle)]
    assert (path[2].cx - path[0].cx) / (path[1].cx - path[0].cx) == pytest.approx(5.0)
    reported = [mark for mark in marks if isinstance(mark, Rect) and mark.width == 6]
    assert [mark.x + 3 for mark in reported] == pytest.approx([(path[0].cx + path[1].cx) / 2])


def test_weak_scores_are_darker_and_hatched():
    """Proves that a heat map can be read without colour: figures, and hatching that grows with the level."""
    strokes = []
    for score in (1.0, 2.0, 3.0, 4.0, 5.0):
        chart = Chart("heat", "t", "s", "a", (Bar("Row", "Column", "", score, f"{score}"),), None)
        marks = list(leaves(charts.draw(chart, 482.0)))
        strokes.append(sum(isinstance(mark, Line) for mark in marks))
        assert any(isinstance(mark, String) and mark.text == f"{score}" for mark in marks)
    assert strokes[:2] == [0, 0] and strokes[2] < strokes[3] < strokes[4]
    assert [level_of(score) for score in (0.2, 1.49, 1.5, 4.5, 9.0)] == [1, 1, 2, 5, 5]
