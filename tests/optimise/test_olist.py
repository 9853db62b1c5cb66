"""Real articles of many shapes: the Olist extract, where it is there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import duckdb
import pytest

from carbon.factors.registry import Registry
from carbon.optimise.packing import pack
from carbon.orders.importers.query import import_query
from tests.house.source import ROOT

DATA = Path(os.environ.get("CARBON_DATA", ROOT.parent / "shared" / "data" / "olist_2017"))
_ORDERS = 400


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the Olist extract is not at {DATA} (set CARBON_DATA)")
def test_more_stock_sizes_save_on_real_articles(tmp_path, capsys):
    """Proves on real sizes and masses that a shop with four stock sizes saves by all shipped ones, and prints what."""
    example = ROOT / "docs" / "examples" / "olist"
    import_query(example / "import.sql", DATA, tmp_path / "all.parquet")
    some = f"SELECT * FROM '{tmp_path}/all.parquet' WHERE goods_mass_kg IS NOT NULL ORDER BY hash(parcel_id) LIMIT {_ORDERS}"
    duckdb.sql(f"COPY ({some}) TO '{tmp_path}/orders.parquet'")
    query = (example / "items.sql").read_text(encoding="utf-8")
    with contextlib.chdir(DATA):
        duckdb.connect().execute(f"COPY ({query}\n) TO '{tmp_path}/items.parquet'").fetchall()
    text = (example / "organisation.yaml").read_text(encoding="utf-8")
    boxes = [key for key, row in Registry.load().packages.items() if row.get("kind") == "box" and row.get("inner")]
    few = ["us.8x6x4", "us.12x10x8", "us.16x14x12", "cn.600x500x400"]
    for name, keys in (("few", few), ("all", boxes)):
        packages = "".join(f"  {key}: {{like: {key}}}\n" for key in keys)
        (tmp_path / f"{name}.yaml").write_text(f"{text}\npackages:\n{packages}", encoding="utf-8")
    items = tmp_path / "items.parquet"
    first = pack(tmp_path / "orders.parquet", items, tmp_path / "few.yaml", tmp_path / "few.parquet", several=False)
    second = pack(tmp_path / "few.parquet", items, tmp_path / "all.yaml", tmp_path / "best.parquet", several=False)
    assert first.orders == _ORDERS == first.packed + first.kept + first.refused and first.packed > 0.8 * _ORDERS
    assert (
        second.saving_co2e_kg > 0 and second.difference.value_kg < 0 and second.empty_share < second.today_empty_share
    )
    with capsys.disabled():
        found = second.difference
        print(f"\nOlist, {second.packed} orders, 4 -> {len(boxes)} stock sizes: {-found.value_kg:.0f} of "
              f"{second.before_co2e_kg:.0f} kg CO2e ({-found.high_kg:.0f} to {-found.low_kg:.0f}), empty space "
              f"{second.today_empty_share:.0%} -> {second.empty_share:.0%}")  # fmt: skip
