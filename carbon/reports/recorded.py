"""Notes that a ledger recorded in English, in the language of a report."""

from __future__ import annotations

import re
from functools import cache

from carbon.reports.context import Context
from carbon.reports.words import Words
from carbon.terms import Language

_NAME = re.compile(r"\{(\w+)\}")


def said(context: Context, note: str) -> str:
    """Return a recorded note in the report's language; one that no text knows is quoted as recorded, and said to be."""
    if context.language is Language.EN:
        return note
    for key, pattern in _patterns():
        found = pattern.fullmatch(note)
        if found is not None:
            values = found.groupdict()
            if "service" in values:
                values["service"] = context.service(values["service"])
            if "site" in values:
                values["site"] = context.place(values["site"])
            return context.words(f"recorded.{key}", **values)
    return context.words("method.as_recorded", note=note)


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
