"""Figures in the session's language, printed by the reports' own rules so that app and PDF cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache

import streamlit as st
from babel.dates import format_date

from app.text import language
from carbon.reports import numbers as printed
from carbon.reports.numbers import METRIC, MassScale, MassUnits
from carbon.terms import Language
from carbon.units import parse_quantity, to_canonical

ABSENT = "–"
UNITS_KEY = "units"
#: What masses are printed in, by the reader's choice; all that is stored, read and exported stays in kg.
SYSTEMS = ("metric", "us")
#: Never the bare word ton, which is a tonne to others.
_SHORT_TONS = {Language.EN: "short tons", Language.ZH: "短吨"}


def system() -> str:
    """Return the system that the reader has chosen."""
    chosen = st.session_state.get(UNITS_KEY)
    return chosen if chosen in SYSTEMS else SYSTEMS[0]


def units() -> MassUnits:
    """Return the units that masses are printed in."""
    return METRIC if system() == "metric" else _us(language())


@cache
def _us(tongue: Language) -> MassUnits:
    """Pounds, and short tons from 2,000 of them on."""
    sizes_kg = {"lb": "1 lb", _SHORT_TONS[tongue]: "1 short_ton"}
    return MassUnits({name: to_canonical(parse_quantity(size)) for name, size in sizes_kg.items()}, "lb")


def largest_unit() -> tuple[str, float]:
    """Return the unit of large masses and its size [kg]."""
    return list(units().sizes_kg.items())[-1]


def mass(mass_kg: float | None, words: bool = False) -> str:
    """Return a mass with its unit, such as g below 1 kg, kg below 1,000, t above; a missing one is a dash, never 0."""
    return ABSENT if absent(mass_kg) else printed.mass(mass_kg, language(), words=words, units=units())


def ranged(mass_kg: float | None, low_kg: float | None, high_kg: float | None, words: bool = False) -> str:
    """Return a mass with its unit, followed by its 95 % range where that is known."""
    if absent(mass_kg):
        return ABSENT
    return printed.mass_range(mass_kg, low_kg, high_kg, language(), words=words, units=units())


def ends(mass_kg: float | None, low_kg: float | None, high_kg: float | None) -> str:
    """Return the 95 % range of a mass in the mass's own unit; empty where it is not known."""
    if absent(mass_kg) or absent(low_kg) or absent(high_kg):
        return ""
    return printed.ends_with_unit(mass_kg, low_kg, high_kg, language(), units())


def ranges(scale: MassScale, lows_kg: Iterable[float | None], highs_kg: Iterable[float | None]) -> list[str]:
    """Return the 95 % ranges of a column in its unit; a dash where one is not known."""
    return [
        ABSENT if absent(low) or absent(high) else printed.range_text(low, high, scale, language())
        for low, high in zip(lows_kg, highs_kg, strict=True)
    ]


def rating(value: float | None) -> str:
    """Return a rating with one decimal."""
    return ABSENT if absent(value) else printed.decimal(value, 1, language())


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits."""
    return ABSENT if absent(value) else printed.significant(value, language(), digits)


def exact(value: float | None) -> str:
    """Return a number with the digits that a pocket calculator needs to come to the printed result: six, no powers."""
    if absent(value):
        return ABSENT
    text = printed.decimal(value, printed.decimals_for(value, 6), language())
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float | None) -> str:
    """Return a whole number."""
    return ABSENT if absent(value) else printed.count(value, language())


def share(value: float | None) -> str:
    """Return a share of one in per cent; a small one is not shown as 0 %."""
    return ABSENT if absent(value) else printed.percent(value, language())


def signed_share(value: float | None) -> str:
    """Return a change of one in per cent, with its sign."""
    if absent(value):
        return ABSENT
    text = printed.percent(abs(value), language())
    return text if value == 0 else f"+{text}" if value > 0 else f"−{text}"


def scale_of(masses_kg: Iterable[float]) -> tuple[MassScale, float]:
    """Return the unit and decimals that a column or an axis shares, and the unit's size [kg]."""
    scale = printed.scale_for([each for each in masses_kg if not absent(each)], units())
    return scale, scale.size_kg


def masses(scale: MassScale) -> Callable[[float | None], str]:
    """Return a format for figures in a column's unit; one that would vanish shows as less than the smallest."""

    def show(value: float | None) -> str:
        if absent(value):
            return ABSENT
        smallest = 10.0**-scale.decimals
        if 0 < abs(value) < smallest / 2:
            return f"< {printed.decimal(smallest, scale.decimals, language())}"
        return printed.decimal(value, scale.decimals, language())

    return show


def month(text: str) -> str:
    """Return a month written ``2025-06`` in the reader's words."""
    return printed.month(text, language())


def short_month(text: str) -> str:
    """Return a month without its year, for an axis."""
    zh = language() is Language.ZH
    return format_date(date.fromisoformat(f"{text}-01"), "M月" if zh else "LLL", locale="zh_CN" if zh else "en_US")


def unit(text: str) -> str:
    """Return a unit as people write it."""
    return printed.unit_text(text, language())


def absent(value: object) -> bool:
    """Whether there is no figure."""
    return value is None or value != value or (isinstance(value, float) and math.isinf(value))
