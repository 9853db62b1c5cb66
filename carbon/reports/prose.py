"""Plain text as HTML: escaped, with formulas, parts in another language or writing direction, and places to break."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

from carbon.reports import fonts
from carbon.terms import Language

_RIGHT_TO_LEFT = r"(?P<rtl>[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc](?:[\s\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])?)"
#: A run of Chinese, or of three English words and more, is said to be so: names and titles that stay as published.
_CHINESE = (
    r"(?P<zh>[\u3007\u3400-\u9fff\uf900-\ufaff](?:[\u3000-\u9fff\uf900-\uffef]*[\u3007\u3400-\u9fff\uf900-\ufaff])?)"
)
_ENGLISH = r"(?P<en>[A-Za-z]{2,}(?:[ ,.;:'’\"()&/%0-9+–-]*[ ,][('\"&]*[A-Za-z][A-Za-z0-9'’-]*[.)]?){2,})"
_PARTS = {
    Language.EN: re.compile(f"{_RIGHT_TO_LEFT}|{_CHINESE}"),
    Language.ZH: re.compile(f"{_RIGHT_TO_LEFT}|{_ENGLISH}"),
}
#: Words that are longer than this may break after their points, underscores and slashes.
_LONG = re.compile(r"[!-~]{15,}")
_JOINT = re.compile(r"(?<=[._/:])(?=[A-Za-z])|(?<=[_/])(?=\d)")
_TAGS = {-1: "sub", 0: "", 1: "sup"}
#: They join letters of some scripts, and parts of an emoji.
_JOINERS = "\u200c\u200d"


def prose(text: str, language: Language) -> Markup:
    """Return a plain text as markup; nothing in it is taken for markup, and nothing in it turns the writing around."""
    text = named(text)
    out, start = [], 0
    for found in _PARTS[language].finditer(text):
        out += [_plain(text[start : found.start()]), _foreign(found)]
        start = found.end()
    return Markup("").join([*out, _plain(text[start:])])


def named(text: str) -> str:
    """Replace what leaves no ink, such as controls and marks of direction, by its code point in brackets."""
    out = []
    for character in unicodedata.normalize("NFC", text):
        character = fonts.SPACES.get(character, character)
        if not character or character == "\u00ad":
            continue
        seen = fonts.visible(character) or character in _JOINERS
        out.append(character if seen else f"[U+{ord(character):04X}]")
    return "".join(out)


def _foreign(found: re.Match) -> Markup:
    if found.lastgroup == "rtl":
        return Markup("<bdi>{}</bdi>").format(_plain(found[0]))
    return Markup('<span lang="{}">{}</span>').format(found.lastgroup, _plain(found[0]))


def _plain(text: str) -> Markup:
    return Markup("").join(
        Markup(f"<{_TAGS[level]}>{{}}</{_TAGS[level]}>").format(part) if level else _breakable(part)
        for part, level in fonts.scripts(text)
    )


def _breakable(text: str) -> Markup:
    """Escape a text, and let its long words break where their parts meet."""
    out, start = Markup(""), 0
    for found in _LONG.finditer(text):
        pieces = (escape(piece) for piece in _JOINT.split(found[0]))
        out += escape(text[start : found.start()]) + Markup("<wbr>").join(pieces)
        start = found.end()
    return out + escape(text[start:])
