"""The waterfall: from one total to another, part by part."""

from __future__ import annotations

from reportlab.graphics.shapes import Drawing, Line

from carbon.reports import fonts
from carbon.reports.drawing import BASELINE, LABEL, LINE, VALUE, lines_of, shape, text
from carbon.reports.flow import ACCENT, INK, MUTED
from carbon.reports.report import Chart

START, CHANGE, END = "start", "change", "end"


def waterfall(chart: Chart, width: float) -> Drawing:
    """One row a bar, from top to bottom: the first total, its changes, the second total.

    A change hangs where the last one ended, and its `value` has a sign; totals start at zero. Thin lines lead from one row to the next.
    """
    row, thick = 21.0, 13.0
    names = [lines_of(bar.label, 0.3 * width) for bar in chart.bars]
    before = max((fonts.width(line, fonts.REGULAR, LABEL) for lines in names for line in lines), default=0.0) + 8
    behind = max((fonts.width(bar.text, fonts.STRONG, VALUE) for bar in chart.bars), default=0.0) + 10
    spans = _spans(chart)
    # Where changes go below nothing, zero is not at the left.
    least, most = min([0.0, *(low for low, _ in spans)]), max([0.0, *(high for _, high in spans)])
    scale = (width - before - behind) / (most - least) if most > least else 0.0
    drawing = Drawing(width, len(chart.bars) * row + (max(map(len, names), default=1) - 1) * LINE + 6)
    zero, y, last = before - least * scale, drawing.height, 0.0
    for bar, lines, (low, high) in zip(chart.bars, names, spans, strict=True):
        y -= row
        middle = y + row / 2
        for place, line in enumerate(lines):
            drawing.add(text(before - 8, middle - 3 + ((len(lines) - 1) / 2 - place) * LINE, line, anchor="end"))
        if bar.role != START:
            at = zero + last * scale
            drawing.add(Line(at, middle - thick / 2, at, middle + row - thick / 2, strokeColor=MUTED, strokeWidth=0.5))
        if (high - low) * scale >= 0.2:
            plain = BASELINE if bar.role == START else ACCENT
            drawing.add(shape(zero + low * scale, middle - thick / 2, (high - low) * scale, thick, bar.stage, plain))
        drawing.add(text(zero + high * scale + 6, middle - 3, bar.text, size=VALUE, weight=fonts.STRONG))
        last = bar.value if bar.role != CHANGE else last + bar.value
    drawing.add(Line(zero, 0, zero, drawing.height, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _spans(chart: Chart) -> list[tuple[float, float]]:
    """Return where each bar begins and ends."""
    spans, last = [], 0.0
    for bar in chart.bars:
        first, last = (last, last + bar.value) if bar.role == CHANGE else (0.0, bar.value)
        spans.append((min(first, last), max(first, last)))
    return spans
