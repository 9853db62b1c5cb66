"""From Arrow columns to numpy arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def index_in(column: pa.ChunkedArray, values: pa.Array) -> np.ndarray:
    """Return the position of each value in `values`, -1 where it is null or not there; int32, shape (rows,)."""
    if len(values) == 0:
        return np.full(len(column), -1, dtype=np.int32)
    found = pc.fill_null(pc.index_in(column, value_set=values, skip_nulls=True), -1)
    return found.to_numpy().astype(np.int32)


def nulls(column: pa.ChunkedArray) -> np.ndarray:
    """Return which rows are null; bool, shape (rows,)."""
    return pc.is_null(column).to_numpy()


def floats(column: pa.ChunkedArray) -> np.ndarray:
    """Return a number column as float64, NaN for null, shape (rows,)."""
    return pc.cast(column, pa.float64()).to_numpy().astype(float)
