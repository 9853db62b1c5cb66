"""Notes that a ledger recorded in English, in the language of a report."""

from __future__ import annotations

import re
from functools import cache

from carbon.reports.context import Context
from carbon.reports.words import Words
from carbon.terms import Language

_NAME = re.compile(r"\{(\w+)\}")


def said(context: Context, note: str) -> str:
    """Return a recorded note in the report's language, keys as names; one that no text knows is quoted as recorded, and said to be."""
    for key, pattern in _patterns():
        found = pattern.fullmatch(note)
        if found is not None:
            named = {"service": context.service, "site": context.place}
            values = {name: named.get(name, str)(value) for name, value in found.groupdict().items()}
            if context.language is Language.EN:
                return _renamed(note, found, values)
            return context.words(f"recorded.{key}", **values)
    return note if context.language is Language.EN else context.words("method.as_recorded", note=note)


def _renamed(note: str, found: re.Match[str], values: dict[str, str]) -> str:
    """Return a note with other values in their places; what follows what the texts know stays."""
    for name in sorted(values, key=found.start, reverse=True):
        note = note[: found.start(name)] + values[name] + note[found.end(name) :]
    return note


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the English texts as what they match, the longest first: a short one must not swallow another's."""
    texts = Words(Language.EN).at("recorded")
    made = [(key, re.compile(_pattern(text), re.DOTALL)) for key, text in texts.items()]
    return tuple(sorted(made, key=lambda pair: -len(pair[1].pattern)))


def _pattern(text: str) -> str:
    parts = _NAME.split(text)
    # What went wrong may follow in English; a text says it as far as it can.
    return "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)) + "(?:: .+)?"
