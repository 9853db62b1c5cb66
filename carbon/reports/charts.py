"""Charts as vector graphics: colour, pattern, ink outline and a direct label for every shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.platypus import Flowable

from carbon.errors import ReportError
from carbon.reports import fonts
from carbon.reports.flow import ACCENT, INK, MUTED
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
_LABEL, _VALUE, _LINE = 8.0, 8.0, 9.6
#: Opacity of a range's band, and half the length of a whisker's cap [pt].
_BAND, _CAP = 0.25, 2.6
#: A label may be broken after a space and around a Chinese character.
_PIECES = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")


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
    """Return a rectangle in a stage's colour and pattern with an outline of ink; without a stage it is accent, plain."""
    group = Group()
    if not stage:
        group.add(Rect(x, y, width, height, fillColor=ACCENT, strokeColor=None))
        group.add(Rect(x, y, width, height, fillColor=None, strokeColor=INK, strokeWidth=0.75))
        return group
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
    """One horizontal bar a stage or part, its name before and its figure behind it."""
    row, thick, most = 21.0, 13.0, 0.42 * width
    names = [_lines(bar.label, most) for bar in chart.bars]
    before = max((fonts.width(line, fonts.REGULAR, _LABEL) for lines in names for line in lines), default=0.0) + 8
    behind = max((fonts.width(bar.text, fonts.STRONG, _VALUE) for bar in chart.bars), default=0.0) + 10
    room = width - before - behind
    largest = max((max(abs(bar.value), bar.high or 0.0) for bar in chart.bars), default=0.0)
    heights = [row + (len(lines) - 1) * _LINE for lines in names]
    drawing = Drawing(width, sum(heights) + 6)
    y = drawing.height
    for bar, lines, height in zip(chart.bars, names, heights, strict=True):
        y -= height
        middle = y + (height - row + thick) / 2
        for place, line in enumerate(lines):
            up = middle - 3 + ((len(lines) - 1) / 2 - place) * _LINE
            drawing.add(text(before - 8, up, line, anchor="end"))
        length, end = (room * abs(each) / largest if largest else 0.0 for each in (bar.value, bar.high or 0.0))
        if bar.low is not None and bar.high is not None and largest:
            drawing.add(_band(before + length, middle - thick / 2, max(0.0, end - length), thick, bar.stage))
        if length >= 0.2:
            drawing.add(shape(before, middle - thick / 2, length, thick, bar.stage))
        if bar.low is not None and bar.high is not None and largest:
            start = room * max(0.0, bar.low) / largest
            drawing.add(_whisker(before + start, middle, before + end, middle))
        drawing.add(text(before + max(length, end) + 6, middle - 3, bar.text, size=_VALUE, weight=fonts.STRONG))
    drawing.add(Line(before, 0, before, drawing.height, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _lines(words: str, room: float) -> list[str]:
    """Break a label into lines of some room [pt], between words or between Chinese characters."""
    lines = [""]
    for piece in _PIECES.findall(words):
        if lines[-1] and fonts.width(lines[-1] + piece.rstrip(), fonts.REGULAR, _LABEL) > room:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _band(x: float, y: float, width: float, height: float, stage: str) -> Rect:
    """Return the part of a range beyond its bar, in the bar's own hue."""
    colour = COLOURS[Stage(stage)] if stage else ACCENT
    return Rect(x, y, width, height, fillColor=colour, fillOpacity=_BAND, strokeColor=None)


def _whisker(x: float, y: float, right: float, top: float) -> Group:
    """Return a line from low to high with caps across, ink on a white ground so that it is seen on any colour."""
    across = (0.0, _CAP) if y == top else (_CAP, 0.0)
    strokes = [(x, y, right, top)]
    strokes += [(at - across[0], up - across[1], at + across[0], up + across[1]) for at, up in ((x, y), (right, top))]
    group = Group()
    for colour, thick in ((white, 2.4), (INK, 1.0)):
        for stroke in strokes:
            group.add(Line(*stroke, strokeColor=colour, strokeWidth=thick))
    return group


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
            drawing.add(Rect(x, y, thick, max(0.0, most - y), fillColor=MUTED, fillOpacity=_BAND, strokeColor=None))
            drawing.add(_whisker(x + thick / 2, least, x + thick / 2, most))
            y = max(y, most)
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
