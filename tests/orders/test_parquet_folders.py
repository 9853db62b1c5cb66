"""Folders of Parquet files that drift, and files that are damaged inside: named, with the way out, or read alike."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon.errors import OrdersError
from carbon.orders.table import OrdersInput
from tests.orders.test_sources import table

COUNT = 2000


def folder(path, *tables, **options):
    """Write tables as ``part-0.parquet`` ... into a new folder."""
    path.mkdir()
    for number, each in enumerate(tables):
        pq.write_table(each, path / f"part-{number}.parquet", row_group_size=500, **options)
    return path


def changed(array, name="goods_mass_kg"):
    """Return orders with another column."""
    orders = table(COUNT)
    return orders.set_column(orders.column_names.index(name), name, array)


def flip(path, column, group):
    """Change bytes in the middle of a column's page."""
    metadata = pq.read_metadata(path).row_group(group)
    chunk = next(each for each in map(metadata.column, range(metadata.num_columns)) if each.path_in_schema == column)
    content, middle = bytearray(path.read_bytes()), chunk.data_page_offset + chunk.total_compressed_size // 2
    content[middle : middle + 20] = bytes(byte ^ 0x5A for byte in content[middle : middle + 20])
    path.write_bytes(content)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
@pytest.mark.parametrize("column", ["parcel_id", "goods_mass_kg"])
def test_flipped_bits_under_a_checksum_are_found(tmp_path, compression, column):
    """Proves that where a file carries page checksums no changed byte passes, though it might decode to a number."""
    orders = changed(pa.array(np.random.default_rng(1).uniform(0.1, 30, COUNT)))
    options = {"compression": compression, "use_dictionary": False, "write_page_checksum": True}
    path = folder(tmp_path / "many", orders, orders, **options)
    flip(path / "part-1.parquet", column, 2)
    with pytest.raises(OrdersError) as caught:
        list(OrdersInput.open(path).chunks())
    said = str(caught.value)
    assert "part-1.parquet" in said and "row group 3 of 4, rows 1,001 to 1,500" in said and "mend" in said


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (table(COUNT).drop_columns("goods_mass_kg"), "without goods_mass_kg"),
        (table(COUNT).append_column("note", pa.array(["x"] * COUNT)), "with note"),
        (changed(pa.array(["1.5"] * COUNT)), "text (string)"),
        (changed(table(COUNT)["shipped_on"]), "dates (date32[day])"),
        (changed(pa.array(range(COUNT)), "destination_postcode"), "numbers (int64)"),
        (changed(pa.array(range(COUNT)), "parcel_id"), "numbers (int64)"),
        (changed(pa.array(["2025-06-30"] * COUNT), "shipped_on"), "as in part-0.parquet"),
        (changed(pa.array([[1.5]] * COUNT)), "list<element: double>"),
        (changed(pa.array([b"DE"] * COUNT), "destination_country"), "binary"),
    ],
)
def test_a_drifting_schema_names_file_and_column(tmp_path, other, said):
    """Proves that a column that is lacking, surplus or of another kind in one file stops the run with its name.

    Each cell might be readable by itself: a postcode 01067 that became the number 1067 is the harm that would do.
    """
    path = folder(tmp_path / "many", table(COUNT), table(COUNT), other)
    with pytest.raises(OrdersError) as caught:
        list(OrdersInput.open(path).chunks())
    text = str(caught.value)
    assert "part-2.parquet" in text and said in text and "mend" in text and "part-1.parquet" not in text


@pytest.mark.parametrize(
    "other",
    [
        table(COUNT).select(table(COUNT).column_names[::-1]),
        changed(pa.array([1.5] * COUNT, pa.float32())),
        changed(pa.array([1.5] * COUNT).cast(pa.decimal128(9, 3))),
        changed(table(COUNT)["parcel_id"].cast(pa.large_string()), "parcel_id"),
        changed(table(COUNT)["destination_postcode"].combine_chunks().dictionary_encode(), "destination_postcode"),
        changed(table(COUNT)["shipped_on"].cast(pa.timestamp("us")), "shipped_on"),
    ],
)
def test_harmless_differences_are_read_alike(tmp_path, read, other):
    """Proves that order of columns, width of numbers and kind of text encoding make no difference."""
    many = read(OrdersInput.open(folder(tmp_path / "many", table(COUNT), other)))
    assert many == read(OrdersInput.open(folder(tmp_path / "plain", table(COUNT), table(COUNT))))


@pytest.mark.parametrize("nothing", [pa.nulls(COUNT), pa.nulls(COUNT, pa.float64()), pa.nulls(COUNT, pa.string())])
@pytest.mark.parametrize("name", ["destination_postcode", "goods_mass_kg"])
@pytest.mark.parametrize("first", [True, False])
def test_an_empty_column_has_no_type(tmp_path, read, name, nothing, first):
    """Proves that a column without any value may have any type: writers guess it."""
    tables = [changed(nothing, name), table(COUNT)] if first else [table(COUNT), changed(nothing, name)]
    passed, _, rejects = read(OrdersInput.open(folder(tmp_path / "many", *tables)))
    assert len(passed) == 2 * COUNT and not rejects
    assert sum(row[name] is None for row in passed) == COUNT


def test_a_folder_named_like_a_file_holds_parts(tmp_path, read):
    """Proves that nested folders as Spark writes them are read, and that a dead link is not passed over."""
    path = folder(tmp_path / "many", table(COUNT))
    folder(path / "more.parquet", table(COUNT))
    assert OrdersInput.open(path).row_estimate == 2 * COUNT
    os.symlink(tmp_path / "nowhere", path / "part-9.parquet")
    with pytest.raises(OrdersError, match=r"part-9\.parquet"):
        OrdersInput.open(path)


@pytest.mark.parametrize("name", ["orders.csv", "many/part-1.parquet"])
def test_a_file_that_changes_meanwhile_is_refused(tmp_path, name):
    """Proves that a file written to between two passes is not read as if it were the same."""
    folder(tmp_path / "many", table(COUNT), table(COUNT))
    table(COUNT).to_pandas().to_csv(tmp_path / "orders.csv", index=False)
    orders = OrdersInput.open(tmp_path / name.split("/")[0])
    list(orders.chunks())
    with open(tmp_path / name, "ab") as file:
        file.write(b"p9999,2025-06-30,DE,01067,1\n")
    with pytest.raises(OrdersError, match="changed while it was read") as caught:
        list(orders.chunks())
    assert name.split("/")[-1] in str(caught.value)


def test_a_hash_of_a_file_that_changed_is_refused(tmp_path):
    """Proves that a manifest cannot name the hash of bytes that nobody read."""
    pq.write_table(table(COUNT), tmp_path / "o.parquet")
    orders = OrdersInput.open(tmp_path / "o.parquet")
    pq.write_table(table(COUNT + 1), tmp_path / "o.parquet")
    with pytest.raises(OrdersError, match="changed while it was read"):
        orders.sha256()
