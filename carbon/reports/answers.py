"""What is said to each datapoint and key figure: reported, partial or omitted, the figure in its unit, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carbon.reports import facts_carbon, facts_resources, facts_text, numbers
from carbon.reports.context import Context
from carbon.reports.fact import Fact, Filler
from carbon.reports.report import Missing, Number
from carbon.reports.standard import Asked
from carbon.units import parse_quantity

#: Everything that a table may be filled by.
FACTS: dict[str, Filler] = {**facts_carbon.book.facts, **facts_resources.book.facts, **facts_text.book.facts}

#: Units of facts to those that a table may ask for, where the name is not the same.
_POWERS = {
    ("kg CO2e", "t CO2e"): 1e-3,
    ("kg CO2e", "g CO2e"): 1e3,
    ("kg CO2e/currency", "t CO2e/currency"): 1e-3,
    ("kg", "t"): 1e-3,
    ("kWh", "MWh"): 1e-3,
    ("share", "%"): 1e2,
}
#: How a figure is printed as in the section that shows it, by the units of fact and datapoint.
_AS_SHOWN = {
    ("share", "%"): numbers.signed_percent,
    ("kWh", "kWh"): lambda figure, _: f"{figure}\u00a0kWh",
}
_PINT = {"kWh": "kW*h", "GJ": "GJ"}
_CURRENCY = "currency"
_PLACES = 1
_GAS = "CO2e"
#: Units of mass that are printed as g, kg or t, as everywhere.
_OWN_UNIT = ("g", "kg")


class State(StrEnum):
    """How a datapoint is answered."""

    REPORTED = "reported"
    PARTIAL = "partial"
    OMITTED = "omitted"


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes
    ----------
    value : float, str or None
        In `unit`; a percentage stands for per cent.
    cell : Number, Missing or str
        As printed.
    limits : tuple of str
        Keys below ``limits`` of the texts.
    reason : str
        Key below ``reasons`` or ``limits``, where it is omitted.
    parts : tuple of (str, str, float)
        Dimension, member, value in `unit`.
    """

    state: State
    value: float | str | None
    unit: str
    cell: Number | Missing | str
    section: str
    limits: tuple[str, ...] = ()
    reason: str = ""
    parts: tuple[tuple[str, str, float], ...] = ()


def answer(context: Context, asked: Asked) -> Answer:
    """Return what is said to a datapoint or key figure."""
    words = context.words
    fact = (
        Fact(None, asked.unit, missing=asked.omitted or "")
        if asked.filled_by is None
        else FACTS[asked.filled_by](context)
    )
    currency = str(context.inventory.intensities.get("revenue_currency") or "")
    unit = asked.unit.replace(_CURRENCY, currency or words("words.currency"))
    if fact.value is None:
        cell = Missing(words.not_reported(fact.missing))
        return Answer(State.OMITTED, None, unit, cell, fact.section, reason=fact.missing)
    limits = tuple(dict.fromkeys((*asked.limits, *fact.limits)))
    state = State.PARTIAL if limits else State.REPORTED
    if isinstance(fact.value, str):
        return Answer(state, fact.value, unit, fact.value, fact.section, limits)
    scale = _scale(fact.unit, asked.unit)
    value = fact.value * scale
    parts = tuple((dimension, member, part * scale) for dimension, member, part in fact.parts)
    text = _printed(context, value, asked.unit, unit)
    if fact.printed and (fact.unit, asked.unit) in _AS_SHOWN:
        text = _AS_SHOWN[fact.unit, asked.unit](fact.printed, context.language)
    cell = Number(value, text, unit)
    return Answer(state, value, unit, cell, fact.section, limits, parts=parts)


def _scale(unit: str, wanted: str) -> float:
    """Return how many of the wanted unit are one of the fact's.

    Raises
    ------
    ValueError
        If a table asks for a unit that its fact does not have.
    """
    if unit == wanted:
        return 1.0
    if (unit, wanted) in _POWERS:
        return _POWERS[unit, wanted]
    if unit in _PINT and wanted in _PINT:
        return parse_quantity(f"1 {_PINT[unit]}").to(_PINT[wanted]).magnitude
    raise ValueError(f"a fact in {unit} cannot fill a datapoint in {wanted}")


def _printed(context: Context, value: float, asked: str, unit: str) -> str:
    """Return a figure as the other pages print it; what is asked for in kg, or over something else, in the unit that suits it."""
    if asked == "number":
        return context.count(value)
    if asked == "%":
        return numbers.percent(value / 100, context.language, _PLACES)
    name, _, rest = unit.partition(" ")
    mass, over, by = rest.partition("/")
    if over or name in _OWN_UNIT:
        kg = value * numbers.METRIC.sizes_kg[name]
        return f"{numbers.mass(context.as_printed(kg), context.language)} {mass}{over}{by}".strip()
    if mass == _GAS:
        return f"{context.as_column(value * numbers.METRIC.sizes_kg[name], name)}\u00a0{unit}"
    return f"{numbers.significant(value, context.language)}\u00a0{unit}"
