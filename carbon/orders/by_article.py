"""A run by article: what each parcel's lines carry of it, added up by month and article number.

A parcel's footprint goes to its lines by mass where every line states one, else by pieces. Its product's goes to them by
their own: declared footprints, else spend by category, where every line has one; what these do not make up is shared in their
proportion, and what has neither like the delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from carbon.orders.pseudonym import pseudonyms

#: What is kept of the lines for it.
KEPT = """
CREATE TABLE pieces AS
SELECT parcel_id, sku, category, currency, quantity, unit_mass_kg, unit_value, unit_co2e_kg, valid_from, valid_to FROM typed
"""
#: What a run is told by article. Parcels without lines have a row of their own each month, so that all adds up to the run.
BY_ARTICLE = pa.schema(
    [
        ("month", pa.string()),
        ("has_lines", pa.bool_()),
        ("sku", pa.string()),
        ("parcels", pa.int64()),
        ("pieces", pa.float64()),
        ("total_co2e_kg", pa.float64()),
        ("by_pieces_co2e_kg", pa.float64()),
        ("product_co2e_kg", pa.float64()),
        ("product_shared_co2e_kg", pa.float64()),
    ]
)
#: What a unit of money spent on a category makes: year, category, currency, kg_per_value.
SPEND_RATES = pa.schema(
    [("year", pa.int64()), ("category", pa.string()), ("currency", pa.string()), ("kg_per_value", pa.float64())]
)

#: Lines that are looked at at once, ids that tell where to part them, and what comes after every id.
_AT_ONCE, _SAMPLE, _BEYOND = 1_000_000, 10_000, "\U0010ffff"


def by_article(database: Any, footprints: Sequence[str], spend: pa.Table, key: bytes | None) -> pa.RecordBatchReader:
    """Return a run by month and article, as `BY_ARTICLE`.

    Parameters
    ----------
    database
        With `pieces` and `offers`, and `sums` of the parcels that have lines.
    footprints : sequence of str
        Parquet files of the run's parcels, with parcel_id, month, shipped_on, category, currency, total_co2e_kg and product_co2e_kg.
    spend : pyarrow.Table
        As `SPEND_RATES`.
    key : bytes or None
        With which the run's ids were pseudonymised.
    """
    name = "parcel_id"
    if key is not None:
        # Called in batches; it is gone with the database.
        database.create_function("named", lambda ids: pseudonyms(ids, key), ["VARCHAR"], "VARCHAR", type="arrow")
        name = "named(parcel_id)"
    database.register("spend", spend)
    files = {"files": list(footprints)}
    database.execute(f"CREATE OR REPLACE TABLE carried AS {_UNLINED.format(name=name)}", files).fetchall()
    for bounds in ranges(database, "pieces"):
        database.execute(f"INSERT INTO carried {_CARRIED.format(name=name)}", files | bounds).fetchall()
    found = database.sql(_SUMMED).to_arrow_reader()
    return pa.RecordBatchReader.from_batches(BY_ARTICLE, (batch.cast(BY_ARTICLE) for batch in found))


def ranges(database: Any, table: str) -> list[dict[str, str]]:
    """Return ranges of parcel ids, from `low` to below `high`, each with about `_AT_ONCE` of a table's lines."""
    [(count,)] = database.execute(f"SELECT count(*) FROM {table}").fetchall()
    pieces = -(-count // _AT_ONCE)
    ends = []
    if pieces > 1:
        found = database.execute(f"SELECT parcel_id FROM {table} USING SAMPLE {_SAMPLE} ROWS").fetchall()
        ids = sorted((each for (each,) in found), key=str.encode)
        ends = list(dict.fromkeys(ids[len(ids) * place // pieces] for place in range(1, pieces)))
    return [{"low": low, "high": high} for low, high in zip(["", *ends], [*ends, _BEYOND], strict=True)]


_PARCELS = """
SELECT parcel_id, month::VARCHAR AS month, shipped_on, category::VARCHAR AS category, currency::VARCHAR AS currency,
       total_co2e_kg, product_co2e_kg
FROM read_parquet($files)"""
#: Lines with their own kilograms: of goods, as declared on the parcel's day, and by spend.
_LINED = f"""
SELECT parcel_id, month, pieces.sku, quantity, total_co2e_kg, product_co2e_kg, pieces.currency,
       quantity * unit_mass_kg AS mass_kg,
       quantity * CASE WHEN unit_co2e_kg IS NULL THEN offers.kg
                       WHEN shipped_on BETWEEN coalesce(valid_from, shipped_on) AND coalesce(valid_to, shipped_on)
                       THEN unit_co2e_kg END AS declared_kg,
       quantity * unit_value * coalesce(kg_per_value, 0) AS spend_kg
FROM (SELECT * REPLACE ({{name}} AS parcel_id) FROM pieces WHERE parcel_id >= $low AND parcel_id < $high) AS pieces
JOIN ({_PARCELS}) AS parcels USING (parcel_id)
LEFT JOIN offers ON offers.sku = pieces.sku AND date_diff('day', DATE '1970-01-01', shipped_on) BETWEEN offers.first AND offers.last
LEFT JOIN spend ON spend.year = year(shipped_on) AND spend.category = coalesce(parcels.category, pieces.category)
     AND spend.currency = parcels.currency"""


def _whole(name: str, also: str = "true") -> str:
    """SQL: the sum over a parcel's lines, null where a line lacks the value or there is nothing."""
    return f"CASE WHEN count({name}) OVER parcel = count(*) OVER parcel AND {also} THEN nullif(sum({name}) OVER parcel, 0) END"


_ONE_CURRENCY = "min(currency) OVER parcel IS NOT DISTINCT FROM max(currency) OVER parcel"
_ALONE = "min(sku) OVER parcel IS NOT DISTINCT FROM max(sku) OVER parcel AND count(sku) OVER parcel IN (0, count(*) OVER parcel)"
_WEIGHED = f"""
SELECT *, {_whole("mass_kg")} AS whole_mass_kg, sum(quantity) OVER parcel AS whole_pieces,
       {_whole("declared_kg")} AS whole_declared_kg, {_whole("spend_kg", _ONE_CURRENCY)} AS whole_spend_kg, {_ALONE} AS alone
FROM ({_LINED}) WINDOW parcel AS (PARTITION BY parcel_id)"""
_SHARED = f"""
SELECT *, total_co2e_kg * share AS total_part_kg, product_co2e_kg * coalesce(own_kg / own_whole_kg, share) AS product_part_kg,
       coalesce(abs(own_whole_kg - product_co2e_kg) <= 1e-9 * product_co2e_kg, product_co2e_kg = 0) AS own
FROM (SELECT *, coalesce(mass_kg / whole_mass_kg, quantity / whole_pieces) AS share,
             CASE WHEN whole_declared_kg IS NOT NULL THEN declared_kg ELSE spend_kg END AS own_kg,
             coalesce(whole_declared_kg, whole_spend_kg) AS own_whole_kg
      FROM ({_WEIGHED}))"""
_BY_PARCEL = f"""
SELECT parcel_id, month, sku, sum(quantity) AS pieces, sum(total_part_kg) AS total_kg, sum(product_part_kg) AS product_kg,
       bool_and(whole_mass_kg IS NULL AND NOT alone) AS by_pieces, bool_and(NOT own AND NOT alone) AS shared
FROM ({_SHARED}) GROUP BY parcel_id, month, sku"""
_CARRIED = f"""
SELECT month, true AS has_lines, sku, count(*) AS parcels, sum(pieces) AS pieces, fsum(total_kg) AS total_co2e_kg,
       coalesce(fsum(total_kg) FILTER (by_pieces), 0) AS by_pieces_co2e_kg, fsum(product_kg) AS product_co2e_kg,
       coalesce(fsum(product_kg) FILTER (shared), 0) AS product_shared_co2e_kg
FROM ({_BY_PARCEL}) GROUP BY month, sku"""
_UNLINED = f"""
SELECT month, false AS has_lines, NULL::VARCHAR AS sku, count(*) AS parcels, 0.0::DOUBLE AS pieces,
       fsum(total_co2e_kg) AS total_co2e_kg, 0.0::DOUBLE AS by_pieces_co2e_kg, fsum(product_co2e_kg) AS product_co2e_kg,
       0.0::DOUBLE AS product_shared_co2e_kg
FROM ({_PARCELS}) ANTI JOIN (SELECT {{name}} AS parcel_id FROM sums) USING (parcel_id) GROUP BY month"""
#: An article number is the merchant's own text; what would steer a terminal has no place in it.
_SUMMED = f"""
SELECT month, has_lines, regexp_replace(sku, '[[:cntrl:]]', ' ', 'g') AS sku, sum(parcels)::BIGINT AS parcels, sum(pieces) AS pieces,
       {", ".join(f"fsum({name}) AS {name}" for name in BY_ARTICLE.names[5:])}
FROM carried GROUP BY ALL ORDER BY ALL"""
