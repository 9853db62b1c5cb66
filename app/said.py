"""What the library says in English, in the page's language.

The library's messages are written where they are raised, in English. Here a message is recognised by its text: the
catalogue ``texts/said_zh.yaml`` has each English sentence with ``{0}``, ``{1}`` ... where the library fills something in.
A test finds every sentence in the library's code, so that none is forgotten.
"""

from __future__ import annotations

import re
from functools import cache

from app.text import TEXTS, language, named, t
from carbon import documents
from carbon.terms import Language, Match

_PLACE = re.compile(r"\{(\d+)\}")
#: Words that the library puts between the alternatives it fills in.
_EITHER = re.compile(r"\S+(?: or \S+)+")
#: How well a factor's region fits, behind its name.
_MATCH = re.compile(rf" \(({'|'.join(Match)})\)")
#: What the origin of a site's amount says behind it.
_SHARE = re.compile(r", (\S+) of it for parcels$")
_DEEPEST = 4
#: A text that may be the user's own is only recognised by more letters than these.
_FEW_LETTERS = 8


def said(text: object, filled: bool = False) -> str:
    """Return a sentence of the library in the page's language; one that the catalogue lacks is shown as it is.

    Parameters
    ----------
    text : object
        One sentence in English.
    filled : bool
        Whether the text may be the user's own: a single word of it is never taken for one of ours.
    """
    return str(text) if language() is Language.EN else in_chinese(str(text), filled)


def in_chinese(text: str, filled: bool = False, depth: int = 0) -> str:
    """Return a sentence of the library in Chinese."""
    flat = " ".join(text.split())
    plain = _sentences().get(flat)
    if plain is not None:
        return text if filled and " " not in flat else plain
    for pattern, chinese, letters in _patterns():
        found = pattern.fullmatch(flat) if letters >= _FEW_LETTERS or not filled else None
        if found is not None:
            # What is filled in may be a sentence of ours itself, such as a problem with the place it stands at.
            parts = [each if depth == _DEEPEST else in_chinese(each, True, depth + 1) for each in found.groups()]
            return chinese.format(*parts)
    if depth and _EITHER.fullmatch(flat):
        return flat.replace(" or ", " 或 ")
    where, colon, rest = flat.partition(": ")
    if colon and " " not in where and (told := in_chinese(rest, True, _DEEPEST)) != rest:
        return f"{where}：{told}"
    return text


def origin(text: str) -> str:
    """Return where a number of a calculation comes from: columns and factors keep their names, the words around them do not."""
    if language() is Language.EN:
        return text
    found = _MATCH.sub(lambda match: f"（{named('match', match[1])}）", text)
    if share := _SHARE.search(found):
        return t("origin.share", origin=origin(found[: share.start()]), share=share[1])
    return in_chinese(found)


@cache
def catalogue() -> dict[str, str]:
    """Return the Chinese sentences by the English ones."""
    return documents.read(TEXTS / "said_zh.yaml")


@cache
def _sentences() -> dict[str, str]:
    """Return those that nothing is filled into."""
    return {each.format(): chinese.format() for each, chinese in catalogue().items() if not _PLACE.search(each)}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, int], ...]:
    """Return what the others match, with their Chinese and their count of letters, those with most of their own first."""
    filled = sorted((each for each in catalogue() if _PLACE.search(each)), key=lambda each: -len(_PLACE.sub("", each)))
    return tuple(
        (re.compile(_pattern(each), re.DOTALL), catalogue()[each], sum(map(str.isalpha, each))) for each in filled
    )


def _pattern(english: str) -> str:
    # Places stand in order, each once.
    pieces = _PLACE.split(english)[::2]
    return "(.+?)".join(re.escape(each.replace("{{", "{").replace("}}", "}")) for each in pieces)
