"""How a label prints its numbers: two significant digits, one unit for a figure, its range and its difference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal

from carbon.labels.wording import Words

_ONE = Decimal(1)
#: A number so long, written out, has all the digits that it can have.
_ALL_DIGITS = 16
#: Kilograms in a unit, smallest first, as powers of ten.
_TENS = {"g": -3, "kg": 0, "t": 3}
#: Digits of figures on labels, of amounts and results on pages (an address cannot be found from them), of factors.
LABEL_DIGITS, PAGE_DIGITS, FACTOR_DIGITS = 2, 4, 8


def unit_of(mass_kg: float, digits: int = LABEL_DIGITS) -> str:
    """Return g below 1 kg, kg below 1,000 kg, t above, by the figure as it is printed: 999 g with two digits is 1 kg."""
    size = abs(rounded(mass_kg, digits))
    return "g" if size < 1 else "kg" if size < 1000 else "t"


def common_unit(masses_kg: Iterable[float]) -> str:
    """Return one unit for figures that are compared, that of the largest."""
    return unit_of(max((abs(each) for each in masses_kg), default=0.0))


def rounded(value: float, digits: int) -> Decimal:
    """Return a number with so many significant digits; half goes to even."""
    return _on_step(_exact(value), _step(_exact(value), digits))


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _step(exact: Decimal, digits: int) -> int:
    """Return the power of ten of the last place."""
    step = (exact.adjusted() if exact else 0) - digits + 1
    grown = _on_step(exact, step)
    return grown.adjusted() - digits + 1 if grown else step


def _on_step(exact: Decimal, step: int) -> Decimal:
    return exact.quantize(_ONE.scaleb(step), ROUND_HALF_EVEN)


def number(
    mass_kg: float, unit: str, words: Words, *, digits: int = LABEL_DIGITS, beside_kg: float | None = None
) -> str:
    """Return a mass in a unit, without the unit.

    Parameters
    ----------
    beside_kg : float, optional
        For an end of a range: its figure. An end is printed at most one place finer, and as ``<`` where it would vanish.
    """
    text, step = _short(mass_kg, digits, beside_kg) or _tidy(mass_kg, digits, beside_kg)
    return _in_unit(text, step, mass_kg > 0, unit, words)


@lru_cache(maxsize=65536)
def _in_unit(text: str, step: int, some: bool, unit: str, words: Words) -> str:
    """Return rounded kilograms in a unit; `some` where they were more than none. Two digits are soon met again."""
    value = Decimal(text).scaleb(-_TENS[unit])
    if not value and some:
        return words("figures.less_than", number=_plain(Decimal(1).scaleb(step - _TENS[unit]), words))
    return _plain(value, words)


def _tidy(mass_kg: float, digits: int, beside_kg: float | None) -> tuple[str, int]:
    """Return a mass as it is printed, and the power of ten of its last place; half goes to even, by its decimals."""
    exact = _exact(mass_kg)
    step = _step(exact, digits)
    if beside_kg is not None:
        step = max(step, _step(_exact(beside_kg), digits) - 1)
    return str(_on_step(exact, step)), step


def _short(mass_kg: float, digits: int, beside_kg: float | None) -> tuple[str, int] | None:
    """Return the same by the way of text, in a fifth of the time; None where a half may be met, or places before the point are cut.

    A checkout's answer has forty figures. Those of a computation have all their digits, so that a half does not occur.
    """
    if len(repr(mass_kg)) < _ALL_DIGITS or (beside_kg is not None and len(repr(beside_kg)) < _ALL_DIGITS):
        return None
    text = f"{mass_kg:.{digits - 1}e}"
    step = int(text[text.index("e") + 1 :]) - digits + 1
    if beside_kg is not None:
        beside = f"{beside_kg:.{digits - 1}e}"
        finest = int(beside[beside.index("e") + 1 :]) - digits
        if finest > step:
            return None if finest > 0 else (f"{mass_kg:.{-finest}f}", finest)
    return text, step


def _plain(value: Decimal, words: Words) -> str:
    """Return a number with the decimals it has and the locale's signs; a minus is a real minus."""
    return _formatted(str(value), words.locale)


@lru_cache(maxsize=65536)
def _formatted(text: str, locale: str) -> str:
    """Figures of two digits are few, and are worth keeping."""
    value = Decimal(text)
    decimals = max(0, -int(value.as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value if value else abs(value), pattern, locale).replace("-", "−")


def mass(mass_kg: float, unit: str, words: Words) -> str:
    """Return a mass with its unit: ``0.92 kg``."""
    return with_unit(number(mass_kg, unit, words), unit, words)


@lru_cache(maxsize=65536)
def with_unit(printed: str, unit: str, words: Words) -> str:
    """Return a number that is printed already with its unit."""
    return words("figures.value", number=printed, unit=words(f"units.{unit}"))


def ends(low_kg: float, high_kg: float, value_kg: float, unit: str, words: Words) -> tuple[str, str]:
    """Return the ends of a range in the unit of its figure."""
    low, high = (number(each, unit, words, beside_kg=value_kg) for each in (low_kg, high_kg))
    return low, high


def range_text(low_kg: float, high_kg: float, value_kg: float, unit: str, words: Words) -> str:
    """Return a range in the unit of its figure, without the unit: ``0.77–1.2``."""
    return between(ends(low_kg, high_kg, value_kg, unit, words), low_kg, words)


def between(printed: tuple[str, str], low_kg: float, words: Words) -> str:
    """Return the ends of a range that are printed already as one text."""
    low, high = printed
    return words("figures.range_negative" if low_kg < 0 else "figures.range", low=low, high=high)


def share(value: float, words: Words) -> str:
    """Return a share of one in whole per cent; ``<1`` and ``>99`` rather than a rounded none or all."""
    percent = value * 100
    if 0 < percent < 1:
        text = words("figures.less_than", number="1")
    elif 99 < percent < 100:
        text = ">99"
    else:
        text = str(round(percent))
    return words("figures.percent", number=text)


def shares(parts: dict[str, float], words: Words) -> dict[str, str]:
    """Return shares in whole per cent that sum to 100 as printed, by the largest remainder."""
    whole = percents(list(parts.values()))
    return {name: words("figures.percent", number=str(each)) for name, each in zip(parts, whole, strict=True)}


def percents(parts: list[float]) -> tuple[int, ...]:
    """Return shares in whole per cent whose sum is that of the shares, by the largest remainder."""
    floors = [math.floor(each * 100 + 1e-9) for each in parts]
    left = round(sum(parts) * 100) - sum(floors)
    if left > 0:
        for at in sorted(range(len(parts)), key=lambda at: floors[at] - parts[at] * 100)[:left]:
            floors[at] += 1
    return tuple(floors)


def times(value: float, words: Words) -> str:
    """Return a ratio with two digits."""
    return _plain(rounded(value, LABEL_DIGITS), words)


def day(value: date, words: Words) -> str:
    """Return a date in the language's medium form."""
    return _formatted_day(value, words.locale)


@lru_cache(maxsize=1024)
def _formatted_day(value: date, locale: str) -> str:
    return format_date(value, "medium", locale=locale)


def significant(value: float, words: Words, digits: int = PAGE_DIGITS) -> str:
    """Return a number of a table with at most so many significant digits, without zeros at its end."""
    if not value:
        return "0"
    found = rounded(value, digits).normalize()
    return _plain(found if found.as_tuple().exponent <= 0 else found.quantize(Decimal(1)), words)


def point(words: Words) -> str:
    """Return the decimal sign of the language's locale."""
    return _plain(Decimal("0.5"), words)[1]
