"""The one pint registry, the canonical units, and how text becomes either.

Canonical units are coherent, so that the same model function works on pint quantities and on plain
floats: mass in kg, distance in km, freight in kg*km, energy in kW*h, area in m**2, volume in m**3,
time in days. Currencies and CO2e have dimensions of their own, so that neither converts silently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pint

from carbon.errors import UnitError

# fmt: off
CURRENCIES = (
    "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK",
    "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
)
# fmt: on

ureg = pint.UnitRegistry(cache_folder=None)
ureg.define("co2e_kg = [co2e]")
co2e_kg = ureg.Unit("co2e_kg")
ureg.define("parcel = [parcel]")
ureg.define("item = [item]")
ureg.define("pallet = [pallet]")
ureg.define("million_btu = 1e6 * Btu")
ureg.define("hundred_km = 100 * km")
for _code in CURRENCIES:
    ureg.define(f"{_code} = [currency_{_code.lower()}]")

Quantity = ureg.Quantity

#: Units whose everyday meaning differs between countries, or from what pint reads.
REFUSED = {
    "ton": "write 't' (1,000 kg), 'short_ton' (2,000 lb) or 'long_ton'",
    "tons": "write 't' (1,000 kg), 'short_ton' (2,000 lb) or 'long_ton'",
    "kt": "pint reads 'kt' as knot; write '1000 t' or 'kilotonne'",
    "MT": "pint reads 'MT' as megatesla; write 't'",
    "mt": "pint reads 'mt' as millitonne; write 't'",
    "T": "pint reads 'T' as tesla; write 't'",
    "M": "pint reads 'M' as molar; write 'm'",
    "KM": "write 'km'",
    "C": "pint reads 'C' as coulomb; write 'degC'",
    "gallon": "write 'US_liquid_gallon' or 'imperial_gallon'",
    "gal": "write 'US_liquid_gallon' or 'imperial_gallon'",
}

_CANONICAL = {
    text: ureg.Unit(text)
    for text in (
        "kg",
        "km",
        "kg*km",
        "m**2",
        "m**3",
        "kW*h",
        "day",
        "kg*day",
        "m**2*day",
        "m**3*day",
        "parcel",
        "item",
        "pallet",
        "pallet*day",
        "parcel*km",
        "km/day",
        "kW",
        *CURRENCIES,
    )
}
_CURRENCY_OF = {next(iter(_CANONICAL[code].dimensionality)): code for code in CURRENCIES}
_BY_DIMENSION = {unit.dimensionality: unit for unit in _CANONICAL.values()}
#: Consumption is quoted per 100 km everywhere; pint's unit names hold no numbers.
_HUNDRED_KM = re.compile(r"\(?\s*\b100\s*\*?\s*km\b\s*\)?")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER_UNIT = re.compile(r"^\s*([+-]?(?:\d{1,3}(?:[ _]\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([^\d\s.,].*?)?\s*$")


@dataclass(frozen=True)
class FactorUnit:
    """A factor's unit, numerator and denominator kept apart so that kg/kg loses neither.

    Attributes
    ----------
    numerator, denominator : pint.Unit
        As published.
    canonical : pint.Unit
        Canonical unit of the denominator.
    scale : float
        [kg of gas per canonical denominator] for a published value of 1.
    """

    text: str
    numerator: pint.Unit
    denominator: pint.Unit
    canonical: pint.Unit
    scale: float

    @cached_property
    def co2e(self) -> pint.Quantity:
        """A published value of 1, in CO2e per published denominator; what pint says it is, whatever `scale` says."""
        return (1 * self.numerator).to("kg").magnitude * co2e_kg / (1 * self.denominator)


def parse_unit(text: str) -> pint.Unit:
    """Read a unit; refuse those that mean different things to different people."""
    if not isinstance(text, str) or not text.strip():
        raise UnitError("a unit is missing", found=repr(text), expected="a unit such as 'kg' or 'km'")
    return _read_unit(text)


@lru_cache(maxsize=4096)
def _read_unit(text: str) -> pint.Unit:
    for word in _WORD.findall(text):
        if word in REFUSED:
            raise UnitError(
                f"unit '{word}' is ambiguous", found=text, expected="an unambiguous unit", mend=REFUSED[word]
            )
    try:
        unit = ureg.Unit(_HUNDRED_KM.sub("hundred_km", text).replace("^", "**"))
    except Exception as error:
        raise UnitError(
            "unknown unit",
            found=text,
            expected="a unit that pint knows, such as kg, g, lb, t, km, mi, l, m**3, kW*h",
            mend="check the spelling; write products as 't*km' and powers as 'm**2'",
        ) from error
    if not (1 * ureg.dimensionless * unit)._is_multiplicative:
        raise UnitError("a unit with an offset measures no amount", found=text, expected="a unit such as delta_degC")
    return unit


def canonical_unit(unit: pint.Unit) -> pint.Unit:
    """Return the canonical unit of the same dimension.

    Raises
    ------
    UnitError
        If the project computes nothing in that dimension.
    """
    try:
        return _BY_DIMENSION[unit.dimensionality]
    except KeyError:
        raise UnitError(
            "this dimension is not used in footprints",
            found=f"{unit} {dict(unit.dimensionality)}",
            expected="one of " + ", ".join(list(_CANONICAL)[:14]) + " or a currency",
        ) from None


@lru_cache(maxsize=4096)
def parse_factor_unit(text: str) -> FactorUnit:
    """Read a factor's unit such as ``kg/(t*km)``.

    The part before the first slash is the mass of the gas, the rest is the activity.
    """
    if not isinstance(text, str) or "/" not in text:
        raise UnitError(
            "a factor's unit needs a numerator and a denominator",
            found=text,
            expected="mass of gas per activity, such as kg/(t*km), kg/km, kg/l, kg/(kW*h), kg/kg",
        )
    top, below = (part.strip() for part in text.split("/", 1))
    if "/" in re.sub(r"\([^()]*\)", "", below):
        raise UnitError("more than one slash", found=text, expected="one slash", mend="write kg/(t*km)")
    numerator, denominator = parse_unit(top), parse_unit(below.strip())
    if not numerator.is_compatible_with("kg"):
        raise UnitError("the numerator is not a mass", found=text, expected="kg, g, t, lb ... of the gas")
    canonical = canonical_unit(denominator)
    scale = (1 * numerator).to("kg").magnitude / (1 * denominator).to(canonical).magnitude
    return FactorUnit(text, numerator, denominator, canonical, scale)


def parse_quantity(text: object, like: str | None = None) -> pint.Quantity:
    """Read a quantity written as number and unit, such as ``"1.2 kg"`` or ``"84 mi"``.

    Parameters
    ----------
    text : str
        Number and unit; a bare number is refused, because its unit would be a guess.
    like : str, optional
        A unit of the wanted dimension, for instance ``"kg"``.

    Raises
    ------
    UnitError
        If there is no unit, it is unknown or ambiguous, the number is not finite, or the dimension differs.
    """
    wanted = f"a number and a unit of {like}, such as '1.5 {like}'" if like else "a number and a unit"
    if isinstance(text, str) and re.search(r"\d,\d", text):
        raise UnitError(
            "a comma in a number means thousands to some and decimals to others",
            found=repr(text),
            expected=wanted,
            mend="write 1.5 for one and a half, 1500 for fifteen hundred",
        )
    match = _NUMBER_UNIT.match(text) if isinstance(text, str) else None
    if not match or not match[1] or not match[2]:
        raise UnitError(
            "a quantity needs a number and a unit",
            found=repr(text),
            expected=wanted,
            mend="write it as text with its unit",
        )
    try:
        magnitude = float(re.sub(r"[_ ]", "", match[1]))
    except ValueError:
        raise UnitError("not a number", found=repr(text), expected=wanted) from None
    quantity = magnitude * parse_unit(match[2])
    if not abs(magnitude) < float("inf"):
        raise UnitError("not a finite number", found=repr(text), expected=wanted)
    if like is not None and not quantity.is_compatible_with(parse_unit(like)):
        raise UnitError("wrong kind of quantity", found=repr(text), expected=wanted)
    return quantity


@dataclass(frozen=True)
class Price:
    """An amount of money, for one thing or per unit.

    Attributes
    ----------
    text : str
        As written.
    value : float
        Of one `per`.
    per : str
        Unit that is paid for; empty for a sum.
    """

    text: str
    currency: str
    value: float
    per: str = ""


def parse_price(text: object, *per: str) -> Price:
    """Read money such as ``"0.42 GBP"``, or a price such as ``"14 GBP/hour"``.

    Parameters
    ----------
    text : str
    *per : str
        Units that may be paid for, of which one is meant; none for a sum.

    Raises
    ------
    UnitError
        If it is no money, negative, or paid for something else.
    """
    wanted = [f"EUR/{each}" for each in per] or ["EUR"]
    expected = " or ".join(f"'1.20 {each}'" for each in wanted)
    quantity = parse_quantity(text)
    code = next((_CURRENCY_OF[each] for each in quantity.dimensionality if each in _CURRENCY_OF), None)
    for each in per or ("",) if code else ():
        unit = parse_unit(f"{code}/({each})" if each else code)  # pint would read the text every time
        if quantity.is_compatible_with(unit):
            value = float(quantity.to(unit).magnitude)
            if value < 0:
                raise UnitError("a price is negative", found=text, expected="zero or more")
            return Price(str(text).strip(), code, value, each)
    raise UnitError(
        "not a price", found=repr(text), expected=expected, mend="use " + ", ".join(CURRENCIES[:6]) + " ..."
    )


#: Hours go beyond 24 for what lasts past midnight: ``22:00-30:00``.
_SPAN = re.compile(r"^(\d{1,2}):?(\d{2})?\s*[-–]\s*(\d{1,2}):?(\d{2})?$")


def parse_spans(text: object) -> tuple[tuple[float, float], ...]:
    """Read times of day such as ``"08:00-10:00; 14-16"`` into seconds since midnight, ascending, touching ones joined.

    Raises
    ------
    UnitError
        If it is no such text, or a span ends before it begins.
    """
    expected = "'08:00-10:00', several separated by ';', hours beyond 24 for the next day: '22:00-30:00'"
    if not isinstance(text, str) or not text.strip():
        raise UnitError("times of day are missing", found=repr(text), expected=expected)
    spans: list[tuple[float, float]] = []
    for part in text.replace("；", ";").replace("：", ":").split(";"):
        match = _SPAN.match(part.strip())
        minutes = [int(each or 0) for each in match.groups()] if match else []
        if not match or max(minutes[1], minutes[3]) > 59 or max(minutes[0], minutes[2]) > 48:
            raise UnitError("not a span of times", found=text, expected=expected)
        start_s, end_s = (3600.0 * minutes[at] + 60.0 * minutes[at + 1] for at in (0, 2))
        if end_s < start_s:
            raise UnitError("a span ends before it begins", found=part.strip(), expected=expected)
        spans.append((start_s, end_s))
    joined: list[tuple[float, float]] = []
    for start_s, end_s in sorted(spans):
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return tuple(joined)


def to_canonical(quantity: pint.Quantity) -> float:
    """Return the magnitude in the canonical unit of its dimension."""
    return float(quantity.to(canonical_unit(quantity.units)).magnitude)


@lru_cache(maxsize=4096)
def canonical_symbol(unit: pint.Unit) -> str:
    """Return the project's spelling of a canonical unit, for files and messages."""
    for text, known in _CANONICAL.items():
        if known == unit:
            return text
    return str(unit)
