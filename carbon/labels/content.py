"""A label's content, free of any renderer: figures, what they cover, what they rest on, and where the calculation is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from carbon.labels.wording import Allowed, refuse
from carbon.terms import DELIVERY_STAGES, Stage

#: A name on a label is not longer than this.
_LONGEST = 120
_JOINERS = "\u200c\u200d"


class Subject(StrEnum):
    """What a label speaks of."""

    OPTION = "option"
    ORDER = "order"
    PRODUCT = "product"


class Why(StrEnum):
    """Why a label gives no figure."""

    UNAVAILABLE = "unavailable"
    NO_FIGURE = "no_figure"
    NOT_DECLARED = "not_declared"
    STAGE_MISSING = "stage_missing"
    RANGE_UNKNOWN = "range_unknown"
    RANGE_WIDE = "range_wide"
    DEFAULT_SHARE = "default_share"
    SHARES_UNKNOWN = "shares_unknown"
    NOT_REPEATED = "not_repeated"


@dataclass(frozen=True)
class NotAvailable:
    """Why there is no figure: the rule, and what was found against which limit where there are such."""

    why: Why
    stages: tuple[Stage, ...] = ()
    found: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Names:
    """A name by language; `checked` lets through only what the rules of a market do."""

    texts: Mapping[str, str]

    @classmethod
    def checked(
        cls, texts: Mapping[str, str], market: str, allowed: Iterable[Allowed] = (), *, of_product: bool = False
    ) -> Names:
        """Return names that a merchant gave.

        Raises
        ------
        InputError
            If a rule of the market refuses one.
        """
        allowed = tuple(allowed)
        return cls(
            {
                language: refuse(text, market, language, allowed=allowed, of_product=of_product)
                for language, text in texts.items()
            }
        )

    def of(self, language: str) -> str:
        """Return the name in a language, else in English, else in any."""
        return plain(self.texts.get(language) or self.texts.get("en") or next(iter(self.texts.values()), ""))


@lru_cache(maxsize=4096)
def plain(text: str, longest: int = _LONGEST) -> str:
    """Return a text in one line, cut where it is too long, without characters that are no text or turn it round."""
    kept = "".join(" " if each.isspace() else each for each in text if each.isspace() or not _is_control(each))
    kept = " ".join(kept.split())
    return kept if len(kept) <= longest else f"{kept[: longest - 1].rstrip()}…"


def _is_control(letter: str) -> bool:
    """Whether a character is none that can stand in a name: joiners stay, some scripts need them."""
    return letter not in _JOINERS and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn")


@dataclass(frozen=True)
class Comparison:
    """The paired difference to a baseline of the same boundary [kg CO2e]; below zero where the baseline emits more.

    `clear` says whether its 95 % range leaves out zero. `same_boundary` False means that nothing is compared, and why
    no difference is shown.
    """

    to: Names
    co2e_kg: float = 0.0
    low_kg: float | None = None
    high_kg: float | None = None
    clear: bool = False
    same_boundary: bool = True


@dataclass(frozen=True)
class Label:
    """What a label says.

    Attributes
    ----------
    co2e_kg, low_kg, high_kg : float or None
        The figure and its 95 % range; None where `missing` says why there is none.
    stages : mapping
        Stage to its part of the figure [kg CO2e]; the product is never in it, except on a product's label.
    counted : tuple of Stage
        Stages inside the figure, also those that turned out to be nothing.
    product_kg : float or None
        The product's own figure, shown apart.
    shares : mapping
        Emissions by ISO 14083 data type.
    ratings : mapping
        PACT ratings, 1 best to 5; empty where not known.
    iso_14083 : bool
        Whether every transport element is well to wheel with hubs.
    edition : str
        Of the method, which is that of the software.
    declared_by : str or None
        Who declared a product's figure.
    gtin : str or None
        A product's, 14 digits.
    link : str or None
        What the QR code holds where it is not `url`: a GS1 Digital Link.
    """

    subject: Subject
    names: Names
    co2e_kg: float | None = None
    low_kg: float | None = None
    high_kg: float | None = None
    stages: Mapping[Stage, float] = field(default_factory=dict)
    counted: tuple[Stage, ...] = ()
    product_kg: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    ratings: Mapping[str, float] = field(default_factory=dict)
    factor_years: tuple[int, ...] = ()
    gwp_sets: tuple[str, ...] = ()
    iso_14083: bool = False
    edition: str = ""
    comparison: Comparison | None = None
    url: str | None = None
    calculated_at: datetime | None = None
    declared_by: str | None = None
    gtin: str | None = None
    link: str | None = None
    missing: NotAvailable | None = None

    def __post_init__(self) -> None:
        if (self.co2e_kg is None) == (self.missing is None):
            raise ValueError("a label has a figure or says why it has none")
        for address in (self.url, self.link):
            if address is not None and not address.startswith(("https://", "http://", "/")):
                raise ValueError("a label's link is an address of the web")

    @property
    def available(self) -> bool:
        """Whether there is a figure."""
        return self.missing is None

    def beside(self, comparison: Comparison) -> Label:
        """Return the same label with a comparison; what was checked once is not checked again."""
        made = object.__new__(Label)
        made.__dict__.update(self.__dict__, comparison=comparison)
        return made

    @property
    def not_counted(self) -> tuple[Stage, ...]:
        """Stages that the figure leaves out, the product among them."""
        return tuple(each for each in (*DELIVERY_STAGES, Stage.PRODUCT) if each not in self.counted)
