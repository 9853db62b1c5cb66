"""How wide the columns of a table may be, and how high its rows, so that it stands on a small screen without scrolling sideways."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

import pandas as pd

#: What a page of 1,280 px leaves a table beside the side bar, and what a column of boxes to choose rows by takes.
_ROOM_PX, _BOXES_PX = 906, 34
#: Grid cells at 14 px: a letter, a Chinese character, and what stands around a text.
_LETTER_PX, _WIDE_PX, _AROUND_PX = 7.4, 14.0, 18
#: Texts get no narrower than this.
_LEAST_PX = 110
#: Height of a row of so many lines; longer texts are cut. Streamlit breaks no text in rows lower than 64 px (1.67).
_ROWS_PX = {1: 35, 2: 66, 3: 76, 4: 95}
_ROWS_LOOKED_AT = 200
#: A line holds more of running text than of the widest letters that a column's width is reckoned by.
_RUNNING = 0.93


def capped(frame: pd.DataFrame, formats: Mapping[str, Callable[[object], str]], boxes: bool = False) -> dict[str, int]:
    """Return widths for the longest columns of text [px] of a table that would be wider than its room; others fit themselves.

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
            return {each: round(level_px) for each in texts if wanted[each] > level_px}
        room_px, left = room_px - wanted[name], left - 1
    return {}


def row_px(frame: pd.DataFrame, widths: Mapping[str, int]) -> int:
    """Return the height of rows in which texts that are wider than their columns break into lines."""
    lines = 1
    for name, width in widths.items():
        for cell in frame[name].head(_ROWS_LOOKED_AT):
            lines = max(lines, _lines("" if cell is None else str(cell), width - _AROUND_PX))
    return _ROWS_PX[min(lines, max(_ROWS_PX))]


def _lines(text: str, room_px: float) -> int:
    """Return in how many lines a text stands: it breaks between words, and anywhere where a word or script has no spaces."""
    lines, at_px = 1, 0.0
    for word in text.split():
        wide = _text_px(word) * _RUNNING
        space = _LETTER_PX if at_px else 0.0
        if at_px + space + wide <= room_px:
            at_px += space + wide
            continue
        first = at_px > 0
        extra, at_px = divmod(wide, room_px)
        lines += int(first) + int(extra)
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
