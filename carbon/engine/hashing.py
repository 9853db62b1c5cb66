"""Hashes of texts, by DuckDB: 64 bits to tell candidates apart quickly, 128 bits to stand for the text itself."""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa

#: A connection a thread: opening one costs more than hashing a chunk.
_THREAD = threading.local()


def hashes_of(texts: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return a 64-bit hash of each text; equal texts have equal hashes, within one version of DuckDB."""
    return _of(texts, "hash(text) AS h")["h"].astype(np.uint64, copy=False)


def digests_of(texts: pa.ChunkedArray | pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the two halves of each text's MD5 digest (RFC 1321), its bytes read from the lowest up.

    Of 10**12 texts two agree by chance with a probability of 10**-15: none is compared again.
    """
    found = _of(texts, "md5_number_upper(text) AS upper, md5_number_lower(text) AS lower")
    return tuple(found[half].astype(np.uint64, copy=False) for half in ("upper", "lower"))


def _of(texts: pa.ChunkedArray | pa.Array, expression: str) -> dict[str, np.ndarray]:
    if not hasattr(_THREAD, "connection"):
        import duckdb  # a cart hashes nothing

        _THREAD.connection = duckdb.connect(config={"threads": 1})  # callers are threads already
    table = pa.table({"text": texts})
    return {
        name: np.asarray(column)
        for name, column in _THREAD.connection.from_arrow(table).project(expression).fetchnumpy().items()
    }
