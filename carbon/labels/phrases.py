"""A label in words: every sentence of it in one language, as plain text that any renderer can set.

``CO2e`` stands as four characters; renderers set its 2 as a subscript.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache, lru_cache
from typing import Any

from carbon.labels import figures
from carbon.labels.content import Comparison, Label, Subject, Why
from carbon.labels.wording import Words, words
from carbon.terms import DataType, GwpSet

__all__ = ["SENTENCES", "as_dict", "whole_words", "words_of"]

#: What a label with a figure says, besides its name; each is made by the method of its name.
SENTENCES = (
    "line", "value", "range", "difference", "difference_range", "stages", "counted", "not_counted", "product", "data",
    "method", "calculated", "statement", "spoken",
)  # fmt: skip


def words_of(
    label: Label, language: str, unit: str | None = None, only: Collection[str] | None = None
) -> dict[str, Any]:
    """Return what a label says in a language.

    Parameters
    ----------
    unit : str, optional
        ``g``, ``kg`` or ``t``; options that stand side by side share one (`carbon.labels.figures.common_unit`).
    only : collection of str, optional
        Sentences that are wanted; all otherwise.

    Returns
    -------
    dict
        ``name`` and ``line``, and for a label with a figure: ``value``, ``range``, ``difference``, ``difference_range``, ``stages``,
        ``counted``, ``not_counted``, ``product``, ``data`` (shares, quality, years, GWP sets), ``method`` (with the baseline),
        ``calculated``, ``statement``, ``spoken``. Without one: ``why`` and ``spoken``. Sentences that have nothing to say are empty.
    """
    text = words(language)
    name = label.names.of(text.language)
    if label.co2e_kg is None:
        return {
            "name": name,
            "line": text("line.not_available"),
            "why": _why(label, text),
            "spoken": text("line.spoken_not_available"),
        }
    said = _Said(label, text, unit or figures.unit_of(label.co2e_kg))
    return {"name": name} | {each: getattr(said, f"_{each}")() for each in SENTENCES if only is None or each in only}


def as_dict(
    label: Label, languages: Iterable[str], unit: str | None = None, only: Collection[str] | None = None
) -> dict[str, Any]:
    """Return a label's figures and its words in some languages as plain values, for JSON.

    A label without a figure has none, not even a null: only ``available``, ``reason`` and ``words``. `unit` and `only` as in
    `words_of`.
    """
    said = {"words": {language: words_of(label, language, unit, only) for language in languages}}
    if label.gtin is not None:
        said = {"gtin": label.gtin, **said}
    if label.missing is not None:
        return {"available": False, "reason": str(label.missing.why), **said}
    return {
        "available": True,
        "co2e_kg": label.co2e_kg,
        "low_kg": label.low_kg,
        "high_kg": label.high_kg,
        "stages": [{"stage": str(stage), "co2e_kg": kg} for stage, kg in label.stages.items()],
        "counted": [str(stage) for stage in label.counted],
        "not_counted": [str(stage) for stage in label.not_counted],
        "data": dict(label.shares),
        "factor_years": list(label.factor_years),
        "gwp_sets": list(label.gwp_sets),
        "iso_14083": label.iso_14083,
        "difference": _difference(label.comparison),
        **said,
    }


def _difference(found: Comparison | None) -> dict[str, Any] | None:
    """Return a comparison's figures; the service names the option it is `to`."""
    if found is None or not found.same_boundary:
        return None
    return {"co2e_kg": found.co2e_kg, "low_kg": found.low_kg, "high_kg": found.high_kg, "clear": found.clear}


@cache
def whole_words(language: str, subject: Subject = Subject.OPTION) -> dict[str, str]:
    """Return the words around all labels of an answer: title, fold, link, statement, the language's own name."""
    text = words(language)
    found = {key: text(f"whole.{key}") for key in ("title", "details", "link", "by_stage")}
    statement = text("says.statement")
    if subject is Subject.PRODUCT:
        found |= {"title": text("whole.product_title"), "link": text("whole.product_link")}
        statement = text("says.declared_statement")
    return {**found, "statement": statement, "language": text.name}


def qr_text(label: Label, text: Words) -> str:
    """Return what a label's QR code is called for those who do not see it."""
    return text("page.qr_gs1", url=label.link) if label.link else text("whole.qr", url=label.url or "")


def _why(label: Label, text: Words) -> str:
    missing = label.missing
    assert missing is not None
    values: dict[str, str] = {}
    if missing.stages:
        values["stage"] = text.listed(text.named("stages", each) for each in missing.stages)
    if missing.found is not None and missing.limit is not None:
        say = figures.times if missing.why is Why.RANGE_WIDE else figures.share
        values |= {"found": say(missing.found, text), "limit": say(missing.limit, text)}
    return text(f"why.{missing.why}", **values)


class _Said:
    """One label with a figure, in one language and unit."""

    def __init__(self, label: Label, text: Words, unit: str):
        assert label.co2e_kg is not None
        self.label, self.text, self.unit = label, text, unit
        value_kg, low_kg, high_kg = label.co2e_kg, label.low_kg, label.high_kg
        self._number = figures.number(value_kg, unit, text)
        self._mass = figures.with_unit(self._number, unit, text)
        self._ends: tuple[str, str] | None = None
        self._extent = ""
        if low_kg is not None and high_kg is not None:
            self._ends = figures.ends(low_kg, high_kg, value_kg, unit, text)
            self._extent = figures.between(self._ends, low_kg, text)

    def _value(self) -> str:
        return self._mass

    def _line(self) -> str:
        extent = self._extent
        return self.text("line.value", value=self._mass, range=extent) if extent else f"{self._mass} CO2e"

    @property
    def _declared(self) -> bool:
        return self.label.subject is Subject.PRODUCT

    def _counted(self) -> str:
        return self._by("product_stages") if self._declared else _listed(self.text, "counted", self.label.counted)

    def _statement(self) -> str:
        return self.text("says.declared_statement" if self._declared else "says.statement")

    def _range(self) -> str:
        return self._extent

    def _spoken(self) -> str:
        unit = self.text(f"units.spoken_{self.unit}")
        value = self.text("line.spoken_value", number=self._number, unit=unit)
        if self._ends is None:
            return self.text("line.spoken_alone", value=value)
        low, high = self._ends
        return self.text("line.spoken", value=value, low=low, high=high, unit=unit)

    def _difference(self) -> str:
        found = self.label.comparison
        if found is None or not found.same_boundary:
            return ""
        name = found.to.of(self.text.language)
        if not found.clear:
            return self.text("line.unclear", name=name)
        key = "less" if found.co2e_kg < 0 else "more"
        return self.text(f"line.{key}", mass=figures.mass(abs(found.co2e_kg), self.unit, self.text), name=name)

    def _difference_range(self) -> str:
        found = self.label.comparison
        if found is None or not found.clear or found.low_kg is None or found.high_kg is None:
            return ""
        # Of what is less, the end nearest zero comes first.
        near, far = sorted((abs(found.low_kg), abs(found.high_kg)))
        unit = self.unit
        low, high = figures.ends(near, far, abs(found.co2e_kg), unit, self.text)
        key = "less_range" if found.co2e_kg < 0 else "more_range"
        extent = self.text(f"line.{key}", low=low, high=high, unit=self.text(f"units.{unit}"))
        return self.text("line.difference_range", range=extent)

    def _baseline(self) -> str:
        found = self.label.comparison
        if found is None:
            return ""
        key = "baseline" if found.same_boundary else "not_compared"
        return self.text(f"says.{key}", name=found.to.of(self.text.language))

    def _stages(self) -> list[dict[str, str]]:
        if self._declared:
            return []
        return [
            {
                "stage": str(stage),
                "name": self.text.named("stages", stage),
                "text": figures.mass(kg, self.unit, self.text),
            }
            for stage, kg in self.label.stages.items()
            if kg
        ]

    def _not_counted(self) -> str:
        if self._declared:
            return ""
        left = self.label.not_counted
        return _listed(self.text, "not_counted", left) if left else self.text("says.nothing_left_out")

    def _product(self) -> str:
        kg = self.label.product_kg
        if kg is None:
            return ""
        return self.text("says.product_apart", value=figures.mass(kg, figures.unit_of(kg), self.text))

    def _data(self) -> str:
        shares = "" if self._declared else self._data_shares()
        return _data(self.text, shares, self._quality(), self.label.factor_years, self.label.gwp_sets)

    def _data_shares(self) -> str:
        shares = [self.label.shares.get(kind) for kind in _DATA_TYPES]
        if None in shares:
            return self.text("says.data_unknown")
        return _shares(self.text, figures.percents([each for each in shares if each is not None]))

    def _quality(self) -> str:
        names = ("technological", "geographical", "temporal")
        if not all(name in self.label.ratings for name in names):
            return ""
        return self.text("says.quality", **{name: figures.times(self.label.ratings[name], self.text) for name in names})

    def _method(self) -> str:
        return _joined(self.text, self._standard(), self._baseline())

    def _standard(self) -> str:
        if self.label.subject is Subject.PRODUCT:
            return self._by("declared")
        return self.text("says.iso" if self.label.iso_14083 else "says.own_method", edition=self.label.edition)

    def _by(self, key: str) -> str:
        by = self.label.declared_by
        return self.text(f"says.{key}", by=by) if by else self.text(f"says.{key}_plain")

    def _calculated(self) -> str:
        at = self.label.calculated_at
        return (
            "" if at is None or self._declared else self.text("says.calculated", day=figures.day(at.date(), self.text))
        )


# What many labels say alike ----------------------------------------------------------------------------------------

_DATA_TYPES = tuple(str(kind) for kind in DataType)


def _joined(text: Words, *sentences: str) -> str:
    return text("figures.between").join([each for each in sentences if each])


@lru_cache(maxsize=1024)
def _data(text: Words, shares: str, quality: str, years: tuple[int, ...], gwp_sets: tuple[str, ...]) -> str:
    return _joined(text, shares, quality, *_factors(text, years, gwp_sets))


@lru_cache(maxsize=8192)
def _shares(text: Words, percents: tuple[int, ...]) -> str:
    printed = [text("figures.percent", number=each) for each in percents]
    return text("says.data", **dict(zip(_DATA_TYPES, printed, strict=True)))


@lru_cache(maxsize=1024)
def _listed(text: Words, key: str, stages: tuple[str, ...]) -> str:
    return text(f"says.{key}", stages=text.listed(text.named("stages", each) for each in stages))


@lru_cache(maxsize=1024)
def _factors(text: Words, years: tuple[int, ...], gwp_sets: tuple[str, ...]) -> tuple[str, ...]:
    """Return sentences on the factors' years and warming potentials."""
    found = []
    if years:
        span = str(years[0]) if years[0] == years[-1] else None
        found.append(text("says.years", years=span or text("says.year_span", first=years[0], last=years[-1])))
    if gwp_sets:
        named = {str(GwpSet.UNKNOWN): text("says.gwp_unknown"), str(GwpSet.MIXED): text("says.gwp_mixed")}
        sets = dict.fromkeys(named.get(each, each) for every in gwp_sets for each in every.split(" + "))
        found.append(text("says.gwp", sets=text.listed(sets)))
    return tuple(found)
