"""How numbers are printed: three digits, one unit a column, and parts that sum to their printed total."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from carbon.terms import Language

_LOCALES = {Language.EN: "en_GB", Language.ZH: "zh_CN"}
_WORDS = {Language.ZH: {"g": "克", "kg": "千克", "t": "吨", "lb": "磅"}}
#: How a range follows its value.
BRACKETS = {Language.EN: " ({})", Language.ZH: "（{}）"}
#: How two ends of a range are joined where a dash would not do.
TO = {Language.EN: " to ", Language.ZH: " 至 "}
#: Chinese sets the sign close.
_PERCENT = {Language.EN: "\u00a0%", Language.ZH: "%"}
_MONTHS = {Language.EN: "MMMM yyyy", Language.ZH: "yyyy年M月"}
DIGITS = 3
#: [kg] Below a nanogram lies only what floats leave behind.
_NOTHING_KG = 1e-12
#: A column may show one digit more of its largest figure, so that its smallest is not lost.
MAX_DIGITS = 4


@dataclass(frozen=True)
class MassUnits:
    """Units that masses are printed in.

    Attributes
    ----------
    sizes_kg : mapping
        Unit, as it is printed, to its size [kg], smallest first.
    base : str
        The unit of nothing.
    """

    sizes_kg: Mapping[str, float]
    base: str

    def unit_for(self, mass_kg: float) -> str:
        """Return the largest unit of which there is one; what would print as 1,000 kg is 1.00 t."""
        names, size = list(self.sizes_kg), abs(mass_kg)
        larger = (each for each in reversed(names[1:]) if size >= self.sizes_kg[each] * _ALMOST)
        return next(larger, names[0])


#: Of one, to three digits.
_ALMOST = 1 - 10.0**-3 / 2
#: g below 1 kg, kg below 1,000 kg, t above.
METRIC = MassUnits({"g": 1e-3, "kg": 1.0, "t": 1e3}, "kg")


@dataclass(frozen=True)
class MassScale:
    """Unit and number of decimals that a whole column shares."""

    unit: str
    decimals: int
    units: MassUnits = field(default=METRIC, repr=False)

    @property
    def size_kg(self) -> float:
        """[kg] of the unit."""
        return self.units.sizes_kg[self.unit]

    @property
    def step_kg(self) -> float:
        """[kg] of one step in the last printed place."""
        return self.size_kg * 10.0**-self.decimals

    def of(self, mass_kg: float) -> MassScale:
        """Return this unit with the decimals that show a mass with three digits."""
        return replace(self, decimals=decimals_for(mass_kg / self.size_kg))


def decimal(value: float, decimals: int, language: Language) -> str:
    """Return a number with fixed decimals and the locale's separators; a minus is a real minus."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    quantised = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return format_decimal(abs(quantised) if quantised == 0 else quantised, pattern, _LOCALES[language]).replace(
        "-", "−"
    )


def count(value: float, language: Language) -> str:
    """Return a whole number with separators."""
    return decimal(round(value), 0, language)


def decimals_for(value: float, digits: int = DIGITS) -> int:
    """Return the decimals that show `value` with so many significant digits, at least none."""
    if not value or not math.isfinite(value):
        return 0
    exponent = math.floor(math.log10(abs(value)))
    if round(abs(value), digits - 1 - exponent) >= 10.0 ** (exponent + 1):
        exponent += 1
    return max(0, digits - 1 - exponent)


def significant(value: float, language: Language, digits: int = DIGITS) -> str:
    """Return a number with significant digits; very small and very large ones as powers of ten."""
    if value and math.isfinite(value) and not 1e-6 <= abs(value) < 1e9:
        exponent = math.floor(math.log10(abs(value)))
        return f"{decimal(value / 10.0**exponent, digits - 1, language)} × 10^{str(exponent).replace('-', '−')}"
    return decimal(value, decimals_for(value, digits), language)


def mass(mass_kg: float, language: Language, *, words: bool = False, units: MassUnits = METRIC) -> str:
    """Return a mass in the unit that suits it, such as ``1.23 t``.

    Parameters
    ----------
    mass_kg : float
        [kg]
    words : bool
        Unit as a word where the language's prose wants one (Chinese).
    units : MassUnits
        From which the unit is taken.
    """
    scale = own_scale(mass_kg, units)
    text = decimal(mass_kg / scale.size_kg, scale.decimals, language)
    word = _WORDS.get(language, {}).get(scale.unit, scale.unit) if words else scale.unit
    return f"{text}\u00a0{word}"


def mass_range(
    mass_kg: float,
    low_kg: float | None,
    high_kg: float | None,
    language: Language,
    *,
    words: bool = False,
    units: MassUnits = METRIC,
) -> str:
    """Return a mass and its 95 % range in the mass's own unit and decimals, such as ``1.23 t (1.10–1.40)``.

    Parameters
    ----------
    low_kg, high_kg : float or None
        Where one is not known, the mass stands alone.
    """
    text = mass(mass_kg, language, words=words, units=units)
    if unknown(low_kg) or unknown(high_kg):
        return text
    return f"{text}{BRACKETS[language].format(range_text(low_kg, high_kg, own_scale(mass_kg, units), language))}"


def ends_with_unit(mass_kg: float, low_kg: float, high_kg: float, language: Language, units: MassUnits = METRIC) -> str:
    """Return a range in the unit and decimals of its mass, for where it does not follow it: ``1.10–1.40 t``."""
    scale = own_scale(mass_kg, units)
    return f"{range_text(low_kg, high_kg, scale, language)}\u00a0{scale.unit}"


def own_scale(mass_kg: float, units: MassUnits = METRIC) -> MassScale:
    """Return the unit and decimals that `mass` prints with."""
    return MassScale(units.unit_for(mass_kg) if mass_kg else units.base, 0, units).of(mass_kg)


def range_text(low_kg: float, high_kg: float, scale: MassScale, language: Language) -> str:
    """Return the ends of a range in a unit and decimals, such as ``1.10–1.40``; an end that would vanish is a ``<``."""
    low, high = (steps_text(each, round(each / scale.step_kg), scale, language) for each in (low_kg, high_kg))
    # A dash after a minus would be read as another minus.
    return f"{low}{TO[language] if low_kg < 0 else '–'}{high}"


def unknown(value: float | None) -> bool:
    """Whether a figure is not known."""
    return value is None or not math.isfinite(value)


def scale_for(masses_kg: Sequence[float], units: MassUnits = METRIC) -> MassScale:
    """Choose one unit and decimals for a column.

    The largest figure decides the unit and shows three digits, or four where a smaller one would else
    print with fewer than three.
    """
    sizes = [abs(each) for each in masses_kg if math.isfinite(each) and abs(each) > _NOTHING_KG]
    if not sizes:
        return MassScale(units.base, 0, units)
    unit = units.unit_for(max(sizes))
    largest, smallest = max(sizes) / units.sizes_kg[unit], min(sizes) / units.sizes_kg[unit]
    wanted = max(decimals_for(largest), decimals_for(smallest))
    return MassScale(unit, min(wanted, decimals_for(largest, MAX_DIGITS)), units)


def steps(parts: Sequence[float], step: float, total: float | None = None) -> list[int]:
    """Round parts to whole steps that sum to the rounded total, by the largest remainder.

    Parameters
    ----------
    parts : sequence of float
        Any sign.
    step : float
        Size of the last printed place.
    total : float, optional
        Their sum where it is known more exactly.
    """
    whole = math.fsum(parts) if total is None else total
    floors = [math.floor(part / step) for part in parts]
    left = round(whole / step) - sum(floors)
    # Exact parts take the last steps only if all others have theirs; ties keep the order of the table.
    order = sorted(range(len(parts)), key=lambda i: (-(parts[i] / step - floors[i]), i))
    if 0 <= left <= len(order):
        for i in order[:left]:
            floors[i] += 1
        return floors
    return [round(part / step) for part in parts]


def grid(parts: Sequence[Sequence[float]], step: float, rows: Sequence[int], columns: Sequence[int]) -> list[list[int]]:
    """Round a table to whole steps whose rows sum to `rows` and, as far as a step a cell allows, columns to `columns`.

    Rounded row by row alone, a column of small figures may be off by a step a row.

    Parameters
    ----------
    parts : sequence of sequence of float
        Row by row.
    rows, columns : sequence of int
        Printed totals, in steps.
    """
    exact = [[part / step for part in row] for row in parts]
    found = [steps(row, step, whole * step) for row, whole in zip(parts, rows, strict=True)]
    over = [sum(row[at] for row in found) - whole for at, whole in enumerate(columns)]
    while moves := _moves(found, exact, over):
        over[moves[0][1]] -= 1
        over[moves[-1][2]] += 1
        for line, one, other in moves:
            found[line][one] -= 1
            found[line][other] += 1
    return found


def _moves(
    found: Sequence[Sequence[int]], exact: Sequence[Sequence[float]], over: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Return the fewest moves of a step (row, from, to) that take one from a column that has too many to one that lacks some.

    A cell never moves a whole step away from its exact value; columns in between give on what they get.
    """
    places = range(len(over))
    came: dict[int, tuple[int, int, int] | None] = {at: None for at in places if over[at] > 0}
    edge = list(came)
    while edge:
        reached: dict[int, tuple[float, tuple[int, int, int]]] = {}
        for line, (row, true) in enumerate(zip(found, exact, strict=True)):
            for one in edge:
                if row[one] <= true[one]:
                    continue
                for other in places:
                    if other in came or row[other] >= true[other]:
                        continue
                    away = abs(row[one] - 1 - true[one]) + abs(row[other] + 1 - true[other])
                    reached[other] = min(reached.get(other, (math.inf, (line, one, other))), (away, (line, one, other)))
        came |= {at: move for at, (_, move) in reached.items()}
        ends = [(away, at) for at, (away, _) in reached.items() if over[at] < 0]
        if ends:
            return _back(came, min(ends)[1])
        edge = list(reached)
    return []


def _back(came: Mapping[int, tuple[int, int, int] | None], at: int) -> list[tuple[int, int, int]]:
    """Return the moves that lead to a column, first to last."""
    moves: list[tuple[int, int, int]] = []
    while (move := came[at]) is not None:
        moves.append(move)
        at = move[1]
    return moves[::-1]


def mass_cells(
    parts_kg: Sequence[float], scale: MassScale, language: Language, total_kg: float | None = None
) -> list[str]:
    """Return the parts of a column so that the printed parts sum to the printed total.

    A part that is not zero but prints as zero becomes ``<`` and the smallest printable figure.
    """
    whole = steps(parts_kg, scale.step_kg, total_kg)
    return [steps_text(part, count, scale, language) for part, count in zip(parts_kg, whole, strict=True)]


def steps_text(part: float, count: int, scale: MassScale, language: Language) -> str:
    """Return so many steps of the last place as text; ``<`` where a part would vanish."""
    if count == 0 and part > 0:
        return f"<{decimal(10.0**-scale.decimals, scale.decimals, language)}"
    return decimal(count * 10.0**-scale.decimals, scale.decimals, language)


def shares(parts: Sequence[float], language: Language, decimals: int = 1) -> list[str]:
    """Return percentages that sum to 100 % as printed; dashes if there is nothing to share."""
    total = math.fsum(parts)
    if not total or not math.isfinite(total):
        return ["–" for _ in parts]
    percents = [part / total * 100 for part in parts]
    return mass_cells(percents, MassScale("kg", decimals), language, 100.0)


def percent(share: float, language: Language, decimals: int | None = None) -> str:
    """Return a share of one as a percentage: whole from 10 % on, one decimal below, ``<0.1`` where it would vanish."""
    return signed_percent(percents(share, language, decimals), language)


def signed_percent(text: str, language: Language) -> str:
    """Return a figure that stands for per cent with its sign, as the language sets it."""
    return f"{text}{_PERCENT[language]}"


def percents(share: float, language: Language, decimals: int | None = None) -> str:
    """Return the figure of `percent` without its sign, for a column under a head that has it."""
    value = share * 100
    places = decimals if decimals is not None else 0 if abs(value) >= 10 or value == 0 else 1
    if 0 < value < 5 * 10.0 ** -(places + 1):
        return f"<{decimal(10.0**-places, places, language)}"
    if decimals is None and 0 < 100 - value < 1 / 2:
        return f">{decimal(99.5, 1, language)}"
    return decimal(value, places, language)


def month(text: str, language: Language) -> str:
    """Return a month written ``2025-06`` in the reader's words."""
    return format_date(date.fromisoformat(f"{text}-01"), _MONTHS[language], locale=_LOCALES[language])


#: What units count that has no symbol.
_COUNTED = {"parcel": "包裹", "item": "件", "pallet": "托盘", "day": "天", "hour": "小时", "year": "年"}


def unit_text(unit: str, language: Language = Language.EN) -> str:
    """Return a unit as people write it: ``kg/(t*km)`` becomes kg/(t·km), ``kg/(kW*h)`` kg/kWh."""
    for code, printed in (("W*h", "Wh"), ("**2", "²"), ("**3", "³"), ("*", "·"), ("_", " "), (" ** 2", "²")):
        unit = unit.replace(code, printed)
    unit = re.sub(r"\((\w+)\)", r"\1", unit)
    if language is Language.ZH:
        unit = re.sub(r"[a-z]+", lambda word: _COUNTED.get(word[0], word[0]), unit)
    return unit


def published(value: float, language: Language) -> str:
    """Return a factor's value with all digits that its publisher gives, up to eight."""
    text = f"{value:.8g}"
    if "e" in text:
        return significant(value, language)
    return decimal(value, len(text.partition(".")[2]), language)
