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
STRONG_FILES = (STRONG, _CHINESE[STRONG])

#: Formulas and powers of ten, the only markup there is; a further letter or an ending means another word.
_SCRIPT = re.compile(
    r"(?<![A-Za-z0-9])(?:CO(?P<dioxide>2)e?|CH(?P<methane>4)|N(?P<oxide>2)O)(?![A-Za-z0-9]|\.js)"
    r"|(?<=10)\^(?P<power>−?[0-9]+)"
)
#: Size of a subscript or superscript, and how far they are lowered and raised, as parts of the size around them.
SMALL, LOWERED, RAISED = 0.7, 1 / 5, 1 / 3
#: Marks of both scripts: beside Chinese they have the width of a sign.
_SHARED, _CHINESE_FROM = set("“”‘’…—·"), 0x2E80
SPACES = {"\t": " ", "\n": " ", "\r": " ", "\u2028": " ", "\u2029": " ", "\u202f": "\u00a0", "\ufeff": ""}


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


def visible(character: str) -> bool:
    """Whether a character leaves ink or a space of its own; controls and direction marks do not."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs", "Cn")


def shown(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with every character that no font has replaced by its name in brackets, and those characters."""
    out, replaced = [], []
    for character in unicodedata.normalize("NFC", text):
        character = SPACES.get(character, character)
        if not character or character == "\u00ad":
            continue
        code = ord(character)
        if visible(character) and (code in coverage(REGULAR) or code in coverage(_CHINESE[REGULAR])):
            out.append(character)
        else:
            out.append(f"[U+{code:04X}]")
            replaced.append(character)
    return "".join(out), tuple(dict.fromkeys(replaced))


def described(character: str) -> str:
    """Return a character's code point and, where it has one, its name in Unicode: ``U+1F600 GRINNING FACE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


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
        beside = text[max(position - 1, 0) : position + 2]
        if (
            character in _SHARED
            and ord(character) in coverage(chinese)
            and any(ord(each) >= _CHINESE_FROM for each in beside)
        ):
            wanted = chinese
        if wanted != font and part:
            yield font, part
            part = ""
        font, part = wanted, part + character
    if part:
        yield font, part


def scripts(text: str) -> Iterator[tuple[str, int]]:
    """Split a text into (part, level): -1 a subscript such as the 2 of CO2e, 1 a power of ten, 0 as it is."""
    start = 0
    for found in _SCRIPT.finditer(text):
        first, last = found.span(found.lastgroup)
        raised = found.lastgroup == "power"
        # The sign before a power is not printed.
        before = text[start : first - 1 if raised else first]
        if before:
            yield before, 0
        yield text[first:last], 1 if raised else -1
        start = last
    if start < len(text):
        yield text[start:], 0


def markup(text: str, weight: str = REGULAR, size: float = 9.0) -> str:
    """Return reportlab's markup of a plain text: escaped, with fonts, CO2 subscripts and powers of ten."""
    clean, _ = shown(text)
    out = []
    for font, part in runs(clean, weight):
        body = "".join(_script(each, level, size) for each, level in scripts(part))
        out.append(f'<font name="{font}">{body}</font>')
    return "".join(out)


def _script(text: str, level: int, size: float) -> str:
    if not level:
        return escape(text)
    tag, rise = ("super", size * RAISED) if level > 0 else ("sub", size * LOWERED)
    return f'<{tag} rise="{rise:.2f}" size="{size * SMALL:.2f}">{escape(text)}</{tag}>'


def width(text: str, weight: str, size: float) -> float:
    """Return the width of a text on one line [pt]."""
    return sum(
        pdfmetrics.stringWidth(each, font, size * SMALL if level else size)
        for font, part in runs(shown(text)[0], weight)
        for each, level in scripts(part)
    )
