"""Lines of orders that go in several parcels: they name the parcels, and add up."""

from __future__ import annotations

from collections import Counter

import pytest

from carbon.calculate import calculate
from carbon.errors import InputError
from carbon.optimise.packing import pack
from tests.engine.small import orders, parcel
from tests.optimise.shop import PACKAGES, item, read, shop, write

_LINES = [
    {"parcel_id": "P1", "sku": "A", "quantity": 2, "unit_value": 20.0, "currency": "GBP", "product_category": "shoes"},
    {"parcel_id": "P1", "sku": "B", "quantity": 1, "unit_value": 50.0, "currency": "GBP", "product_category": "books"},
    {
        "parcel_id": "P1",
        "sku": "gift",
        "quantity": 1,
        "unit_value": 4.0,
        "currency": "GBP",
        "product_category": "books",
    },
    {"parcel_id": "P1", "sku": "A", "quantity": 1, "unit_value": 20.0, "currency": "GBP", "product_category": "shoes"},
    {"parcel_id": "P2", "sku": "A", "quantity": 1, "unit_value": 20.0, "currency": "GBP", "product_category": "shoes"},
]


def _packed(folder, **options):
    """Pack an order that must be split, and one that need not."""
    thing = {"length_m": 0.34, "width_m": 0.24, "height_m": 0.17, "unit_mass_kg": 6.0}
    items = [item("P1", sku="A", quantity=3, **thing), item("P1", sku="B", **thing), item("P2", sku="A", **thing)]
    lines = write(folder / "lines.csv", _LINES)
    rows = orders(*[parcel(name, package="medium", goods_mass_kg=None) for name in ("P1", "P2")])
    boxes = shop({"medium": PACKAGES["medium"]})
    done = pack(rows, write(folder / "items.csv", items), boxes, folder / "packed.csv", lines=lines, **options)
    return done, boxes


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_lines_are_shared_out_among_parcels(tmp_path, ending):
    """Proves that every line's quantity is in the parcels that hold its article, and what is not in the items goes by mass."""
    shared = tmp_path / f"shared.{ending}"
    done, boxes = _packed(tmp_path, lines_output=shared)
    assert done.several == 1 and done.parcels == 5 and not done.notes
    parcels = {row["parcel_id"]: row for row in read(tmp_path / "packed.csv")}
    assert set(parcels) == {"P1/1", "P1/2", "P1/3", "P1/4", "P2"}
    if ending == "csv":
        rows = read(shared)
        sums: Counter = Counter()
        for row in rows:
            sums[row["parcel_id"][:2], row["sku"]] += float(row["quantity"])
        assert sums == {("P1", "A"): 3, ("P1", "B"): 1, ("P1", "gift"): 1, ("P2", "A"): 1}
        assert {row["parcel_id"] for row in rows} == set(parcels)
        assert {row["quantity"] for row in rows if row["sku"] != "gift"} == {"1"}
        assert {row["parcel_id"] for row in rows if row["sku"] == "gift"} == set(parcels) - {"P2"}
    run = calculate(tmp_path / "packed.csv", boxes, lines=shared, ledger=tmp_path / "ledger")
    counts = run.manifest.counts
    assert counts["footprints"] == 5 and not counts.get("parcels_without_lines")
    assert not list(tmp_path.glob(".*partial*"))


def test_without_a_new_lines_file_it_is_said(tmp_path):
    """Proves that split orders whose lines name no parcel any more are told, with the way out."""
    done, _ = _packed(tmp_path)
    assert any("--lines-output" in note for note in done.notes)


def test_wrong_names_are_refused(tmp_path):
    """Proves that a lines file of another kind is refused before anything is packed."""
    with pytest.raises(InputError, match="CSV or Parquet"):
        _packed(tmp_path, lines_output=tmp_path / "lines.xlsx")
    assert not (tmp_path / "packed.csv").exists()
