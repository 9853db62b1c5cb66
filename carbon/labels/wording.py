"""What labels may say: the words of each language, and the terms that a market's law refuses.

The words stand in ``texts/``, one file a language; the rules in ``wording.yaml``, with the law behind each. Rules look
at any text a shopper reads, a merchant's names of delivery options above all.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from carbon import documents
from carbon.errors import InputError, Where
from carbon.labels.rules import Allowed, Found, Rules, read_rules

__all__ = ["Allowed", "Refusal", "Words", "check", "languages", "market_of", "refuse", "words"]

_FOLDER = "texts"


@dataclass(frozen=True)
class Refusal:
    """A term that must not be used.

    Attributes
    ----------
    rule, term, text : str
        Key of the rule, what was found in the text, and the text itself.
    law, law_state : str
        The reference with its edition, and whether that reference was seen: ``seen``, ``remembered`` or
        ``to be confirmed``.
    why, instead : str
        In the language asked for.
    """

    rule: str
    term: str
    text: str
    law: str
    law_state: str
    why: str
    instead: str

    def __str__(self) -> str:
        state = "" if self.law_state == "seen" else f" ({self.law_state})"
        return f"'{self.term}' is refused by rule {self.rule}: {self.why} {self.law}{state}"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there is wording in, English first."""
    names = [path.name for path in (resources.files("carbon.labels") / _FOLDER).iterdir()]
    found = sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))
    return tuple(sorted(found, key=lambda name: (name != "en", name)))


@cache
def words(language: str) -> Words:
    """Return the words of a language, by its code (`languages`) or a longer one such as ``en-GB``.

    Raises
    ------
    InputError
        If there is no file for it.
    """
    code = str(language).lower().replace("_", "-")
    found = next((name for name in (code, code.split("-")[0]) if name in languages()), None)
    if found is None:
        raise InputError("no label in this language", found=language, expected=" | ".join(languages()))
    with resources.as_file(resources.files("carbon.labels") / _FOLDER / f"{found}.yaml") as path:
        return Words(found, documents.read(path))


class Words:
    """The texts of one language.

    Attributes
    ----------
    language : str
        Its code, for `lang`.
    name, locale, direction : str
        Its own name, the locale of its numbers, ``ltr`` or ``rtl``.
    """

    def __init__(self, language: str, texts: Mapping[str, Any]):
        self.language, self.texts = language, texts
        self._patterns: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.name, self.locale, self.direction = (texts["language"][key] for key in ("name", "locale", "direction"))

    def __call__(self, key: str, **values: object) -> str:
        """Return the text under a dotted key with its {names} filled in.

        Values are taken as they are, braces included; no attribute or index of a value can be reached from a text.
        """
        found = self._patterns.get(key)
        if found is None:
            found = self._patterns[key] = _pattern(self._at(key))
        pattern, names = found
        return pattern % tuple([values[name] for name in names])

    def _at(self, key: str) -> str:
        text: Any = self.texts
        for part in key.split("."):
            text = text[part]
        return text

    def listed(self, items: Iterable[str]) -> str:
        """Return a list in the language's own commas."""
        return self("figures.list").join(items)

    def named(self, group: str, key: str) -> str:
        """Return the text of a key in a group, or the key itself where nobody has worded it yet."""
        return self.texts[group].get(str(key)) or str(key).replace("_", " ")


def _pattern(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text with ``%s`` where values go, and their names in order."""
    pattern, names = "", []
    for literal, name, _, _ in string.Formatter().parse(text):
        pattern += literal.replace("%", "%%")
        if name is not None:
            pattern += "%s"
            names.append(name)
    return pattern, tuple(names)


def check(
    text: str, market: str, language: str = "en", allowed: Iterable[Allowed] = (), *, of_product: bool = False
) -> list[Refusal]:
    """Return what the rules of a market refuse in a text.

    Parameters
    ----------
    text : str
        Any text, in any language: the terms of all languages are looked for.
    market : str
        ``EU``, ``UK``, ``US``, ``CN`` or ``FR``.
    language : str
        That of the explanations; English where the rules have none in it.
    allowed : iterable of Allowed
        Whole names that may stand, each with its reason.
    of_product : bool
        Whether it is a product's name, where green may be its colour.
    """
    rules = _rules_for(market)
    found = rules.find(text, market, tuple(allowed), of_product=of_product)
    return [_refusal(each, rules, text, market, language) for each in found]


def refuse(
    text: str,
    market: str,
    language: str = "en",
    *,
    allowed: Iterable[Allowed] = (),
    of_product: bool = False,
    where: Where | None = None,
) -> str:
    """Return a text that no rule of the market refuses.

    Raises
    ------
    InputError
        Naming the first refused term, its rule and law, and what to write instead.
    """
    found = check(text, market, language, allowed, of_product=of_product)
    if not found:
        return text
    first, more = found[0], len(found) - 1
    raise InputError(
        f"{first}" + (f" (and {more} more)" if more else ""),
        found=text,
        expected=f"words that the market {market} allows",
        mend=first.instead,
        where=where,
    )


def market_of(country: str) -> str:
    """Return the market whose rules hold for a shop in a country (ISO 3166); the strictest, the EU's, elsewhere."""
    return {"GB": "UK", "US": "US", "CN": "CN", "FR": "FR"}.get(country.upper(), "EU")


def _rules_for(market: str) -> Rules:
    if market not in read_rules().markets:
        raise InputError("no rules for this market", found=market, expected=" | ".join(read_rules().markets))
    return read_rules()


def _refusal(found: Found, rules: Rules, text: str, market: str, language: str) -> Refusal:
    rule = rules.rules[found.rule]
    law = rules.laws[rule.markets[market]]
    why, instead = (each.get(language) or each["en"] for each in (rule.why, rule.instead))
    return Refusal(found.rule, found.term, text, law.reference, law.state, why, instead)
