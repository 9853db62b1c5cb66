"""The report benchmark runs, says what a report takes, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from benchmarks import report
from benchmarks.measure import ROOT, BenchmarkError, Usage


@pytest.mark.benchmark
def test_everything_runs_small(tmp_path):
    """Proves that one command measures report, verification and inventory, says of no goal that it holds, and tidies up."""
    command = [sys.executable, "-m", "benchmarks", "report", "--smoke", "--json"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {measure["name"]: measure for measure in json.loads(done.stdout)}
    for what in ("report as PDF", "report as HTML"):
        for name, goal in ((what, "< 20 s"), (f"{what}: peak memory", "< 600 MB")):
            assert (found[name]["goal"], found[name]["holds"]) == (goal, None)
            assert found[name]["value"] > 0
    assert found["verify alone"]["value"] < found["report as PDF"]["value"]
    assert found["parcels"]["value"] == 20_000
    assert list(tmp_path.iterdir()) == []


def test_goals_are_judged_at_their_size_alone():
    """Proves that a goal holds or does not at ten million parcels, and is open at any other number."""
    used = {"report as PDF": [Usage(21.0, 500.0, busy_s=15.0), Usage(19.0, 700.0, busy_s=16.0), Usage(18.0, 500.0)]}
    judged = {measure.name: measure for measure in report._measures(used, 10_000_000)}
    assert judged["report as PDF"].value == 19.0 and judged["report as PDF"].holds is True
    assert judged["report as PDF: peak memory"].value == 700.0
    assert judged["report as PDF: peak memory"].holds is False
    assert {measure.holds for measure in report._measures(used, 1_000_000)} == {None}


def test_a_report_on_other_parcels_is_refused(tmp_path):
    """Proves that a report which lacks parcels is no result."""
    path = tmp_path / "report.html"
    path.write_text("<p>all stages, 999 parcels</p>", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="1,000"):
        report._check(path, 1_000)
