"""What every section of the ROI report needs: the study, the words, and money as it is printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Cell, Missing, Number
from carbon.reports.words import Words
from carbon.roi import Appraisal, Entry, NoRate, Remark, Study
from carbon.roi.measure import ORGANISATION, Input
from carbon.terms import Language

#: Figures of money from this on are printed whole.
_WHOLE = 100.0
_KG_PER_T = 1000.0
#: Source of an input that the merchant left out and that then is nothing.
NOT_GIVEN = "not given"


@dataclass(frozen=True)
class RoiContext:
    """A study in one language.

    Attributes
    ----------
    base : Context
        Of the ledger: merchant, runs, hashes.
    """

    base: Context
    study: Study

    @property
    def words(self) -> Words:
        """Wording of the language."""
        return self.base.words

    @property
    def language(self) -> Language:
        """Language of the report."""
        return self.base.language

    @property
    def currency(self) -> str:
        """Of all money."""
        return self.study.terms.currency

    def said(self, key: str, **values: object) -> str:
        """Return a text below ``roi``."""
        return self.words(f"roi.{key}", **values)

    def measure(self, key: str) -> str:
        """Return a measure's name."""
        name = f"roi.measures.{key}.name"
        return self.words(name) if self.words.has(name) else key.replace("_", " ")

    def input(self, key: str) -> str:
        """Return an input's name."""
        return self.words.named("roi.inputs", key)

    def stages(self, entry: Entry) -> str:
        """Return the stages that a measure touches."""
        return self.words.joined([self.words(f"stages.{stage}") for stage in entry.stages])

    def number(self, value: float) -> str:
        """Return an amount of money with three significant digits, such as ``−12,300``."""
        if value and math.isfinite(value):
            step = 10.0 ** (math.floor(math.log10(abs(value))) - numbers.DIGITS + 1)
            value = round(value / step) * step
        return numbers.decimal(value, min(2, numbers.decimals_for(value)), self.language)

    def money(self, value: float) -> str:
        """Return an amount of money for prose, such as ``GBP 12,300``."""
        return f"{self.currency}\u00a0{self.number(value)}"

    def between(self, low: float, high: float) -> str:
        """Return a range of money for prose."""
        return f"{self.money(low)}{numbers.TO[self.language]}{self.number(high)}"

    def amounts(self, values: Sequence[float], total: float | None = None) -> list[Number]:
        """Return a column of money in one number of decimals; parts sum to a printed total."""
        step = 1.0 if max((abs(each) for each in values), default=0.0) >= _WHOLE else 0.01
        whole = numbers.steps(values, step, total) if total is not None else [round(each / step) for each in values]
        decimals = 0 if step == 1.0 else 2
        return [
            Number(float(each), numbers.decimal(count * step, decimals, self.language), self.currency)
            for each, count in zip(values, whole, strict=True)
        ]

    def costs_per_t(self, values_per_kg: Sequence[float | None]) -> list[Cell]:
        """Return a column of costs per t."""
        known = [each * _KG_PER_T for each in values_per_kg if each is not None]
        printed = iter(self.amounts(known))
        return ["–" if each is None else next(printed) for each in values_per_kg]

    def cost_per_t(self, value_per_kg: float) -> str:
        """Return a cost per t for prose."""
        return self.money(value_per_kg * _KG_PER_T)

    def mass(self, mass_kg: float) -> str:
        """Return a mass for prose."""
        return self.base.mass(mass_kg)

    def mass_between(self, low_kg: float, high_kg: float, mass_kg: float) -> str:
        """Return the range of a mass in the unit that the mass itself is printed in."""
        unit = numbers.scale_for([mass_kg] if mass_kg else [low_kg, high_kg])
        return f"{numbers.range_text(low_kg, high_kg, unit, self.language)}\u00a0{unit.unit}"

    def percent(self, share: float | None, why: NoRate | None = None) -> Cell:
        """Return a share of one under a head with %, or why there is none."""
        if share is None:
            return Missing(self.said(f"money.no_rate.{why}"))
        return Number(share, numbers.decimal(100 * share, 1, self.language), "%")

    def rate(self, share: float | None, why: NoRate | None) -> str:
        """Return a rate for prose, or why there is none."""
        found = self.percent(share, why)
        return found.text if share is None else numbers.signed_percent(found.text, self.language)

    def payback(self, appraisal: Appraisal) -> Cell:
        """Return the discounted payback in years."""
        years = appraisal.payback_years
        if years is None:
            return Missing(self.said("money.never"))
        if years == 0:
            return Missing(self.said("money.at_once"))
        return Number(years, numbers.decimal(years, 1, self.language), "years")

    def payback_words(self, appraisal: Appraisal) -> str:
        """Return the discounted payback as part of a sentence."""
        years = appraisal.payback_years
        if years is None:
            return self.said("summary.payback_never", years=self.study.terms.horizon_years)
        if years == 0:
            return self.said("summary.payback_at_once")
        return self.said("summary.payback_years", years=numbers.decimal(years, 1, self.language))

    def remark(self, remark: str) -> str:
        """Return what a measure's model says, in the report's language; keys of services and packages by their names."""
        if not isinstance(remark, Remark):
            return remark
        named = {
            "service": self.base.service,
            "package": self.base.package,
            "site": self.base.place,
            "block": self._block,
            "share": self._share,
        }
        values = {
            name: self.words.joined([named[name](each) for each in _listed(value)]) if name in named else value
            for name, value in remark.values.items()
        }
        return self.said(f"remarks.{remark.key}", **values)

    def _share(self, share: str) -> str:
        """Return a percentage with its sign as the language sets it."""
        return numbers.signed_percent(share.removesuffix("%"), self.language)

    def _block(self, block: str) -> str:
        """Return a block of the plan by the name of its service and the activity it ends with."""
        service, slash, rest = block.partition("/")
        activity = rest.split()[-1] if "." in rest else ""
        if not slash or service not in (self.base.organisation.get("services") or {}):
            return block
        return self.words("factors.named", factor=self.base.service(service), name=activity or rest)

    def source(self, each: Input) -> str:
        """Return an input's source: the number and the place in a publication, the merchant's own figures in words."""
        if each.source == NOT_GIVEN:
            return self.said("none_given")
        if each.source == ORGANISATION:
            return self.said("own")
        given = each.source.removeprefix(f"{ORGANISATION}: ")
        if given != each.source:
            return self.said("own_source", source=given)
        key, _, place = each.source.partition(", ")
        if key not in self.publications:
            return each.source
        return f"{self.words('factors.cited', number=self.publications[key])} {place}".strip()

    @cached_property
    def publications(self) -> dict[str, int]:
        """Return the publications that inputs cite: key to number, in order of publisher and title."""
        used = {
            each.source.partition(", ")[0] for entry in self.study.entries for each in entry.measure.inputs.values()
        }
        known = [key for key in used if key in self.study.sources]

        def place(key: str) -> tuple[str, str, str]:
            return self.study.sources[key].publisher, self.study.sources[key].title, key

        return {key: number for number, key in enumerate(sorted(known, key=place), 1)}

    def value(self, value: float) -> str:
        """Return a number of an input."""
        return numbers.significant(value, self.language)

    def given(self, each: Input) -> Cell:
        """Return an input's value; a dash where nobody gave one, since no zero was measured."""
        return "–" if each.source == NOT_GIVEN else Number(each.value, self.value(each.value), each.unit)

    def unit(self, each: Input) -> str:
        """Return an input's unit as people write it; a dash for a share or a count."""
        return "–" if each.unit in ("", "1") else numbers.unit_text(each.unit, self.language)

    def kind(self, each: Input) -> str:
        """Return where an input comes from, in a word."""
        if each.illustrative:
            return self.said("default")
        if each.source.startswith(ORGANISATION):
            return self.said("own")
        return self.said("none_given" if each.source == NOT_GIVEN else "sourced")


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, (list, tuple)) else (value,)
