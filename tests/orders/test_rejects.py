"""Refused rows in columns: the same rows as one by one, in their order, and a file that is whole or absent."""

from __future__ import annotations

import csv
import errno
import io
import os
import pickle
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.errors import InputError, WorkError
from carbon.orders import rejects as columns
from carbon.orders.rejects import Reject, Rejects, neutral, rejects_csv, rejects_table
from carbon.orders.rejects_file import RejectsFile
from carbon.orders.table import OrdersInput

_TEXT = st.one_of(
    st.none(), st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
)
_REJECT = st.builds(
    Reject,
    st.integers(1, 10**9),
    _TEXT,
    _TEXT,
    _TEXT,
    st.sampled_from(["missing", "too_low"]),
    st.text("abc ü", min_size=1),
)


def _some(*rows: int) -> list[Reject]:
    return [Reject(row, f"p{row}", "package", "boxx", "missing", "fill it in") for row in rows]


@settings(max_examples=60, deadline=None)
@given(st.lists(_REJECT, max_size=20))
def test_columns_and_single_rejects_are_the_same(rejects):
    """Proves that nothing is lost or changed on the way into columns, in slices, by pickle, or as a table."""
    found = Rejects.of(rejects)
    assert list(found) == rejects and len(found) == len(rejects)
    assert [found[position] for position in range(-len(rejects), len(rejects))] == rejects * 2
    assert list(found[2:5]) == rejects[2:5] and list(found[::2]) == rejects[::2]
    assert list(pickle.loads(pickle.dumps(found))) == rejects
    assert [Reject(**row) for row in rejects_table(rejects).to_pylist()] == rejects
    assert sum(found.reasons().values()) == len(rejects)


@settings(max_examples=60, deadline=None)
@given(st.lists(_REJECT, max_size=20))
def test_the_file_reads_back_with_harmless_cells(rejects):
    """Proves that any cell, with quotes, line breaks and formula signs, is read back as `neutral` makes it."""
    text = io.StringIO(newline="")
    assert rejects_csv(rejects, text) == len(rejects)
    rows = list(csv.reader(io.StringIO(text.getvalue(), newline="")))
    wanted = [
        [str(each.row), *map(neutral, (each.parcel_id, each.column, each.found, each.reason, each.mend))]
        for each in rejects
    ]
    assert rows == [columns.SCHEMA.names, *wanted]


def test_rejects_of_several_steps_are_in_the_order_of_rows():
    """Proves the order where intake and engine have refused rows of one chunk."""
    joined = Rejects.joined([Rejects.of(_some(7, 9)), Rejects(), Rejects.of(_some(1, 8))])
    assert [each.row for each in joined] == [1, 7, 8, 9] and list(Rejects.joined([])) == []


def test_each_refused_row_says_the_same_as_alone():
    """Proves on a chunk with many kinds of bad rows that what is said of a row does not depend on the others."""
    bad = {
        "destination_country": "Germny",
        "goods_mass_kg": "-1",
        "shipped_on": "soon",
        "package": "=1",
        "currency": "Euro",
    }
    row = {
        "parcel_id": "p",
        "shipped_on": "2025-06-30",
        "destination_country": "DE",
        "goods_mass_kg": "1",
        "package": "box",
        "currency": "EUR",
    }
    rows = [row | {"parcel_id": f"p{number}", name: text} for number, (name, text) in enumerate([*bad.items()] * 3)]
    (chunk,) = OrdersInput.open(pa.Table.from_pylist(rows)).chunks()
    assert [each.row for each in chunk.rejects] == list(range(1, 16))
    for number, each in enumerate(rows):
        (alone,) = OrdersInput.open(pa.Table.from_pylist([each])).chunks()
        (found,) = alone.rejects
        assert chunk.rejects[number] == Reject(number + 1, *[getattr(found, name) for name in columns.SCHEMA.names[1:]])
    assert "did you mean germany (DE)" in chunk.rejects[0].mend


def test_near_names_are_looked_up_for_few_words(monkeypatch):
    """Proves that a column of garbage, each cell another, costs no search of near names for each row."""
    asked = []
    monkeypatch.setattr("carbon.orders.countries.near", lambda word: asked.append(word))
    count = 5_000
    table = pa.table({"parcel_id": [f"p{n}" for n in range(count)], "shipped_on": ["2025-06-30"] * count,
                      "destination_country": [f"Nowhere {n}" for n in range(count)]})  # fmt: skip
    (chunk,) = OrdersInput.open(table).chunks()
    assert len(chunk.rejects) == count and len(asked) <= 100
    assert set(chunk.rejects.table["mend"].cast(pa.string()).to_pylist()) == {chunk.rejects[0].mend}


def test_many_alike_cost_little_memory():
    """Proves that a hundred thousand rejects for one reason are no hundred thousand objects."""
    ids = pa.array([f"P{number}" for number in range(100_000)])
    rows = pa.array(np.arange(100_000))
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    found = Rejects.alike(rows, ids, "package", ids, "missing", "a long text " * 20)
    assert len(found) == 100_000 and tracemalloc.get_traced_memory()[1] < 100_000
    assert pa.total_allocated_bytes() - before < 8_000_000
    tracemalloc.stop()


def test_the_rejects_file_is_whole_or_absent(tmp_path):
    """Proves that the name goes to a complete file only, that an older one stays until then, and that nothing lies beside it."""
    path = tmp_path / "rejects.csv"
    path.write_text("older")
    with pytest.raises(RuntimeError), RejectsFile(path) as file:
        file.write(_some(1))
        raise RuntimeError
    assert path.read_text() == "older" and os.listdir(tmp_path) == ["rejects.csv"]
    with pytest.raises(RuntimeError), RejectsFile(path) as file:
        file.write(_some(1))
        file.write(_some(2, 3))
        file.complete()
        raise RuntimeError  # the run came to nothing, but every row was seen
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert [row[0] for row in rows] == ["row", "1", "2", "3"] and os.listdir(tmp_path) == ["rejects.csv"]


def test_where_no_rejects_file_can_be(tmp_path):
    """Proves that a folder in its place, or no folder for it, is said at once; a device is written to and stays one."""
    with pytest.raises(InputError, match="a folder stands where"):
        RejectsFile(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        RejectsFile(tmp_path / "no" / "rejects.csv")
    with RejectsFile("/dev/null") as file:
        file.write(_some(1))
        file.complete()
    assert not os.path.isfile("/dev/null")


def test_a_full_disk_names_the_rejects_file(tmp_path, monkeypatch):
    """Proves the message where the disk fails while rejects are written."""

    def full(self, rejects):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(columns.RejectsCsv, "write", full)
    with pytest.raises(WorkError, match=r"rejects\.csv: the refused rows cannot be written; nothing was recorded"):  # noqa: SIM117
        with RejectsFile(tmp_path / "rejects.csv") as file:
            file.write(_some(1))
    assert os.listdir(tmp_path) == []
