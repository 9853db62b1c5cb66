"""What goes wrong from the file to the ledger: one message that names the file, and the whole run or none."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from benchmarks.data import write_merchant, write_orders
from carbon import cli
from carbon.calculate import calculate
from carbon.errors import LedgerError, OrdersError
from carbon.ledger import Ledger
from carbon.ledger.query import connect
from carbon.ledger.verify import verify
from carbon.orders.parquet import ParquetSource
from carbon.orders.table import OrdersInput
from tests.processes import start_stoppable

ROOT = Path(__file__).resolve().parents[2]
COUNT = 12_000
#: Enough for some parts, and for a signal to arrive between them.
MANY = 400_000


@pytest.fixture(scope="module")
def merchant(tmp_path_factory):
    """A merchant, a file of orders, and a ledger that holds a run of other parcels."""
    folder = tmp_path_factory.mktemp("merchant")
    write_merchant(folder)
    write_orders(folder / "orders.parquet", COUNT)
    earlier = pq.read_table(folder / "orders.parquet").slice(0, 500)
    ids = pa.array([f"E{number}" for number in range(500)])
    pq.write_table(earlier.set_column(0, "parcel_id", ids), folder / "earlier.parquet")
    _record(folder, folder / "earlier.parquet", folder / "ledger")
    return folder


@pytest.fixture
def place(merchant, tmp_path):
    """A folder of a test's own with the merchant's files and ledger."""
    shutil.copytree(merchant, tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def carbon(place, monkeypatch, capsys):
    """Run `carbon calculate` on some orders as the command line does; return exit code and error output."""
    before = signal.getsignal(signal.SIGTERM)

    def run(orders: Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["carbon", *_arguments(place, orders)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return stopped.value.code or 0, capsys.readouterr().err

    yield run
    signal.signal(signal.SIGTERM, before)


def _arguments(folder: Path, orders: Path) -> list[str]:
    named = {"organisation": "organisation.yaml", "places": "places.csv", "ledger": "ledger"}
    options = [text for option, name in named.items() for text in (f"--{option}", str(folder / name))]
    return ["calculate", str(orders), *options, "--json"]


def _record(folder: Path, orders, ledger: Path, **options):
    places = folder / "places.csv"
    return calculate(orders, folder / "organisation.yaml", ledger=ledger, places=places, **options)


def _files(ledger: Path) -> dict[str, str]:
    """Return every file of a ledger with its hash; the lock is nobody's content."""
    paths = [path for path in ledger.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(ledger)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _runs(ledger: Path) -> list[str]:
    """Return the folders of runs, whole or not."""
    return sorted(path.name for path in (ledger / "runs").iterdir())


def _footprints(ledger: Path, run: str) -> pd.DataFrame:
    with connect(Ledger(ledger), runs=[run]) as connection:
        return connection.sql("SELECT * EXCLUDE (run) FROM footprints ORDER BY parcel_id").df()


def _split(orders: pa.Table, folder: Path, **options) -> Path:
    """Write orders as four files into a folder."""
    folder.mkdir()
    for number in range(4):
        part = orders.slice(number * COUNT // 4, COUNT // 4)
        pq.write_table(part, folder / f"part-{number}.parquet", row_group_size=1000, **options)
    return folder


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other_type(path: Path) -> None:
    orders = pq.read_table(path)
    position = orders.column_names.index("goods_mass_kg")
    text = orders["goods_mass_kg"].cast(pa.string())
    pq.write_table(orders.set_column(position, "goods_mass_kg", text), path)


def _no_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns("package"), path)


def _one_more(path: Path) -> None:
    orders = pq.read_table(path)
    pq.write_table(orders.append_column("note", pa.array(["x"] * len(orders))), path)


def _flipped(column: str):
    def flip(path: Path) -> None:
        group = pq.read_metadata(path).row_group(1)
        chunks = (group.column(index) for index in range(group.num_columns))
        chunk = next(each for each in chunks if each.path_in_schema == column)
        content, middle = bytearray(path.read_bytes()), chunk.data_page_offset + chunk.total_compressed_size // 2
        content[middle : middle + 40] = bytes(byte ^ 0x5A for byte in content[middle : middle + 40])
        path.write_bytes(content)

    return flip


@pytest.mark.parametrize(
    "harm",
    [_cut, _empty, _other_type, _no_column, _one_more, _flipped("parcel_id"), _flipped("goods_mass_kg")],
    ids=["cut", "empty", "other type", "no column", "one more column", "bad page of ids", "bad page of masses"],
)
def test_one_bad_file_of_a_folder(place, carbon, harm):
    """Proves that a bad file among good ones is named in one message, harms nothing recorded, and can be replaced."""
    orders = pq.read_table(place / "orders.parquet")
    folder = _split(orders, place / "many", use_dictionary=False, write_page_checksum=True)
    good, before = (folder / "part-2.parquet").read_bytes(), _files(place / "ledger")
    harm(folder / "part-2.parquet")
    code, said = carbon(folder)
    assert code == 2 and said.count("error:") == 1 and "Traceback" not in said
    assert str(folder / "part-2.parquet") in said and "mend:" in said
    assert _files(place / "ledger") == before and verify(place / "ledger").ok
    (folder / "part-2.parquet").write_bytes(good)
    assert carbon(folder)[0] == 0 and verify(place / "ledger").ok and len(_runs(place / "ledger")) == 2


@pytest.mark.parametrize("harm", ["cut", "flipped", "wrong checksum"])
def test_a_bad_gzip_file(place, carbon, harm):
    """Proves the same of packed CSV files."""
    path, before = place / "orders.csv.gz", _files(place / "ledger")
    _write_csv(pq.read_table(place / "orders.parquet"), path)
    good = path.read_bytes()
    middle = len(good) // 2
    path.write_bytes(
        {
            "cut": good[:middle],
            "flipped": good[:middle] + bytes([good[middle] ^ 0x55]) + good[middle + 1 :],
            "wrong checksum": good[:-8] + b"\0\0\0\0" + good[-4:],
        }[harm]
    )
    code, said = carbon(path)
    assert code == 2 and said.count("error:") == 1 and "orders.csv.gz" in said and "mend:" in said
    assert _files(place / "ledger") == before and verify(place / "ledger").ok
    path.write_bytes(good)
    assert carbon(path)[0] == 0 and verify(place / "ledger").ok


def _write_csv(orders: pa.Table, path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as stream:
        pyarrow.csv.write_csv(orders, stream)


def test_one_file_a_folder_and_packed_text_agree(place):
    """Proves that a Parquet file, a folder of them and gzip CSV give the same footprints, row numbers included."""
    orders = pq.read_table(place / "orders.parquet")
    _write_csv(orders, place / "orders.csv.gz")
    found = []
    for number, path in enumerate(("orders.parquet", _split(orders, place / "many").name, "orders.csv.gz")):
        ledger = place / f"ledger{number}"
        run = _record(place, place / path, ledger).manifest
        assert run.counts == {"rows": COUNT, "footprints": COUNT, "rejects": 0} and verify(ledger).ok
        found.append(_footprints(ledger, run.run))
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other, check_exact=True)


def test_a_file_replaced_during_the_run(place):
    """Proves that orders written to between the passes stop the run, and that nothing of it is kept."""
    before = _files(place / "ledger")

    def replace(step: str, done: int, expected: int) -> None:
        if step == "calculate":
            write_orders(place / "orders.parquet", COUNT + 1)

    with pytest.raises(OrdersError, match="changed while it was read") as caught:
        _record(place, place / "orders.parquet", place / "ledger", progress=replace)
    assert "orders.parquet" in str(caught.value) and _files(place / "ledger") == before
    assert _record(place, place / "orders.parquet", place / "ledger").counts["footprints"] == COUNT + 1


@pytest.mark.parametrize("step", ["survey", "calculate"])
def test_a_file_of_a_folder_that_vanishes(place, carbon, monkeypatch, step):
    """Proves that a file taken away while the folder is read is named as gone, and that nothing of the run is kept."""
    folder, before = _split(pq.read_table(place / "orders.parquet"), place / "many"), _files(place / "ledger")
    read, passes = ParquetSource.batches, []

    def batches(self, *words):
        passes.append(step)
        for number, batch in enumerate(read(self, *words)):
            if number == 1 and len(passes) == {"survey": 1, "calculate": 2}[step]:
                (folder / "part-3.parquet").unlink()
            yield batch

    monkeypatch.setattr(ParquetSource, "batches", batches)
    code, said = carbon(folder)
    assert code == 2 and str(folder / "part-3.parquet") in said and "it is gone" in said and said.count("error:") == 1
    assert _files(place / "ledger") == before and verify(place / "ledger").ok


def test_a_disk_for_rejects_that_is_full(place):
    """Proves on a real full disk that the file of refused rows is named, and neither it nor a run is left."""
    orders = pq.read_table(place / "orders.parquet")
    position, many = orders.column_names.index("package"), 20
    bad = orders.set_column(position, "package", pa.array(["boxx"] * (COUNT - 1) + ["box1"]))
    ids = pa.array([f"{copy}-{number}" for copy in range(many) for number in range(COUNT)])
    pq.write_table(pa.concat_tables([bad] * many).set_column(0, "parcel_id", ids), place / "bad.parquet")
    before = _files(place / "ledger")
    command = [*_arguments(place, place / "bad.parquet"), "--rejects", "/mnt/rejects.csv"]
    done = _on_a_small_disk(2, [sys.executable, "-m", "carbon", *command])
    assert done.returncode == 1 and done.stderr.count("error:") == 1, done.stderr
    assert "/mnt/rejects.csv: the refused rows cannot be written; nothing was recorded" in done.stderr
    assert "rejects.csv" not in done.stdout and _files(place / "ledger") == before


def test_a_chunk_that_fails_takes_the_run_with_it(place, monkeypatch, carbon):
    """Proves that a failure on one of the threads ends the run in one message and leaves no part of it."""
    from carbon.engine.run import ChunkRunner

    before, run = _files(place / "ledger"), ChunkRunner.run

    def fail(self, number, *more):
        if number == 3:
            raise MemoryError
        return run(self, number, *more)

    monkeypatch.setattr(ChunkRunner, "run", fail)
    monkeypatch.setattr(OrdersInput.chunks, "__defaults__", (2_000,))
    code, said = carbon(place / "orders.parquet")
    assert (code, said.count("error:")) == (1, 1) and "memory" in said
    assert _files(place / "ledger") == before and len(_runs(place / "ledger")) == 1 and verify(place / "ledger").ok


# A full disk ------------------------------------------------------------------------------------------


def test_the_disk_is_full_at_the_fifth_of_six_parts(place, monkeypatch, carbon):
    """Proves that a disk full at 80 % of the parts leaves the ledger as it was, and says which file did not fit."""
    before, write, written = _files(place / "ledger"), Path.write_bytes, []

    def write_bytes(self: Path, content) -> int:
        if self.parent.name == "footprints.parquet":
            written.append(self.name)
            if len(written) >= 5:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    monkeypatch.setattr(OrdersInput.chunks, "__defaults__", (2_000,))
    code, said = carbon(place / "orders.parquet")
    assert (code, said.count("error:")) == (1, 1) and "the disk is full" in said and "mend:" in said
    assert len(written) >= 5 and "part-0000" in said
    assert _files(place / "ledger") == before and len(_runs(place / "ledger")) == 1 and verify(place / "ledger").ok
    monkeypatch.setattr(Path, "write_bytes", write)
    assert carbon(place / "orders.parquet")[0] == 0 and verify(place / "ledger").ok


@pytest.mark.parametrize("name", ["activity.parquet", "plan.parquet", "factors.json", "manifest.json"])
def test_the_disk_is_full_at_the_end(place, monkeypatch, name):
    """Proves the same for each file that is written after the footprints."""
    import builtins

    before, opened, table, text = _files(place / "ledger"), builtins.open, pq.write_table, Path.write_text

    def refuse(path) -> None:
        if Path(str(path)).name.startswith(name):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def guarded(write):
        return lambda first, second, *more, **options: (
            refuse(second if write is table else first) or write(first, second, *more, **options)
        )

    def open_guarded(path, mode="r", *more, **options):
        if "w" in mode:
            refuse(path)
        return opened(path, mode, *more, **options)

    monkeypatch.setattr(pq, "write_table", guarded(table))
    monkeypatch.setattr(Path, "write_text", guarded(text))
    monkeypatch.setattr(builtins, "open", open_guarded)
    with pytest.raises(LedgerError, match="the disk is full"):
        _record(place, place / "orders.parquet", place / "ledger")
    assert _files(place / "ledger") == before and len(_runs(place / "ledger")) == 1


def _on_a_small_disk(megabytes: int, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with a disk of its own on ``/mnt``, in name spaces that go with it."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is absent: no disk can be made for the test")
    mount = f"mount -t tmpfs -o size={megabytes}m tmpfs /mnt"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("mounting is not permitted here: no disk can be made for the test")
    script = f'{mount} && "$@"; code=$?; ls -A /mnt /mnt/ledger/runs /mnt/ledger/rejects; exit $code'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_real_disk_that_is_full(place):
    """Proves on a real full disk that the command ends in one message and takes away what it wrote."""
    write_orders(place / "orders.parquet", 300_000)
    arguments = _arguments(place, place / "orders.parquet")
    arguments[arguments.index("--ledger") + 1] = "/mnt/ledger"
    done = _on_a_small_disk(27, [sys.executable, "-m", "carbon", *arguments])
    assert done.returncode == 1 and done.stderr.count("error:") == 1
    assert "the disk is full" in done.stderr and "part-0000" in done.stderr
    assert done.stdout.split("/mnt/ledger/rejects:")[1].split() == ["/mnt/ledger/runs:"]


def test_a_disk_for_temporary_files_that_is_full(place):
    """Proves that the disk for ids being compared is named when it is full, with the way to another one."""
    write_orders(place / "orders.parquet", 300_000)
    before = _files(place / "ledger")
    command = [sys.executable, "-m", "carbon", *_arguments(place, place / "orders.parquet")]
    done = _on_a_small_disk(2, command, TMPDIR="/mnt")
    assert _files(place / "ledger") == before and done.returncode == 1 and done.stderr.count("error:") == 1
    assert "/mnt/" in done.stderr and "TMPDIR" in done.stderr


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Orders whose run has several parts; those of `merchant` are the first of them."""
    path = tmp_path_factory.mktemp("many") / "orders.parquet"
    write_orders(path, MANY)
    return path


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_run_that_is_stopped_between_its_parts(place, many, number, code):
    """Proves that Ctrl-C, a polite and an impolite kill leave no run, and that the next one simply works."""
    before, earlier = _files(place / "ledger"), _runs(place / "ledger")
    command = [sys.executable, "-m", "carbon", *_arguments(place, many)]
    process = start_stoppable(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list((place / "ledger").glob("runs/*/footprints.parquet/part-00000.parquet"))[1:]:
        assert process.poll() is None, (process.returncode, process.communicate()[1])
        assert time.monotonic() < deadline, "no second part was written"
        time.sleep(0.002)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code and "Traceback" not in said
    if number == signal.SIGINT:
        assert "interrupted; nothing was recorded" in said
    ledger = Ledger(place / "ledger")
    assert ledger.run_ids() == earlier and verify(place / "ledger").ok
    if number != signal.SIGKILL:
        assert _files(place / "ledger") == before and _runs(place / "ledger") == earlier
    done = _record(place, place / "orders.parquet", place / "ledger")
    assert done.counts == {"rows": COUNT, "footprints": COUNT, "rejects": 0} and verify(place / "ledger").ok
    assert _runs(place / "ledger") == [*earlier, done.manifest.run]
    assert np.isfinite(done.totals_kg["total_co2e_kg"])
