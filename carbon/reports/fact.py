"""A fact: one figure or sentence of the inventory that datapoints are filled with, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from carbon.reports.context import Context


@dataclass(frozen=True)
class Fact:
    """What the inventory knows.

    Attributes
    ----------
    value : float, str or None
        In `unit`; None where nothing is known.
    unit : str
        ``kg CO2e``, ``kg CO2e/(t·km)``, ``kg CO2e/currency``, ``kWh``, ``kg``, ``t·km``, ``share``, ``number`` or ``text``.
    section : str
        Key of the section that shows it.
    missing : str
        Key below ``reasons`` of the texts, where there is no value.
    limits : tuple of str
        Keys below ``limits`` of the texts: what keeps the fact from being whole.
    parts : tuple of (str, str, float)
        Dimension, member and value of its parts, which sum to it.
    printed : str
        Its figure in the section that shows it, where that is rounded to a printed sum; for a datapoint in the same unit.
    """

    value: float | str | None
    unit: str
    section: str = ""
    missing: str = ""
    limits: tuple[str, ...] = ()
    parts: tuple[tuple[str, str, float], ...] = ()
    printed: str = ""


Filler = Callable[[Context], Fact]


class Book:
    """The facts of one module, by key."""

    def __init__(self, section: str = ""):
        self.facts: dict[str, Filler] = {}
        self._section = section

    def __call__(self, key: str, section: str = "") -> Callable[[Filler], Filler]:
        """Enter a function under a key; `section` is where its fact is shown."""

        def enter(filler: Filler) -> Filler:
            if key in self.facts:
                raise ValueError(f"fact '{key}' is entered twice")
            where = section or self._section
            self.facts[key] = lambda context: _placed(filler(context), where)
            return filler

        return enter


def _placed(fact: Fact, section: str) -> Fact:
    return fact if fact.section else replace(fact, section=section)


def absent(unit: str, reason: str) -> Fact:
    """Return a fact that is not known, with its reason."""
    return Fact(None, unit, missing=reason)


def ratio(part: float | None, whole: float | None, unit: str, reason: str, limits: tuple[str, ...] = ()) -> Fact:
    """Return a part over a whole; the reason where there is nothing to divide by."""
    if part is None or not whole:
        return absent(unit, reason)
    return Fact(part / whole, unit, limits=limits)
