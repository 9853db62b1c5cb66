"""From Arrow columns to numpy arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.orders.check import codes_of


def index_in(column: pa.ChunkedArray, values: pa.Array) -> np.ndarray:
    """Return the position of each value in `values`, -1 where it is null or not there; int32, shape (rows,)."""
    if len(values) == 0 or column.null_count == len(column):
        return np.full(len(column), -1, dtype=np.int32)
    if pa.types.is_dictionary(column.type):
        coded = whole(column)
        found = _positions(coded.dictionary, values)
        return np.append(found, np.int32(-1))[codes_of(coded)]
    return _positions(column, values)


def _positions(column: pa.ChunkedArray | pa.Array, values: pa.Array) -> np.ndarray:
    found = pc.fill_null(pc.index_in(column, value_set=values, skip_nulls=True), -1)
    return np.asarray(found).astype(np.int32, copy=False)


def whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without copying where it is one."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.unify_dictionaries().chunks)


def nulls(column: pa.ChunkedArray) -> np.ndarray:
    """Return which rows are null; bool, shape (rows,)."""
    if column.null_count in (0, len(column)):
        return np.full(len(column), column.null_count > 0)
    return pc.is_null(column).to_numpy()


def floats(column: pa.ChunkedArray) -> np.ndarray:
    """Return a number column as float64, NaN for null, shape (rows,); not to be written to."""
    if column.null_count == len(column):
        return np.full(len(column), np.nan)
    return pc.cast(column, pa.float64()).to_numpy()
