"""The articles of an items file by SKU: what a cart's lines are looked up in."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from carbon.orders.items import GIVEN, HIGHEST_DENSITY_KG_PER_M3, OrderItems

__all__ = ["HIGHEST_DENSITY_KG_PER_M3", "Article", "Articles", "DeclaredFootprint"]

#: Rows of one SKU may differ by so much before they contradict each other: rounding, not another article.
_SAME = 0.01


@dataclass(frozen=True)
class DeclaredFootprint:
    """A product carbon footprint of a piece, and the days that it is valid on, both included."""

    co2e_kg: float
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True)
class Article:
    """What the items file says of a piece of a SKU; None where it says nothing.

    Attributes
    ----------
    size_m : tuple of float or None
        Length, width, height in its sales packaging.
    footprints : tuple of DeclaredFootprint
        Its supplier's product carbon footprints.
    gtin : str or None
        Its Global Trade Item Number, 14 digits.
    row : mapping or None
        The row itself, as the packer reads it.
    complaint : str or None
        Why it cannot be used.
    """

    sku: str
    mass_kg: float | None
    volume_m3: float | None
    size_m: tuple[float, float, float] | None = None
    category: str | None = None
    footprints: tuple[DeclaredFootprint, ...] = ()
    row: dict[str, Any] | None = None
    complaint: str | None = None
    gtin: str | None = None

    def product_co2e_kg(self, day: date) -> float | None:
        """Return its product carbon footprint on a day; None where none is valid then."""
        return next((each.co2e_kg for each in self.footprints if each.first <= day <= each.last), None)


class Articles:
    """Articles by SKU.

    Parameters
    ----------
    path : path
        Items file with `sku`; a lines file serves, where every article may stand many times.
    mapping : path, optional
        For foreign headers and units.
    """

    def __init__(self, path: Path | str, mapping: Path | str | None = None):
        items = OrderItems(path, mapping, fallback=False, key="sku")
        self.notes = items.notes
        self._articles: dict[str, Article] = {}
        for row in items.all():
            made = _article(row)
            known = self._articles.get(made.sku)
            self._articles[made.sku] = made if known is None else _merged(known, made)
        self._skus_of: dict[str, list[str]] = {}
        for article in self._articles.values():
            if article.gtin is not None:
                self._skus_of.setdefault(article.gtin, []).append(article.sku)

    def __len__(self) -> int:
        return len(self._articles)

    def get(self, sku: str) -> Article | None:
        """Return an article, None if the file does not have it."""
        return self._articles.get(sku)

    def of_gtin(self, gtin: str) -> Article | None:
        """Return the article that a GTIN of 14 digits names; None where none has it, or several do."""
        skus = self._skus_of.get(gtin, [])
        return self._articles[skus[0]] if len(skus) == 1 else None

    def near(self, sku: str) -> str | None:
        """Return the SKU that looks most like one that is not there."""
        return next(iter(difflib.get_close_matches(sku, self._articles, n=1)), None)


def _article(row: dict[str, Any]) -> Article:
    sides = tuple(row[name] for name in ("length_m", "width_m", "height_m"))
    size_m = sides if row["source"] == GIVEN else None
    volume_m3 = row["unit_volume_m3"] or (math.prod(size_m) if size_m else None)
    return Article(
        row["id"],
        row["unit_mass_kg"] or None,
        volume_m3,
        size_m,
        row["product_category"],
        _footprints(row),
        row,
        row["complaint"],
        row["gtin"],
    )


def _footprints(row: dict[str, Any]) -> tuple[DeclaredFootprint, ...]:
    if row["unit_co2e_kg"] is None:
        return ()
    return (DeclaredFootprint(row["unit_co2e_kg"], row["valid_from"] or date.min, row["valid_to"] or date.max),)


def _overlap(one: Article, other: Article) -> tuple[float, float] | None:
    """Return two footprints that are valid on one day and differ."""
    for mine in one.footprints:
        for theirs in other.footprints:
            apart = abs(mine.co2e_kg - theirs.co2e_kg) > _SAME * max(mine.co2e_kg, theirs.co2e_kg)
            if apart and mine.first <= theirs.last and theirs.first <= mine.last:
                return mine.co2e_kg, theirs.co2e_kg
    return None


def _merged(one: Article, other: Article) -> Article:
    """Return two rows of one SKU as one article: each fills what the other leaves empty."""
    complaint = one.complaint or other.complaint
    taken: dict[str, Any] = {}
    for name, what in (("mass_kg", "kg"), ("volume_m3", "m3")):
        mine, theirs = getattr(one, name), getattr(other, name)
        taken[name] = theirs if mine is None else mine
        if mine is not None and theirs is not None and abs(mine - theirs) > _SAME * max(mine, theirs):
            complaint = complaint or f"{one.sku} stands with {mine:g} and {theirs:g} {what}"
    if (both := _overlap(one, other)) is not None:
        complaint = complaint or f"{one.sku} stands with {both[0]:g} and {both[1]:g} kg CO2e"
    if one.gtin and other.gtin and one.gtin != other.gtin:
        complaint = complaint or f"{one.sku} stands with the GTINs {one.gtin} and {other.gtin}"
    first = one if one.size_m is not None else other
    return Article(
        one.sku,
        taken["mass_kg"],
        taken["volume_m3"],
        first.size_m,
        one.category or other.category,
        tuple(dict.fromkeys((*one.footprints, *other.footprints))),
        first.row,
        complaint,
        one.gtin or other.gtin,
    )
