"""Months as whole numbers since 1970-01, and their texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def month_numbers(dates: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return months since 1970-01 of a date column without nulls; int64, shape (rows,)."""
    days = dates.cast(pa.int32()).to_numpy(zero_copy_only=False) if isinstance(dates, pa.Array) else _chunked(dates)
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _chunked(dates: pa.ChunkedArray) -> np.ndarray:
    return dates.cast(pa.int32()).to_numpy()


def month_text(number: int) -> str:
    """Return ``2025-06`` of months since 1970-01."""
    return str(np.datetime64(int(number), "M"))


def month_number(text: str) -> int:
    """Return months since 1970-01 of ``2025-06``."""
    return int(np.datetime64(text, "M").astype(np.int64))


def distinct(numbers: np.ndarray) -> list[int]:
    """Return the different values of a few near numbers, ascending; faster than sorting them all."""
    if not numbers.size:
        return []
    low = int(numbers.min())
    return (np.flatnonzero(np.bincount(numbers - low)) + low).tolist()
