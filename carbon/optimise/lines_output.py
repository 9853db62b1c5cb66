"""The lines file for packed orders: a line of an order that goes in several parcels is shared out among them.

Otherwise the lines of a split order would belong to a parcel that no longer exists, and `calculate` would count its
products by nothing but mass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from carbon.errors import InputError, Where
from carbon.optimise.decide import Order
from carbon.optimise.options import Decision
from carbon.optimise.rows import parcel_id_of
from carbon.orders import check
from carbon.orders.columns import BY_NAME
from carbon.orders.mapping import Mapping as OrdersMapping
from carbon.orders.source import open_source

_ROWS = 131_072


@dataclass(frozen=True)
class Part:
    """One of several parcels of an order.

    Attributes
    ----------
    pieces : mapping of str to int
        SKU to how many of it are in the parcel.
    mass_share : float
        Of the order's items: for lines that the items do not know.
    """

    parcel_id: str
    pieces: Mapping[str, int]
    mass_share: float


def parts_of(parcel_id: str, order: Order, decision: Decision) -> list[Part]:
    """Return the parcels of an order that goes in several."""
    filled = decision.chosen.filled
    found = []
    for number, each in enumerate(filled, 1):
        pieces: Counter[str] = Counter()
        for item in each.load.items:
            pieces[item.key] += item.quantity
        share = each.load.mass_kg / order.goods.items_mass_kg
        found.append(Part(parcel_id_of(parcel_id, number, len(filled)), pieces, share))
    return found


class LinesWriter:
    """Writes the lines of packed orders as CSV or Parquet; does nothing without a path.

    Parameters
    ----------
    lines : path or None
        The lines file of the orders.
    path : path or None
    """

    def __init__(self, lines: Path | str | None, path: Path | str | None):
        self._lines, self.path = lines, None if path is None else Path(path)
        self._split: dict[str, Sequence[Part]] = {}
        self._left: dict[str, list[Counter]] = {}
        if self.path is None:
            return
        if lines is None:
            raise InputError("there are no lines to write", expected="--lines FILE beside --lines-output")
        if self.path.suffix.lower() not in (".csv", ".parquet"):
            raise InputError(
                "lines are written as CSV or Parquet", found=self.path.name,
                expected="a name that ends in .csv or .parquet", where=Where(str(self.path)),
            )  # fmt: skip
        self.partial_path = self.path.with_name(f".{self.path.stem}.partial{self.path.suffix}")

    def __enter__(self) -> LinesWriter:
        return self

    def add(self, split: Mapping[str, Sequence[Part]]) -> None:
        """Take in orders that go in several parcels."""
        if self.path is not None:
            self._split.update(split)

    def write(self) -> Path | str | None:
        """Write all lines, and return the file that the packed orders are to be read with."""
        if self.path is None:
            return self._lines
        source = open_source(self._lines, OrdersMapping())
        headers = list(source.headers)
        known = {header.strip().casefold(): header for header in headers}
        file: Any = None
        try:
            for raw in source.batches(headers, _ROWS):
                table = self._shared(pa.table(raw.columns), known)
                file = file or self._open(table.schema)
                file.write_table(table)
        finally:
            if file is not None:
                file.close()
        return self.partial_path

    def _open(self, schema: pa.Schema) -> Any:
        if self.path.suffix.lower() == ".csv":
            return csv.CSVWriter(str(self.partial_path), schema, write_options=csv.WriteOptions(quoting_style="needed"))
        return parquet.ParquetWriter(self.partial_path, schema, compression="zstd")

    def _shared(self, table: pa.Table, known: Mapping[str, str]) -> pa.Table:
        """Return the lines of a batch, those of split orders once for each parcel that has some of it."""
        count = table.num_rows
        text = check.to_text(
            check.plain(_whole(table, known["parcel_id"])), BY_NAME["parcel_id"], check.Problems(count)
        )
        ids = pc.utf8_trim_whitespace(text.cast(pa.string())).to_pylist()
        skus = _texts(table, known.get("sku"))
        given = table[known["quantity"]].to_pylist() if "quantity" in known else [None] * count
        parents: list[int] = []
        names: list[str | None] = []
        quantities: list[Any] = []
        for position, parcel_id in enumerate(ids):
            parts = self._split.get(parcel_id)
            if parts is None:
                parents.append(position)
                names.append(parcel_id)
                quantities.append(given[position])
                continue
            quantity = 1.0 if given[position] in (None, "") else float(given[position])
            left = self._left.setdefault(parcel_id, [Counter(part.pieces) for part in parts])
            for part, some in _shares(parts, left, skus[position], quantity):
                parents.append(position)
                names.append(part.parcel_id)
                quantities.append(some)
        taken = table.take(pa.array(parents, pa.int64()))
        taken = _set(taken, known["parcel_id"], pa.array(names, pa.string()))
        header = known.get("quantity", "quantity")
        if header in table.column_names and not pa.types.is_string(table.schema.field(header).type):
            return _set(
                taken, header, pa.array([None if each is None else float(each) for each in quantities], pa.float64())
            )
        words = [f"{each:.15g}" if isinstance(each, float) else each for each in quantities]
        return _set(taken, header, pa.array(words, pa.string()))

    def __exit__(self, *failure: object) -> None:
        if self.path is None or not self.partial_path.exists():
            return
        if failure[0] is None:
            self.partial_path.replace(self.path)
        else:
            self.partial_path.unlink()


def _shares(
    parts: Sequence[Part], left: Sequence[Counter], sku: str | None, quantity: float
) -> list[tuple[Part, float]]:
    """Share a line out by its article's pieces, whole ones where they go round; by mass where the items do not name it.

    `left` are the pieces of each parcel that no earlier line took.
    """
    total = sum(part.pieces.get(sku, 0) for part in parts) if sku else 0
    if not total:
        return [(part, quantity * part.mass_share) for part in parts]
    if quantity != int(quantity) or quantity > sum(pieces[sku] for pieces in left):
        return [(part, quantity * part.pieces[sku] / total) for part in parts if part.pieces.get(sku)]
    found = []
    for part, pieces in zip(parts, left, strict=True):
        taken = min(pieces[sku], int(quantity))
        if taken:
            pieces[sku] -= taken
            quantity -= taken
            found.append((part, float(taken)))
    return found


def _whole(table: pa.Table, header: str) -> pa.Array:
    column = table[header].combine_chunks()
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column


def _texts(table: pa.Table, header: str | None) -> list[str | None]:
    if header is None:
        return [None] * table.num_rows
    return [None if each is None else str(each).strip() for each in table[header].to_pylist()]


def _set(table: pa.Table, header: str, column: pa.Array) -> pa.Table:
    at = table.schema.get_field_index(header)
    return table.append_column(header, column) if at < 0 else table.set_column(at, header, column)
