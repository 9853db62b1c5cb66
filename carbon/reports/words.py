"""The wording of reports in each language, read once from ``texts/``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from carbon import documents
from carbon.errors import ReportError
from carbon.terms import Language

#: Words that a renderer adds itself.
RENDERER_WORDS = (
    "page",
    "contents",
    "in_words",
    "note",
    "characters",
    "characters_text",
    "characters_html",
    "characters_list",
    "skip",
    "data_of",
)


@cache
def _read(language: Language) -> Any:
    with resources.as_file(resources.files("carbon.reports") / "texts" / f"{language}.yaml") as path:
        return documents.read(path)


class Words:
    """Texts of one language.

    Parameters
    ----------
    language : Language or str
        ``en`` or ``zh``.

    Raises
    ------
    ReportError
        If there is no wording in that language.
    """

    def __init__(self, language: Language | str):
        try:
            self.language = Language(language)
        except ValueError:
            known = ", ".join(Language)
            raise ReportError(f"no report in language '{language}'; choose one of {known}") from None
        self._texts = _read(self.language)

    def at(self, key: str) -> Any:
        """Return what stands under a dotted key: a text, a mapping or a list."""
        found = self._texts
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                raise ReportError(f"the wording in {self.language} lacks '{key}'; install the package again")
            found = found[part]
        return found

    def has(self, key: str) -> bool:
        """Whether a dotted key exists."""
        try:
            self.at(key)
        except ReportError:
            return False
        return True

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its {names} filled in; values are taken as they are, braces included."""
        text = self.at(key)
        text = text.format(**values) if values else text
        # A full-width bracket brings its own space.
        return text.replace("） ", "）") if self.language is Language.ZH else text

    def named(self, group: str, key: str) -> str:
        """Return the text of a key inside a group, or the key itself where nobody has worded it yet."""
        texts = self.at(group)
        return texts.get(key) or key.replace("_", " ")

    def not_reported(self, reason: str) -> str:
        """Return ``not reported: reason``; `reason` is a key below ``reasons``, or the limit that leaves nothing."""
        group = "reasons" if reason in self.at("reasons") else "limits"
        return self("words.not_reported", reason=self(f"{group}.{reason}"))

    def joined(self, items: list[str]) -> str:
        """Return a list in the language's own commas."""
        return self("words.separator").join(items)
