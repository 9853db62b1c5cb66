"""The benchmark of the carton suite runs on its own orders and on a folder, and says what it found."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cartons
from benchmarks.measure import ROOT, BenchmarkError
from carbon.optimise.cartons import history

ORDERS = """order,qty,item,width_mm,length_mm,depth_mm,weight_g
a,1,x,100,200,50,300
b,2,y,80,120,30,150
b,1,x,100,200,50,300
c,1,x,100,200,50,300
"""


def test_the_command_prints_quality_and_speed():
    """Proves that one command measures without any data, as JSON alone on stdout, and says of no small figure that it holds."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "cartons", "--smoke", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = {measure["name"]: measure for measure in json.loads(done.stdout)}
    for count in (2, 5):
        gap, swap, greedy = (
            found[f"carton suite, {count} sizes: {name}"]["value"]
            for name in ("gap to the proven bound", "greedy and swap above the bound", "greedy above the bound")
        )
        assert 0 <= gap <= swap <= greedy
        assert found[f"carton suite, {count} sizes: gap to the proven bound"]["goal"] == "<= 1"
        assert found[f"carton suite, {count} sizes: from orders to set and bound"]["holds"] is None
    assert found["carton suite, 1 to 6 sizes: steps at which the curve rises"]["holds"] is True
    assert "bound by" in done.stderr


def test_a_folder_with_some_of_the_sets_serves(tmp_path):
    """Proves that orders alone are enough, that equal orders are one with its weight, and that nothing is lost."""
    with gzip.open(tmp_path / "boxpacker_orders.csv.gz", "wt", encoding="utf-8") as stream:
        stream.write(ORDERS)
    orders = cartons._read(tmp_path)
    found = history(orders)
    assert len(orders) == 3 and sorted(found.times.tolist()) == [1, 2]
    measures = {each.name: each.value for each in cartons.run(tmp_path, smoke=True, say=lambda text: None)}
    assert measures["carton suite: different orders"] == 2
    assert measures["carton suite, 2 sizes: gap to the proven bound"] == pytest.approx(0, abs=1e-6)


def test_a_folder_without_them_is_named(tmp_path):
    """Proves that a folder without the files, or with a broken one, is refused by name."""
    with pytest.raises(BenchmarkError, match=r"boxpacker_orders\.csv\.gz"):
        cartons.run(tmp_path, smoke=True, say=lambda text: None)
    with pytest.raises(BenchmarkError, match="is no folder"):
        cartons.run(tmp_path / "none", smoke=True, say=lambda text: None)
    with gzip.open(tmp_path / "boxpacker_orders.csv.gz", "wt", encoding="utf-8") as stream:
        stream.write(ORDERS.replace("weight_g", "weight_lb"))
    with pytest.raises(BenchmarkError, match="cannot be read"):
        cartons.run(tmp_path, smoke=True, say=lambda text: None)


def test_drawn_orders_are_the_same_in_every_run():
    """Proves that two measurements without data look at the same orders."""
    assert cartons._drawn(20) == cartons._drawn(20)


def test_the_shared_sets_are_read_where_they_are():
    """Proves that the public sets give the orders their files have."""
    folder = Path(os.environ.get("CARBON_PACKING", ROOT.parent / "shared" / "benchmarks" / "packing"))
    if not folder.is_dir():
        pytest.skip("the public packing sets are not here (CARBON_PACKING or ../shared/benchmarks/packing)")
    assert len(cartons._read(folder)) > 1000
