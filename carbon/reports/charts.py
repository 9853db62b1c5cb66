"""Charts as vector graphics: colour, pattern, ink outline and a direct label for every shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.platypus import Flowable

from carbon.errors import ReportError
from carbon.reports import fonts
from carbon.reports.flow import INK, MUTED
from carbon.reports.report import Bar, Chart
from carbon.terms import Stage

#: A stage keeps colour and pattern in every rendering.
COLOURS = {
    Stage.PACKAGING: HexColor("#DDAA33"),
    Stage.LINE_HAUL: HexColor("#332288"),
    Stage.HUBS: HexColor("#88CCEE"),
    Stage.LAST_MILE: HexColor("#CC6677"),
    Stage.WAREHOUSING: HexColor("#44AA99"),
    Stage.RETURNS: HexColor("#882255"),
    Stage.END_OF_LIFE: HexColor("#AA4499"),
    Stage.PRODUCT: HexColor("#999933"),
}
#: (slope of hatching lines, distance [pt]) or "dots"; an empty tuple is plain.
PATTERNS: dict[Stage, tuple] = {
    Stage.PACKAGING: (),
    Stage.LINE_HAUL: (("up", 5.0),),
    Stage.HUBS: ("dots",),
    Stage.LAST_MILE: (("down", 5.0),),
    Stage.WAREHOUSING: (("flat", 4.0),),
    Stage.RETURNS: (("up", 5.0), ("down", 5.0)),
    Stage.END_OF_LIFE: (("steep", 4.0),),
    Stage.PRODUCT: (("flat", 4.0), ("steep", 4.0)),
}
_LABEL, _VALUE = 8.0, 8.0


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
    kinds: dict[str, Callable[[Chart, float], Drawing]] = {"bars": _bars, "columns": _columns}
    if chart.kind not in kinds:
        raise ReportError(f"chart '{chart.title}' is of the unknown kind '{chart.kind}'; known: {', '.join(kinds)}")
    return kinds[chart.kind](chart, width)


def text(
    x: float, y: float, words: str, *, size: float = _LABEL, weight: str = fonts.REGULAR, colour=INK, anchor="start"
) -> Group:
    """Return one line of text in the fonts it needs, anchored at start, middle or end."""
    words = fonts.shown(words)[0]
    left = x - {"start": 0.0, "middle": 1 / 2, "end": 1.0}[anchor] * fonts.width(words, weight, size)
    group = Group()
    for font, part in fonts.runs(words, weight):
        group.add(String(left, y, part, fontName=font, fontSize=size, fillColor=colour))
        left += fonts.width(part, weight, size)
    return group


def shape(x: float, y: float, width: float, height: float, stage: str) -> Group:
    """Return a rectangle in a stage's colour and pattern with an outline of ink."""
    group = Group()
    stage = Stage(stage)
    group.add(Rect(x, y, width, height, fillColor=COLOURS[stage], strokeColor=None))
    # Dots and lines are white on dark colours and ink on light ones, so that they are seen in print without colour.
    pen = INK if stage in (Stage.PACKAGING, Stage.HUBS, Stage.PRODUCT) else white
    for pattern in PATTERNS[stage]:
        for mark in _marks(pattern, x, y, width, height):
            group.add(
                Circle(*mark, 0.6, fillColor=pen, strokeColor=None)
                if pattern == "dots"
                else Line(*mark, strokeColor=pen, strokeWidth=0.6)
            )
    group.add(Rect(x, y, width, height, fillColor=None, strokeColor=INK, strokeWidth=0.75))
    return group


def _marks(pattern, x: float, y: float, width: float, height: float) -> Iterator[tuple[float, ...]]:
    """Return a pattern's dots or lines, cut at the rectangle's edges."""
    right, top = x + width, y + height
    if pattern == "dots":
        yield from _dots(x, y, right, top)
        return
    slope, gap = pattern
    if slope in ("flat", "steep"):
        span = height if slope == "flat" else width
        for step in range(1, int(span / gap) + 1):
            at = step * gap
            if at < span - 0.5:
                yield (x, y + at, right, y + at) if slope == "flat" else (x + at, y, x + at, top)
        return
    for step in range(1, int((width + height) / gap) + 1):
        # An upward line through (x + at, y); a downward one is its mirror image.
        at = step * gap - height
        first, last = max(0.0, at), min(width, at + height)
        if last - first > 0.3:
            low, high = first - at, last - at
            yield (
                (x + first, y + low, x + last, y + high)
                if slope == "up"
                else (x + first, top - low, x + last, top - high)
            )


def _dots(x: float, y: float, right: float, top: float) -> Iterator[tuple[float, float]]:
    gap = 4.0
    for row in range(1, int((top - y) / gap) + 1):
        for place in range(1, int((right - x) / gap) + 1):
            at, up = x + place * gap - (gap / 2 if row % 2 else 0.0), y + row * gap - 1
            if at < right - 1 and up < top - 1:
                yield at, up


def _bars(chart: Chart, width: float) -> Drawing:
    """One horizontal bar a stage, its name before and its figure behind it."""
    row, thick = 21.0, 13.0
    before = max((fonts.width(bar.label, fonts.REGULAR, _LABEL) for bar in chart.bars), default=0.0) + 8
    behind = max((fonts.width(bar.text, fonts.STRONG, _VALUE) for bar in chart.bars), default=0.0) + 10
    room, largest = width - before - behind, max((abs(bar.value) for bar in chart.bars), default=0.0)
    height = row * len(chart.bars) + 6
    drawing = Drawing(width, height)
    for position, bar in enumerate(chart.bars):
        y = height - (position + 1) * row
        length = room * abs(bar.value) / largest if largest else 0.0
        drawing.add(text(before - 8, y + 3.5, bar.label, anchor="end"))
        if length >= 0.2:
            drawing.add(shape(before, y, length, thick, bar.stage))
        drawing.add(text(before + length + 6, y + 3.5, bar.text, size=_VALUE, weight=fonts.STRONG))
    drawing.add(Line(before, 0, before, height, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _columns(chart: Chart, width: float) -> Drawing:
    """One column a group, stacked by stage from the baseline, stages named beside the last column."""
    groups = list(dict.fromkeys(bar.group for bar in chart.bars))
    names = {bar.stage: bar.label for bar in chart.bars}
    beside = max((fonts.width(name, fonts.REGULAR, _LABEL) for name in names.values()), default=0.0) + 26
    low, room_y = 20.0, 168.0
    # Room for the names beside the column even where there are many.
    height = low + room_y + 16
    drawing = Drawing(width, height)
    sums = {group: sum(bar.value for bar in chart.bars if bar.group == group) for group in groups}
    largest = max(sums.values(), default=0.0)
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
        drawing.add(text(x + thick / 2, low - 12, group, size=7.5, colour=MUTED, anchor="middle"))
        if printed and group in totals:
            drawing.add(text(x + thick / 2, y + 4, totals[group], size=7, weight=fonts.STRONG, anchor="middle"))
    edge = slot * (len(groups) - 1) + (slot + thick) / 2
    for (bar, at), y in zip(tops, _apart([at for _, at in tops], 11.0, low + 3, height - 10), strict=True):
        drawing.add(Line(edge + 1, at, edge + 12, y, strokeColor=MUTED, strokeWidth=0.5))
        drawing.add(text(edge + 15, y - 2.8, bar.label))
    drawing.add(Line(0, low, slot * len(groups), low, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _apart(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move rising positions apart by at least `gap`, inside the bounds where there is room."""
    placed: list[float] = []
    for at in wanted:
        placed.append(max(at, placed[-1] + gap if placed else low))
    over = placed[-1] - high if placed else 0.0
    if over > 0:
        ceiling = high
        for position in range(len(placed) - 1, -1, -1):
            placed[position] = min(placed[position], ceiling)
            ceiling = placed[position] - gap
    return placed
