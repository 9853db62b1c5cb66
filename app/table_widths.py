"""How wide the columns of a table may be, and how high its rows, so that it stands on a small screen without scrolling sideways."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping

import pandas as pd

#: What a page of 1,280 px leaves a table beside the side bar, and what a column of boxes to choose rows by takes.
_ROOM_PX, _BOXES_PX = 906, 34
#: Grid cells at 14 px: a letter, a Chinese character, and what stands around a text.
_LETTER_PX, _WIDE_PX, _AROUND_PX = 7.4, 14.0, 18
#: Texts get no narrower than this.
_LEAST_PX = 110
#: Height of a row of several lines; longer texts are cut. Streamlit breaks no text in rows lower than 64 px (1.67).
_ROWS_PX = {2: 66, 3: 76, 4: 95, 5: 114}
#: What a line may break after: a word with the space that follows, or one sign of a script without spaces.
_PIECES = re.compile(
    r"[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]*\s+|[^\s\u2e80-\u9fff\uff00-\uffef]+"
)
_ROWS_LOOKED_AT = 200
#: A line holds more of running text than of the widest letters that a column's width is reckoned by.
_RUNNING = 0.93


def capped(frame: pd.DataFrame, formats: Mapping[str, Callable[[object], str]], boxes: bool = False) -> dict[str, int]:
    """Return widths for the columns of text [px] of a table that would be wider than its room; others fit themselves.

    Where a long text is cut, its row is higher, and the browser would fit the shorter texts to their longest word: they get
    their width, too.
    A cell that is cut shows its whole text when it is chosen, and the download has it.
    """
    wanted = {name: _width_px(frame, name, formats.get(name)) for name in frame.columns}
    texts = [name for name in frame.columns if name not in formats and _is_text(frame[name])]
    room_px = _ROOM_PX - boxes * _BOXES_PX - sum(wanted.values()) + sum(wanted[name] for name in texts)
    # All longer texts are cut to one width, so that what little there is to lose is lost where most is.
    left, level_px = len(texts), 0.0
    for name in sorted(texts, key=wanted.__getitem__):
        level_px = max(room_px / left, _LEAST_PX)
        if wanted[name] > level_px:
            return {each: round(min(wanted[each], level_px)) for each in texts}
        room_px, left = room_px - wanted[name], left - 1
    return {}


def row_px(frame: pd.DataFrame, widths: Mapping[str, int]) -> int | None:
    """Return the height of rows in which texts that are wider than their columns break into lines; None where none is."""
    lines = 1
    for name, width in widths.items():
        for cell in frame[name].head(_ROWS_LOOKED_AT):
            lines = max(lines, _lines("" if cell is None else str(cell), width - _AROUND_PX))
    return _ROWS_PX[min(lines, max(_ROWS_PX))] if lines > 1 else None


def _lines(text: str, room_px: float) -> int:
    """Return in how many lines a text stands: it breaks between words, and anywhere where a word or a script has no spaces."""
    lines, at_px = 1, 0.0
    for word in _PIECES.findall(text):
        wide = _text_px(word.rstrip()) * _RUNNING
        if at_px and at_px + wide > room_px:
            lines, at_px = lines + 1, 0.0
        further = max(0, math.ceil(wide / room_px) - 1)
        lines, at_px = lines + further, at_px + _text_px(word) * _RUNNING - further * room_px
    return lines


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _width_px(frame: pd.DataFrame, name: str, show: Callable[[object], str] | None) -> int:
    cells = frame[name].head(_ROWS_LOOKED_AT)
    said = [str(name), *("" if cell is None else str(show(cell)) if show else str(cell) for cell in cells)]
    return round(max(map(_text_px, said)) + _AROUND_PX)


def _text_px(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return wide * _WIDE_PX + (len(text) - wide) * _LETTER_PX
