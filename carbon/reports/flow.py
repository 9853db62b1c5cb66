"""Paragraphs that break lines as English and Chinese want it, and text on charts."""

from __future__ import annotations

from copy import copy

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph
from reportlab.platypus.paragraph import ParaLines, cjkU, makeCJKParaLine

from carbon.reports import fonts

#: Tokens of the project's look, on paper.
INK, MUTED, LINE = HexColor("#1C2430"), HexColor("#5A6472"), HexColor("#D9DCE1")
SURFACE, ACCENT, WARN = HexColor("#FBFAF7"), HexColor("#1F5FA8"), HexColor("#9A5B00")

_NO_START = set("!%),.:;?]}¢°·’”†‡›℃、。〃〉》」』】〕〗〞︰！％），．：；？］｝～…—–")
_NO_END = set("$([{£¥‘“‹〈《「『【〔〖（［｛￥")
_AFTER = set("/_-–|&")
_CHINESE_FROM = 0x2E80


def style(
    size: float, *, weight: str = fonts.REGULAR, colour=INK, leading: float = 1.42, right: bool = False, **more
) -> ParagraphStyle:
    """Return a paragraph style; leading is a multiple of the size."""
    name = f"{weight}-{size}-{colour.hexval()}-{right}-{sorted(more.items())}"
    return ParagraphStyle(
        name,
        fontName=weight,
        fontSize=size,
        leading=size * leading,
        textColor=colour,
        alignment=TA_RIGHT if right else TA_LEFT,
        wordWrap="CJK",
        bulletFontName=weight,
        bulletFontSize=size,
        **more,
    )


BODY = style(9, spaceAfter=5)
SMALL = style(7.5, colour=MUTED, spaceAfter=3)
BULLET = style(9, leftIndent=11, bulletIndent=1, spaceAfter=3)
COVER_TITLE = style(28, weight=fonts.STRONG, leading=1.25, spaceAfter=6)
COVER_LONG_TITLE = style(14, weight=fonts.STRONG, leading=1.3, spaceAfter=6)
COVER_LONGEST_TITLE = style(9, weight=fonts.STRONG, leading=1.3, spaceAfter=6)
COVER_SUBTITLE = style(16, colour=MUTED, leading=1.35, spaceAfter=4)
HEADING = style(16, weight=fonts.STRONG, leading=1.3, spaceBefore=16, spaceAfter=6)
SUBHEADING = style(11, weight=fonts.STRONG, leading=1.35, spaceBefore=8, spaceAfter=3)
FINDING = style(10.5, weight=fonts.STRONG, leading=1.35, spaceBefore=9, spaceAfter=1)
SUBTITLE = style(8, colour=MUTED, spaceAfter=4)


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters."""
    if after in _NO_START or before in _NO_END or after in " \u00a0" or before == "\u00a0":
        return False
    if before == " " or before in _AFTER:
        return True
    # Keys such as desnz_2025.road.van may end a line after a point.
    if before == "." and after.isalpha():
        return True
    return ord(before) >= _CHINESE_FROM or ord(after) >= _CHINESE_FROM


class Lines(Paragraph):
    """A paragraph whose lines break as its language wants it.

    Lines break at spaces, after slashes and dashes, and between Chinese signs except where punctuation forbids it;
    reportlab's own rule for Chinese breaks English words and hangs commas into the next column.
    """

    def breakLinesCJK(self, maxWidths):
        """Break lines; called by reportlab for the word wrap ``CJK``."""
        if hasattr(self, "blPara") and getattr(self, "_splitpara", 0):
            return self.blPara
        widths = list(maxWidths) if isinstance(maxWidths, (list, tuple)) else [maxWidths]
        # A table asks for the same lines when it is measured, split and drawn.
        if getattr(self, "_widths", None) != widths:
            self._broken, self._widths = self._lines(widths), widths
        return self._broken

    def _lines(self, widths: list[float]) -> ParaLines:
        signs = [cjkU(sign, frag, "utf8") for frag in self.frags for sign in frag.text]
        lines, start, used, chance = [], 0, 0.0, 0
        position = 0
        while position < len(signs):
            limit = widths[min(len(lines), len(widths) - 1)]
            sign = signs[position]
            if position > start and _may_break(str(signs[position - 1]), str(sign)):
                chance = position
            used += sign.width
            if used > limit + 1e-6 and position > start and str(sign) != " ":
                end = chance if chance > start else position
                lines.append(_line(signs[start:end], limit))
                start = position = end
                used, chance = 0.0, end
                continue
            position += 1
        if start < len(signs):
            lines.append(_line(signs[start:], widths[min(len(lines), len(widths) - 1)]))
        look = self.style
        if not lines:
            return ParaLines(
                kind=0,
                fontSize=look.fontSize,
                fontName=look.fontName,
                textColor=look.textColor,
                lines=[],
                ascent=look.fontSize,
                descent=-look.fontSize / 5,
            )
        return ParaLines(kind=1, lines=lines)


class Words(Lines):
    """A paragraph of plain text.

    Parameters
    ----------
    text : str
        Plain text; nothing in it is markup.
    link : str, optional
        Key of a section to lead to.
    """

    def __init__(self, text: str, look: ParagraphStyle, *, link: str | None = None, bullet: str | None = None):
        body = fonts.markup(text, look.fontName, look.fontSize)
        if link:
            body = f'<a href="#{link}" color="{hexcode(ACCENT)}">{body}</a>'
        super().__init__(body, look, bulletText=bullet)

    def split(self, availWidth, availHeight):
        """Return what fits and the rest, as plain paragraphs of the same lines; called by reportlab at the foot of a page."""
        # reportlab makes the parts by the class's own constructor, which is not this one's.
        whole = copy(self)
        whole.__class__ = Lines
        return whole.split(availWidth, availHeight)


def _line(signs: list, limit: float):
    while len(signs) > 1 and str(signs[-1]) == " ":
        signs = signs[:-1]
    used = sum(sign.width for sign in signs)
    return makeCJKParaLine(signs, limit, used, limit - used, False, False)


def hexcode(colour) -> str:
    """Return a colour as ``#rrggbb``."""
    return "#" + colour.hexval()[2:]
