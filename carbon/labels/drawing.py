"""A label as SVG: text as text, as wide as its text needs, without script, link or anything from elsewhere."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from carbon.labels.content import Label, plain
from carbon.labels.links import qr_path
from carbon.labels.markup import DRAWINGS, css, style_hash, templates
from carbon.labels.phrases import words_of
from carbon.labels.wording import words

_PADDING, _WIDEST, _NARROWEST = 16, 400, 220
#: Widths of letters in parts of the font's size, a little above those of the usual fonts, so that text never runs out.
_NARROW, _USUAL, _BROAD, _FULL = frozenset("iljtfrI.,:;'|!()[] -–·"), 60, 90, 100
_THIN, _WHOLE = 36, 100
_TEXT, _NAME, _FIGURE, _SMALL = 14, 16, 20, 12
_BARS, _GAP = 96, 12
#: Side of a QR code's module: wide enough to be read from a screen and from paper.
_MODULE = 3
#: Room for a text beside it.
_ROOM = 84

#: Room for a stage's figure: eight digits or so.
_FIGURES = 8 * _USUAL * _TEXT / _WHOLE + _GAP


@dataclass
class _Sheet:
    """Lines and bars from top to bottom."""

    width: float
    y: float = _PADDING
    lines: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    codes: list[dict[str, Any]] = field(default_factory=list)

    def say(
        self, text: str, size: int = _TEXT, weight: int | None = None, muted: bool = False, after: str = ""
    ) -> None:
        """Add a text, broken into as many lines as it needs."""
        # Bold letters are about an eighth wider.
        rows = _broken(text, size, self.width - (self.width / 8 if weight else 0))
        for position, row in enumerate(rows):
            self.y += size
            last = position == len(rows) - 1
            # What follows goes to a line of its own where it would run out.
            tail, below = (
                (after, "") if last and _length(row + after, size) <= self.width else ("", after if last else "")
            )
            self._line(row, size, weight, muted, tail)
            if below:
                self.y += _NAME + size / 4
                self._line(below.strip(), _NAME, None, True, "")
            self.y += size / 2

    def _line(self, text: str, size: int, weight: int | None, muted: bool, after: str, **place: Any) -> None:
        line = {"x": _PADDING, "y": round(self.y, 1), "size": size, "weight": weight, "muted": muted, "after": after}
        self.lines.append({**line, "end": False, "text": text, **place})

    def stage(self, name: str, text: str, stage: str, share: float) -> None:
        """Add a stage: its name, a bar from zero, its figure."""
        self.y += _TEXT
        right = self.width + _PADDING
        # Nothing is shorter than a hair line.
        bar = {"stage": stage, "y": round(self.y - 9.5, 1), "width": round(max(share * (_BARS - 1), 1), 1)}
        self.bars.append({**bar, "x": round(right - _BARS - _FIGURES + 0.5, 1)})
        self._line(name, _TEXT, None, False, "")
        self._line(text, _TEXT, None, False, "", x=round(right, 1), end=True)
        self.y += _TEXT / 2

    def code(self, target: str, text: str) -> None:
        """Add a QR code and a text: beside it, or below one that leaves no room."""
        path, modules = qr_path(target)
        module = min(_MODULE, self.width / modules)
        side, top = round(modules * module, 1), round(self.y, 1)
        self.codes.append({"x": _PADDING, "y": top, "side": side, "module": round(module, 4), "path": path})
        room = self.width - side - _GAP
        if room < _ROOM:
            self.y = top + side + _GAP / 2
            self.say(text, _SMALL, muted=True)
            return
        for row in _broken(text, _SMALL, room):
            self.y += _SMALL
            self._line(row, _SMALL, None, True, "", x=_PADDING + side + _GAP)
            self.y += _SMALL / 2
        self.y = max(self.y, top + side) + _GAP / 2

    def gap(self) -> None:
        """Leave some space."""
        self.y += _TEXT / 2


def policy() -> str:
    """Return the Content-Security-Policy of a drawing: its own style, and nothing else."""
    return f"default-src 'none'; style-src {style_hash(DRAWINGS)}; frame-ancestors 'none'"


def svg(label: Label, language: str, *, unit: str | None = None) -> str:
    """Return a label as SVG in a language.

    Parameters
    ----------
    unit : str, optional
        ``g``, ``kg`` or ``t``, where options share one.
    """
    text, said = words(language), words_of(label, language, unit)
    sheet = _Sheet(_width(said))
    sheet.say(said["name"], _NAME, 600)
    if label.available:
        extent = f" ({said['range']})" if said["range"] else ""
        sheet.say(f"{said['value']} CO2e", _FIGURE, 600, after=extent)
        if said["difference"]:
            sheet.say(said["difference"])
        _add_stages(sheet, label, said)
        sheet.gap()
        for key in ("counted", "not_counted", "product", "data", "method"):
            if said[key]:
                sheet.say(said[key], _SMALL, muted=True)
        sheet.say(said["statement"], _SMALL)
    else:
        sheet.say(said["line"])
        sheet.say(said["why"], _SMALL, muted=True)
    if label.gtin:
        sheet.say(text("says.gtin", gtin=label.gtin), _SMALL)
    if label.url:
        sheet.gap()
        address = plain(label.url, len(label.url))
        sheet.code(label.link or address, address)
    desc = " ".join(
        said.get(key) or "" for key in ("spoken", "difference", "counted", "not_counted", "statement", "why")
    )
    return (
        templates()
        .get_template("label.svg")
        .render(
            id=f"label-{hashlib.sha256(repr((said, label.url)).encode()).hexdigest()[:8]}",
            tag=text.locale.replace("_", "-"),
            title=f"{said['name']}: {said['line']}",
            desc=" ".join(desc.split()),
            width=round(sheet.width + 2 * _PADDING),
            height=round(sheet.y + _PADDING / 2),
            lines=sheet.lines,
            bars=sheet.bars,
            codes=sheet.codes,
            css=css(DRAWINGS),
        )
    )


def _add_stages(sheet: _Sheet, label: Label, said: dict[str, Any]) -> None:
    if not said["stages"]:
        return
    sheet.gap()
    largest = max(label.stages.values())
    for each in said["stages"]:
        sheet.stage(each["name"], each["text"], each["stage"], label.stages[each["stage"]] / largest)


def _width(said: dict[str, Any]) -> float:
    """Return the width of what must stand in one line, between the narrowest and the widest that a checkout has room for."""
    extent = said.get("range")
    wanted = [
        _length(said["name"], _NAME) * 8 / 7,
        _length(f"{said['value']} CO2e ({extent})" if extent else said["line"], _FIGURE) * 8 / 7,
        _length(said.get("difference") or "", _TEXT),
        _length(said.get("statement") or "", _SMALL),
        *(_length(each["name"], _TEXT) + _GAP + _BARS + _FIGURES for each in said.get("stages", ())),
    ]
    return min(max(_NARROWEST, *wanted), _WIDEST)


def _length(text: str, size: float) -> float:
    return sum(_advance(each) for each in text) * size / _WHOLE


def _advance(letter: str) -> int:
    if unicodedata.east_asian_width(letter) in "WF":
        return _FULL
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn"):
        return 0
    if letter in _NARROW:
        return _THIN
    return _BROAD if letter in "mwMW@%—" else _USUAL if letter.islower() or letter.isdigit() else _USUAL + _USUAL // 6


def _broken(text: str, size: float, width: float) -> list[str]:
    """Break a text at spaces, between Chinese characters, and inside a word that is too long for a line."""
    rows, row = [], ""
    for piece in _pieces(text):
        while piece:
            if _length((row + piece).rstrip(), size) <= width:
                row, piece = row + piece, ""
            elif row.strip():
                rows.append(row.rstrip())
                row, piece = "", piece.lstrip()
            else:
                cut = next((n for n in range(1, len(piece)) if _length(piece[: n + 1], size) > width), len(piece))
                rows.append(piece[:cut])
                piece = piece[cut:]
    return [*rows, row.rstrip()] if row.strip() or not rows else rows


def _pieces(text: str) -> list[str]:
    found: list[str] = []
    for letter in text:
        closing = letter in "，。；：）、”"
        opens = found and found[-1][-1] in "（“"
        wide = unicodedata.east_asian_width(letter) in "WF"
        after_wide = found and unicodedata.east_asian_width(found[-1][-1]) in "WF"
        new = not found or found[-1][-1] == " " or ((wide or after_wide) and not closing and not opens)
        if new:
            found.append(letter)
        else:
            found[-1] += letter
    return found
