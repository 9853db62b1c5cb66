"""The shipped tables are read once for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.engine.small import tables_read_once


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield
