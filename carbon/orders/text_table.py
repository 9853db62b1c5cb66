"""Cells of a file as text, in a table of DuckDB: cleaned as the orders' text is, so that ids agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, Where
from carbon.orders import check
from carbon.orders.columns import BY_NAME
from carbon.orders.rejects import REASONS
from carbon.orders.source import Source

_ROWS = 131_072


def text_table(database: Any, table: str, source: Source, headers: Mapping[str, str | None]) -> None:
    """Make a table with the row number, and the columns of `headers`; a column without a header is empty.

    Raises
    ------
    OrdersError
        If a row has too few or too many cells: whose it is cannot be known, and nothing may be without it.
    """
    wanted = {name: header for name, header in headers.items() if header is not None}
    columns = ", ".join(f"{name} VARCHAR" for name in headers)
    database.execute(f"CREATE TABLE {table} (row BIGINT, {columns})").fetchall()
    for raw in source.batches(list(wanted.values()), _ROWS):
        if raw.broken:
            raise OrdersError(
                REASONS[raw.broken[0].reason][0],
                found=raw.broken[0].found,
                expected=f"{len(source.headers)} cells",
                mend=REASONS[raw.broken[0].reason][2],
                where=Where(source.name, raw.broken[0].row + 1),
            )
        arrays = {"row": pa.array(raw.rows)}
        for name in headers:
            array = check.plain(raw.columns[wanted[name]]) if name in wanted else pa.nulls(len(raw.rows), pa.string())
            text = check.to_text(array, BY_NAME["parcel_id"], check.Problems(len(array)))
            arrays[name] = pc.utf8_trim_whitespace(text.cast(pa.string()))
        database.register("batch", pa.table(arrays))
        database.execute(f"INSERT INTO {table} SELECT * FROM batch").fetchall()
        database.unregister("batch")
