"""Charts as vector graphics: colour, pattern, ink outline and a direct label for every shape."""

from __future__ import annotations

from collections.abc import Callable

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Drawing, Line, Rect
from reportlab.platypus import Flowable

from carbon.errors import ReportError
from carbon.reports import fonts, money_charts
from carbon.reports.change_charts import waterfall
from carbon.reports.drawing import BAND, LABEL, LINE, VALUE, apart, band, lines_of, shape, text, whisker
from carbon.reports.flow import INK, MUTED
from carbon.reports.flow_charts import flows
from carbon.reports.heat_charts import heat
from carbon.reports.line_charts import glidepath, trend
from carbon.reports.report import Bar, Chart


class _Renderer(renderPDF._PDFRenderer):
    """Draws without reportlab's initial font, which is not embedded."""

    def applyStateChanges(self, delta, newState):
        if delta.get("fontName", fonts.REGULAR) not in fonts.FILES:
            delta = {**delta, "fontName": fonts.REGULAR}
        super().applyStateChanges(delta, newState)


class Picture(Flowable):
    """A drawing in the flow of a page."""

    def __init__(self, drawing: Drawing):
        super().__init__()
        self.drawing, self.width, self.height = drawing, drawing.width, drawing.height

    def wrap(self, *_available):
        """Return the drawing's size."""
        return self.width, self.height

    def draw(self):
        """Draw it."""
        _Renderer().draw(self.drawing, self.canv, 0, 0)


def draw(chart: Chart, width: float) -> Drawing:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
    width : float
        [pt]

    Raises
    ------
    ReportError
        If its kind is unknown.
    """
    if chart.kind not in KINDS:
        raise ReportError(f"chart '{chart.title}' is of the unknown kind '{chart.kind}'; known: {', '.join(KINDS)}")
    return KINDS[chart.kind](chart, width)


def _bars(chart: Chart, width: float) -> Drawing:
    """One horizontal bar a stage or part, its name before and its figure behind it."""
    row, thick, most = 21.0, 13.0, 0.42 * width
    names = [lines_of(bar.label, most) for bar in chart.bars]
    before = max((fonts.width(line, fonts.REGULAR, LABEL) for lines in names for line in lines), default=0.0) + 8
    behind = max((fonts.width(bar.text, fonts.STRONG, VALUE) for bar in chart.bars), default=0.0) + 10
    room = width - before - behind
    largest = max((max(abs(bar.value), bar.high or 0.0) for bar in chart.bars), default=0.0)
    heights = [row + (len(lines) - 1) * LINE for lines in names]
    drawing = Drawing(width, sum(heights) + 6)
    y = drawing.height
    for bar, lines, height in zip(chart.bars, names, heights, strict=True):
        y -= height
        middle = y + (height - row + thick) / 2
        for place, line in enumerate(lines):
            up = middle - 3 + ((len(lines) - 1) / 2 - place) * LINE
            drawing.add(text(before - 8, up, line, anchor="end"))
        length, end = (room * abs(each) / largest if largest else 0.0 for each in (bar.value, bar.high or 0.0))
        if bar.low is not None and bar.high is not None and largest:
            drawing.add(band(before + length, middle - thick / 2, max(0.0, end - length), thick, bar.stage))
        if length >= 0.2:
            drawing.add(shape(before, middle - thick / 2, length, thick, bar.stage))
        if bar.low is not None and bar.high is not None and largest:
            start = room * max(0.0, bar.low) / largest
            drawing.add(whisker(before + start, middle, before + end, middle))
        drawing.add(text(before + max(length, end) + 6, middle - 3, bar.text, size=VALUE, weight=fonts.STRONG))
    drawing.add(Line(before, 0, before, drawing.height, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _columns(chart: Chart, width: float) -> Drawing:
    """One column a group, stacked by stage from the baseline, stages named beside the last column; those it lacks by a sample."""
    groups = list(dict.fromkeys(bar.group for bar in chart.bars))
    names = {bar.stage: bar.label for bar in chart.bars}
    beside = max((fonts.width(name, fonts.REGULAR, LABEL) for name in names.values()), default=0.0) + 26
    low, room_y = 20.0, 168.0
    # Room for the names beside the column even where there are many.
    height = low + room_y + 16
    drawing = Drawing(width, height)
    sums = {group: sum(bar.value for bar in chart.bars if bar.group == group) for group in groups}
    ends = {group: (least, most) for group, least, most in chart.ranges}
    largest = max([*sums.values(), *(most for _, most in ends.values())], default=0.0)
    if not largest or largest <= 0:
        return drawing
    slot = min((width - beside) / len(groups), 90.0)
    thick = min(slot * 0.7, 54.0)
    totals = dict(chart.totals)
    printed = max((fonts.width(each, fonts.STRONG, 7) for each in totals.values()), default=0.0) < slot - 2
    tops: list[tuple[Bar, float]] = []
    for position, group in enumerate(groups):
        x, y = slot * position + (slot - thick) / 2, low
        for bar in (each for each in chart.bars if each.group == group):
            part = room_y * max(bar.value, 0.0) / largest
            if part >= 0.2:
                drawing.add(shape(x, y, thick, part, bar.stage))
            if group == groups[-1] and part > 0:
                tops.append((bar, y + part / 2))
            y += part
        if group in ends:
            least, most = (low + room_y * max(each, 0.0) / largest for each in ends[group])
            drawing.add(Rect(x, y, thick, max(0.0, most - y), fillColor=MUTED, fillOpacity=BAND, strokeColor=None))
            drawing.add(whisker(x + thick / 2, least, x + thick / 2, most))
            y = max(y, most)
        drawing.add(text(x + thick / 2, low - 12, group, size=7.5, colour=MUTED, anchor="middle"))
        if printed and group in totals:
            drawing.add(text(x + thick / 2, y + 4, totals[group], size=7, weight=fonts.STRONG, anchor="middle"))
    edge = slot * (len(groups) - 1) + (slot + thick) / 2
    named = [bar.stage for bar, _ in tops]
    # What the last column lacks is named above what it has.
    lacking = {bar.stage: bar for bar in chart.bars if bar.value > 0 and bar.stage not in named}
    wanted = [at for _, at in tops] + [low + room_y] * len(lacking)
    heights = apart(wanted, 11.0, low + 3, height - 10)
    for (bar, at), y in zip(tops, heights, strict=False):
        drawing.add(Line(edge + 1, at, edge + 12, y, strokeColor=MUTED, strokeWidth=0.5))
        drawing.add(text(edge + 15, y - 2.8, bar.label))
    for bar, y in zip(lacking.values(), heights[len(tops) :], strict=True):
        drawing.add(shape(edge + 3, y - 4, 9, 8, bar.stage))
        drawing.add(text(edge + 15, y - 2.8, bar.label))
    drawing.add(Line(0, low, slot * len(groups), low, strokeColor=INK, strokeWidth=0.75))
    return drawing


#: A kind of chart is one function and one line here.
KINDS: dict[str, Callable[[Chart, float], Drawing]] = {
    "bars": _bars,
    "columns": _columns,
    "waterfall": waterfall,
    "flows": flows,
    "trend": trend,
    "glidepath": glidepath,
    "heat": heat,
    **money_charts.KINDS,
}
