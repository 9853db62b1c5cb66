"""The packing benchmark runs on sets it is given, on some of their files, and on orders of its own."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import subprocess
import sys

import pytest

from benchmarks import packing, packing_data, packing_freedom
from benchmarks.measure import ROOT, BenchmarkError

COMMAND = [sys.executable, "-m", "benchmarks", "packing"]


def _measures(*arguments: object, **environment: str) -> dict[str, dict]:
    command = [*COMMAND, *map(str, arguments), "--json"]
    environment = os.environ | environment
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return {measure["name"]: measure for measure in json.loads(done.stdout)}


def _write_sets(folder) -> None:
    (folder / packing_data.CARTONISATION).write_text(
        json.dumps(
            {
                "cartons": [
                    {"id": "C1", "l_mm": 100, "w_mm": 80, "h_mm": 60},
                    {"id": "C2", "l_mm": 200, "w_mm": 160, "h_mm": 120},
                ],
                "products": [
                    {"sku": "a", "l_mm": 60, "w_mm": 80, "h_mm": 100, "weight_g": 100, "upright_only": False},
                    {"sku": "b", "l_mm": 60, "w_mm": 80, "h_mm": 100, "weight_g": 100, "upright_only": True},
                    {"sku": "c", "l_mm": 300, "w_mm": 10, "h_mm": 10, "weight_g": 100, "upright_only": False},
                ],
                "orders": [
                    {"id": "1", "skus": ["a"], "optimal_carton": "C1"},
                    {"id": "2", "skus": ["b"], "optimal_carton": "C2"},
                    {"id": "3", "skus": ["a", "c"], "optimal_carton": None},
                ],
            }
        ),
        encoding="utf-8",
    )
    with gzip.open(folder / packing_data.ORDERS, "wt", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["order", "qty", "item", "width_mm", "length_mm", "depth_mm", "weight_g"])
        rows.writerow(["o1", 3, "i", 100, 100, 100, 900])
        rows.writerow(["o2", 1, "i", 100, 100, 100, 900])
    with (folder / packing_data.BOXES).open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        sides = [f"{side}_{edge}_mm" for side in ("outer", "inner") for edge in ("width", "length", "depth")]
        rows.writerow(["reference", *sides, "empty_weight_g", "max_weight_g"])
        rows.writerow(["B", 310, 310, 110, 300, 300, 100, 100, 2000])
    with (folder / packing_data.EXPECTED).open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["order", "boxes_flat_only", "boxes"])
        rows.writerows([["o1", 2, 2], ["o2", 1, 1], ["another half", 9, 9]])
    (folder / "BR1.txt").write_text("1\n1 7\n100 100 100\n1\n1 50 1 50 1 50 1 9\n", encoding="utf-8")


def test_given_sets_are_measured_with_their_goals(tmp_path):
    """Proves that each set is read, measured against its own answers, and its goals are said to hold or not."""
    _write_sets(tmp_path)
    # To compile takes longer than all that is packed here.
    found = _measures("--data", tmp_path, NUMBA_DISABLE_JIT="1")
    assert found["cartons: orders at the optimal carton"]["value"] == 100
    assert found["cartons: mean excess volume"]["value"] == 0
    assert found["cartons: of these recognised"]["value"] == 1
    for word in ("turned freely", "kept flat"):
        boxes = found[f"boxes, {word}: in all"]
        assert (boxes["value"], boxes["goal"], boxes["holds"]) == (3, "at most 3", True)
    assert found["BR1: mean utilisation"] == {
        "name": "BR1: mean utilisation", "value": 100.0, "unit": "%", "goal": "at least 86", "holds": True,
    }  # fmt: skip
    assert all(found[name]["value"] == 0 for name in found if "faults" in name)
    assert found["cartons: speed, one core, plain"]["value"] > 0


def test_some_of_the_files_will_do(tmp_path):
    """Proves that a folder with one set is measured, and that one with none, or with half a set, is named."""
    with pytest.raises(BenchmarkError, match="none of the sets"):
        packing.run(tmp_path, True, print)
    _write_sets(tmp_path)
    (tmp_path / packing_data.CARTONISATION).unlink()
    (tmp_path / packing_data.ORDERS).rename(tmp_path / "elsewhere.gz")
    names = [measure.name for measure in packing.run(tmp_path, True, print)]
    assert names and all(name.startswith("BR1") for name in names)
    (tmp_path / "elsewhere.gz").rename(tmp_path / packing_data.ORDERS)
    (tmp_path / packing_data.BOXES).unlink()
    with pytest.raises(BenchmarkError, match="missing"):
        packing.run(tmp_path, True, print)
    (tmp_path / packing_data.CARTONISATION).write_text("{}", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="not a set"):
        packing.run(tmp_path, True, print)


@pytest.mark.benchmark
def test_everything_runs_small():
    """Proves that without data orders are made, every goal but that of the checker is left open, and nothing is lost."""
    found = _measures("--smoke")
    told = {name for name, measure in found.items() if measure["holds"] is not None}
    assert told == {name for name in found if "faults" in name or "recognised" in name}
    assert all(found[name]["holds"] for name in told)
    assert found["cartons: orders at the optimal carton"]["value"] > 75


def test_cut_boxes_fill_what_they_were_cut_from():
    """Proves that the benchmark's own orders have a known answer: the pieces' volume is that of the box."""
    draw = random.Random(1)
    for pieces in (1, 2, 5, 9):
        found = packing_data.cut(draw, (120, 90, 60), pieces)
        assert len(found) == pieces and sum(a * b * c for a, b, c in found) == 120 * 90 * 60
        assert all(min(size) > 0 for size in found)
    given = packing_data.cut_cartons(40)
    volume = {box.key: box.inner_m3 for box in given.boxes}
    for items, carton in zip(given.orders, given.optimal, strict=True):
        goods_m3 = sum(item.volume_m3 for item in items)
        if carton is None:
            assert goods_m3 > max(volume.values())
        else:
            assert goods_m3 == pytest.approx(volume[carton])


def test_what_permitting_more_loses_is_counted():
    """Proves that every change is asked of orders that fitted, in each column, and that its share is told in percent."""
    found = {each.name: each for each in packing_freedom.run(4, lambda text: None)}
    for column in ("no support, no loads", "three quarters supported, loads"):
        shares = [each.value for name, each in found.items() if name.startswith(f"{column}: lost with")]
        assert len(shares) == (9 if column.endswith(", loads") else 7) and all(0 <= share <= 100 for share in shares)
        assert found[f"{column}: orders drawn"].value >= 4
