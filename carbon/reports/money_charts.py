"""Charts of what measures cost and save: blocks of the abatement-cost curve, bars on both sides of zero, swings of a value."""

from __future__ import annotations

import math
from collections.abc import Callable

from reportlab.graphics.shapes import Drawing, Line
from reportlab.lib.colors import HexColor

from carbon.reports import fonts
from carbon.reports.drawing import LABEL, LINE, VALUE, apart, filled, lines_of, shape, text, whisker
from carbon.reports.flow import ACCENT, INK, MUTED
from carbon.reports.flow import LINE as RULE
from carbon.reports.report import Chart

#: A second colour beside the accent, with its hatching: the baseline's grey.
_OTHER, _HATCHING = HexColor("#7B8794"), (("up", 4.0),)
_ROW, _THICK = 21.0, 12.0
_TICK, _SMALL = 3.0, 7.0
#: A value is drawn with zero on its axis where zero is no farther than so many widths of the values.
_NEAR = 1.5


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round numbers from `low` to `high`, about as many as wanted; zero is one of them where it lies between."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    rough = span / wanted
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(each * size for each in (1, 2, 5, 10) if each * size >= rough * (1 - 1e-9))
    return [place * step for place in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _figure(value: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    return f"{value:,.{decimals}f}".replace("-", "−")


def _labels(chart: Chart, width: float) -> tuple[list[list[str]], float, float]:
    """Return the bars' names in lines, the width of the widest and that of the widest figure behind the bars [pt]."""
    names = [lines_of(bar.label, 0.34 * width) for bar in chart.bars]
    before = max((fonts.width(line, fonts.REGULAR, LABEL) for lines in names for line in lines), default=0.0) + 8
    behind = max((fonts.width(bar.text, fonts.STRONG, VALUE) for bar in chart.bars), default=0.0) + 10
    return names, before, behind


def _named_rows(drawing: Drawing, names: list[list[str]], before: float) -> list[float]:
    """Write the names; return the middle of each row [pt]."""
    y, middles = drawing.height, []
    for lines in names:
        height = _ROW + (len(lines) - 1) * LINE
        y -= height
        middle = y + height / 2
        for place, line in enumerate(lines):
            drawing.add(text(before - 8, middle - 3 + ((len(lines) - 1) / 2 - place) * LINE, line, anchor="end"))
        middles.append(middle)
    return middles


def _signed(chart: Chart, width: float) -> Drawing:
    """Horizontal bars on both sides of zero with their ranges; figures in a column at the right."""
    names, before, behind = _labels(chart, width)
    ends = [each for bar in chart.bars for each in (0.0, bar.value, bar.low, bar.high) if each is not None]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    scale = (width - before - behind) / (high - low) if high > low else 0.0
    drawing = Drawing(width, sum(_ROW + (len(lines) - 1) * LINE for lines in names) + 4)
    zero = before - low * scale
    for bar, middle in zip(chart.bars, _named_rows(drawing, names, before), strict=True):
        left, length = zero + min(bar.value, 0.0) * scale, abs(bar.value) * scale
        if length >= 0.2:
            if bar.value >= 0:
                drawing.add(filled(left, middle - _THICK / 2, length, _THICK, ACCENT))
            else:
                drawing.add(filled(left, middle - _THICK / 2, length, _THICK, _OTHER, _HATCHING))
        if bar.low is not None and bar.high is not None and (bar.high - bar.low) * scale >= 0.5:
            drawing.add(whisker(zero + bar.low * scale, middle, zero + bar.high * scale, middle))
        drawing.add(text(width, middle - 3, bar.text, size=VALUE, weight=fonts.STRONG, anchor="end"))
    drawing.add(Line(zero, 0, zero, drawing.height, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _swings(chart: Chart, width: float) -> Drawing:
    """One row an input: from the shared value to what it is at the input's low end (plain) and at its high end (hatched)."""
    names, before, behind = _labels(chart, width)
    foot = 16.0
    drawing = Drawing(width, sum(_ROW + (len(lines) - 1) * LINE for lines in names) + foot)
    base = chart.bars[0].value if chart.bars else 0.0
    ends = [base, *(each for bar in chart.bars for each in (bar.low, bar.high) if each is not None)]
    low, high = min(ends), max(ends)
    if min(abs(low), abs(high)) <= _NEAR * (high - low):
        low, high = min(low, 0.0), max(high, 0.0)
    room = width - before - behind - 8
    scale = room / (high - low) if high > low else 0.0

    def across(value: float) -> float:
        return before + 4 + (value - low) * scale

    for bar, middle in zip(chart.bars, _named_rows(drawing, names, before), strict=True):
        for end, colour, pattern in ((bar.low, ACCENT, ()), (bar.high, _OTHER, _HATCHING)):
            left, length = min(across(base), across(end)), abs(end - base) * scale
            if length >= 0.2:
                drawing.add(filled(left, middle - _THICK / 2, length, _THICK, colour, pattern))
        drawing.add(text(width, middle - 3, bar.text, size=VALUE, weight=fonts.STRONG, anchor="end"))
    drawing.add(Line(before + 4, foot, before + 4 + room, foot, strokeColor=RULE, strokeWidth=0.75))
    marks = ticks(low, high, 4)
    step = marks[1] - marks[0] if len(marks) > 1 else abs(marks[0])
    for mark in marks:
        drawing.add(Line(across(mark), foot, across(mark), foot - _TICK, strokeColor=MUTED, strokeWidth=0.5))
        drawing.add(text(across(mark), 4, _figure(mark, step), size=_SMALL, colour=MUTED, anchor="middle"))
    drawing.add(Line(across(base), foot, across(base), drawing.height, strokeColor=INK, strokeWidth=1))
    return drawing


def _blocks(chart: Chart, width: float) -> Drawing:
    """Blocks side by side, numbered in a row above; those higher than is drawn are cut and end in a notch."""
    left, foot, plot, head = 46.0, 30.0, 170.0, 26.0
    drawing = Drawing(width, foot + plot + head)
    if not chart.bars:
        return drawing
    limits = {name: (least, most) for name, least, most in chart.ranges}.get("up", (-math.inf, math.inf))
    drawn = [min(max(bar.value, limits[0]), limits[1]) for bar in chart.bars]
    low, high = min([0.0, *drawn]), max([0.0, *drawn])
    end = max(bar.high or 0.0 for bar in chart.bars)
    if high <= low or end <= 0:
        return drawing
    up, right = plot / (high - low), (width - left - 4) / end
    zero = foot - low * up
    for mark in (marks := ticks(low, high)):
        y = zero + mark * up
        drawing.add(Line(left, y, width - 4, y, strokeColor=RULE, strokeWidth=0.5))
        step = marks[1] - marks[0] if len(marks) > 1 else abs(mark)
        drawing.add(text(left - 5, y - 2.5, _figure(mark, step), size=_SMALL, colour=MUTED, anchor="end"))
    middles = []
    for bar, height in zip(chart.bars, drawn, strict=True):
        x, thick = left + (bar.low or 0.0) * right, ((bar.high or 0.0) - (bar.low or 0.0)) * right
        y, tall = zero + min(height, 0.0) * up, abs(height) * up
        if thick >= 0.2:
            drawing.add(shape(x, y, thick, max(tall, 0.4), bar.stage))
        if height != bar.value:
            edge = y + tall if height > 0 else y
            for gap in (3.0, 6.0):
                cut = edge - math.copysign(gap, height)
                drawing.add(Line(x - 1, cut, x + thick + 1, cut, strokeColor=HexColor("#FFFFFF"), strokeWidth=1.4))
        middles.append((x + thick / 2, y + (tall if height > 0 else 0.0)))
    top = foot + plot
    places = apart([x for x, _ in middles], 13.0, left + 4, width - 8)
    for bar, place, (x, y) in zip(chart.bars, places, middles, strict=True):
        drawing.add(Line(x, y if y > zero else zero, place, top + 5, strokeColor=MUTED, strokeWidth=0.4))
        drawing.add(text(place, top + 7, bar.group, size=_SMALL, weight=fonts.STRONG, anchor="middle"))
    drawing.add(Line(left, zero, width - 4, zero, strokeColor=INK, strokeWidth=0.9))
    marks = ticks(0.0, end)
    for mark in marks:
        x, step = left + mark * right, marks[1] - marks[0] if len(marks) > 1 else end
        drawing.add(Line(x, foot - 2, x, foot - 2 - _TICK, strokeColor=MUTED, strokeWidth=0.5))
        drawing.add(text(x, foot - 14, _figure(mark, step), size=_SMALL, colour=MUTED, anchor="middle"))
    said = dict(chart.totals)
    drawing.add(text(width - 4, 3, said.get("across", ""), size=_SMALL, colour=MUTED, anchor="end"))
    drawing.add(text(0, top + 17, said.get("up", ""), size=_SMALL, colour=MUTED))
    return drawing


#: A kind of chart is one function and one line here.
KINDS: dict[str, Callable[[Chart, float], Drawing]] = {
    "signed": _signed,
    "swings": _swings,
    "blocks": _blocks,
}
