"""Lines over time: a trend with its 95 % band, and the path to a target with what was reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Polygon, PolyLine, Rect
from reportlab.lib.colors import white

from carbon.reports import fonts
from carbon.reports.drawing import BAND, VALUE, axis, text, whisker
from carbon.reports.flow import ACCENT, INK, MUTED
from carbon.reports.report import Chart

PATH, REPORTED = "path", "reported"
_LOW, _ROOM = 20.0, 130.0
_DASH = [4, 3]


def _frame(chart: Chart, width: float) -> tuple[Drawing, float, Callable[[float], float]]:
    """Return a drawing with its axis, the axis's place, and what turns a value into a height."""
    before = max((fonts.width(words, fonts.REGULAR, 7.5) for _, words in chart.ticks), default=0.0) + 9
    most = max((value for value, _ in chart.ticks), default=0.0)
    drawing = Drawing(width, _LOW + _ROOM + 14)

    def height_of(value: float) -> float:
        return _LOW + (_ROOM * value / most if most else 0.0)

    drawing.add(axis(chart.ticks, before, width, height_of))
    return drawing, before, height_of


def trend(chart: Chart, width: float) -> Drawing:
    """One point a group, joined, on the band between their `low` and `high`; points with a `text` are labelled."""
    drawing, before, height_of = _frame(chart, width)
    slot = (width - before) / max(len(chart.bars), 1)
    places = [before + slot * (place + 0.5) for place in range(len(chart.bars))]
    ranged = [
        (x, bar) for x, bar in zip(places, chart.bars, strict=True) if bar.low is not None and bar.high is not None
    ]
    if len(ranged) > 1:
        points = [each for x, bar in ranged for each in (x, height_of(bar.high))]
        points += [each for x, bar in reversed(ranged) for each in (x, height_of(max(bar.low, 0.0)))]
        drawing.add(Polygon(points, fillColor=ACCENT, fillOpacity=BAND, strokeColor=None))
    drawing.add(_line(places, [height_of(bar.value) for bar in chart.bars]))
    wide = max((fonts.width(bar.group, fonts.REGULAR, 7.5) for bar in chart.bars), default=0.0) + 6
    every = max(1, -int(-wide // slot))
    for place, (x, bar) in enumerate(zip(places, chart.bars, strict=True)):
        y = height_of(bar.value)
        drawing.add(Circle(x, y, 2.2, fillColor=ACCENT, strokeColor=INK, strokeWidth=0.75))
        if place % every == 0:
            drawing.add(text(x, _LOW - 12, bar.group, size=7.5, colour=MUTED, anchor="middle"))
        if bar.text:
            drawing.add(_plate(x, y + 7, bar.text, before, width))
    return drawing


def glidepath(chart: Chart, width: float) -> Drawing:
    """Years on a scale of time: bars of the role ``path`` joined by a dashed line, those of ``reported`` as points with whiskers."""
    drawing, before, height_of = _frame(chart, width)
    years = [int(bar.group) for bar in chart.bars]
    first, last = min(years), max(years)
    edge = 34.0

    def at(year: str) -> float:
        span = width - before - 2 * edge
        return before + edge + (span * (int(year) - first) / (last - first) if last > first else span / 2)

    path = [bar for bar in chart.bars if bar.role == PATH]
    drawing.add(_line([at(bar.group) for bar in path], [height_of(bar.value) for bar in path], _DASH))
    for bar in path:
        x, y = at(bar.group), height_of(bar.value)
        drawing.add(Circle(x, y, 3.0, fillColor=white, strokeColor=ACCENT, strokeWidth=1.2))
        drawing.add(_plate(x, y + 8, bar.text, before, width))
    for bar in (each for each in chart.bars if each.role == REPORTED):
        x, y = at(bar.group), height_of(bar.value)
        if bar.low is not None and bar.high is not None:
            drawing.add(whisker(x, height_of(max(bar.low, 0.0)), x, height_of(bar.high)))
        drawing.add(Rect(x - 3, y - 3, 6, 6, fillColor=INK, strokeColor=white, strokeWidth=0.75))
        wide = fonts.width(bar.text, fonts.STRONG, VALUE)
        over = y - 3 if x + 8 + wide <= width else y - 16
        drawing.add(text(min(x + 8, width - wide), over, bar.text, size=VALUE, weight=fonts.STRONG))
    for year in _years(first, last):
        drawing.add(text(at(str(year)), _LOW - 12, str(year), size=7.5, colour=MUTED, anchor="middle"))
        drawing.add(Line(at(str(year)), _LOW, at(str(year)), _LOW - 3, strokeColor=INK, strokeWidth=0.75))
    return drawing


def _years(first: int, last: int) -> Sequence[int]:
    """Return the years that are named below the axis, the last one always among them."""
    step = max(1, -(-(last - first) // 12))
    return [*range(last, first - 1, -step)]


def _line(xs: Sequence[float], ys: Sequence[float], dashes: list[int] | None = None) -> PolyLine | Group:
    points = [each for pair in zip(xs, ys, strict=True) for each in pair]
    if len(points) < 4:
        return Group()
    return PolyLine(points, strokeColor=ACCENT, strokeWidth=1.4, strokeDashArray=dashes)


def _plate(x: float, y: float, words: str, left: float, right: float) -> Group:
    """Return a label over a point, on a white ground, inside the drawing's edges."""
    wide = fonts.width(words, fonts.STRONG, VALUE)
    x = min(max(x, left + wide / 2 + 2), right - wide / 2 - 2)
    group = Group(Rect(x - wide / 2 - 2, y - 2, wide + 4, 10, fillColor=white, fillOpacity=0.85, strokeColor=None))
    group.add(text(x, y, words, size=VALUE, weight=fonts.STRONG, anchor="middle"))
    return group
