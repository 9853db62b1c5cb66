"""The engine benchmark runs, compares like with like, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import engine, spark
from benchmarks.comparing import largest_difference
from benchmarks.conditions import Conditions
from benchmarks.copying import READ, copy, select_list
from benchmarks.data import write_marketplace, write_merchant, write_orders
from benchmarks.gathering import Gathering
from benchmarks.measure import ROOT, BenchmarkError, run_python
from benchmarks.merging import stages_kg
from benchmarks.shape import read_shape
from tests.processes import start_stoppable

COMMAND = [sys.executable, "-m", "benchmarks", "engine"]
SIZES = {"run phase / DuckDB COPY", "whole command / DuckDB COPY", "whole command / pandas merges"}
SIZES |= {"peak memory / pandas merges", "marketplace / zone file", "growth: marginal time, from here / up to here"}


@pytest.fixture(scope="module")
def merchant(tmp_path_factory):
    """A folder with a merchant, 30,000 orders, a recorded run, and what the peers need."""
    folder = tmp_path_factory.mktemp("merchant")
    write_merchant(folder)
    write_orders(folder / "orders.parquet", 30_000)
    common = ["--organisation", folder / "organisation.yaml", "--places", folder / "places.csv", "--json"]
    run_python("-m", "carbon", "calculate", folder / "orders.parquet", "--ledger", folder / "ledger", *common)
    said = run_python("-m", "benchmarks.shape", folder / "ledger", folder).said
    return folder, said


@pytest.mark.benchmark
def test_everything_runs_small(tmp_path):
    """Proves that one command measures all contenders and growth, says of no goal that it holds, and tidies up."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [*COMMAND, "--smoke", "--json"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = {measure["name"]: measure for measure in json.loads(done.stdout)}
    assert found.keys() >= SIZES and all(found[name]["goal"] and found[name]["holds"] is None for name in SIZES)
    assert found["pandas merges: stage sums differ by"]["holds"] is True
    assert found["columns written"]["value"] > 40 and found["columns read"]["value"] == len(READ)
    clocked, run, whole = (
        found[f"carbon: {name}"]["value"]
        for name in ("run phase by the manifest's clock", "run phase", "whole command")
    )
    assert 0 < clocked <= run < whole
    if (problem := spark.lacking()) is None:
        assert found["Spark: parcels found in both"]["holds"] is True
    else:
        assert problem in done.stderr
    assert "GB are free" in done.stderr and list(tmp_path.glob("carbon-benchmark-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_nothing(tmp_path, number):
    """Proves that Ctrl-C and a polite kill remove the temporary files."""
    process = start_stoppable(
        [*COMMAND, "--parcels", "1000", "--no-growth"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("carbon-benchmark-*/orders.parquet")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(60) != 0
    assert list(tmp_path.glob("carbon-benchmark-*")) == []


def test_no_room_is_said_before_anything_is_written():
    """Proves that a disk too small for the measurement stops it at once, with the way out."""
    said = []
    with pytest.raises(BenchmarkError, match="TMPDIR"):
        engine.run(10**12, 1, say=said.append)
    assert len(said) == 1 and "free" in said[0]


def test_the_copy_reads_and_writes_as_much(merchant):
    """Proves that the copy writes as many columns of each type, differing where the run's differ, and reads all."""
    folder, said = merchant
    shape = read_shape(folder)
    chosen = select_list(shape)
    assert all(any(name in expression for expression in chosen) for name in READ)
    assert copy(folder, "default") > 0
    ours = pa.concat_tables(pq.read_table(path) for path in sorted((folder / "ledger").glob("runs/*/foot*/*.parquet")))
    theirs = pq.read_table(folder / "copy.parquet")
    assert theirs.column_names == [column.name for column in shape] == ours.column_names
    assert (theirs.num_rows, theirs.num_columns) == (ours.num_rows, said["columns_written"])
    for name in theirs.column_names:
        plain = ours[name].cast(pa.string()) if pa.types.is_dictionary(ours[name].type) else ours[name]
        assert theirs[name].type == plain.type, name
        distinct = [len(set(column.to_pylist())) for column in (plain, theirs[name])]
        if pa.types.is_floating(plain.type) and not np.isnan(plain.to_numpy()).all():
            assert (distinct[0] == 1) == (distinct[1] == 1), name
            assert distinct[1] > 0.5 * min(distinct[0], 40), name


def test_pandas_and_gather_do_the_same_job(merchant):
    """Proves that the pandas pipeline arrives at the run's own stage sums, and the gather at as many columns."""
    folder, said = merchant
    assert stages_kg(folder, lean=False) == pytest.approx(said["stages_kg"], rel=1e-9)
    assert stages_kg(folder, lean=True) == pytest.approx(said["stages_kg"], rel=0.01)
    Gathering(folder).run()
    parts = pq.read_table(folder / "parts")
    assert (parts.num_rows, parts.num_columns) == (30_000, said["columns_written"])


def test_orders_are_the_same_in_every_run(tmp_path):
    """Proves that two measurements read the same file, and that no two parcels of a marketplace share a lane."""
    for name in ("a", "b"):
        write_orders(tmp_path / name, 2_000)
    assert pq.read_table(tmp_path / "a").equals(pq.read_table(tmp_path / "b"))
    write_marketplace(tmp_path / "m", 2_000)
    market = pq.read_table(tmp_path / "m")
    for name in market.column_names:
        if name.endswith(("_latitude", "_longitude", "_postcode")):
            assert len(set(market[name].to_pylist())) == 2_000, name


def test_equal_runs_do_not_differ_and_others_do(merchant, tmp_path):
    """Proves that the comparison with Spark sees a difference in a single parcel."""
    folder, _ = merchant
    found = largest_difference(folder / "ledger", folder / "ledger")
    assert found == {"parcels": 30_000, "largest_difference": 0.0}
    other = tmp_path / "ledger"
    shutil.copytree(folder / "ledger", other)
    path = next(other.glob("runs/*/footprints.parquet/*.parquet"))
    table = pq.read_table(path)
    total_kg = table["total_co2e_kg"].to_numpy().copy()
    total_kg[7] *= 1 + 1e-9
    place = table.column_names.index("total_co2e_kg")
    pq.write_table(table.set_column(place, "total_co2e_kg", pa.array(total_kg)), path)
    assert largest_difference(folder / "ledger", other)["largest_difference"] == pytest.approx(1e-9, rel=1e-3)


def test_changed_code_makes_a_measurement_void(tmp_path):
    """Proves that figures over two versions of the code are refused, and that a quiet stretch is not."""
    (tmp_path / "carbon").mkdir()
    (tmp_path / "carbon" / "a.py").write_text("x = 1")
    conditions = Conditions(tmp_path)
    assert all(measure.value >= 0 for measure in conditions.measures())
    (tmp_path / "carbon" / "a.py").write_text("x = 2")
    with pytest.raises(BenchmarkError, match="the code changed"):
        conditions.measures()
