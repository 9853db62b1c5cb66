"""How wide the columns of a table may be, so that it stands on a small screen without scrolling sideways where it can."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

import pandas as pd

#: What a page of 1,280 px leaves a table beside the side bar, and what a column of boxes to choose rows by takes.
_ROOM_PX, _BOXES_PX = 906, 34
#: Grid cells at 14 px: a letter, a Chinese character, and what stands around a text.
_LETTER_PX, _WIDE_PX, _AROUND_PX = 7.4, 14.0, 18
#: Texts are cut no further than this.
_LEAST_PX = 110
_ROWS_LOOKED_AT = 100


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


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _width_px(frame: pd.DataFrame, name: str, show: Callable[[object], str] | None) -> int:
    cells = frame[name].head(_ROWS_LOOKED_AT)
    said = [str(name), *("" if cell is None else str(show(cell)) if show else str(cell) for cell in cells)]
    return round(max(map(_text_px, said)) + _AROUND_PX)


def _text_px(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return wide * _WIDE_PX + (len(text) - wide) * _LETTER_PX
