"""The orders file piece by piece, and the shares of a piece that are decided by themselves.

Equal orders always fall into the same share, whoever decides it: so no set of items is looked at in two processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from carbon.optimise.evaluate import Evaluator
from carbon.orders.items import OrderItems
from carbon.orders.rejects import Rejects
from carbon.orders.table import OrdersInput

#: Shares of a piece: the most processes that decide, and rows of a share on average: the kernel's own cost is spread
#: over so many.
SHARES, ROWS = 8, 512


@dataclass(frozen=True)
class Piece:
    """Some rows of the orders file, or a share of them.

    Attributes
    ----------
    rows : numpy.ndarray of int64
        Where they stand in the file.
    items : pyarrow.Table
        What is in them; see `OrderItems.table_of`.
    repeated : frozenset of int
        Positions of rows whose items cannot be told from those of other rows.
    refused : Rejects
        Rows of the file that are no orders.
    """

    table: pa.Table
    rows: np.ndarray
    items: pa.Table
    repeated: frozenset[int]
    refused: Rejects = field(default_factory=Rejects)

    def shares(self) -> list[Piece]:
        """Return the rows shared out by what is in them, without those that are refused."""
        share = self._alike() % np.uint64(SHARES)
        position = self.items["position"].to_numpy()
        found = []
        for number in range(SHARES):
            mine = np.flatnonzero(share == number)
            items = self.items.filter(pa.array(share[position] == number))
            moved = pa.array(np.searchsorted(mine, items["position"].to_numpy()))
            items = items.set_column(items.schema.get_field_index("position"), "position", moved)
            repeated = frozenset(at for at, each in enumerate(mine.tolist()) if each in self.repeated)
            found.append(Piece(self.table.take(pa.array(mine)), self.rows[mine], items, repeated))
        return found

    def _alike(self) -> np.ndarray:
        """Return a number for each row, the same for rows with equal items."""
        found = np.zeros(self.table.num_rows, np.uint64)
        quantity = self.items["quantity"].to_numpy().astype(np.uint64)
        np.add.at(found, self.items["position"].to_numpy(), self.items["alike"].to_numpy() * quantity)
        return found


def read_pieces(opened: OrdersInput, evaluator: Evaluator, goods: OrderItems, rows: int) -> Iterator[Piece]:
    """Yield the orders with their items, at most so many rows at a time."""
    for read in opened.chunks(rows):
        chunk = evaluator.intake.admit(read)
        table = chunk.table.combine_chunks()
        ids = table[goods.key].combine_chunks()
        repeated = frozenset(goods.repeated(ids)) if goods.counts else frozenset()
        yield Piece(table, chunk.rows, goods.table_of(ids), repeated, chunk.rejects)
