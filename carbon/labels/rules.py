"""Finding refused terms in a text, also where it is written so that a plain search would miss them.

A text is folded before the search: compatibility forms, case, accents, invisible characters, look-alike letters of other
scripts, digits for letters, letters set apart, words run together by capitals. Latin terms match whole words, with or
without a space or hyphen inside; Chinese terms match anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carbon import documents
from carbon.errors import InputError
from carbon.organisation import Allowed

_CJK = "\u3400-\u9fff"
#: Letters of other scripts that look like Latin ones, after case folding, and traditional characters of our terms.
_ALIKE = str.maketrans(
    "авеѕіјкмнорстухԁһӏԛԝոսցαβεγηικνορτυχωɡɢʀɴʟʙɪʏᴇᴏᴄᴀᴛᴜᴅᴋᴍᴘʜгѵıłøđ"
    "綠緑綫環態淨凈氣樹償減標籤證認無護潔種續優級額負極僅來達實現對廢類購買",
    "abesijkmhopctyxdhlqwnugabeynikvoptuxwggrnlbiyeocatudkmphrvilod"
    "绿绿线环态净净气树偿减标签证认无护洁种续优级额负极仅来达实现对废类购买",
)
#: Capitals that look like Latin ones though their small letters do not.
_CAPITALS = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХІЈЅԌ", "ABEZHIKMNOPTYXABEKMHOPCTYXIJSG")
#: Digits and signs that stand for letters inside words; 1 may be an i or an l.
_DIGITS = "034579@$€", "oeastgase"
_INVISIBLE = ("Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn")
_MARK = "|"  # stands where a phrase was taken out; folded text has none


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Part):
    """The place in a law, where it is known, and whether that place was seen or is remembered."""

    text: str
    state: Literal["seen", "remembered"]


class Law(_Part):
    """What a rule rests on.

    Attributes
    ----------
    state : str
        ``seen`` in a stored source, ``remembered`` (to be checked), or ``to be confirmed`` (no source was collected).
    """

    market: str
    title: str
    edition: str
    says: str
    state: Literal["seen", "remembered", "to be confirmed"]
    item: Item | None = None
    seen_in: str | None = None

    @property
    def reference(self) -> str:
        """The law in one line; a place in it that is only remembered says so."""
        place = "" if self.item is None else f", {self.item.text}"
        unsure = " (number to be confirmed)" if self.item is not None and self.item.state == "remembered" else ""
        return f"{self.title} ({self.edition}){place}{unsure}"


class Rule(_Part):
    """Terms that are refused, in which markets by which law, and what to write instead.

    Attributes
    ----------
    terms : mapping
        Language to terms; a ``*`` at a word's end stands for any further letters.
    patterns : tuple of str
        Regular expressions over the folded text.
    signs : tuple of str
        Pictures, searched in the text as it is.
    passes : tuple of str
        Phrases that say the opposite, and may stand.
    colours : tuple of str
        Terms that name a colour, too: on a product they stand for it.
    examples : mapping
        Texts that the rule refuses, and near ones that no rule does; the tests run them.
    """

    why: Mapping[str, str]
    instead: Mapping[str, str]
    markets: Mapping[str, str] = Field(min_length=1)
    terms: Mapping[str, tuple[str, ...]] = {}
    patterns: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    examples: Mapping[Literal["refused", "passes"], tuple[str, ...]]

    @cached_property
    def searches(self) -> tuple[Search, ...]:
        """What finds its terms and patterns in folded text."""
        listed = [Search(*_term(term), term) for terms in self.terms.values() for term in terms]
        return (*listed, *(Search(pattern) for pattern in self.patterns))


@dataclass(frozen=True)
class Search:
    """What finds a term, or what fits a pattern, in folded text.

    Attributes
    ----------
    pattern : str
    begins : str
        How whatever it finds begins. Most texts do not hold it, so that few of hundreds of patterns are ever compiled.
    term : str or None
        None for a pattern of the rule's own.
    """

    pattern: str
    begins: str = ""
    term: str | None = None

    def first(self, text: str) -> re.Match[str] | None:
        """Return the first match in a text."""
        return _compiled(self.pattern).search(text) if self.begins in text else None

    def taken_out(self, text: str) -> str:
        """Return a text with a mark in place of every match."""
        return _compiled(self.pattern).sub(_MARK, text) if self.begins in text else text


_compiled = cache(re.compile)


@dataclass(frozen=True)
class Found:
    """A term in a text, and the rule it breaks."""

    rule: str
    term: str


class Rules(_Part):
    """The whole of ``wording.yaml``."""

    checked_on: str
    laws: Mapping[str, Law]
    rules: Mapping[str, Rule]

    @model_validator(mode="after")
    def _laws_exist(self):
        for key, rule in self.rules.items():
            for market, law in rule.markets.items():
                if law not in self.laws or self.laws[law].market not in (market, "EU" if market == "FR" else market):
                    raise InputError(f"rule {key} names a law that is none of market {market}", found=law)
        return self

    @property
    def markets(self) -> tuple[str, ...]:
        """The markets there are rules for."""
        return tuple(sorted({market for rule in self.rules.values() for market in rule.markets}))

    def find(
        self, text: str, market: str, allowed: tuple[Allowed, ...] = (), *, of_product: bool = False
    ) -> tuple[Found, ...]:
        """Return what the rules of a market find in a text, each rule and term once.

        Of a product's name the colours are left alone.

        Raises
        ------
        InputError
            If an allowed name is nothing but a refused term.
        """
        for each in allowed:
            self._is_a_name(each, market)
        return _find(text, market, tuple(each.text for each in allowed), of_product)

    def _is_a_name(self, allowed: Allowed, market: str) -> None:
        left = fold(allowed.text)
        for rule in self.rules.values():
            for search in rule.searches if market in rule.markets else ():
                left = search.taken_out(left)
        if not re.search(r"\w", left):
            raise InputError(
                "an allowed name is nothing but a refused term",
                found=allowed.text,
                expected="the whole name, such as 'Green Street depot'",
                mend="write the name out, or leave the entry out",
            )


@cache
def read_rules() -> Rules:
    """Return the rules, read once."""
    with resources.as_file(resources.files("carbon.labels") / "wording.yaml") as path:
        return documents.validate(Rules, documents.read(path), path.name)


@lru_cache(maxsize=4096)
def _find(text: str, market: str, names: tuple[str, ...], of_product: bool) -> tuple[Found, ...]:
    plain = "".join(each for each in unicodedata.normalize("NFC", text) if unicodedata.category(each) not in _INVISIBLE)
    variants = [_without(each, names) for each in _variants(text)]
    found: dict[tuple[str, str], Found] = {}
    for key, rule in read_rules().rules.items():
        if market not in rule.markets:
            continue
        for term in _of_rule(rule, plain, variants):
            if not (of_product and term in rule.colours):
                found.setdefault((key, term), Found(key, term))
    return tuple(found.values())


def _of_rule(rule: Rule, plain: str, variants: list[str]) -> Iterator[str]:
    yield from (sign for sign in rule.signs if sign in plain)
    for text in dict.fromkeys(_without(each, rule.passes) for each in variants):
        for search in rule.searches:
            match = search.first(text)
            if match:
                yield search.term.rstrip("*") if search.term else match[0].strip()


def _without(text: str, phrases: tuple[str, ...]) -> str:
    for phrase in phrases:
        text = Search(*_term(phrase)).taken_out(text)
    return text


@cache
def _term(term: str) -> tuple[str, str]:
    """Return the pattern of a term in folded text, and how what it finds begins."""
    words = fold(term.replace("*", "\ue000"), keep="\ue000").split(" ")
    pattern = " ?".join(map(_word, words))
    begins = words[0].split("\ue000")[0]
    return "(?<![a-z0-9])" + pattern + "(?![a-z0-9])" if _latin(term) else pattern, begins


def _word(word: str) -> str:
    return re.escape(word).replace("\ue000", "[a-z]*")


def _latin(term: str) -> bool:
    return not re.search(f"[{_CJK}]", term)


def fold(text: str, keep: str = "") -> str:
    """Return a text as the search sees it: lower-case letters and digits in words, one space between."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).translate(_CAPITALS).casefold()
    text = "".join(
        " " if each.isspace() else each
        for each in text
        if each.isspace() or each in keep or unicodedata.category(each) not in _INVISIBLE
    )
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    text = re.sub(rf"[^\w%{keep}]|_", " ", text)
    text = re.sub(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])", "", text)
    return " ".join(re.sub(r"([a-z])\1{2,}", r"\1\1", text).split())


def _variants(text: str) -> tuple[str, ...]:
    """Return the ways a text can be read, the plain one first."""
    apart = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))
    joined = re.sub(r"(?<=\w)[-._*'’\u2010-\u2015](?=\w)", "", text)
    found: dict[str, None] = {}
    for each in (text, apart, joined):
        for one in ("i", "l"):
            table = str.maketrans(_DIGITS[0] + "1!", _DIGITS[1] + 2 * one)
            spelt = re.sub(r"\S*[^\W\d_]\S*", lambda word, table=table: word[0].translate(table), each)
            for reading in (fold(each), fold(spelt)):
                found[reading] = None
                found[re.sub(r"\b\w(?: \w\b){2,}", lambda run: run[0].replace(" ", ""), reading)] = None
    return tuple(found)
