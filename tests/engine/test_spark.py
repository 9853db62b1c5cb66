"""The Spark engine on a real local session: the same ledger as the local engine, and the same errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon import Ledger, calculate, connect, explain, verify
from carbon.errors import CarbonError, InputError, OrdersError
from tests.engine.gateway import gateway
from tests.engine.small import HUB, LINE_HAUL, VAN, merchant, orders, parcel
from tests.tools import need

#: A van for whose electricity Britain has no factor.
_RESIDUAL = {"stage": "last_mile", "energy": {"activity": "electricity.residual", "per_distance": "0.2 kW*h/km"}}
_CHINA = {"destination_country": "CN", "destination_latitude": 31.2, "destination_longitude": 121.5}
_METER = {"activity": "electricity.grid", "quantity": "900 kW*h", "from": "2025-01-01", "to": "2025-12-31"}


@pytest.fixture(scope="module")
def session():
    """Start one session of two workers for all tests; `calculate` takes the active one."""
    need("java")
    need("pyspark")
    from pyspark.sql import SparkSession

    with gateway() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        made = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.task.maxFailures", "1")
            .getOrCreate()
        )
        made.sparkContext.setLogLevel("OFF")
        yield made
        made.stop()


def setup():
    """Return a merchant with a metered site, returns, two services and one that lacks a factor."""
    place = merchant().sites["coventry"].place.model_dump(exclude_none=True)
    return merchant(
        services={
            "road": {"chain": [LINE_HAUL, HUB, VAN]},
            "electric": {"chain": [LINE_HAUL, VAN]},
            "residual": {"chain": [_RESIDUAL]},
        },
        defaults={"service": "road"},
        sites={"coventry": {"place": place, "energy": [_METER]}},
    )


def many(count: int) -> pd.DataFrame:
    """Return orders with rounds, gaps, bad rows and ids that stand twice."""
    draw = np.random.default_rng(4)
    rows = []
    for number in range(count):
        more = {"round_id": f"R{number % 40}", "round_distance_km": 60.0} if number % 3 == 0 else {}
        more |= {"goods_mass_kg": None} if number % 11 == 0 else {"goods_mass_kg": float(draw.lognormal(0, 0.6))}
        more |= {"returned_on": "2025-12-30"} if number % 7 == 0 else {}
        more |= {"service": "nonsense"} if number % 97 == 0 else {"service": ("road", "electric")[number % 2]}
        more |= {"service": "residual"} if number % 89 == 0 else {}
        more |= _CHINA if number % 178 == 0 else {}
        name = f"P{number - 5}" if number % 101 == 100 else f"P{number}"
        rows.append(parcel(name, shipped_on=f"2025-{1 + number % 12:02d}-05", **more))
    return orders(*rows)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """Write orders in many row groups over two files."""
    folder = tmp_path_factory.mktemp("spark") / "orders"
    folder.mkdir()
    table = pa.Table.from_pandas(many(3_000), preserve_index=False)
    pq.write_table(table.slice(0, 1_700), folder / "a.parquet", row_group_size=400)
    pq.write_table(table.slice(1_700), folder / "b.parquet", row_group_size=900)
    return folder


def footprints(ledger: Path) -> pd.DataFrame:
    """Return a ledger's footprints by row."""
    with connect(ledger) as connection:
        return connection.execute("SELECT * EXCLUDE (run) FROM footprints ORDER BY row").df()


def test_the_same_ledger_as_the_local_engine(session, file, tmp_path):
    """Proves every column of every parcel, rejects, activity and counts against the local engine, and that it verifies."""
    done = {name: calculate(file, setup(), ledger=tmp_path / name, engine=name) for name in ("local", "spark")}
    local, spark = (footprints(tmp_path / name) for name in ("local", "spark"))
    pd.testing.assert_frame_equal(local, spark, rtol=1e-12, atol=0, check_categorical=False)
    one, other = (done[name].manifest for name in ("local", "spark"))
    assert one.counts == other.counts and one.reject_reasons == other.reject_reasons and one.matches == other.matches
    assert {"no_factor", "duplicate", "unknown_service"} <= set(one.reject_reasons)
    for name in ("local", "spark"):
        with connect(tmp_path / name) as connection:
            metered = (
                "SELECT sum(amount) FROM activity WHERE block = 'site/electricity.grid' AND boundary = 'generation'"
            )
            assert connection.execute(metered).fetchone()[0] == pytest.approx(900, rel=1e-12)
    assert one.counts["rejects"] > 30 and one.fallbacks == other.fallbacks
    assert other.totals_kg == pytest.approx(one.totals_kg, rel=1e-12)
    rejects = [
        pq.read_table(Ledger(tmp_path / name).rejects_file(done[name].manifest.run)) for name in ("local", "spark")
    ]
    # As rows: their words are coded as they come.
    assert rejects[0].sort_by("row").to_pylist() == rejects[1].sort_by("row").to_pylist()
    assert verify(tmp_path / "spark").problems == []
    assert all(each.agrees for each in explain(tmp_path / "spark", "P7"))


def test_what_an_earlier_run_holds_is_refused(session, file, tmp_path):
    """Proves that the ledger's ids are compared in Spark, too: the same file again adds nothing."""
    calculate(file, setup(), ledger=tmp_path, engine="local")
    with pytest.raises(CarbonError, match="already_recorded"):
        calculate(file, setup(), ledger=tmp_path, engine="spark")
    assert len(Ledger(tmp_path).runs()) == 1


def test_a_damaged_row_group_on_a_worker_is_named_and_nothing_recorded(session, file, tmp_path):
    """Proves that a task that fails gives one message with the file, and leaves the ledger as it was."""
    bad = tmp_path / "bad.parquet"
    table = pa.Table.from_pandas(many(2_000), preserve_index=False)
    pq.write_table(table, bad, row_group_size=500, write_page_checksum=True, compression="none", use_dictionary=False)
    content = bytearray(bad.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = b"\xff" * 64
    bad.write_bytes(content)
    with pytest.raises(OrdersError) as caught:
        calculate(bad, setup(), ledger=tmp_path / "ledger", engine="spark")
    assert "bad.parquet" in str(caught.value) and "Traceback" not in str(caught.value)
    assert Ledger(tmp_path / "ledger").runs() == []


def test_a_worker_that_cannot_write_is_named(session, file, tmp_path, monkeypatch):
    """Proves that a failure in the last pass removes what other tasks had written."""
    folder = tmp_path / "ledger"
    monkeypatch.setenv("CARBON_USER", "spark")
    from carbon.ledger import part

    monkeypatch.setattr(part, "part_name", part.part_name)
    real = part.PartWriter.keeping

    def no_space(self, also_table):
        return real(type(self)(self.ledger, self.folder / "absent", self.schema, self.closed), also_table)

    monkeypatch.setattr(part.PartWriter, "keeping", no_space)
    with pytest.raises(CarbonError, match="part-"):
        calculate(file, setup(), ledger=folder, engine="spark")
    assert Ledger(folder).runs() == [] and not list((folder / "runs").iterdir())


def test_orders_that_cannot_be_shared_out(session, tmp_path):
    """Proves the way out for CSV, and for a lines file."""
    many(10).to_csv(tmp_path / "orders.csv", index=False)
    with pytest.raises(OrdersError, match="--engine local"):
        calculate(tmp_path / "orders.csv", setup(), ledger=tmp_path / "ledger", engine="spark")
    many(10).to_parquet(tmp_path / "orders.parquet")
    (tmp_path / "lines.csv").write_text("parcel_id,sku\nP1,s\n")
    inputs = {"lines": tmp_path / "lines.csv", "ledger": tmp_path / "ledger", "engine": "spark"}
    with pytest.raises(OrdersError, match="a lines file"):
        calculate(tmp_path / "orders.parquet", setup(), **inputs)


def test_an_unknown_engine_names_the_others(tmp_path):
    """Proves the message."""
    with pytest.raises(InputError, match="local or spark"):
        calculate(many(3), setup(), engine="flink")
