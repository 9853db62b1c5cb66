"""A chunk of parcels in kernel form: codes, columns, flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass
class Frame:
    """A chunk of parcels in kernel form.

    Attributes
    ----------
    table : pyarrow.Table
        The orders that were bound; ids and dates are taken from it.
    codes : mapping
        Axis name to int32 codes, shape (rows,).
    columns : mapping
        Column name to float64 values, shape (rows,).
    fallbacks : numpy.ndarray of int32
        `Fallback` flags of each row.
    places : mapping
        ``origin`` and ``destination`` to their names kept for the ledger: postcode area or city.
    """

    table: pa.Table
    rows: np.ndarray
    codes: dict[str, np.ndarray]
    columns: dict[str, np.ndarray]
    fallbacks: np.ndarray
    places: dict[str, pa.Array]

    def keep(self, mask: np.ndarray) -> Frame:
        """Return the rows of `mask`."""
        if mask.all():
            return self
        keep = pa.array(mask)
        return Frame(
            self.table.filter(keep),
            self.rows[mask],
            {name: values[mask] for name, values in self.codes.items()},
            {name: values[mask] for name, values in self.columns.items()},
            self.fallbacks[mask],
            {name: values.filter(keep) for name, values in self.places.items()},
        )
