"""How wide the columns of a table may be, and how high its rows, so that it stands on a small screen without scrolling sideways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import pandas as pd

#: What a page of 1,280 px leaves a table beside the side bar, and what a column of boxes to choose rows by takes.
_ROOM_PX, _BOXES_PX = 906, 34
#: Grid cells at 14 px: a letter, a Chinese character, and what stands around a text.
_LETTER_PX, _WIDE_PX, _AROUND_PX = 7.4, 14.0, 20
#: Texts get no narrower than this.
_LEAST_PX = 110
#: Height of a row of several lines; longer texts are cut. Streamlit breaks no text in rows lower than 64 px (1.67).
_ROWS_PX = {2: 66, 3: 76, 4: 95, 5: 114}
#: What a line may break after: a word with the space that follows, or one sign of a script without spaces.
_PIECES = re.compile(
    r"[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]*\s+|[^\s\u2e80-\u9fff\uff00-\uffef]+"
)
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
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
    texts = [name for name in frame.columns if name not in formats and is_text(frame[name])]
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
    lines = max(
        (
            len(_lines(_said(cell), width))
            for name, width in widths.items()
            for cell in frame[name].head(_ROWS_LOOKED_AT)
        ),
        default=1,
    )
    return _ROWS_PX[min(lines, max(_ROWS_PX))] if lines > 1 else None


def fitted(cell: object, width: int | None = None, row: int | None = None) -> str:
    """Return a text as a table shows it, in a column of a width and a row of a height [px] where it has to break.

    The browser's table guesses where a line may end from the mean width of all characters it has drawn: in a page of Chinese
    it leaves English unbroken. A sign of no width behind each Chinese character makes the mean that of English.
    """
    text = _said(cell)
    if width is not None and row is not None:
        lines, most = _lines(text, width), max(count for count, height in _ROWS_PX.items() if height <= row)
        text = text if len(lines) <= most else f"{''.join(lines[:most]).rstrip()} …"
    return _WIDE.sub("\\g<0>\u200b", text)


def _said(cell: object) -> str:
    return "" if cell is None else " ".join(str(cell).split())


@lru_cache(maxsize=20_000)
def _lines(text: str, width: int) -> tuple[str, ...]:
    """Return the lines in which a text stands: it breaks between words, and anywhere where a word or a script has no spaces."""
    lines, room_px = [""], width - _AROUND_PX
    at_px = 0.0
    for word in _PIECES.findall(text):
        wide_px = _text_px(word.rstrip()) * _RUNNING
        if at_px and at_px + wide_px > room_px:
            lines.append("")
            at_px = 0.0
        for letter in word:
            letter_px = _text_px(letter) * _RUNNING
            if at_px + letter_px > room_px and letter != " ":
                lines.append("")
                at_px = 0.0
            lines[-1] += letter
            at_px += letter_px
    return tuple(lines)


def is_text(column: pd.Series) -> bool:
    """Whether a column holds neither figures nor truth values."""
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _width_px(frame: pd.DataFrame, name: str, show: Callable[[object], str] | None) -> int:
    cells = frame[name].head(_ROWS_LOOKED_AT)
    said = [str(name), *("" if cell is None else str(show(cell)) if show else str(cell) for cell in cells)]
    return round(max(map(_text_px, said)) + _AROUND_PX)


def _text_px(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return wide * _WIDE_PX + (len(text) - wide) * _LETTER_PX
