"""Suppliers' footprints on the articles they belong to: columns of an articles, items or lines file.

What a file says of a piece (`unit_co2e_kg`), and from which day to which, is what orders, carts and labels read; nothing
else has to know of PACT. An article has a row for each time in which another footprint serves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from carbon.errors import OrdersError, UnitError, Where
from carbon.exchange.pact import Footprints, SupplierFootprint
from carbon.exchange.reject import Reject
from carbon.exchange.table import Table
from carbon.units import Quantity, parse_quantity

#: Columns that tell which article a row is of, and how much a piece holds.
KEYS = ("sku", "gtin", "product_id", "content", "unit_mass_kg")
VALUE = "unit_co2e_kg"
#: What is written beside the value: when it counts, and what leads back to its footprint.
BESIDE = ("footprint_valid_from", "footprint_valid_to", "footprint_id", "footprint_source", "footprint_declared",
          "footprint_primary_share", "footprint_left_out_kg")  # fmt: skip
#: A table with one of these is of parcels or orders: each of its rows is goods, and stays one row.
_OF_GOODS = ("parcel_id", "order_id")
_DAY = "shipped_on"
_PINT = {
    "liter": "l", "kilogram": "kg", "cubic meter": "m**3", "kilowatt hour": "kW*h", "megajoule": "MJ",
    "square meter": "m**2", "piece": "item",
}  # fmt: skip
#: Masses are rounded; more than so much above the article's own is another amount.
_ROUNDING = 0.01
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """A footprint on an article, in a time.

    Attributes
    ----------
    pieces : float
        Declared amounts that a piece of the article holds.
    unit_co2e_kg : float
        Of a piece.
    valid_from, valid_to : date
        First and last day on which it counts: valid, and no newer one is.
    """

    article: str
    footprint: SupplierFootprint
    pieces: float
    unit_co2e_kg: float
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Filled:
    """A file whose articles have got their suppliers' footprints.

    Attributes
    ----------
    rows, filled, replaced : int
        Rows of the file as it was read; those that have a footprint now; those of them that had another before.
    taken : tuple of Taken
        Of an article in the order of time.
    rejects : tuple of Reject
        Footprints that no article took, and the articles that could not.
    """

    rows: int
    filled: int
    replaced: int
    taken: tuple[Taken, ...]
    rejects: tuple[Reject, ...]


def with_footprints(articles: Path | str, footprints: Footprints, output: Path | str) -> Filled:
    """Write an articles, items or lines file again, with its suppliers' footprints in `unit_co2e_kg`.

    A footprint is for an article where its GTIN is the article's `gtin`, its product id the article's `product_id`, or
    the buyer's own number in it the article's `sku`. Where several are valid the newest counts; an article gets a row for
    each time, and keeps what was filled earlier for days that none of these takes. Rows of parcels and orders stay as many as they are: they take the footprint of their `shipped_on`, or the
    last one where they do not tell the day.

    Parameters
    ----------
    articles : Path or str
        CSV in UTF-8 or Parquet, with `sku`, `gtin` or `product_id`; `content` says how much of the product a piece holds.
    output : Path or str
        CSV or Parquet, by its ending.

    Raises
    ------
    OrdersError
        If the file cannot be read, or names no article.
    """
    with Table(Path(articles)) as table:
        if not set(table.names) & {"sku", "gtin", "product_id"}:
            raise OrdersError(
                "no column names an article", found=", ".join(table.names[:20]), expected="sku, gtin or product_id",
                mend="rename a column", where=Where(str(articles)),
            )  # fmt: skip
        given = [table.quoted(name) if name in table.names else "NULL" for name in KEYS]
        keys = table.query(f"SELECT DISTINCT {', '.join(given)} FROM given ORDER BY ALL")
        found, rejects = _matched(keys, footprints.taken)
        of_goods = bool(set(table.names) & set(_OF_GOODS))
        by_day = of_goods and _DAY in table.names
        if of_goods and not by_day:
            rejects += tuple(_reject(each.footprint, "no_day", times[-1].footprint.id, each.article)
                             for times in found.values() for each in times[:-1])  # fmt: skip
            found = {place: times[-1:] for place, times in found.items()}
        values = [
            (*keys[place], repr(each.unit_co2e_kg), *_beside(each)) for place, times in found.items() for each in times
        ]
        if not of_goods:
            values += _kept(table, given, {keys[place]: times for place, times in found.items()})
        rows, filled, replaced = table.fill(
            values, given, (VALUE, *BESIDE), Path(output),
            day=table.quoted(_DAY) if by_day else None, once=not of_goods,
        )  # fmt: skip
    return Filled(rows, filled, replaced, tuple(each for times in found.values() for each in times), rejects)


def with_kept(articles: Path | str, kept: Path | str, output: Path | str) -> tuple[int, int]:
    """Write another articles file with the footprints that a former one holds, by `sku`, where a row has none of its own.

    Returns
    -------
    Rows read, and how many of them got footprints here.

    Raises
    ------
    OrdersError
        If a file cannot be read, or the former has no footprints.
    """
    columns = (VALUE, *BESIDE)
    with Table(Path(kept)) as table:
        if not {"sku", VALUE} <= set(table.names):
            raise OrdersError(
                "this is no articles file with footprints", found=", ".join(table.names[:20]), expected=f"sku, {VALUE}",
                where=Where(str(kept)),
            )  # fmt: skip
        sku, value = table.quoted("sku"), table.quoted(VALUE)
        held = [table.quoted(name) if name in table.names else "NULL" for name in columns]
        known = table.query(
            f"SELECT DISTINCT {sku}, {', '.join(held)} FROM given WHERE {sku} IS NOT NULL AND {value} IS NOT NULL ORDER BY ALL"
        )
    with Table(Path(articles)) as table:
        given = [table.quoted("sku") if "sku" in table.names else "NULL"]
        rows, filled, _ = table.fill(known, given, columns, Path(output), keep=True)
    return rows, filled


def _kept(
    table: Table, given: Sequence[str], found: Mapping[tuple[str | None, ...], Sequence[Taken]]
) -> list[tuple[Any, ...]]:
    """Return what an earlier filling left for articles that get others now: its days that none of the new ones takes.

    A footprint that is sent again, or that a new one names as its past version, is judged by what is sent.
    """
    first, last, name = BESIDE[:3]
    if not {VALUE, first, last} <= set(table.names):
        return []
    columns = [table.quoted(each) if each in table.names else "NULL" for each in (VALUE, *BESIDE)]
    days = f"TRY_CAST({table.quoted(first)} AS DATE), TRY_CAST({table.quoted(last)} AS DATE)"
    held = table.query(f"SELECT DISTINCT {', '.join(given)}, {days}, {', '.join(columns)} FROM given ORDER BY ALL")
    kept = []
    for row in held:
        key, (start, end), values = row[: len(KEYS)], row[len(KEYS) : len(KEYS) + 2], row[len(KEYS) + 2 :]
        times = found.get(key, ())
        if not times or values[0] is None or start is None or end is None:
            continue
        said = values[(VALUE, *BESIDE).index(name)]
        if any(said == each.footprint.id for each in times):
            continue
        after = [each.footprint.valid_from for each in times if said in each.footprint.preceding]
        end = min([end, *(day - _ONE_DAY for day in after)])
        kept += [(*key, values[0], str(begin), str(stop), *values[3:]) for begin, stop in _free(start, end, times)]
    return kept


def _beside(taken: Taken) -> tuple[str, ...]:
    each = taken.footprint
    share = "" if each.primary_share is None else f"{each.primary_share:g}"
    left_out_kg = (each.removals_kg + (each.uptake_kg or 0.0)) * taken.pieces
    times = str(taken.valid_from), str(taken.valid_to)
    return *times, each.id, each.source, f"{taken.pieces:.12g} x {each.declared}", share, f"{left_out_kg:.12g}"


def _matched(
    articles: Sequence[tuple[str | None, ...]], footprints: Sequence[SupplierFootprint]
) -> tuple[dict[int, list[Taken]], tuple[Reject, ...]]:
    """Return the footprints of each article by its place, in the order of time, and what is taken by none."""
    by: dict[tuple[str, str], list[SupplierFootprint]] = {}
    for each in footprints:
        for kind, numbers in (("gtin", each.gtins), ("product_id", each.product_ids), ("sku", each.codes)):
            for number in numbers:
                by.setdefault((kind, number.casefold()), []).append(each)
    taken: dict[int, list[Taken]] = {}
    rejects: list[Reject] = []
    met: set[int] = set()
    for place, article in enumerate(articles):
        sku, gtin, product_id, content, mass = article
        numbers = (("gtin", "".join((gtin or "").split()).replace("-", "").zfill(14)), ("product_id", product_id or ""),
                   ("sku", sku or ""))  # fmt: skip
        able = {id(each): each for kind, number in numbers for each in by.get((kind, number.strip().casefold()), ())}
        met |= able.keys()
        name = next(filter(None, (sku, gtin, product_id)), "")
        mine: list[Taken] = []
        for each in sorted(able.values(), key=lambda each: each.age, reverse=True):
            try:
                pieces = _pieces(each, content, mass)
            except _Unfit as unfit:
                rejects.append(_reject(each, unfit.reason, unfit.found, name))
                continue
            free = _free(each.valid_from, each.valid_to, mine)
            if not free:
                rejects.append(_reject(each, "older", mine[0].footprint.id, name))
            mine += [Taken(name, each, pieces, each.co2e_kg * pieces, *time) for time in free]
        if mine:
            taken[place] = sorted(mine, key=lambda each: each.valid_from)
    rejects += [
        _reject(each, "no_article", ", ".join(each.product_ids)) for each in footprints if id(each) not in met
    ]  # fmt: skip
    # A row of a lines file says the same of an article as the next.
    return taken, tuple(dict.fromkeys(rejects))


def _free(first: date, last: date, taken: Sequence[Taken]) -> list[tuple[date, date]]:
    """Return what of a time no other footprint has taken."""
    found = []
    for each in sorted(taken, key=lambda each: each.valid_from):
        if each.valid_from > last:
            break
        if each.valid_from > first:
            found.append((first, each.valid_from - _ONE_DAY))
        first = max(first, each.valid_to + _ONE_DAY)
    return [*found, (first, last)] if first <= last else found


class _Unfit(Exception):
    def __init__(self, reason: str, found: str):
        self.reason, self.found = reason, found
        super().__init__(reason)


def _reject(each: SupplierFootprint, reason: str, found: str, article: str = "") -> Reject:
    return Reject(each.file, each.number, each.id, each.product, reason, found[:300], article)


def _pieces(footprint: SupplierFootprint, content: str | None, mass: str | None) -> float:
    """Return how many of the declared amount a piece of an article holds.

    Without a `content` a piece is one piece, or the product whose amount the footprint declares; one of a unit may
    as well be bulk, of which a piece holds nobody knows how much.
    """
    declared = float(footprint.amount) * parse_quantity(f"1 {_PINT[footprint.unit]}")
    if content and content.strip():
        return _ratio(content.strip(), declared, footprint)
    if footprint.unit == "piece":
        return 1 / float(footprint.amount)
    if footprint.amount == 1:
        raise _Unfit("no_content", footprint.declared)
    own_kg = declared.to("kg").magnitude if footprint.unit == "kilogram" else footprint.mass_kg
    gross_kg = _number(mass)
    if own_kg is not None and gross_kg is not None and own_kg > gross_kg * (1 + _ROUNDING):
        raise _Unfit("too_heavy", f"{own_kg:g} kg > {gross_kg:g} kg")
    return 1.0


@lru_cache(maxsize=65_536)
def _quantity(text: str) -> Quantity | None:
    try:
        return parse_quantity(text)
    except UnitError:
        return None


def _ratio(content: str, declared: Quantity, footprint: SupplierFootprint) -> float:
    held = _quantity(content)
    if held is None or held.magnitude <= 0:
        raise _Unfit("unit", content)
    if held.is_compatible_with(declared.units):
        return float((held / declared).to("dimensionless").magnitude)
    if held.is_compatible_with("kg") and footprint.mass_kg:
        return float(held.to("kg").magnitude) / footprint.mass_kg
    raise _Unfit("unit", f"{content}, {footprint.declared}")


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
