"""The heat map: scores from 1 (best) to 5, one row a part, darker and more densely hatched where they are weak."""

from __future__ import annotations

from reportlab.graphics.shapes import Drawing, Group, Line, Rect
from reportlab.lib.colors import white

from carbon.reports import fonts
from carbon.reports.drawing import LABEL, LINE, VALUE, lines_of, marks_of, text
from carbon.reports.flow import ACCENT, INK, MUTED
from carbon.reports.report import Chart

#: Opacity and hatching of the levels 1 to 5.
_LEVELS = (
    (0.0, ()),
    (0.2, ()),
    (0.4, (("up", 7.0),)),
    (0.65, (("up", 4.5),)),
    (1.0, (("up", 4.5), ("down", 4.5))),
)
_ROW = 20.0


def heat(chart: Chart, width: float) -> Drawing:
    """A grid: `group` is the row, `label` the column, `value` the score, `text` what is printed; a bar without score is empty."""
    rows = list(dict.fromkeys(bar.group for bar in chart.bars))
    columns = list(dict.fromkeys(bar.label for bar in chart.bars))
    names = {row: lines_of(row, 0.4 * width) for row in rows}
    before = (
        max((fonts.width(line, fonts.REGULAR, LABEL) for lines in names.values() for line in lines), default=0.0) + 8
    )
    cell = min((width - before) / max(len(columns), 1), 92.0)
    heads = {column: lines_of(column, cell - 4) for column in columns}
    top = max((len(lines) for lines in heads.values()), default=1) * LINE + 4
    heights = [max(_ROW, len(names[row]) * LINE + 4) for row in rows]
    drawing = Drawing(width, sum(heights) + top + 2)
    for place, column in enumerate(columns):
        for number, line in enumerate(heads[column]):
            y = drawing.height - 8 - number * LINE
            drawing.add(text(before + cell * (place + 0.5), y, line, size=7.5, colour=MUTED, anchor="middle"))
    scores = {(bar.group, bar.label): bar for bar in chart.bars}
    y = drawing.height - top
    for row, high in zip(rows, heights, strict=True):
        y -= high
        lines = names[row]
        for number, line in enumerate(lines):
            drawing.add(text(before - 8, y + high / 2 - 3 + ((len(lines) - 1) / 2 - number) * LINE, line, anchor="end"))
        for place, column in enumerate(columns):
            bar = scores.get((row, column))
            if bar is not None:
                drawing.add(_cell(before + cell * place, y, cell, high, bar.value, bar.text))
    return drawing


def level_of(score: float) -> int:
    """Return the level of a score, 1 to 5, by the nearest whole number."""
    return min(max(int(score + 0.5), 1), len(_LEVELS))


def _cell(x: float, y: float, width: float, height: float, score: float, words: str) -> Group:
    group = Group()
    if score:
        opacity, hatching = _LEVELS[level_of(score) - 1]
        group.add(Rect(x, y, width, height, fillColor=ACCENT, fillOpacity=opacity, strokeColor=None))
        pen = white if opacity > 0.6 else INK
        for pattern in hatching:
            for mark in marks_of(pattern, x, y, width, height):
                group.add(Line(*mark, strokeColor=pen, strokeWidth=0.5))
    wide = fonts.width(words, fonts.STRONG, VALUE) + 8
    if score:
        group.add(Rect(x + (width - wide) / 2, y + height / 2 - 6, wide, 12, fillColor=white, strokeColor=None))
    group.add(text(x + width / 2, y + height / 2 - 3, words, size=VALUE, weight=fonts.STRONG, anchor="middle"))
    group.add(Rect(x, y, width, height, fillColor=None, strokeColor=INK, strokeWidth=0.75))
    return group
