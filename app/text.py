"""Every word the app shows, by language: ``t("overview.title")``; and the user's own text made harmless."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import streamlit as st

from carbon import documents
from carbon.terms import Language

TEXTS = Path(__file__).parent / "texts"
LANGUAGE_KEY = "language"

#: Names of the languages in themselves, as the switch shows them.
NAMES = {Language.EN: "English", Language.ZH: "中文"}

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:])")


def language() -> Language:
    """Return the language of this session; the browser's on the first visit."""
    chosen = st.session_state.get(LANGUAGE_KEY)
    if chosen in list(Language):
        return Language(chosen)
    return Language.ZH if (st.context.locale or "").lower().startswith("zh") else Language.EN


def t(key: str, /, **values: object) -> str:
    """Return the text of a key with its places filled.

    Parameters
    ----------
    key : str
        Dotted path in ``texts/<language>.yaml``.
    **values
        What stands in braces there; the user's own text goes through `plain` first.
    """
    text = catalogue(language())[key]
    text = text.format(**values) if values else text
    # A full-width bracket brings its own space.
    return text.replace("） ", "）") if language() is Language.ZH else text


def known(key: str) -> bool:
    """Whether the catalogue has a key; for codes that the engine may add to."""
    return key in catalogue(language())


def named(group: str, code: str) -> str:
    """Return the text of a code of a group, such as a stage; an unknown code is shown as it is."""
    key = f"{group}.{code}"
    return t(key) if known(key) else str(code).replace("_", " ")


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return a language's texts by dotted key."""
    return _flat(documents.read(TEXTS / f"{language}.yaml"), "")


def _flat(tree: dict, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = str(value)
    return found


def plain(text: object) -> str:
    """Return the user's own text so that no renderer reads markup, a directive, a formula or a link in it."""
    flat = " ".join(str(text).split())
    # A word joiner keeps `:name:` from becoming an emoji after the escapes are resolved.
    return _MARKUP.sub(r"\\\1", re.sub(r":(?=\w)", ":\u2060", flat))
