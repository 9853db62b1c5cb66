"""Rows of several text columns as one whole number each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from carbon.orders.check import codes_of


class Keyed:
    """What each row says in some columns, and whether it is to be searched for, as a number.

    Attributes
    ----------
    numbers : numpy.ndarray of int64, shape (rows,)
        Equal where rows say the same; below `room`.
    words : list of pyarrow.Array
        Of each column.
    coded : bool
        Whether all columns came coded (or empty), so that the next piece of the same file may have the same words.
    """

    def __init__(self, columns: Sequence[pa.Array], searched: np.ndarray):
        self.words: list[pa.Array] = []
        self.coded = all(pa.types.is_dictionary(column.type) or column.null_count == len(column) for column in columns)
        self.numbers = searched.astype(np.int64)
        for column in columns:
            if column.null_count == len(column):
                self.words.append(pa.array([], pa.string()))
                continue
            coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            self.words.append(coded.dictionary)
            self.numbers = self.numbers * (len(coded.dictionary) + 1) + (codes_of(coded) + 1)

    @property
    def room(self) -> int:
        """One more than the largest number there can be."""
        return 2 * math.prod(len(words) + 1 for words in self.words)

    def texts(self, numbers: np.ndarray) -> tuple[list[tuple], np.ndarray]:
        """Return what some numbers stand for: the columns' texts, and whether they are searched for."""
        parts = []
        for words in reversed(self.words):
            numbers, code = np.divmod(numbers, len(words) + 1)
            picked = words.take(pa.array(np.where(code > 0, code - 1, 0), mask=code == 0))
            parts.append(picked.to_pylist())
        return list(zip(*reversed(parts), strict=True)), numbers.astype(bool)
