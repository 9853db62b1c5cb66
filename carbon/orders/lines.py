"""The lines file: items of the parcels, added up where the orders leave a value empty.

A parcel's sum counts only if every line has the value; where orders and lines both state one, the orders win and a
difference of more than 1 % is noted. A parcel with a line that cannot be used is rejected.
"""

from __future__ import annotations

import difflib
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, Where
from carbon.orders import check
from carbon.orders.by_article import KEPT, by_article, ranges
from carbon.orders.columns import BY_NAME, LINE_FIELDS
from carbon.orders.declared import ALWAYS, LAPSED, DatedFootprints, day_of, read_articles
from carbon.orders.mapping import Mapping
from carbon.orders.source import open_source
from carbon.orders.text_table import text_table

#: Columns of a lines file and their kind; all but parcel_id may be absent.
LINE_COLUMNS = {
    "parcel_id": "text", "sku": "text", "quantity": "number", "unit_mass_kg": "number", "unit_volume_m3": "number",
    "product_category": "text", "unit_value": "number", "currency": "text", "unit_co2e_kg": "number",
    "footprint_primary_share": "number", "footprint_id": "text", "footprint_valid_from": "day",
    "footprint_valid_to": "day",
}  # fmt: skip
_FILLED = ("goods_mass_kg", "goods_volume_m3", "product_co2e_kg", "item_count", "goods_value")

#: Beyond this DuckDB goes on in files.
_MEMORY = "500MB"
#: Text columns of the orders that lines may fill.
FILLED_TEXTS = ("product_category", "currency", "product_footprint")
#: What goes with a declared footprint, and comes from where that comes from.
_WITH_FOOTPRINT = ("product_primary_share", "product_footprint")


class Lines:
    """Sums per parcel, held in DuckDB.

    Parameters
    ----------
    path : path
        CSV, Excel or Parquet with the columns of `LINE_COLUMNS`.
    articles : path, optional
        Declared footprints of articles, by `sku`, for lines that state none.
    """

    def __init__(self, path: Path | str, articles: Path | str | None = None):
        import duckdb  # not loaded for a cart

        self._name = str(path)
        # A folder of its own: runs beside this one would remove each other's files.
        self._spill = tempfile.TemporaryDirectory(prefix="carbon-lines-", ignore_cleanup_errors=True)
        self._database = duckdb.connect(
            config={"temp_directory": self._spill.name, "memory_limit": _MEMORY, "preserve_insertion_order": False}
        )
        told = not self._load(path).isdisjoint(("footprint_primary_share", "footprint_id"))
        read_articles(self._database, articles)
        self._database.execute(_TYPED).fetchall()
        self._dated = DatedFootprints(self._database)
        self._database.execute(KEPT).fetchall()
        self._add_up(_SUMS.format(**(_BESIDE if told or articles else _NOTHING_BESIDE)))
        self.parcels = self._database.execute("SELECT count(*) FROM sums").fetchall()[0][0]
        self._matched = 0

    def _load(self, path: Path | str) -> set[str]:
        """Make the table `lines`; returns the columns that the file has."""
        source = open_source(path, Mapping())
        headers = {header.strip().casefold(): header for header in source.headers}
        if "parcel_id" not in headers or len(headers.keys() & LINE_COLUMNS.keys()) < 2:
            near = difflib.get_close_matches("parcel_id", headers, n=1)
            raise OrdersError(
                "this is no lines file",
                found=", ".join(source.headers[:20]),
                expected=", ".join(LINE_COLUMNS),
                mend=f"rename '{near[0]}' to parcel_id" if near else "rename the headers",
                where=Where(self._name),
            )
        text_table(self._database, "lines", source, {name: headers.get(name) for name in LINE_COLUMNS})
        return headers.keys() & LINE_COLUMNS.keys()

    def _add_up(self, sums: str) -> None:
        """Make the table `sums`, some parcels at a time: sums in the order of rows are held in memory whole."""
        for number, bounds in enumerate(ranges(self._database, "typed")):
            into = "INSERT INTO sums" if number else "CREATE TEMP TABLE sums AS"
            self._database.execute(f"{into} {sums}", bounds).fetchall()
        self._database.execute("DROP TABLE typed").fetchall()

    def fill(self, columns: dict[str, pa.Array], problems: check.Problems, notes: Counter[str]) -> None:
        """Fill empty values of a chunk from the lines; adds ``line_categories``, ``line_values``, ``product_lapsed``."""
        ids = columns["parcel_id"]
        bounds = pc.min_max(ids).as_py()  # ids mostly ascend, and then few of the sums need be read
        self._database.register("ids", pa.table({"parcel_id": ids, "position": np.arange(len(ids))}))
        sums = (
            self._database.sql(
                "SELECT sums.* EXCLUDE parcel_id, sums.parcel_id IS NOT NULL AS hit "
                "FROM ids LEFT JOIN (SELECT * FROM sums WHERE parcel_id BETWEEN $1 AND $2) AS sums USING (parcel_id) "
                "ORDER BY position",
                params=[bounds["min"], bounds["max"]],
            )
            .to_arrow_table()
            .combine_chunks()
        )
        found = {name: _flat(sums.column(name)) for name in sums.column_names}
        lapsed = self._take_those_of_their_day(found, columns["shipped_on"], (bounds["min"], bounds["max"]))
        self._database.unregister("ids")
        hit = check.truth(found["hit"])
        self._matched += int(hit.sum())
        notes["parcels_without_lines"] += int((~hit).sum())
        problems.add(check.truth(pc.is_valid(found["complaint"])), "parcel_id", "bad_line")
        notes["lines_mixed_currency"] += int(check.truth(pc.greater(found["currencies"], 1)).sum())
        same = pc.fill_null(pc.equal(columns["currency"], found["currency"]), pc.is_null(columns["currency"]))
        for name in _FILLED:
            own, sum_ = columns[name], found[name].cast(pa.float64())
            if name == "goods_value":
                sum_ = pc.if_else(pc.fill_null(same, False), sum_, pa.scalar(None, pa.float64()))
                taken = pc.and_(pc.is_null(own), pc.is_valid(sum_))
                columns["currency"] = pc.if_else(taken, found["currency"], columns["currency"])
            apart = pc.greater(
                pc.abs(pc.subtract(own.cast(pa.float64()), sum_)), pc.multiply(pc.abs(own.cast(pa.float64())), 0.01)
            )
            notes[f"lines_differ_{name}"] += int(check.truth(apart).sum())
            check.check_bounds(
                pc.if_else(pc.is_null(own), sum_, pa.scalar(None, pa.float64())), BY_NAME[name], problems
            )
            high = BY_NAME[name].high
            usable = pc.if_else(pc.less_equal(sum_, high), sum_, pa.scalar(None, pa.float64()))
            if name == "product_co2e_kg":
                # Where none is valid on the parcel's day the name says so.
                taken = pc.and_(pc.is_null(own), pc.or_(pc.is_valid(usable), lapsed))
                for beside in _WITH_FOOTPRINT:
                    columns[beside] = pc.if_else(taken, found[beside], columns[beside])
            columns[name] = pc.coalesce(own, usable.cast(own.type, safe=False))
        # A category of the orders stands for the whole parcel: its spend must not count by line as well.
        whole = pc.is_valid(columns["product_category"])
        for field in LINE_FIELDS:
            columns[field.name] = pc.if_else(whole, pa.scalar(None, field.type), found[field.name].cast(field.type))
        columns["product_category"] = pc.coalesce(columns["product_category"], found["category"])
        columns[LAPSED.name] = pc.and_(lapsed, pc.is_null(columns["product_co2e_kg"]))

    def _take_those_of_their_day(
        self, found: dict[str, pa.Array], days: pa.Array, bounds: tuple[str, str]
    ) -> pa.Array:  # fmt: skip
        """Put footprints that depend on the day in the sums' place; returns which parcels have none on theirs."""
        if not self._dated.any:
            return pa.array(np.zeros(len(days), dtype=bool))
        own = self._dated.on_their_days(days, bounds)
        for name in ("product_co2e_kg", *_WITH_FOOTPRINT):
            found[name] = pc.if_else(own["dated"], own[name], found[name])
        return own[LAPSED.name]

    def unmatched(self) -> int:
        """Return how many parcels of the lines file no row of the pass just made asked for."""
        matched, self._matched = self._matched, 0
        return max(self.parcels - matched, 0)

    def by_article(self, footprints: Sequence[str], spend: pa.Table, key: bytes | None) -> pa.RecordBatchReader:
        """Return what the lines carry of a run; see `carbon.orders.by_article`."""
        return by_article(self._database, footprints, spend, key)

    def complaints(self, parcel_ids: pa.Array) -> pa.Array:
        """Return what is wrong with parcels' lines."""
        self._database.register("asked", pa.table({"parcel_id": parcel_ids, "position": np.arange(len(parcel_ids))}))
        found = self._database.sql(
            "SELECT complaint FROM asked LEFT JOIN sums USING (parcel_id) ORDER BY position"
        ).to_arrow_table()
        self._database.unregister("asked")
        return _flat(found["complaint"]).cast(pa.string())


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )


_NUMBERS = ("unit_mass_kg", "unit_volume_m3", "unit_value", "unit_co2e_kg", "footprint_primary_share")
_DAYS = ("footprint_valid_from", "footprint_valid_to")


def _number(name: str, least: str) -> str:
    """SQL: whether a cell is a finite number of at least `least`."""
    return f"coalesce(isfinite(TRY_CAST({name} AS DOUBLE)) AND TRY_CAST({name} AS DOUBLE) {least}, false)"


def _complaint(name: str, wrong: str) -> str:
    return f"WHEN {wrong} THEN 'lines row ' || row || ', {name}: ' || {name}"


def _sum(name: str, condition: str = "true") -> str:
    """SQL: the sum over a parcel's lines, null if a line lacks the value."""
    whole = f"count({name}) = count(*) AND {condition}"
    return f"CASE WHEN {whole} THEN sum(quantity * {name} ORDER BY row) END"


#: SQL: what goes with the sum of footprints; nothing where lines and articles tell nothing of it.
_NAME = "coalesce(sku || ' ', '') || footprint_id"
_BESIDE = {
    "share": "sum(quantity * unit_co2e_kg * coalesce(footprint_primary_share, 0) ORDER BY row) "
    "/ nullif(sum(quantity * unit_co2e_kg ORDER BY row), 0)",
    "name": f"string_agg(DISTINCT {_NAME}, '; ' ORDER BY {_NAME})",
}
_NOTHING_BESIDE = {"share": "NULL::DOUBLE", "name": "NULL::VARCHAR"}
_TYPED = f"""
CREATE TEMP TABLE typed AS
SELECT row, parcel_id, sku, nullif(product_category, '') AS category, nullif(upper(currency), '') AS currency,
       CASE WHEN quantity IS NULL THEN 1 ELSE TRY_CAST(quantity AS DOUBLE) END AS quantity,
       {", ".join(f"TRY_CAST({name} AS DOUBLE) AS {name}" for name in _NUMBERS[:3])},
       coalesce(TRY_CAST(unit_co2e_kg AS DOUBLE), article_kg) AS unit_co2e_kg,
       CASE WHEN unit_co2e_kg IS NULL THEN article_share ELSE TRY_CAST(footprint_primary_share AS DOUBLE) END
       AS footprint_primary_share,
       CASE WHEN unit_co2e_kg IS NULL THEN article_footprint ELSE footprint_id END AS footprint_id,
       {day_of("footprint_valid_from")} AS valid_from, {day_of("footprint_valid_to")} AS valid_to,
       CASE {_complaint("quantity", f"quantity IS NOT NULL AND NOT {_number('quantity', '> 0')}")}
            {" ".join(_complaint(name, f"{name} IS NOT NULL AND NOT {_number(name, '>= 0')}") for name in _NUMBERS)}
            {_complaint("footprint_primary_share", "TRY_CAST(footprint_primary_share AS DOUBLE) > 1")}
            {" ".join(_complaint(name, f"{name} IS NOT NULL AND {day_of(name)} IS NULL") for name in _DAYS)}
            {_complaint("product_category", "regexp_matches(product_category, '^[=+@-]')")}
       END AS complaint
FROM lines LEFT JOIN ({ALWAYS}) USING (sku) WHERE parcel_id IS NOT NULL;
DROP TABLE lines
"""
_SUMS = f"""
WITH mine AS (FROM typed WHERE parcel_id >= $low AND parcel_id < $high),
parts AS (SELECT parcel_id, category, {_sum("unit_value")} AS value FROM mine GROUP BY parcel_id, category),
categories AS (
    SELECT parcel_id, count(*) AS kinds, min(category) AS category,
           list(category ORDER BY category NULLS LAST) AS line_categories,
           list(value ORDER BY category NULLS LAST) AS line_values
    FROM parts GROUP BY parcel_id),
totals AS (
    SELECT parcel_id, min(complaint) AS complaint, count(DISTINCT currency) AS currencies,
           CASE WHEN count(DISTINCT currency) = 1 THEN min(currency) END AS currency,
           {_sum("unit_mass_kg")} AS goods_mass_kg,
           {_sum("unit_volume_m3")} AS goods_volume_m3,
           {_sum("unit_co2e_kg")} AS product_co2e_kg,
           {{share}} AS product_primary_share, {{name}} AS product_footprint,
           {_sum("unit_value", "count(DISTINCT currency) <= 1")} AS goods_value,
           round(sum(quantity ORDER BY row)) AS item_count
    FROM mine GROUP BY parcel_id)
SELECT totals.*,
       CASE WHEN kinds = 1 THEN category END AS category,
       CASE WHEN kinds > 1 THEN line_categories END AS line_categories,
       CASE WHEN kinds > 1 THEN line_values END AS line_values
FROM totals JOIN categories USING (parcel_id) ORDER BY totals.parcel_id
"""
