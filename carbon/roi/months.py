"""Tables by month: what they add up to in some months."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd
import pyarrow as pa


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are plain objects, of which parts are taken many times as fast."""
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return table.astype(dict.fromkeys(texts, object))


def of_months(table: pa.Table, months: Sequence[str], keys: Sequence[str]) -> pd.DataFrame:
    """Return what a table adds up to in some months, in the order of its keys.

    Added up by DuckDB, as the table was: there a sum without any number is not the same as one with a number that is none.
    """
    sums = [f'sum("{name}") AS "{name}"' for name in table.column_names if name not in ("month", *keys)]
    query = (
        f"SELECT {', '.join([*keys, *sums])} FROM kept WHERE list_contains($months, month) GROUP BY ALL ORDER BY ALL"
    )
    with duckdb.connect() as connection:
        connection.register("kept", table)
        return plain(connection.execute(query, {"months": list(months)}).df())
