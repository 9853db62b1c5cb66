"""Ctrl-C, a polite kill and kill -9 in each phase: one line, the exit code, nothing left in ledger or temporary folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carbon.ledger import Ledger, verify
from tests.cli.test_change import SETUP
from tests.ledger.changes import ROWS, table
from tests.processes import start_stoppable

ROOT = Path(__file__).resolve().parents[2]
#: Runs the command line with one function made slow, once it has said that it is there.
_SLOW = """
import importlib, sys, time
from pathlib import Path
owner, name, ready = importlib.import_module(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
*path, name = name.split(".")
for part in path:
    owner = getattr(owner, part)
real = getattr(owner, name)
def slow(*words, **options):
    ready.touch()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.01)
        if (ready.parent / "go").exists():
            break
    return real(*words, **options)
setattr(owner, name, staticmethod(slow) if name == "of" else slow)
sys.argv = ["carbon", *sys.argv[4:]]
from carbon.cli import main
main()
"""
#: Phase: the function that is under way in it, in the main thread or in one that works for it.
PHASES = {
    "survey": ("carbon.engine.survey", "Surveyor.add"),
    "plan": ("carbon.calculate", "lay_ground"),
    "calculate": ("carbon.engine.run", "ChunkRunner.run"),
    "record": ("carbon.ledger.writer", "RunWriter._finish"),
}


@pytest.fixture
def place(tmp_path):
    """A folder with orders, the organisation file, and an empty folder for temporary files."""
    table(ROWS).to_csv(tmp_path / "orders.csv", index=False)
    (tmp_path / "organisation.yaml").write_text(SETUP, encoding="utf-8")
    (tmp_path / "temporary").mkdir()
    return tmp_path


def _stopped(place: Path, phase: str, number: int) -> tuple[int, str]:
    """Stop a run in a phase; return exit code and error output."""
    process = start_stoppable(
        [
            sys.executable,
            "-c",
            _SLOW,
            *PHASES[phase],
            place / "ready",
            "calculate",
            "orders.csv",
            "--rejects",
            "rejects.csv",
        ],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(place / "temporary")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not (place / "ready").exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(number)
        time.sleep(0.1)
        (place / "go").touch()  # a thread that works for the run ends its piece of work first
        return process.wait(timeout=60), process.communicate()[1]
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        ("survey", signal.SIGTERM),
        ("survey", signal.SIGKILL),
        ("plan", signal.SIGINT),
        ("calculate", signal.SIGINT),
        ("record", signal.SIGTERM),
        ("record", signal.SIGKILL),
    ],
)
def test_a_run_that_is_stopped(place, carbon, monkeypatch, phase, number):
    """Proves code and message, that no run and no temporary file is left, and that a re-run works and tidies up."""
    code, said = _stopped(place, phase, number)
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL and said == ""
    else:
        word = "interrupted" if number == signal.SIGINT else "terminated"
        assert (code, said.strip()) == (128 + number, f"error: {word}; nothing was recorded")
        assert not (place / "ledger" / "runs").exists() or not os.listdir(place / "ledger" / "runs")
        assert not list(place.glob("rejects.csv*"))
    assert os.listdir(place / "temporary") == []
    assert Ledger(place / "ledger").run_ids() == []
    monkeypatch.chdir(place)
    done = carbon("calculate", "orders.csv", "--rejects", "rejects.csv")
    assert done.code == 0, done.err
    assert os.listdir(place / "ledger" / "runs") == Ledger(place / "ledger").run_ids() and verify(place / "ledger").ok
    assert [path.name for path in place.glob("rejects.csv*")] == ["rejects.csv"]
