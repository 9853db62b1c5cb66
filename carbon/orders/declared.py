"""Declared product footprints in their time: an article's footprint counts for parcels of the days that it is valid on.

An articles file has a row for each time of an article; a line may state a footprint of its own, and when it is valid. Which
of them serves a line is known by its parcel's day alone, so that it is asked chunk by chunk, for all parcels at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, Where
from carbon.orders.mapping import Mapping
from carbon.orders.source import open_source
from carbon.orders.text_table import text_table

#: What an articles file says of its articles' footprints.
ARTICLE_COLUMNS = ("sku", "unit_co2e_kg", "footprint_valid_from", "footprint_valid_to", "footprint_primary_share",
                   "footprint_id")  # fmt: skip
#: Whether a parcel's declared footprints, known for all its lines, are not valid on its day.
LAPSED = pa.field("product_lapsed", pa.bool_())
_RESULTS = (("product_co2e_kg", pa.float64()), ("product_primary_share", pa.float64()), ("product_footprint", pa.string()),
            (LAPSED.name, pa.bool_()), ("dated", pa.bool_()))  # fmt: skip
#: More days than the calendar of SQL has.
_SPAN = 10_000_000
_FIRST, _LAST = "DATE '0001-01-01'", "DATE '9999-12-31'"


def day_of(name: str) -> str:
    """SQL: a cell as a day, with or without a time behind it."""
    return f"CAST(TRY_CAST({name} AS TIMESTAMP) AS DATE)"


def read_articles(database: Any, path: Path | str | None) -> None:
    """Make the table `articles`: sku, name, kg, share, first, last; empty without a file.

    Raises
    ------
    OrdersError
        If the file cannot be read, a cell cannot be used, or an article stands with two footprints on one day.
    """
    if path is None:
        database.execute(
            "CREATE TABLE articles (sku VARCHAR, name VARCHAR, kg DOUBLE, share DOUBLE, first DATE, last DATE)"
        ).fetchall()
        return
    source = open_source(path, Mapping())
    headers = {header.strip().casefold(): header for header in source.headers}
    if not {"sku", "unit_co2e_kg"} <= headers.keys():
        raise OrdersError(
            "this is no articles file with footprints",
            found=", ".join(source.headers[:20]),
            expected=", ".join(ARTICLE_COLUMNS),
            mend="make it with `carbon footprints`, or rename the headers",
            where=Where(str(path)),
        )
    text_table(database, "given_articles", source, {name: headers.get(name) for name in ARTICLE_COLUMNS})
    wrong = database.execute(_WRONG).fetchall()
    if wrong:
        row, column, found, expected = wrong[0]
        raise OrdersError(
            "a declared footprint cannot be used",
            found=found,
            expected=expected,
            mend="correct the cell",
            where=Where(str(path), row + 1, headers.get(column, column)),
        )
    database.execute(_ARTICLES)
    twice = database.execute(_TWICE).fetchall()
    if twice:
        sku, one, other, day = twice[0]
        raise OrdersError(
            "an article stands with two footprints on one day",
            found=f"{sku}: {one:g} and {other:g} kg on {day}",
            expected="one row for each time",
            mend="end footprint_valid_to of one before footprint_valid_from of the other",
            where=Where(str(path)),
        )


class DatedFootprints:
    """Declared footprints of lines whose footprint depends on the day.

    Parameters
    ----------
    database
        With `articles`, and `typed`: the lines with numbers, and the days between which their own footprint is valid.
    """

    def __init__(self, database: Any):
        self._database = database
        database.execute(_OFFERS)
        self.any = bool(database.execute(_ANY).fetchall()[0][0])
        if self.any:
            database.execute(_DATED)
        offers = database.sql("SELECT * FROM offers ORDER BY article, first").to_arrow_table().combine_chunks()
        self._article, first, self._last, self._kg, self._share = (
            offers[name].to_numpy() for name in ("article", "first", "last", "kg", "share")
        )
        self._keys = self._article * _SPAN + first
        self._names = _chunk(offers["name"])
        starts = np.flatnonzero(np.diff(self._article, prepend=-1))
        self._all_names = _joined(self._names, starts, ", ")

    def on_their_days(self, days: pa.Array, bounds: Sequence[str]) -> dict[str, pa.Array]:
        """Return the footprints of the parcels in `ids` (position, parcel_id) on their days.

        Returns
        -------
        dict
            product_co2e_kg, product_primary_share, product_footprint (all null where some line has none), product_lapsed,
            and `dated`: whether they depend on the day at all; in the order of the positions.
        """
        found = self._database.sql(_LINES, params=list(bounds)).to_arrow_table().combine_chunks()
        position, lines, quantity = (found[name].to_numpy() for name in ("position", "lines", "quantity"))
        day = np.asarray(pc.fill_null(days.cast(pa.int32()), -_SPAN)).astype(np.int64)[position]
        place, valid, kg, share = self._chosen(found, day)
        starts = np.flatnonzero(np.diff(position, prepend=-1))
        if not starts.size:
            return {name: pa.nulls(len(days), kind) for name, kind in _RESULTS[:-2]} | {
                name: pa.array(np.zeros(len(days), dtype=bool)) for name, _ in _RESULTS[-2:]
            }
        covered = np.diff(starts, append=len(position)) == lines[starts]
        whole = covered & np.logical_and.reduceat(valid, starts)
        line_kg = np.where(valid, quantity * kg, 0.0)
        total_kg, primary_kg = np.add.reduceat(line_kg, starts), np.add.reduceat(line_kg * share, starts)
        primary_share = np.divide(primary_kg, total_kg, out=np.zeros(len(starts)), where=total_kg > 0)
        texts = self._texts(found, place, valid, starts, days.take(pa.array(position[starts])), whole)
        at = np.full(len(days), -1)
        at[position[starts]] = np.arange(len(starts))
        of_parcel = pa.array(at, mask=at < 0)
        return {
            "product_co2e_kg": pa.array(total_kg, mask=~whole).take(of_parcel),
            "product_primary_share": pa.array(np.minimum(primary_share, 1.0), mask=~whole).take(of_parcel),
            "product_footprint": pc.if_else(pa.array(covered), texts, pa.scalar(None, pa.string())).take(of_parcel),
            LAPSED.name: pc.fill_null(pa.array(covered & ~whole).take(of_parcel), False),
            "dated": pa.array(at >= 0),
        }

    def _chosen(self, found: pa.Table, day: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return for each line the place of its article's offer, whether a footprint is valid, and its kg and share."""
        article, kg, share, first, last = (
            found[name].to_numpy() for name in ("article", "kg", "share", "first", "last")
        )
        valid = (first <= day) & (day <= last)
        if not len(self._keys):
            return np.zeros(len(day), dtype=np.int64), valid, kg, share
        key, own = article * _SPAN + day, article < 0
        place = np.maximum(np.searchsorted(self._keys, key, side="right") - 1, 0)
        offered = (self._article[place] == article) & (self._keys[place] <= key) & (day <= self._last[place])
        kg, share = np.where(own, kg, self._kg[place]), np.where(own, share, self._share[place])
        return place, np.where(own, valid, offered), kg, share

    def _texts(
        self, found: pa.Table, place: np.ndarray, valid: np.ndarray, starts: np.ndarray, days: pa.Array, whole: np.ndarray
    ) -> pa.Array:  # fmt: skip
        """Return for each parcel which footprints it has; where some line has none, whose days its own lies outside of."""
        article, own = found["article"].to_numpy(), _chunk(found["name"])
        names = pc.coalesce(own, self._names.take(pa.array(place, mask=article < 0)))
        text = _joined(names, starts, "; ")
        if whole.all():
            return text
        lacking = np.flatnonzero(~valid)
        groups = np.searchsorted(starts, lacking, "right") - 1
        alternatives = pc.coalesce(own, self._all_names.take(pa.array(article, mask=article < 0)))
        heads = np.flatnonzero(np.diff(groups, prepend=-1))
        outside = _joined(alternatives.take(pa.array(lacking)), heads, "; ")
        at = np.full(len(starts), -1)
        at[groups[heads]] = np.arange(len(heads))
        outside = outside.take(pa.array(at, mask=at < 0))
        said = pc.binary_join_element_wise(days.cast(pa.string()), outside, " lies outside: ")
        return pc.if_else(pa.array(whole), text, said)


def _joined(texts: pa.Array, starts: np.ndarray, by: str) -> pa.Array:
    """Return runs of texts, each beginning at one of `starts`, as one text each."""
    offsets = pa.array(np.append(starts, len(texts)), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), by)


def _chunk(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _unusable(column: str, condition: str, expected: str) -> str:
    return (
        f"SELECT row, '{column}' AS name, {column} AS found, '{expected}' AS expected FROM given_articles "
        f"WHERE {column} IS NOT NULL AND NOT coalesce({condition}, false)"
    )


def _finite(column: str, high: str) -> str:
    return f"isfinite(TRY_CAST({column} AS DOUBLE)) AND TRY_CAST({column} AS DOUBLE) BETWEEN 0 AND {high}"


_WRONG = " UNION ALL ".join(
    [
        _unusable("unit_co2e_kg", _finite("unit_co2e_kg", "1e6"), "kg CO2e a piece, from 0 to 1,000,000"),
        _unusable("footprint_primary_share", _finite("footprint_primary_share", "1"), "a share from 0 to 1"),
        *(
            _unusable(name, f"{day_of(name)} IS NOT NULL", "a day, YYYY-MM-DD")
            for name in ("footprint_valid_from", "footprint_valid_to")
        ),
    ]
)
_WRONG = f"SELECT * FROM ({_WRONG}) ORDER BY row LIMIT 1"
_ARTICLES = f"""
CREATE TABLE articles AS
SELECT sku, kg, first, last, min(name) AS name, min(share) AS share FROM (
    SELECT sku, coalesce(footprint_id, 'declared') AS name, CAST(unit_co2e_kg AS DOUBLE) AS kg,
           coalesce(CAST(footprint_primary_share AS DOUBLE), 0) AS share,
           coalesce({day_of("footprint_valid_from")}, {_FIRST}) AS first,
           coalesce({day_of("footprint_valid_to")}, {_LAST}) AS last
    FROM given_articles WHERE sku IS NOT NULL AND unit_co2e_kg IS NOT NULL)
GROUP BY sku, kg, first, last;
DROP TABLE given_articles
"""
_TWICE = """
SELECT one.sku, one.kg, other.kg, greatest(one.first, other.first)
FROM articles AS one JOIN articles AS other USING (sku)
WHERE (one.kg, one.first, one.last) < (other.kg, other.first, other.last) AND one.first <= other.last
  AND other.first <= one.last
ORDER BY 1 LIMIT 1
"""
#: Footprints that are valid for ever, by article.
ALWAYS = f"""
SELECT sku, kg AS article_kg, share AS article_share, name AS article_footprint FROM articles
WHERE first = {_FIRST} AND last = {_LAST}"""


def _named(name: str, first: str, last: str) -> str:
    """SQL: article, footprint and the days that it is valid on."""
    return (
        f"coalesce(sku || ' ', '') || {name} || CASE WHEN {first} > {_FIRST} OR {last} < {_LAST} THEN ', valid' "
        f"|| CASE WHEN {first} > {_FIRST} THEN ' from ' || {first} ELSE '' END "
        f"|| CASE WHEN {last} < {_LAST} THEN ' to ' || {last} ELSE '' END ELSE '' END"
    )


def _number(day: str) -> str:
    """SQL: a day as Arrow counts it, from 1970."""
    return f"CAST({day} - DATE '1970-01-01' AS BIGINT)"


_OWN_FIRST, _OWN_LAST = f"coalesce(valid_from, {_FIRST})", f"coalesce(valid_to, {_LAST})"
_OFFERS = f"""
CREATE TABLE offers AS
SELECT dense_rank() OVER (ORDER BY sku) - 1 AS article, sku, {_number("first")} AS first, {_number("last")} AS last, kg, share,
       {_named("name", "first", "last")} AS name
FROM articles WHERE first > {_FIRST} OR last < {_LAST}
"""
_ANY = """
SELECT EXISTS (FROM offers) OR EXISTS (FROM typed WHERE valid_from IS NOT NULL OR valid_to IS NOT NULL)"""
_DATED = f"""
CREATE TABLE dated AS
WITH choices AS (
    SELECT typed.*, article FROM typed LEFT JOIN (SELECT DISTINCT sku, article FROM offers) USING (sku))
SELECT parcel_id, row, quantity, lines, CASE WHEN unit_co2e_kg IS NULL THEN article ELSE -1 END AS article,
       unit_co2e_kg AS kg, coalesce(footprint_primary_share, 0) AS share, {_number(_OWN_FIRST)} AS first,
       {_number(_OWN_LAST)} AS last, CASE WHEN unit_co2e_kg IS NOT NULL
       THEN {_named("coalesce(footprint_id, 'declared')", _OWN_FIRST, _OWN_LAST)} END AS name
FROM choices JOIN (
    SELECT parcel_id, count(*) AS lines FROM choices GROUP BY parcel_id
    HAVING bool_or(CASE WHEN unit_co2e_kg IS NULL THEN article IS NOT NULL
                   ELSE valid_from IS NOT NULL OR valid_to IS NOT NULL END)) USING (parcel_id)
WHERE unit_co2e_kg IS NOT NULL OR article IS NOT NULL
ORDER BY parcel_id, row
"""
_LINES = """
SELECT position, quantity, lines, article, kg, share, first, last, name
FROM ids JOIN (SELECT * FROM dated WHERE parcel_id BETWEEN $1 AND $2) AS dated USING (parcel_id) ORDER BY position, row
"""
