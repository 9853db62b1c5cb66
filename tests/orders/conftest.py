"""Helpers of the orders tests: bad files are made on the fly."""

from __future__ import annotations

import pytest

from carbon.orders.table import OrdersInput


@pytest.fixture
def orders(tmp_path):
    """Write text or bytes to a file and open it as orders."""

    def open_orders(content, name="orders.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return OrdersInput.open(path, **options)

    return open_orders


@pytest.fixture
def read():
    """Read all chunks of an input: rows that passed as dicts, their numbers, and rejects."""

    def read_all(source, rows=131_072):
        passed, numbers, rejects = [], [], []
        for chunk in source.chunks(rows):
            assert chunk.table.num_rows == len(chunk.rows)
            passed += chunk.table.to_pylist()
            numbers += chunk.rows.tolist()
            rejects += chunk.rejects
        return passed, numbers, rejects

    return read_all
