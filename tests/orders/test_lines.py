"""The lines file: items that fill what the orders leave empty."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon.errors import OrdersError
from carbon.orders.table import OrdersInput

ORDERS = "parcel_id,shipped_on,destination_country,goods_mass_kg\n"
LINES = "parcel_id,sku,quantity,unit_mass_kg,unit_volume_m3,product_category,unit_value,currency,unit_co2e_kg\n"


@pytest.fixture
def lined(orders, tmp_path, read):
    """Read orders with lines; return rows by parcel, rejects and notes."""

    def run(rows, lines, more=""):
        (tmp_path / "lines.csv").write_text(LINES.rstrip() + more + "\n" + lines)
        source = orders(ORDERS + rows, lines=tmp_path / "lines.csv")
        passed, _, rejects = read(source)
        assert all(chunk.table.schema == source.schema for chunk in source.chunks())
        return {row["parcel_id"]: row for row in passed}, rejects, source.notes

    return run


def test_lines_fill_what_is_empty(lined):
    """Proves that sums over quantity fill empty values and that the orders' own value wins, its difference counted."""
    rows, rejects, notes = lined(
        "a,2025-06-30,DE,\nb,2025-06-30,DE,5\nc,2025-06-30,DE,1\n",
        "a,s1,2,0.5,0.001,toys,10,EUR,3\na,s2,1,1,0.002,toys,5,EUR,1\nb,s1,1,1,,books,4,EUR,\nz,s1,1,1,1,toys,1,EUR,1\n",
    )
    assert not rejects
    a, b, c = rows["a"], rows["b"], rows["c"]
    assert (a["goods_mass_kg"], a["item_count"], a["goods_value"], a["currency"]) == (2.0, 3, 25.0, "EUR")
    assert (
        a["goods_volume_m3"] == pytest.approx(0.004) and a["product_co2e_kg"] == 7 and a["product_category"] == "toys"
    )
    assert b["goods_mass_kg"] == 5 and b["goods_volume_m3"] is None and b["product_co2e_kg"] is None
    assert c["item_count"] is None and c["line_categories"] is None
    assert notes["lines_differ_goods_mass_kg"] == 1
    assert (notes["parcels_without_lines"], notes["lines_without_parcel"]) == (1, 1)


def test_a_share_of_primary_data_goes_with_its_footprint(lined):
    """Proves by hand that 2 x 3 kg with a share of 0.5 and 2 kg without one make 3 of 8 kg primary, named by article and
    footprint; that a footprint of the orders keeps its own share; and that a share above 1 is refused."""
    rows, rejects, _ = lined(
        "a,2025-06-30,DE,1\nb,2025-06-30,DE,1\n",
        "a,s1,2,1,,,,,3,0.5,f1\na,s2,1,1,,,,,2,,f2\nb,s1,1,1,,,,,3,1.5,f1\n",
        ",footprint_primary_share,footprint_id",
    )
    assert (
        rows["a"]["product_primary_share"] == pytest.approx(3 / 8) and rows["a"]["product_footprint"] == "s1 f1; s2 f2"
    )
    assert [(each.parcel_id, each.reason) for each in rejects] == [("b", "bad_line")]
    assert "footprint_primary_share: 1.5" in rejects[0].found


def test_a_missing_mass_is_not_zero(lined):
    """Proves that one line without mass leaves the parcel's mass unknown rather than too small."""
    rows, _, _ = lined("a,2025-06-30,DE,\n", "a,,1,1,,,,,\na,,1,,,,,,\n")
    assert rows["a"]["goods_mass_kg"] is None and rows["a"]["item_count"] == 2


def test_mixed_categories_keep_their_values(lined):
    """Proves that a mixed parcel has no category of its own but each category's spend."""
    rows, _, _ = lined("a,2025-06-30,DE,1\n", "a,,1,1,,toys,10,EUR,\na,,2,1,,books,4,EUR,\na,,1,1,,toys,1,EUR,\n")
    assert rows["a"]["product_category"] is None
    assert (rows["a"]["line_categories"], rows["a"]["line_values"]) == (["books", "toys"], [8.0, 11.0])


def test_two_currencies_are_not_added(lined):
    """Proves that prices of different currencies are never summed, and that this is counted."""
    rows, _, notes = lined("a,2025-06-30,DE,1\n", "a,,1,1,,toys,10,EUR,\na,,1,1,,toys,10,USD,\n")
    assert rows["a"]["goods_value"] is None and notes["lines_mixed_currency"] == 1


@pytest.mark.parametrize("line", ["a,,x,1,,,,,", "a,,-1,1,,,,,", "a,,1,NaN,,,,,", "a,,1,-1,,,,,", "a,,1,1,,=cmd(),,,"])
def test_a_bad_line_rejects_its_parcel(lined, line):
    """Proves that a parcel with an unusable line is rejected, naming the line, and no other parcel."""
    rows, rejects, _ = lined("a,2025-06-30,DE,1\nb,2025-06-30,DE,1\n", f"b,,1,1,,,,,\n{line}\n")
    assert list(rows) == ["b"] and [(reject.reason, reject.row) for reject in rejects] == [("bad_line", 1)]
    assert rejects[0].found.startswith("lines row 2, ")


def test_a_sum_beyond_the_bounds_is_rejected(lined):
    """Proves that sums obey the same bounds as given values."""
    _, rejects, _ = lined("a,2025-06-30,DE,\n", "a,,2000,1,,,,,\n")
    assert [(reject.column, reject.reason) for reject in rejects] == [("goods_mass_kg", "too_high")]


def test_files_that_are_no_lines(orders, tmp_path):
    """Proves that a wrong or broken lines file is refused as a whole, because the parcel meant cannot be known."""
    (tmp_path / "lines.csv").write_text("parcel,unit_mass_kg\na,1\n")
    with pytest.raises(OrdersError, match="rename 'parcel' to parcel_id"):
        orders(ORDERS + "a,2025-06-30,DE,1\n", lines=tmp_path / "lines.csv")
    (tmp_path / "lines.csv").write_text(LINES + "a,1\n")
    with pytest.raises(OrdersError, match=r"lines\.csv, line 2"):
        orders(ORDERS + "a,2025-06-30,DE,1\n", lines=tmp_path / "lines.csv")


def test_parquet_lines(tmp_path, orders):
    """Proves that typed lines from Parquet are read, whole float ids as the same text as in the orders."""
    pq.write_table(pa.table({"parcel_id": [7.0, 7.0], "unit_mass_kg": [0.25, 0.5]}), tmp_path / "lines.parquet")
    source = orders(ORDERS + "7,2025-06-30,DE,\n", lines=tmp_path / "lines.parquet")
    assert next(source.chunks()).table["goods_mass_kg"].to_pylist() == [0.75]
    assert isinstance(source, OrdersInput) and len(source.hashes()) == 2
