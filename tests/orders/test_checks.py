"""Cells: what passes, what becomes a reject, and with which reason."""

from __future__ import annotations

import datetime
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.errors import OrdersError
from carbon.orders.columns import BY_NAME, COLUMNS, SCHEMA
from carbon.orders.rejects import REASONS, Reject, neutral, rejects_csv, rejects_table
from carbon.orders.table import OrdersInput

TODAY = datetime.date(2025, 7, 1)
ROW = {"parcel_id": "p1", "shipped_on": "2025-06-30", "destination_country": "DE", "goods_mass_kg": "1.2"}


def one(**cells):
    """Check one row of text cells: the row if it passed, and its reject if not."""
    table = pa.table({name: pa.array([cell], pa.string()) for name, cell in (ROW | cells).items()})
    chunk = next(OrdersInput.open(table, today=TODAY).chunks())
    assert chunk.table.schema == SCHEMA and len(chunk.rejects) + chunk.table.num_rows == 1
    return (chunk.table.to_pylist() or [None])[0], (chunk.rejects or [None])[0]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("parcel_id", "", "missing"),
        ("parcel_id", None, "missing"),
        ("parcel_id", "=1+1", "formula"),
        ("service", "@cmd", "formula"),
        ("destination_city", " +49 30", "formula"),
        ("destination_city", "＝1", "formula"),
        ("destination_city", "-", "formula"),
        ("destination_city", "a\nb", "control_character"),
        ("parcel_id", "p\u200b1", "control_character"),
        ("parcel_id", "p1\u202e", "control_character"),
        ("order_id", "\ufeffo1", "control_character"),
        ("order_id", "o\u00ad1", "control_character"),
        ("parcel_id", "p\u200d1", "control_character"),
        ("parcel_id", "\u200cp", "control_character"),
        ("parcel_id", "p\u200d", "control_character"),
        ("destination_city", "x" * 201, "too_long"),
        ("goods_mass_kg", "0", "too_low"),
        ("goods_mass_kg", "-1", "too_low"),
        ("goods_mass_kg", "1e-320", "too_low"),
        ("goods_mass_kg", "9.9e-7", "too_low"),
        ("goods_mass_kg", "1000.1", "too_high"),
        ("goods_mass_kg", "NaN", "not_a_number"),
        ("goods_mass_kg", "inf", "not_a_number"),
        ("goods_mass_kg", "1e999", "not_a_number"),
        ("goods_mass_kg", "1,2", "not_a_number"),
        ("goods_mass_kg", "1.2 kg", "not_a_number"),
        ("goods_mass_kg", "0x10", "not_a_number"),
        ("goods_mass_kg", "=1", "not_a_number"),
        ("item_count", "1.5", "not_an_integer"),
        ("item_count", "1e12", "too_high"),
        ("delivery_attempts", "0", "too_low"),
        ("shipped_on", "2025-02-30", "not_a_date"),
        ("shipped_on", "30/06/2025", "not_a_date"),
        ("shipped_on", "45000", "not_a_date"),
        ("shipped_on", "1999-12-31", "impossible_date"),
        ("shipped_on", "2026-07-03", "impossible_date"),
        ("shipped_on", "", "missing"),
        ("returned_on", "2025-06-29", "returned_before_shipped"),
        ("destination_country", "Germny", "unknown_country"),
        ("destination_country", "", "no_destination"),
        ("destination_latitude", "91", "too_high"),
        ("destination_latitude", "52", "incomplete_coordinates"),
        ("currency", "euro", "bad_currency"),
    ],
)
def test_bad_cells_are_rejected(column, cell, reason):
    """Proves that each kind of bad cell has its reason, its column, what was found, and a way out."""
    row, reject = one(**{column: cell})
    assert row is None and (reject.row, reject.reason) == (1, reason)
    assert reject.found == (cell and cell[:200]) and reject.mend
    if reason not in ("returned_before_shipped", "no_destination"):
        assert reject.column == column


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("parcel_id", "  p1　", "p1"),
        ("parcel_id", "می\u200cخواهم-1", "می\u200cخواهم-1"),
        ("parcel_id", "क्\u200dष\u200dक", "क्\u200dष\u200dक"),
        ("parcel_id", "包裹1", "包裹1"),
        ("destination_city", "Ber\u00adlin", "Ber\u00adlin"),
        ("goods_mass_kg", "1e3", 1000.0),
        ("goods_mass_kg", "1e-6", 1e-6),
        ("goods_mass_kg", "+.5", 0.5),
        ("goods_mass_kg", "", None),
        ("origin_longitude", "", None),
        ("item_count", "3.0", 3),
        ("shipped_on", "2025/6/3", datetime.date(2025, 6, 3)),
        ("shipped_on", "20250603", datetime.date(2025, 6, 3)),
        ("shipped_on", "2025年6月3日", datetime.date(2025, 6, 3)),
        ("shipped_on", "2025-06-03T23:59:59.5+08:00", datetime.date(2025, 6, 3)),
        ("shipped_on", "2026-07-02", datetime.date(2026, 7, 2)),
        ("destination_country", "德国", "DE"),
        ("destination_country", "prc", "CN"),
        ("destination_country", "usa", "US"),
        ("destination_country", "GBR", "GB"),
        ("currency", "eur", "EUR"),
    ],
)
def test_good_cells_are_read(column, cell, value):
    """Proves that the accepted spellings arrive as canonical values."""
    row, reject = one(**{column: cell})
    assert reject is None and row[column] == value


def test_minus_in_a_number_is_no_formula():
    """Proves that a leading minus of a number column is a number: Brazil lies at negative coordinates."""
    row, _ = one(destination_latitude="-23.55", destination_longitude="-46.63")
    assert (row["destination_latitude"], row["destination_longitude"]) == (-23.55, -46.63)


def test_null_island_is_refused():
    """Proves that coordinates 0, 0 are taken for the placeholder they are."""
    assert one(destination_latitude="0", destination_longitude="0.0")[1].reason == "null_island"


def test_order_id_defaults_to_parcel_id():
    """Proves that a parcel without order is an order of its own."""
    assert one()[0]["order_id"] == "p1" and one(order_id="o9")[0]["order_id"] == "o9"


def test_one_reject_per_row():
    """Proves that a row with several faults is rejected once, for the first one in column order."""
    _, reject = one(shipped_on="x", goods_mass_kg="-1", destination_country="?")
    assert (reject.column, reject.reason) == ("shipped_on", "not_a_date")


def test_near_countries_are_offered():
    """Proves that a misspelt country is answered with the name that was meant."""
    assert "germany (DE)" in one(destination_country="Germny")[1].mend


def test_absent_columns_are_null_in_their_type():
    """Proves that every canonical column is there in its Arrow type, whatever the file has."""
    row, _ = one()
    assert list(row) == [column.name for column in COLUMNS]
    assert all(row[name] is None for name in row if name not in (*ROW, "order_id"))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_any_float_is_passed_or_rejected(values):
    """Proves that a float column is split exactly by its rule, for any floats in an Arrow table."""
    table = pa.table(
        {
            "parcel_id": [f"p{i}" for i in range(len(values))],
            "shipped_on": [TODAY] * len(values),
            "destination_country": ["DE"] * len(values),
            "goods_mass_kg": pa.array(values, pa.float64()),
        }
    )
    chunk = next(OrdersInput.open(table, today=TODAY).chunks())
    good = [value for value in values if np.isfinite(value) and 1e-6 <= value <= 1000]
    assert chunk.table["goods_mass_kg"].to_pylist() == good
    assert len(chunk.rejects) == len(values) - len(good)
    for reject in chunk.rejects:
        value = values[reject.row - 1]
        expected = "not_a_number" if not np.isfinite(value) else "too_low" if value < 1e-6 else "too_high"
        assert reject.reason == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=15), min_size=1, max_size=10))
def test_any_text_is_trimmed_or_rejected(texts):
    """Proves that text that passed is never empty, padded, a formula or full of control characters."""
    table = pa.table(
        {
            "parcel_id": [f"p{i}" for i in range(len(texts))],
            "shipped_on": [TODAY] * len(texts),
            "destination_country": ["DE"] * len(texts),
            "destination_city": texts,
        }
    )
    chunk = next(OrdersInput.open(table, today=TODAY).chunks())
    assert len(chunk.rows) + len(chunk.rejects) == len(texts)
    for city in chunk.table["destination_city"].to_pylist():
        assert city is None or (
            city and city == city.strip() and city[0] not in "=+-@" and not any(c < " " for c in city)
        )


def test_order_of_rows_and_chunk_size_change_nothing():
    """Proves that chunking is only a matter of memory: same rows, numbers and rejects for any size, twice."""
    count = 1000
    table = pa.table(
        {
            "parcel_id": [f"p{i}" for i in range(count)],
            "shipped_on": ["2025-06-30"] * count,
            "destination_country": ["DE"] * count,
            "goods_mass_kg": [str(i % 7) for i in range(count)],
        }
    )
    source = OrdersInput.open(table, today=TODAY)
    seen = []
    for rows in (1, 7, 131, 131_072, 131_072):
        chunks = list(source.chunks(rows))
        seen.append(
            (
                pa.concat_tables([chunk.table for chunk in chunks]),
                np.concatenate([chunk.rows for chunk in chunks]).tolist(),
                [reject for chunk in chunks for reject in chunk.rejects],
            )
        )
    assert all(each[0].equals(seen[0][0]) and each[1:] == seen[0][1:] for each in seen)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_reject_cells_are_neutral(cell):
    """Proves that no cell of a rejects file runs as a formula in a spreadsheet."""
    assert neutral(cell) == "'" + cell and neutral("p1") == "p1" and neutral(None) == ""


def test_rejects_csv_and_table(tmp_path):
    """Proves that rejects are written for download, Chinese readable in Excel, formulas off, and as Arrow."""
    rejects = [
        Reject(3, "=cmd()", "destination_city", "深圳", "formula", "mend"),
        Reject(4, None, None, None, "broken_row", "m"),
    ]
    path = tmp_path / "rejects.csv"
    assert rejects_csv(rejects, path) == 2 == rejects_csv(rejects_table(rejects), io.StringIO())
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert frame.parcel_id.tolist() == ["'=cmd()", ""] and frame.found[0] == "深圳"
    assert rejects_table(rejects)["row"].to_pylist() == [3, 4] and rejects_table([]).num_rows == 0


def test_every_reason_has_three_texts():
    """Proves that each code says what is wrong in both languages, and the mend."""
    assert all(len(texts) == 3 and all(texts) for texts in REASONS.values())


def test_columns_that_cannot_be_read():
    """Proves that lists and booleans are refused as a whole, by column."""
    table = pa.table({"parcel_id": ["p1"], "shipped_on": [TODAY], "goods_mass_kg": [True]})
    with pytest.raises(OrdersError, match="goods_mass_kg"):
        next(OrdersInput.open(table).chunks())


def test_numbers_have_bounds_and_units_in_their_name():
    """Proves that each number column is bounded, and that its unit ends its name (law 3)."""
    endings = {"kg": "_kg", "kW*h": "_kwh", "l": "_l", "m**3": "_m3", "km": "_km", "day": "_days", "degree": "itude"}
    for column in COLUMNS:
        if column.kind in ("number", "integer"):
            assert column.low < column.high
        if column.unit:
            assert column.name.endswith(endings[column.unit])
    assert BY_NAME["goods_mass_kg"].rule == "a number from 0.000001 to 1,000 kg"
    assert BY_NAME["goods_volume_m3"].rule == "a number above 0, up to 100 m**3"
    assert BY_NAME["origin_latitude"].rule == "a number from -90 to 90 degree"
    assert [c.name for c in COLUMNS if c.required] == ["parcel_id", "shipped_on"]
