"""What the lines of a ledger's parcels carry, by article: for runs that were given a lines file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from carbon.ledger.cells import Cells
from carbon.ledger.files import literal_path
from carbon.ledger.manifest import ARTICLES, unreadable
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, connect, no_run, overlapping, settings
from carbon.ledger.store import Ledger


@dataclass(frozen=True)
class ArticleTotals:
    """Delivery and product of the runs that count, by the articles of their lines; shares as of `carbon.orders.by_article`.

    Attributes
    ----------
    articles : pandas.DataFrame
        sku (None: lines without an article number, all together), parcels (in which it lies), pieces, co2e_kg (its share of
        their delivery), kg_per_piece, by_pieces_kg (what of it was shared by pieces, for want of masses), product_kg,
        product_shared_kg (what of it is of whole parcels and was shared). Most emissions first.
    count : int
        Of articles; the table may be limited.
    co2e_kg, by_pieces_kg, product_kg, product_shared_kg : float
        Of all of them.
    unlined_parcels, unlined_kg : int, float
        Parcels without lines and their delivery: together with the articles all that the period has.
    """

    articles: pd.DataFrame
    count: int
    co2e_kg: float
    by_pieces_kg: float
    product_kg: float
    product_shared_kg: float
    unlined_parcels: int
    unlined_kg: float


def article_totals(
    folder: Ledger | Path | str,
    period: Period | str | None = None,
    *,
    limit: int | None = None,
    cells: Cells | None = None,
) -> ArticleTotals:
    """Return what a ledger's articles carry.

    Parameters
    ----------
    folder : path or Ledger
    period : Period or str, optional
        Only parcels shipped in it; the whole ledger by default.
    limit : int, optional
        How many articles are listed.
    cells : Cells, optional
        As of `inventory`.

    Raises
    ------
    LedgerError
        If the ledger holds no run, or a file of it cannot be read.
    """
    ledger, wanted = as_ledger(folder), Period.from_text(period) if period is not None else None
    current = ledger.current()
    if not current:
        raise no_run(ledger)
    runs = overlapping(current, wanted)
    files = [literal_path(ledger.file(each.run, ARTICLES)) for each in runs if ARTICLES in each.files]
    unlined = [each.run for each in runs if ARTICLES not in each.files]
    with duckdb.connect(config=settings()) as connection:
        try:
            _add_up(connection, files, wanted)
        except duckdb.Error as error:
            raise unreadable(ledger.folder, error) from error
        rows = connection.execute(_ROWS, {"limit": limit}).df()
        [whole] = connection.execute(_WHOLE).fetchall()
    parcels, unlined_kg = whole[-2:]
    if unlined:
        with connect(ledger, period=period, runs=unlined, cells=cells) as connection:
            [more] = connection.execute(_CELLS).fetchall()
        parcels, unlined_kg = parcels + more[0], unlined_kg + more[1]
    return ArticleTotals(rows, *whole[:-2], parcels, unlined_kg)


def _add_up(connection: duckdb.DuckDBPyConnection, files: list[str], period: Period | None) -> None:
    """Make the table `sums`; without a file it is empty."""
    if not files:
        connection.execute(f"CREATE TABLE sums AS {_SUMS.format(source=_NOTHING, where='')}")
        return
    where, values = "", {"files": files}
    if period is not None:
        where = "WHERE month BETWEEN $first AND $last"
        values |= {"first": period.first_month, "last": period.last_month}
    connection.execute(f"CREATE TABLE sums AS {_SUMS.format(source='read_parquet($files)', where=where)}", values)


_NAMES = {
    "co2e_kg": "total_co2e_kg",
    "by_pieces_kg": "by_pieces_co2e_kg",
    "product_kg": "product_co2e_kg",
    "product_shared_kg": "product_shared_co2e_kg",
}
_NOTHING = (
    "(SELECT ''::VARCHAR AS sku, true AS has_lines, 0 AS parcels, 0.0::DOUBLE AS pieces, "
    f"{', '.join(f'0.0::DOUBLE AS {name}' for name in _NAMES.values())} LIMIT 0)"
)
_SUMS = (
    "SELECT has_lines, sku, sum(parcels)::BIGINT AS parcels, sum(pieces) AS pieces, "
    f"{', '.join(f'fsum({name}) AS {short}' for short, name in _NAMES.items())} "
    "FROM {source} {where} GROUP BY has_lines, sku"
)
_ROWS = """
SELECT sku, parcels, pieces, co2e_kg, co2e_kg / pieces AS kg_per_piece, by_pieces_kg, product_kg, product_shared_kg
FROM sums WHERE has_lines ORDER BY co2e_kg DESC, sku NULLS LAST LIMIT $limit"""
_WHOLE = f"""
SELECT count(*) FILTER (has_lines), {", ".join(f"coalesce(fsum({name}) FILTER (has_lines), 0)" for name in _NAMES)},
       coalesce(sum(parcels) FILTER (NOT has_lines), 0)::BIGINT, coalesce(fsum(co2e_kg) FILTER (NOT has_lines), 0)
FROM sums"""
_CELLS = "SELECT coalesce(sum(parcels), 0)::BIGINT, coalesce(fsum(total_co2e_kg), 0.0) FROM cells"
