"""The items file: any kind of file, any unit, every fault named, nothing lost."""

from __future__ import annotations

import random
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from carbon import items_text, schema_of
from carbon.errors import OrdersError
from carbon.orders.items import BY_NAME, COLUMNS, OrderItems
from tests.house.source import ROOT

_ROW = {"parcel_id": "P1", "sku": "A", "length_m": 0.3, "width_m": 0.2, "height_m": 0.1, "unit_mass_kg": 0.5}


def _items(tmp_path, rows, mapping: str | None = None, name: str = "items.csv", **options) -> OrderItems:
    frame, path = pd.DataFrame(rows), tmp_path / name
    {".csv": frame.to_csv, ".xlsx": frame.to_excel, ".parquet": frame.to_parquet}[path.suffix](path, index=False)
    if mapping is not None:
        (tmp_path / "items.yaml").write_text(mapping, encoding="utf-8")
        options["mapping"] = tmp_path / "items.yaml"
    return OrderItems(path, **options)


def _rows(items: OrderItems, *ids: str):
    found = items.of(pa.array(ids or ("P1",), pa.string()))
    return [found.get(position, []) for position in range(len(ids or ("P1",)))]


@pytest.mark.parametrize("name", ["items.csv", "items.xlsx", "items.parquet"])
def test_csv_excel_and_parquet_say_the_same(tmp_path, name):
    """Proves that the kind of file does not matter, and that items come in the order of the file, parcel by parcel."""
    items = _items(tmp_path, [_ROW, _ROW | {"sku": "B", "quantity": 3}, _ROW | {"parcel_id": "P2"}], name=name)
    first, second, none = _rows(items, "P1", "P2", "P9")
    assert [(row["sku"], row["quantity"], row["source"]) for row in first] == [("A", 1, "given"), ("B", 3, "given")]
    assert len(second) == 1 and none == [] and items.rows == 3 and items.key == "parcel_id"
    assert (first[0]["length_m"], first[0]["fragile"], first[0]["temperature"]) == (0.3, False, "ambient")


def test_foreign_headers_and_units_by_mapping(tmp_path):
    """Proves that inches, grams and a unit in each row become metres and kilograms."""
    rows = [
        {"Ref": "P1", "L": 12, "W": 8, "H": 4, "U": "inch", "g": 500},
        {"Ref": "P1", "L": 30, "W": 20, "H": 10, "U": "cm", "g": 250},
    ]
    mapping = "columns:\n  parcel_id: Ref\n  unit_mass_kg: {from: g, unit: g}\n" + "".join(
        f"  {name}_m: {{from: {letter}, unit_from: U}}\n"
        for name, letter in (("length", "L"), ("width", "W"), ("height", "H"))
    )
    (found,) = _rows(_items(tmp_path, rows, mapping))
    assert [round(row["length_m"], 6) for row in found] == [0.3048, 0.3]
    assert [row["unit_mass_kg"] for row in found] == [0.5, 0.25]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"length_m": "30 cm"}, "the cell holds a unit"),
        ({"length_m": "twelve"}, "not a finite number"),
        ({"length_m": -0.1}, "below the lowest"),
        ({"length_m": 300}, "above the highest"),
        ({"quantity": 1.5}, "not a whole number"),
        ({"quantity": 0}, "below the lowest"),
        ({"rotation": "upside down"}, "best_fit, this_way_up, never"),
        ({"fragile": "perhaps"}, "yes, true"),
        ({"sku": "=cmd()"}, "starts with ="),
        ({"gtin": "4006381333932"}, "below the barcode"),
        ({"gtin": "2000000000008"}, "not a GTIN"),
        ({"length_m": 0.003, "width_m": 0.002, "height_m": 0.001}, "denser than any metal"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, wrong, said):
    """Proves that a cell that cannot be used is named with row, column, what was found and the way out."""
    (first,), (second,) = _rows(_items(tmp_path, [_ROW, _ROW | {"parcel_id": "P2"} | wrong]), "P1", "P2")
    assert first["complaint"] is None
    assert "row 2" in second["complaint"] and said in second["complaint"]


@pytest.mark.parametrize("name", ["items.csv", "items.xlsx", "items.parquet"])
def test_a_gtin_is_carried_as_fourteen_digits(tmp_path, name):
    """Proves that numbers of spreadsheets and texts, of any length, become 14 digits, and that an empty cell stays one."""
    numbers = pd.array([4006381333931, 96385074, None], dtype="Int64")
    rows = pd.DataFrame([_ROW, _ROW, _ROW]).assign(
        gtin=numbers if name != "items.csv" else ["4006381333931", "96385074", ""]
    )
    (found,) = _rows(_items(tmp_path, rows, name=name))
    assert [row["gtin"] for row in found] == ["04006381333931", "00000096385074", None]
    assert [row["complaint"] for row in found] == [None] * 3


def test_words_are_read_in_english_and_chinese(tmp_path):
    """Proves the words of choices, whatever their case."""
    rows = [_ROW | {"fragile": "是", "own_container": "Yes", "rotation": "This way up"}]
    (found,) = _rows(_items(tmp_path, rows))
    assert (found[0]["fragile"], found[0]["own_container"], found[0]["rotation"]) == (True, True, "this_way_up")


def test_mixed_units_of_one_article_are_noted(tmp_path):
    """Proves that an article whose sizes differ by the ratio of two units is named; one that has two sizes is not."""
    mixed = [_ROW, _ROW | {"parcel_id": "P2", "length_m": 0.3 * 2.54, "width_m": 0.508, "height_m": 0.254}]
    (note,) = _items(tmp_path, mixed).notes
    assert "2.54" in note and "A" in note and "unit_from" in note
    assert _items(tmp_path, [_ROW, _ROW | {"length_m": 0.5}]).notes == []


def test_usual_sizes_stand_in(tmp_path):
    """Proves the order: category's median, that of all items, nothing where sizes must be measured."""
    rows = [
        _ROW | {"product_category": "x"}, _ROW | {"product_category": "x", "length_m": 0.2, "width_m": 0.4},
        _ROW | {"parcel_id": "P2", "product_category": "x", "length_m": None, "unit_mass_kg": None},
        _ROW | {"parcel_id": "P3", "product_category": "y", "height_m": 0},
    ]  # fmt: skip
    by_category, by_all = (found[0] for found in _rows(_items(tmp_path, rows), "P2", "P3"))
    assert (by_category["source"], by_all["source"]) == ("category", "all")
    assert (by_category["length_m"], by_category["unit_mass_kg"], by_category["mass_given"]) == (0.35, 0.5, False)
    strict = _items(tmp_path, rows, fallback=False)
    assert [found[0]["source"] for found in _rows(strict, "P2", "P3")] == ["unknown", "unknown"]
    assert strict.stood_in["unknown"] == 2


def test_medians_are_those_of_numpy(tmp_path):
    """Proves the usual sizes and masses against another median, for odd and even numbers of items with repeats."""
    draw = random.Random(4)
    rows = [
        _ROW | {"product_category": draw.choice("xyz"), "unit_mass_kg": draw.randint(2, 9) / 4}
        | {name: draw.randint(2, 30) / 100 for name in ("length_m", "width_m", "height_m")}
        for _ in range(151)
    ]  # fmt: skip
    asked = [{"parcel_id": f"Q{name}", "product_category": name, "length_m": 0} for name in "xyz"]
    found = _rows(_items(tmp_path, rows + asked), "Qx", "Qy", "Qz")
    for name, (one,) in zip("xyz", found, strict=True):
        mine = [row for row in rows if row["product_category"] == name]
        sides = np.array([sorted((row["length_m"], row["width_m"], row["height_m"]), reverse=True) for row in mine])
        assert [one["length_m"], one["width_m"], one["height_m"]] == pytest.approx(np.median(sides, axis=0), abs=1e-12)
        assert one["unit_mass_kg"] == pytest.approx(np.median([row["unit_mass_kg"] for row in mine]), abs=1e-12)


def test_orders_of_several_rows_are_found(tmp_path):
    """Proves that ids counted more than once over all chunks are told by position, and no others."""
    items = _items(tmp_path, [_ROW])
    for ids in (["O1", "O2"], ["O3", "O2"]):
        items.count(pa.array(ids))
    items.counted()
    assert items.counts and items.repeated(pa.array(["O3", "O2", "O1", "O2"])) == [1, 3]


@pytest.mark.parametrize(
    ("rows", "mapping", "said"),
    [
        ([{"sku": "A", "length_m": 1}], None, "no items file"),
        ([{"parcel_id": "P1", "sku": "A"}], None, "no items file"),
        ([{"parcel_id": "P1", "length_m": 1}], "columns: {lenght_m: length_m}", "did you mean length_m"),
        ([{"parcel_id": "P1", "length_m": 1}], "columns: {length_m: {from: length_m, unit: kg}}", "not measured in"),
        ([{"parcel_id": "P1", "length_m": 1}], "columns: {sku: Article}", "does not have"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, rows, mapping, said):
    """Proves that wrong headers and mappings are errors with the way out, not empty results."""
    with pytest.raises(OrdersError) as error:
        _items(tmp_path, rows, mapping)
    assert said in str(error.value)


def test_the_vocabulary_lists_these_columns():
    """Proves that the documented table of items is the code's: names, kinds, units, bounds, both languages."""
    text = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(\w+)` \|(.*)\|$", text.split("<!-- items:")[1].split("<!-- end of items")[0], re.MULTILINE
    )
    documented = {name: [cell.strip().strip("`") for cell in cells.split("|")] for name, cells in rows}
    assert list(documented) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        wanted = [column.kind, column.unit or "", column.rule, column.description, column.description_zh]
        assert documented[column.name] == wanted


def test_the_schema_prints_them():
    """Proves that `carbon schema items` lists every column, as text and as JSON."""
    assert [each["name"] for each in schema_of("items")["columns"]] == [column.name for column in COLUMNS]
    assert all(f"\n{column.name} " in items_text() for column in COLUMNS)


def test_columns_are_described_in_both_languages():
    """Proves that every column has an English and a Chinese description, and that units are in the names."""
    assert all(column.description and column.description_zh for column in COLUMNS)
    assert all(BY_NAME[name].unit for name in BY_NAME if name.endswith(("_m", "_kg", "_m3")))
