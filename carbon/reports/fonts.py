"""The embedded fonts, and how plain text becomes runs that they can show.

Latin, Greek and Cyrillic letters and all digits come from Noto Sans, Chinese and Japanese signs from Noto Sans SC.
A character that neither has is printed as its code point in brackets, never as an empty box, and reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from carbon.errors import ReportError

REGULAR, STRONG = "NotoSans-Regular", "NotoSans-SemiBold"
_CHINESE = {REGULAR: "NotoSansSC-Regular", STRONG: "NotoSansSC-SemiBold"}
FILES = (REGULAR, STRONG, *_CHINESE.values())

#: Formulas with their subscripts, the only markup there is; a further letter or an ending means another word.
_FORMULA = re.compile(r"(?<![A-Za-z0-9])(CO|CH|N)(2|4)(O?e?)(?![A-Za-z0-9]|\.js)")
_POWER = re.compile(r"(?<=10)\^(−?[0-9]+)")
_SUBSCRIPT = '<sub rise="{rise:.2f}" size="{size:.2f}">{text}</sub>'
_SUPERSCRIPT = '<super rise="{rise:.2f}" size="{size:.2f}">{text}</super>'
#: Marks of both scripts: beside Chinese they have the width of a sign.
_SHARED, _CHINESE_FROM = set("“”‘’…—·"), 0x2E80
_SPACES = {"\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " ", "\u202f": "\u00a0", "\ufeff": ""}


@dataclass(frozen=True)
class Shown:
    """Markup of a text, and the characters that had to be replaced."""

    markup: str
    replaced: tuple[str, ...] = ()


@cache
def register() -> None:
    """Make the fonts known to reportlab, once.

    Raises
    ------
    ReportError
        If a font file is missing from the installation.
    """
    for name in FILES:
        try:
            with resources.as_file(resources.files("carbon.reports") / "fonts" / f"{name}.ttf") as path:
                pdfmetrics.registerFont(TTFont(name, str(path)))
        except (OSError, TTFError) as error:
            raise ReportError(f"the font {name} cannot be read ({error}); install the package again") from error


@cache
def coverage(name: str) -> frozenset[int]:
    """Return the code points that a font can show."""
    register()
    return frozenset(pdfmetrics.getFont(name).face.charToGlyph)


def _visible(character: str) -> bool:
    """Whether a character leaves ink or a space of its own; controls and direction marks do not."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs", "Cn")


def shown(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with every character that no font has replaced by its name in brackets, and those characters."""
    out, replaced = [], []
    for character in unicodedata.normalize("NFC", text):
        character = _SPACES.get(character, character)
        if not character or character == "\u00ad":
            continue
        code = ord(character)
        if _visible(character) and (code in coverage(REGULAR) or code in coverage(_CHINESE[REGULAR])):
            out.append(character)
        else:
            out.append(f"[U+{code:04X}]")
            replaced.append(character)
    return "".join(out), tuple(dict.fromkeys(replaced))


def missing_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return all characters of some texts that no font has, in order of appearance."""
    return tuple(dict.fromkeys(character for text in texts for character in shown(text)[1]))


def runs(text: str, weight: str = REGULAR) -> Iterator[tuple[str, str]]:
    """Split a text into (font, part).

    Chinese signs that the strong font lacks make the whole text's Chinese regular, so that one word
    never mixes two weights.
    """
    latin, chinese = coverage(weight), _CHINESE[weight]
    if any(ord(each) not in latin and ord(each) not in coverage(chinese) for each in text):
        chinese = _CHINESE[REGULAR]
    font, part = "", ""
    for position, character in enumerate(text):
        wanted = weight if ord(character) in latin else chinese
        if character in _SHARED and any(
            ord(each) >= _CHINESE_FROM for each in text[max(position - 1, 0) : position + 2]
        ):
            wanted = chinese
        if wanted != font and part:
            yield font, part
            part = ""
        font, part = wanted, part + character
    if part:
        yield font, part


def _formula(found: re.Match, size: float) -> str:
    """Return CO2, CO2e, CH4 or N2O with a subscript; anything else as it is."""
    if found[0] not in ("CO2", "CO2e", "CH4", "N2O"):
        return found[0]
    return found[1] + _SUBSCRIPT.format(rise=size / 5, size=size * 0.7, text=found[2]) + found[3]


def markup(text: str, weight: str = REGULAR, size: float = 9.0) -> str:
    """Return reportlab's markup of a plain text: escaped, with fonts, CO2 subscripts and powers of ten."""
    clean, _ = shown(text)
    out = []
    for font, part in runs(clean, weight):
        body = escape(part)
        body = _FORMULA.sub(lambda found: _formula(found, size), body)
        body = _POWER.sub(lambda found: _SUPERSCRIPT.format(rise=size / 3, size=size * 0.7, text=found[1]), body)
        out.append(f'<font name="{font}">{body}</font>')
    return "".join(out)


def width(text: str, weight: str, size: float) -> float:
    """Return the width of a text on one line [pt]."""
    return sum(pdfmetrics.stringWidth(part, font, size) for font, part in runs(shown(text)[0], weight))
