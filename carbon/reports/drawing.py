"""Shapes that charts are made of: colour, pattern, ink outline, labels, ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from reportlab.graphics.shapes import Circle, Group, Line, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.pdfbase import pdfmetrics

from carbon.reports import fonts
from carbon.reports.flow import ACCENT, INK, MUTED
from carbon.reports.flow import LINE as LINE_COLOUR
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
#: What is compared with: a base year, a former year, where emissions come from.
BASELINE = HexColor("#7B8794")
LABEL, VALUE, LINE = 8.0, 8.0, 9.6
#: Opacity of a range's band, and half the length of a whisker's cap [pt].
BAND, CAP = 0.25, 2.6
#: A label may be broken after a space and around a Chinese character.
_PIECES = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+")


def text(
    x: float, y: float, words: str, *, size: float = LABEL, weight: str = fonts.REGULAR, colour=INK, anchor="start"
) -> Group:
    """Return one line of text in the fonts it needs, anchored at start, middle or end."""
    words = fonts.shown(words)[0]
    left = x - {"start": 0.0, "middle": 1 / 2, "end": 1.0}[anchor] * fonts.width(words, weight, size)
    group = Group()
    for font, run in fonts.runs(words, weight):
        for part, level in fonts.scripts(run):
            up = y + size * {-1: -fonts.LOWERED, 0: 0.0, 1: fonts.RAISED}[level]
            thick = size * fonts.SMALL if level else size
            group.add(String(left, up, part, fontName=font, fontSize=thick, fillColor=colour))
            left += pdfmetrics.stringWidth(part, font, thick)
    return group


def shape(x: float, y: float, width: float, height: float, stage: str, plain=ACCENT) -> Group:
    """Return a rectangle in a stage's colour and pattern with an outline of ink; without a stage it is `plain`."""
    if not stage:
        return filled(x, y, width, height, plain)
    stage = Stage(stage)
    # Dots and lines are white on dark colours and ink on light ones, so that they are seen in print without colour.
    pen = INK if stage in (Stage.PACKAGING, Stage.HUBS, Stage.PRODUCT) else white
    return filled(x, y, width, height, COLOURS[stage], PATTERNS[stage], pen)


def filled(x: float, y: float, width: float, height: float, colour, patterns: tuple = (), pen=white) -> Group:
    """Return a rectangle in a colour with the marks of some patterns and an outline of ink."""
    group = Group()
    group.add(Rect(x, y, width, height, fillColor=colour, strokeColor=None))
    for pattern in patterns:
        for mark in marks_of(pattern, x, y, width, height):
            group.add(
                Circle(*mark, 0.6, fillColor=pen, strokeColor=None)
                if pattern == "dots"
                else Line(*mark, strokeColor=pen, strokeWidth=0.6)
            )
    group.add(Rect(x, y, width, height, fillColor=None, strokeColor=INK, strokeWidth=0.75))
    return group


def marks_of(pattern, x: float, y: float, width: float, height: float) -> Iterator[tuple[float, ...]]:
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


def lines_of(words: str, room: float) -> list[str]:
    """Break a label into lines of some room [pt], between words or between Chinese characters; a word longer than that inside."""
    lines = [""]
    for piece in _PIECES.findall(words):
        if lines[-1] and fonts.width(lines[-1] + piece.rstrip(), fonts.REGULAR, LABEL) > room:
            lines.append("")
        if fonts.width(piece.rstrip(), fonts.REGULAR, LABEL) > room:
            *whole, piece = _cut(piece, room)
            lines[-1:] = [*whole, ""]
        lines[-1] += piece
    return [line.strip() for line in lines]


def _cut(word: str, room: float) -> list[str]:
    """Return a word in parts that each fit; a part holds a character at least."""
    parts = [""]
    for sign in word:
        if parts[-1] and fonts.width(parts[-1] + sign, fonts.REGULAR, LABEL) > room:
            parts.append("")
        parts[-1] += sign
    return parts


def band(x: float, y: float, width: float, height: float, stage: str) -> Rect:
    """Return the part of a range beyond its bar, in the bar's own hue."""
    colour = COLOURS[Stage(stage)] if stage else ACCENT
    return Rect(x, y, width, height, fillColor=colour, fillOpacity=BAND, strokeColor=None)


def whisker(x: float, y: float, right: float, top: float) -> Group:
    """Return a line from low to high with caps across, ink on a white ground so that it is seen on any colour."""
    across = (0.0, CAP) if y == top else (CAP, 0.0)
    strokes = [(x, y, right, top)]
    strokes += [(at - across[0], up - across[1], at + across[0], up + across[1]) for at, up in ((x, y), (right, top))]
    group = Group()
    for colour, thick in ((white, 2.4), (INK, 1.0)):
        for stroke in strokes:
            group.add(Line(*stroke, strokeColor=colour, strokeWidth=thick))
    return group


def apart(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
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


def colour_of(stage: str):
    """Return a stage's colour; the accent where there is no stage."""
    return COLOURS[Stage(stage)] if stage else ACCENT


def axis(ticks: tuple[tuple[float, str], ...], x: float, right: float, height_of: Callable[[float], float]) -> Group:
    """Return horizontal rules with their figures to the left of `x`; the one at zero in ink."""
    group = Group()
    for value, words in ticks:
        y = height_of(value)
        group.add(
            Line(x, y, right, y, strokeColor=INK if not value else LINE_COLOUR, strokeWidth=0.75 if not value else 0.5)
        )
        group.add(text(x - 5, y - 2.6, words, size=7.5, colour=MUTED, anchor="end"))
    return group
