"""The benchmark of delivery options runs, small, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.measure import ROOT


def _run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks", "service", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.benchmark
def test_a_small_run_measures_everything():
    """Proves that carts, cold lanes and the start are measured, and that a smoke run claims nothing."""
    done = _run("--engine", "--smoke", "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    found = {measure["name"]: measure for measure in json.loads(done.stdout)}
    assert found["options of a cart on a warm lane"]["value"] == 4
    assert found["carts a second of one core's time, warm lane, three lines"]["value"] > 0
    assert all(measure["holds"] is None for measure in found.values())
    start = found["start to first answer, one core's time"]["value"]
    assert start > found["of it, imports"]["value"] + found["of it, organisation and factor tables"]["value"] > 0
