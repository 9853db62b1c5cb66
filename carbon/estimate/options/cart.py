"""The cart: what is in it, where it goes, what it is packed in; checked line by line and added up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from numbers import Real
from typing import Any

from carbon.errors import InputError, Where
from carbon.orders.articles import HIGHEST_DENSITY_KG_PER_M3, Article, Articles, DeclaredFootprint
from carbon.orders.columns import BY_NAME

#: Words for what a cart is packed in besides a package of the organisation.
DEFAULT, PACKED = "default", "packed"
_SIDES = ("length_mm", "width_mm", "height_mm")
_MM_PER_M = 1000
#: Characters of a text, as in a cell of orders.
_LONGEST = 200
#: Most that a number of a line may be, by its name; a declared footprint is bounded as a lines file's.
_MOST = {"quantity": 100_000, "mass_kg": BY_NAME["goods_mass_kg"].high, **dict.fromkeys(_SIDES, 20_000)}
_FOOTPRINT = "product_co2e_kg"


@dataclass(frozen=True)
class CartLine:
    """Pieces of one article: known by `sku`, or by mass and size of one piece in its sales packaging.

    What the line itself says goes before what the items file says.
    """

    sku: str | None = None
    quantity: int = 1
    mass_kg: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None
    height_mm: float | None = None
    category: str | None = None
    product_co2e_kg: float | None = None


@dataclass(frozen=True)
class Destination:
    """Where a cart goes: coordinates, or names that the places resolver finds."""

    country: str | None = None
    postcode: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Cart:
    """What a shopper is about to buy.

    Attributes
    ----------
    lines : tuple of CartLine
    destination : Destination
    currency, goods_value : str, float, optional
        Price net of tax; no delivery stage reads it.
    origin_site : str, optional
        Site of the organisation; that of each option otherwise.
    package : str
        ``default``, ``packed``, or a package of the organisation.
    """

    lines: tuple[CartLine, ...]
    destination: Destination
    currency: str | None = None
    goods_value: float | None = None
    origin_site: str | None = None
    package: str = DEFAULT

    @classmethod
    def of(cls, document: Mapping[str, Any], name: str = "cart") -> Cart:
        """Read a cart from plain values, `packaging` for its package; a key that it does not know is an error.

        Raises
        ------
        InputError
            With the line and field.
        """
        values = _known(cls, document, name, "")
        lines = values.get("lines")
        if not isinstance(lines, (list, tuple)) or not lines:
            raise InputError("a cart needs lines", found=lines, expected="a list", where=Where(name, None, "lines"))
        place = values.get("destination")
        if not isinstance(place, Mapping):
            raise InputError(
                "a cart needs a destination",
                found=place,
                expected="country with postcode or city, or latitude and longitude",
                where=Where(name, None, "destination"),
            )
        values["lines"] = tuple(
            CartLine(**_known(CartLine, line, name, f"lines[{number}].")) for number, line in enumerate(lines)
        )
        values["destination"] = Destination(**_known(Destination, place, name, "destination."))
        values["package"] = values.pop("packaging", None)
        return cls(**{key: value for key, value in values.items() if value is not None})


@dataclass(frozen=True)
class Goods:
    """All lines of a cart together.

    Attributes
    ----------
    mass_kg, volume_m3 : float or None
        None where some line does not tell.
    product_co2e_kg : float or None
        Declared footprints of all articles, as they are valid on the day; None where one has none.
    pieces : tuple of (Article, int)
        Articles and how many of each, for packing.
    known_kg : float
        Of the lines whose mass is known.
    """

    mass_kg: float | None
    volume_m3: float | None
    product_co2e_kg: float | None
    pieces: tuple[tuple[Article, int], ...]
    known_kg: float = 0.0


def goods_of(cart: Cart, articles: Articles | None, on: date, name: str = "cart") -> Goods:
    """Add up the lines of a cart that is sent on a day.

    Raises
    ------
    InputError
        If a line cannot be used; with the line and field.
    """
    pieces = tuple(
        (_article(line, articles, f"lines[{at}].", name), line.quantity) for at, line in enumerate(cart.lines)
    )
    mass_kg, volume_m3, product_kg = (
        None if None in some else math.fsum(value * count for value, (_, count) in zip(some, pieces, strict=True))
        for some in zip(*((each.mass_kg, each.volume_m3, each.product_co2e_kg(on)) for each, _ in pieces), strict=True)
    )
    heaviest_kg = BY_NAME["goods_mass_kg"].high
    if mass_kg is not None and mass_kg > heaviest_kg:
        raise _wrong(
            name, "lines", "the goods are too heavy for parcels", f"{mass_kg:g} kg", f"at most {heaviest_kg:g} kg"
        )
    known_kg = mass_kg if mass_kg is not None else sum((each.mass_kg or 0.0) * count for each, count in pieces)
    return Goods(mass_kg, volume_m3, product_kg, pieces, known_kg)


def _article(line: CartLine, articles: Articles | None, at: str, name: str) -> Article:
    _check_number(line.quantity, "quantity", at, name, whole=True)
    for field in ("mass_kg", *_SIDES, _FOOTPRINT):
        value = getattr(line, field)
        if value is not None:
            _check_number(value, field, at, name)
    sides = [getattr(line, side) for side in _SIDES]
    given = [side is not None for side in sides]
    if any(given) and not all(given):
        raise _wrong(name, at + _SIDES[given.index(False)], "a size has three sides", "nothing", "a length in mm")
    known = _known_article(line, articles, at, name)
    size_m = tuple(side / _MM_PER_M for side in sides) if all(given) else known.size_m if known else None
    volume_m3 = math.prod(size_m) if all(given) else known.volume_m3 if known else None
    mass_kg = line.mass_kg if line.mass_kg is not None else known.mass_kg if known else None
    if mass_kg is not None and volume_m3 is not None and mass_kg > HIGHEST_DENSITY_KG_PER_M3 * volume_m3:
        own = _SIDES[0] if all(given) else "mass_kg"
        raise _wrong(
            name,
            at + own,
            "mass and size make it denser than any metal",
            f"{mass_kg:g} kg in {volume_m3 * 1000:g} l",
            "mass in kg, sides in mm",
            "correct the unit",
        )
    product = known.footprints if known else ()
    if line.product_co2e_kg is not None:
        product = (DeclaredFootprint(line.product_co2e_kg),)
    return Article(
        line.sku or (known.sku if known else f"line {at}"),
        mass_kg,
        volume_m3,
        size_m,
        line.category or (known.category if known else None),
        product,
        known.row if known else None,
    )


def _known_article(line: CartLine, articles: Articles | None, at: str, name: str) -> Article | None:
    """Return what the items file says; None where the line speaks for itself."""
    if line.sku is None:
        if line.mass_kg is None and line.length_mm is None:
            raise _wrong(
                name, at + "sku", "a line says neither what it is nor what it weighs", "nothing", "sku, or mass_kg"
            )
        return None
    if articles is None:
        if line.mass_kg is None:
            raise _wrong(
                name,
                at + "sku",
                "no items file is known",
                line.sku,
                "mass_kg",
                "give the line its mass, or load an items file",
            )
        return None
    known = articles.get(line.sku)
    if known is None and line.mass_kg is None:
        near = articles.near(line.sku)
        raise _wrong(
            name,
            at + "sku",
            "the article is not in the items file",
            line.sku,
            "one of its articles, or mass_kg",
            f"did you mean {near}?" if near else "add it, or give the line its mass",
        )
    if known is not None and known.complaint is not None and (line.mass_kg is None or line.length_mm is None):
        raise _wrong(
            name,
            at + "sku",
            "the items file is at fault with this article",
            known.complaint,
            "rows without fault that agree on the article",
            "correct the items file, or give the line its mass and size",
        )
    return known


#: Least and most of each number; what is none, or nothing where there must be something, is looked at more closely.
_BOUNDS = {
    "quantity": (1, _MOST["quantity"]),
    "mass_kg": (BY_NAME["goods_mass_kg"].low, _MOST["mass_kg"]),
    **{side: (0, _MOST[side]) for side in _SIDES},
    _FOOTPRINT: (0, BY_NAME[_FOOTPRINT].high),
}


def _check_number(value: object, field: str, at: str, name: str, whole: bool = False) -> None:
    least, high = _BOUNDS[field]
    if (value.__class__ is int or (value.__class__ is float and not whole)) and value and least <= value <= high:
        return
    wanted = f"a {'whole ' if whole else ''}number above 0, up to {high:,}"
    if isinstance(value, bool) or not isinstance(value, int if whole else Real):
        text = isinstance(value, str)
        mend = f"write the number alone: the unit is in the name '{field}'" if text else None
        raise _wrong(name, at + field, "not a number", value, wanted, mend)
    if not math.isfinite(value) or value > high or value < least or (value == 0 and field != _FOOTPRINT):
        raise _wrong(name, at + field, "out of range", value, wanted, "correct the value or its unit")


def _known(kind: type, document: object, name: str, at: str) -> dict[str, Any]:
    """Return the values of a document, all of whose keys are fields of `kind`."""
    if not isinstance(document, Mapping):
        raise _wrong(name, at.rstrip(".") or "cart", "not an object", document, "keys and values")
    names = ["packaging" if field.name == "package" else field.name for field in fields(kind)]
    for key in document:
        if key not in names:
            raise _wrong(name, f"{at}{key}", "unknown key", key, ", ".join(names))
    for key, value in document.items():
        text = key in ("sku", "category", "country", "postcode", "city", "currency", "origin_site", "packaging")
        if text and value is not None and not isinstance(value, str):
            raise _wrong(name, at + key, "not a text", value, "text in quotes")
        if text and value is not None and len(value) > _LONGEST:
            raise _wrong(name, at + key, "the text is too long", f"{value[:40]} ...", f"at most {_LONGEST} characters")
        number = key in ("latitude", "longitude", "goods_value")
        if number and value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
            raise _wrong(name, at + key, "not a number", value, "a number")
        if number and value is not None and (not math.isfinite(value) or (key == "goods_value" and value < 0)):
            raise _wrong(name, at + key, "out of range", value, "a finite number; no price below zero")
    return dict(document)


def _wrong(
    name: str, field: str, problem: str, found: object, expected: str | None = None, mend: str | None = None
) -> InputError:
    return InputError(problem, found=found, expected=expected, mend=mend, where=Where(name, None, field))
