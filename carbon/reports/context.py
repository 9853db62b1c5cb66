"""What every section of a report needs: the inventory, the words, and figures as they are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from babel import Locale

from carbon.ledger import Inventory, Review
from carbon.reports import numbers
from carbon.reports.report import Cell, Missing, Number, Range
from carbon.reports.settled import Settled, settled
from carbon.reports.standard import Standard
from carbon.reports.words import Words
from carbon.terms import DELIVERY_STAGES, TRANSPORT_STAGES, Language, Scope

_LOCALES = {Language.EN: "en_GB", Language.ZH: "zh_CN"}


def place_name(code: str, language: Language) -> str:
    """Return the name of a country, with the code of its part where there is one; another code as it is."""
    country, _, part = code.partition("-")
    name = Locale.parse(_LOCALES[language]).territories.get(country) if len(country) == 2 else None
    return f"{name} ({code})" if name and part else name or code


#: Savings up to this are rounding [kg CO2e a year].
_NOTHING_KG = 1e-6


@dataclass(frozen=True)
class Measure:
    """A measure that the organisation takes or considers, as a report tells it.

    Attributes
    ----------
    saving_kg : float
        [kg CO2e] a year, on what the measures before it left.
    alone_kg : float or None
        [kg CO2e] a year, without any other; None where nobody reckoned it.
    state : str
        ``considered`` or ``done``; what is done counts as a reduction that was made.
    """

    name: str
    saving_kg: float
    state: str = "considered"
    alone_kg: float | None = None

    @property
    def has_effect(self) -> bool:
        """Whether it changes anything on what the measures before it left."""
        return abs(self.saving_kg) > _NOTHING_KG


@dataclass(frozen=True)
class Context:
    """Inventory and language of one report.

    Attributes
    ----------
    organisation : mapping
        The ledger's own, with what the caller gave on top.
    standard : Standard or None
        The profile, where a whole report is made.
    edition : str
        Key of the profile's edition.
    measures : tuple of Measure
    titles : mapping
        Key of every section of the report to its number and title.
    former : Inventory or None
        Of the year before, where the standard asks for it and the ledger holds it.
    review : Review or None
        Who signed for what; None where nobody was asked.
    """

    inventory: Inventory
    words: Words
    organisation: Mapping[str, Any]
    standard: Standard | None = None
    edition: str = ""
    measures: tuple[Measure, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    review: Review | None = None
    former: Inventory | None = None

    @property
    def language(self) -> Language:
        """Language of the report."""
        return self.words.language

    @cached_property
    def name(self) -> str:
        """Name of the merchant in the report's language."""
        return self.named(self.organisation, self.words("words.unknown"))

    @property
    def made_at(self) -> datetime | None:
        """When the newest run was made, as its id begins with; None without a run."""
        if not self.inventory.runs:
            return None
        stamp = self.inventory.runs[-1].partition("-")[0]
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)

    @cached_property
    def stages(self) -> list[tuple[str, str, float]]:
        """Delivery stages in their one order: key, name, [kg CO2e]."""
        return [
            (str(stage), self.words(f"stages.{stage}"), float(self.inventory.stages_kg.get(str(stage), 0.0)))
            for stage in DELIVERY_STAGES
        ]

    @property
    def total_kg(self) -> float:
        """Delivery emissions [kg CO2e]."""
        return float(self.inventory.total_kg)

    @cached_property
    def settled(self) -> Settled:
        """Total, scopes, categories, stages and their sums as every place prints them."""
        inventory = self.inventory
        scopes = inventory.scopes.groupby(inventory.scopes["scope"].astype(str))["co2e_kg"].sum()
        categories = [float(each) for each in inventory.categories["co2e_kg"]]
        own = [float(scopes[each]) for each in map(str, (Scope.SCOPE_1, Scope.SCOPE_2)) if each in scopes]
        transport = [value for key, _, value in self.stages if key in TRANSPORT_STAGES]
        third = [float(scopes[Scope.SCOPE_3])] if Scope.SCOPE_3 in scopes else []
        return settled(
            self.total_kg,
            (
                (self.total_kg, own + third),
                (math.fsum(third), categories),
                (self.total_kg, [value for *_, value in self.stages]),
                (None, own),
                (None, transport),
                (math.fsum(transport), [inventory.wtt_kg, inventory.ttw_kg, inventory.unsplit_kg]),
            ),
        )

    def shared_scale(self, masses_kg: Sequence[float]) -> numbers.MassScale:
        """Return the scale of a table of the report's figures: that which they are settled in, if its unit suits the table."""
        own = numbers.scale_for(masses_kg)
        return self.settled.scale if own.unit == self.settled.scale.unit else own

    def settle(self, values_kg: Sequence[float], scale: numbers.MassScale) -> list[float]:
        """Return values as they are printed elsewhere, where they are figures of the report [kg]."""
        return [self.settled(float(each), scale) for each in values_kg]

    def as_column(self, mass_kg: float, unit: str) -> str:
        """Return a mass in a given unit with three digits, or as the tables print it in that unit."""
        size_kg = numbers.METRIC.sizes_kg[unit]
        scale = numbers.MassScale(unit, 0).of(mass_kg)
        if unit == self.settled.scale.unit and self.settled.knows(mass_kg):
            scale = min(scale, self.settled.scale, key=lambda each: each.decimals)
            return numbers.steps_text(
                mass_kg, round(self.settled(mass_kg, scale) / scale.step_kg), scale, self.language
            )
        return numbers.significant(mass_kg / size_kg, self.language)

    def as_printed(self, mass_kg: float) -> float:
        """Return a mass that stands alone as tables print it [kg]."""
        return self.settled(mass_kg, numbers.own_scale(mass_kg))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to report."""
        return not self.inventory.parcels

    def named(self, thing: Mapping[str, Any] | None, otherwise: str) -> str:
        """Return a thing's name in the report's language, else its other name, else `otherwise`."""
        thing = thing or {}
        names = [thing.get("name"), thing.get("name_zh")]
        return next((each for each in (names[::-1] if self.language is Language.ZH else names) if each), otherwise)

    def inside(self, name: str) -> str:
        """Return a title as it stands inside a sentence."""
        # An abbreviation keeps its capitals.
        return name if name[1:2].isupper() else name[:1].lower() + name[1:]

    def place(self, key: object) -> str:
        """Return the name of a site, or of a country; a code that nobody knows stays as it is."""
        text = "" if key is None or key != key else str(key)
        site = (self.organisation.get("sites") or {}).get(text)
        if site:
            return self.named(site, text)
        return place_name(text, self.language) or self.words("words.unassigned")

    def service(self, key: object) -> str:
        """Return the name of a service."""
        return self._thing("services", key)

    def package(self, key: object) -> str:
        """Return the name of a package."""
        return self._thing("packages", key)

    def _thing(self, group: str, key: object) -> str:
        text = str(key or "")
        known = self.organisation.get(group) or {}
        return self.named(known.get(text), text.replace("_", " ") or self.words("words.unassigned"))

    def mass(self, mass_kg: float) -> str:
        """Return a mass for prose."""
        return numbers.mass(self.as_printed(mass_kg), self.language, words=True)

    def range(self, mass_kg: float, low_kg: float | None, high_kg: float | None) -> str:
        """Return a mass for prose, followed by its 95 % range where that is known."""
        return numbers.mass_range(self.as_printed(mass_kg), low_kg, high_kg, self.language, words=True)

    def range_cell(
        self, low_kg: float | None, high_kg: float | None, scale: numbers.MassScale, gas: str = "CO2e"
    ) -> Cell:
        """Return the cell of a 95 % range in a column's unit and decimals; a dash where it is not known."""
        if numbers.unknown(low_kg) or numbers.unknown(high_kg):
            return "–"
        text = numbers.range_text(low_kg, high_kg, scale, self.language)
        return Range(float(low_kg), float(high_kg), text, f"kg {gas}".strip())

    @cached_property
    def ranged(self) -> bool:
        """Whether there are ranges: runs of earlier versions recorded none, and nothing has none."""
        return not self.empty and not numbers.unknown(self.inventory.total_low_kg)

    @cached_property
    def stage_rows(self) -> dict[str, Any]:
        """Stage to its row of the inventory: range, shares of data types, ratings."""
        return {str(row.stage): row for row in self.inventory.stages.itertuples()}

    def stage_ends(self, stage: str) -> tuple[float | None, float | None]:
        """Return low and high of a stage [kg CO2e]."""
        row = self.stage_rows.get(stage)
        return (None, None) if row is None else (row.low_kg, row.high_kg)

    def count(self, value: float) -> str:
        """Return a whole number."""
        return numbers.count(value, self.language)

    def share(self, share: float) -> str:
        """Return a share of one as a percentage."""
        return numbers.percent(share, self.language)

    def of_total(self, mass_kg: float) -> str:
        """Return a part of delivery emissions as a percentage."""
        return self.share(mass_kg / self.total_kg) if self.total_kg else self.share(0.0)

    def day(self, day: date | None) -> str:
        """Return a date as ISO 8601 writes it."""
        return f"{day:%Y-%m-%d}" if day is not None else "–"

    def missing(self, reason: str) -> Missing:
        """Return a figure that is not reported; `reason` is a key below ``reasons``."""
        return Missing(self.words.not_reported(reason))

    def masses(
        self, parts_kg: Sequence[float], scale: numbers.MassScale, total_kg: float | None = None, gas: str = "CO2e"
    ) -> list[Number]:
        """Return the cells of a column whose printed parts sum to the printed total."""
        steps = self._steps(parts_kg, scale, math.fsum(parts_kg) if total_kg is None else total_kg)
        return [self.stepped(float(part), whole, scale, gas) for part, whole in zip(parts_kg, steps, strict=True)]

    def _steps(self, parts_kg: Sequence[float], scale: numbers.MassScale, total_kg: float) -> list[int]:
        whole_kg = self.settled(total_kg, scale)
        found = numbers.steps(self.settle(parts_kg, scale), scale.step_kg, whole_kg)
        if sum(found) == round(whole_kg / scale.step_kg):
            return found
        # Parts that were settled with others need not sum to a whole of their own.
        return numbers.steps(parts_kg, scale.step_kg, whole_kg)

    def stepped(self, value_kg: float, steps: int, scale: numbers.MassScale, gas: str = "CO2e") -> Number:
        """Return the cell of a value that prints as so many steps of the column's last place."""
        return Number(value_kg, numbers.steps_text(value_kg, steps, scale, self.language), f"kg {gas}".strip())

    def one_mass(self, mass_kg: float, scale: numbers.MassScale, gas: str = "CO2e") -> Number:
        """Return one cell in a column's unit and decimals."""
        return self.masses([mass_kg], scale, mass_kg, gas)[0]

    def shares(self, parts: Sequence[float]) -> list[Cell]:
        """Return percentages without the sign, for a column headed %; they sum to 100."""
        texts = numbers.shares(parts, self.language)
        total = math.fsum(parts)
        return [Number(part / total, text, "%") if total else text for part, text in zip(parts, texts, strict=True)]

    def whole(self) -> Cell:
        """Return the 100 % under a column of shares."""
        return Number(1.0, numbers.decimal(100, 1, self.language), "%")

    def percents(self, shares: Sequence[float]) -> list[Cell]:
        """Return shares of one as figures under a head with %, each on its own."""
        texts = [numbers.percents(share, self.language, 1) for share in shares]
        return [Number(share, text, "%") for share, text in zip(shares, texts, strict=True)]

    def counts(self, values: Sequence[float]) -> list[Number]:
        """Return whole numbers as cells."""
        return [Number(float(value), self.count(value)) for value in values]

    def figure(self, mass_kg: float) -> Number:
        """Return one large figure with its unit."""
        return Number(mass_kg, f"{numbers.mass(self.as_printed(mass_kg), self.language)} CO2e", "kg CO2e")
