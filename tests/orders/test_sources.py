"""Excel, Parquet and tables in memory; mapping files; hashes."""

from __future__ import annotations

import datetime
import hashlib
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon.errors import OrdersError
from carbon.orders.table import OrdersInput

DAY = datetime.date(2025, 6, 30)
HEAD = ["parcel_id", "shipped_on", "destination_country", "destination_postcode", "goods_mass_kg"]


def table(count=3):
    """Orders as typed Arrow columns."""
    return pa.table(
        {
            "parcel_id": [f"p{i}" for i in range(1, count + 1)],
            "shipped_on": [DAY] * count,
            "destination_country": pa.array(["DE"] * count).dictionary_encode(),
            "destination_postcode": ["01067"] * count,
            "goods_mass_kg": [1.5] * count,
        }
    )


def book(path, rows, sheet="Orders"):
    """Write an Excel file."""
    workbook = openpyxl.Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)


def test_excel(tmp_path, read):
    """Proves that typed cells of Excel arrive: dates, numbers, text, blank rows counted but not read."""
    path = tmp_path / "orders.xlsx"
    rows = [
        HEAD,
        ["p1", datetime.datetime(2025, 6, 30), "德国", "01067", 1.5],
        [None] * 5,
        [12345, DAY, "DE", 80331, "x"],
    ]
    book(path, [*rows, [12345, DAY, "DE", 80331, 2], ["p9", DAY, "DE", "=1+1", 2]])
    passed, numbers, rejects = read(OrdersInput.open(path))
    assert numbers == [1, 4, 5] and passed[0]["shipped_on"] == DAY and passed[0]["destination_postcode"] == "01067"
    assert (passed[1]["parcel_id"], passed[1]["destination_postcode"]) == ("12345", "80331")
    assert passed[2]["destination_postcode"] is None  # a formula that Excel never calculated has no value
    assert [(reject.row, reject.reason) for reject in rejects] == [(3, "not_a_number")]


def test_excel_formula_text_is_rejected(tmp_path, read):
    """Proves that text that looks like a formula is refused in Excel files, too."""
    path = tmp_path / "orders.xlsx"
    workbook = openpyxl.Workbook()
    workbook.active.append(HEAD)
    workbook.active.append(["p1", DAY, "DE", "x", 1])
    cell = workbook.active.cell(2, 4)
    cell.value, cell.data_type = "=cmd()", "s"
    workbook.save(path)
    assert [reject.reason for reject in read(OrdersInput.open(path))[2]] == ["formula"]


def test_excel_sheet_by_mapping(tmp_path, read):
    """Proves that a mapping names the sheet, and that an absent one is answered with those there are."""
    path, mapping = tmp_path / "orders.xlsx", tmp_path / "map.yaml"
    book(path, [HEAD, ["p1", DAY, "DE", "01067", 1]])
    mapping.write_text("sheet: Orders\n")
    assert len(read(OrdersInput.open(path, mapping=mapping))[0]) == 1
    mapping.write_text("sheet: Bestellungen\n")
    with pytest.raises(OrdersError, match="Orders"):
        OrdersInput.open(path, mapping=mapping)


@pytest.mark.parametrize("cut", [4, 60, 700])
def test_truncated_parquet_and_excel(tmp_path, cut):
    """Proves that a file cut short is one message that names it, for Parquet and Excel."""
    pq.write_table(table(1000), tmp_path / "o.parquet")
    book(tmp_path / "o.xlsx", [HEAD, ["p1", DAY, "DE", "01067", 1]])
    for name in ("o.parquet", "o.xlsx"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-cut])
        with pytest.raises(OrdersError) as caught:
            OrdersInput.open(path)
        assert name in str(caught.value) and "mend" in str(caught.value)


def test_parquet_damaged_inside(tmp_path):
    """Proves that a Parquet file whose pages are damaged fails with a message, not with half its rows."""
    path = tmp_path / "o.parquet"
    pq.write_table(table(50_000), path, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[200:2200] = b"\xff" * 2000
    path.write_bytes(content)
    with pytest.raises(OrdersError, match=r"o\.parquet"):
        list(OrdersInput.open(path).chunks())


def test_parquet_file_and_folder_agree(tmp_path, read):
    """Proves that a folder of Parquet files is read in order of their names, with rows counted through."""
    whole = table(10)
    pq.write_table(whole, tmp_path / "o.parquet")
    folder = tmp_path / "many"
    (folder / "_tmp").mkdir(parents=True)
    pq.write_table(whole.slice(6), folder / "part-2.parquet")
    pq.write_table(whole.slice(0, 6), folder / "part-1.parquet")
    pq.write_table(whole, folder / "_tmp" / "x.parquet")
    one, many = OrdersInput.open(tmp_path / "o.parquet"), OrdersInput.open(folder)
    assert read(one) == read(many) and many.row_estimate == 10
    pq.write_table(whole.drop_columns("goods_mass_kg"), folder / "part-3.parquet")
    with pytest.raises(OrdersError, match=r"part-3\.parquet"):
        OrdersInput.open(folder)


def test_empty_folder_and_empty_tables(tmp_path):
    """Proves that nothing to read is an error, in each kind of input."""
    with pytest.raises(OrdersError, match="no Parquet file"):
        OrdersInput.open(tmp_path)
    for nothing in (table(3).slice(0, 0), table(3).slice(0, 0).to_pandas()):
        with pytest.raises(OrdersError, match="no rows"):
            OrdersInput.open(nothing)
    with pytest.raises(OrdersError, match="no orders input"):
        OrdersInput.open(42)


def test_frame_csv_and_parquet_agree(tmp_path, read):
    """Proves that the same orders give the same rows from a DataFrame, CSV, Parquet and Arrow."""
    frame = table(50).to_pandas()
    frame.to_csv(tmp_path / "o.csv", index=False)
    pq.write_table(table(50), tmp_path / "o.parquet")
    results = [read(OrdersInput.open(each)) for each in (frame, tmp_path / "o.csv", tmp_path / "o.parquet", table(50))]
    assert all(result == results[0] for result in results) and len(results[0][0]) == 50


def test_frame_with_pandas_quirks(read):
    """Proves that NaN and NaT of a DataFrame are missing values, float ids whole numbers, mixed objects text."""
    frame = pd.DataFrame(
        {
            "parcel_id": [1.0, 2.0, 3.0],
            "shipped_on": pd.to_datetime(["2025-06-30", None, "2025-06-30"]),
            "destination_postcode": ["01067", 80331, None],
            "destination_country": "DE",
            "goods_mass_kg": [1.0, 1.0, np.nan],
        }
    )
    passed, numbers, rejects = read(OrdersInput.open(frame))
    assert [row["parcel_id"] for row in passed] == ["1", "3"] and numbers == [1, 3]
    assert [row["destination_postcode"] for row in passed] == ["01067", None] and passed[1]["goods_mass_kg"] is None
    assert [(reject.row, reject.column, reject.reason) for reject in rejects] == [(2, "shipped_on", "missing")]


def test_hashes(tmp_path):
    """Proves that the hash of a plain file is that of its bytes, and that lines and mapping change it."""
    path, mapping = tmp_path / "o.parquet", tmp_path / "m.yaml"
    pq.write_table(table(), path)
    mapping.write_text("columns: {}\n")
    plain = OrdersInput.open(path)
    assert plain.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert OrdersInput.open(path, mapping=mapping).sha256() != plain.sha256()
    assert list(OrdersInput.open(path, mapping=mapping).hashes()) == [str(path), str(mapping)]
    assert (
        OrdersInput.open(table()).sha256() == OrdersInput.open(table()).sha256() != OrdersInput.open(table(4)).sha256()
    )


MAPPING = """
delimiter: ";"
decimal: ","
columns:
  parcel_id: Tracking
  shipped_on: {from: "Ship Date", format: "%d/%m/%Y"}
  goods_mass_kg: {from: "Weight (lb)", unit: lb}
  goods_volume_m3: {from: Vol, unit_from: Unit}
  destination_country: {value: US}
"""


def test_mapping(orders, read, tmp_path):
    """Proves that foreign headers, units, dates, decimals and constants are read, and bad ones rejected by header."""
    (tmp_path / "map.yaml").write_text(MAPPING)
    text = "Tracking;Ship Date;Weight (lb);Vol;Unit;Name\n" + (
        "a;30/06/2025;10,0;2,5;l;Ann\nb;31/02/2025;1;1;l;B\nc;30/06/2025;1.5;1;l;C\nd;30/06/2025;1;1;ton;D\ne;30/06/2025;;1;cm**3;E\n"
    )
    source = orders(text, mapping=tmp_path / "map.yaml")
    passed, numbers, rejects = read(source)
    assert source.ignored == ["Name"] and numbers == [1, 5]
    assert passed[0]["goods_mass_kg"] == pytest.approx(4.5359237, rel=1e-12)
    assert passed[0]["goods_volume_m3"] == pytest.approx(0.0025, rel=1e-12)
    assert passed[0]["destination_country"] == "US" and passed[0]["shipped_on"] == DAY
    assert [(reject.row, reject.column, reject.reason, reject.found) for reject in rejects] == [
        (2, "shipped_on (Ship Date)", "not_a_date", "31/02/2025"),
        (3, "goods_mass_kg (Weight (lb))", "not_a_number", "1.5"),
        (4, "goods_volume_m3 (Vol)", "unknown_unit", "ton"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {goods_mas: W}", "did you mean goods_mass_kg"),
        ("columns: {goods_mass_kg: {from: W, unit: ton}}", "ambiguous"),
        ("columns: {goods_mass_kg: {from: W, unit: km}}", "not measured in 'km'"),
        ("columns: {service: {from: W, unit: kg}}", "no unit"),
        ("columns: {service: {from: W, format: '%d'}}", "not a date"),
        ("columns: {shipped_on: {from: W, format: '%Q'}}", "map.yaml, line 1, 'columns.shipped_on.format': not a date"),
        ("columns: {shipped_on: {from: W, format: '%d/%m/%'}}", "not a date format"),
        ("columns: {service: {from: W, value: x}}", "either 'from' or 'value'"),
        ("encoding: klingon", "unknown encoding"),
        ("colums: {}", "unknown key"),
        ("columns: {goods_mass_kg: Weigth}", "did you mean 'Weight'"),
    ],
)
def test_bad_mappings(orders, tmp_path, text, said):
    """Proves that a wrong mapping is answered with file, key and what was meant."""
    (tmp_path / "map.yaml").write_text(text + "\n")
    with pytest.raises(OrdersError) as caught:
        orders("parcel_id,shipped_on,Weight,W\np1,2025-06-30,1,1\n", mapping=tmp_path / "map.yaml")
    assert said in str(caught.value)


def test_a_workbook_that_grows_beyond_reason_is_refused(tmp_path):
    """Proves that a small file cannot fill the memory: it is refused by what it says of itself, before it is unpacked."""
    path = tmp_path / "orders.xlsx"
    book(path, [HEAD, ["p1", DAY, "DE", "01067", 1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/more.xml", "w") as part:
        for _ in range(300):
            part.write(bytes(1024 * 1024))
    with pytest.raises(OrdersError) as refused:
        OrdersInput.open(path)
    assert "grows too much" in str(refused.value) and "CSV" in str(refused.value)
