"""Charts: shapes, patterns and labels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.graphics.shapes import Group, Line, Rect, String

from carbon.errors import ReportError
from carbon.reports import build, charts, drawing, fonts
from carbon.reports.report import Chart
from carbon.terms import Stage
from tests.reports.inventories import full


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


_WORDS = st.sampled_from(["运输", "and ", "分拨中心，", "length ", "（a）", "round"])


@given(st.lists(_WORDS, max_size=20).map("".join), st.floats(60, 200))
def test_a_long_label_is_broken_and_nothing_of_it_is_lost(label, room):
    """Proves that labels fit their room, between words or Chinese characters, and keep every sign."""
    lines = drawing.lines_of(label, room)
    assert "".join("".join(lines).split()) == "".join(label.split())
    whole = [line for line in lines if " " in line or not line.isascii()]
    assert all(fonts.width(line, fonts.REGULAR, 8.0) <= room for line in whole)


def test_an_unknown_kind_of_chart_is_refused():
    """Proves that content for another renderer is not drawn as something else."""
    with pytest.raises(ReportError, match="unknown kind 'pie'"):
        charts.draw(Chart("pie", "t", "s", "a", (), None), 100.0)
