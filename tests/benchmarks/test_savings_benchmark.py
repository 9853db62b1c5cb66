"""The benchmark of what adopting the optimiser saves: sums that belong together, prices that are a line."""

from __future__ import annotations

import pytest

from benchmarks import savings
from benchmarks.measure import ROOT, BenchmarkError
from carbon import organisation as organisations


@pytest.mark.benchmark
def test_the_sample_merchant_saves_by_packing_and_by_a_set():
    """Proves that kg with both ends of the range, money and empty space are told, and lie as they must."""
    found = {each.name: each.value for each in savings.run(None, True, lambda text: None)}
    names = [name.removesuffix(": saved") for name in found if name.endswith(": saved")]
    assert len(names) == 3
    for name in names:
        low, high = (found[f"{name}: saved, {end} end of the 95 % range"] for end in ("low", "high"))
        assert low < found[f"{name}: saved"] < high and found[f"{name}: saved"] < found[f"{name}: before"]
        assert found[f"{name}: cost saved"] < found[f"{name}: cost before"]
        assert 0 <= found[f"{name}: empty space after"] <= 100
    assert found["sample merchant, the set: saved"] > 0 < found["sample merchant, its own packages: saved"]


def test_stock_sizes_without_a_price_cost_what_the_line_says():
    """Proves that the size without a sourced price is priced, and that the three levels of prices lie in order."""
    plain = organisations.read(ROOT / "docs" / "examples" / "olist" / "organisation.yaml")
    levels = [savings.with_stock(plain, level).packages for level in ("lowest", "mean", "highest")]
    for key in savings.STOCK:
        low, mean, high = (packages[key].cost.value for packages in levels)
        assert 0 < low < mean < high
        if key in savings.PRICES:
            assert (low, high) == savings.PRICES[key]


def test_a_folder_without_the_files_is_refused(tmp_path):
    """Proves that another folder is named as what it is not."""
    with pytest.raises(BenchmarkError, match="seven files"):
        savings.run(tmp_path, True, lambda text: None)
