"""The app benchmark runs, says what pages take, and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from benchmarks import app
from benchmarks.app_pages import PAGES
from benchmarks.measure import ROOT, BenchmarkError, Usage


@pytest.mark.benchmark
@pytest.mark.skipif(importlib.util.find_spec("streamlit") is None, reason="could not import streamlit")
def test_everything_runs_small(tmp_path):
    """Proves that one command draws a ledger and measures pages, cold and warm, says of no goal that it holds, and tidies up."""
    command = [sys.executable, "-m", "benchmarks", "app", "--smoke", "--page", "carriers", "--json"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {measure["name"]: measure for measure in json.loads(done.stdout)}
    warm = found["carriers: warm"]
    assert (warm["goal"], warm["holds"]) == ("< 2 s", None)
    assert 0 < warm["value"] < found["carriers: cold"]["value"]
    assert found["carriers: peak memory"]["value"] > 0
    assert found["parcels"]["value"] == 20_000
    assert list(tmp_path.iterdir()) == []


def test_goals_are_judged_at_their_size_alone():
    """Proves that a goal holds or does not at ten million parcels, and is open at any other number."""
    took = {
        name: {"seconds": seconds, "busy_s": 1.0} for name, seconds in (("cold", 9.0), ("warm", 1.9), ("month", 3.0))
    }
    used = Usage(30.0, 500.0, {"lanes": took})
    judged = {measure.name: measure for measure in app.page_measures("lanes", used, 10_000_000)}
    assert judged["lanes: warm"].holds is True and judged["lanes: cold"].holds is None
    took["warm"]["seconds"] = 2.1
    assert app.page_measures("lanes", used, 10_000_000)[2].holds is False
    assert {measure.holds for measure in app.page_measures("lanes", used, 1_000_000)} == {None}


def test_a_ledger_of_another_size_is_refused(tmp_path):
    """Proves that nothing is said about ten million parcels on a ledger of fewer, and that it is told how many there are."""
    run = tmp_path / "ledger" / "runs" / "one"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text('{"counts": {"footprints": 1000}}', encoding="utf-8")
    with pytest.raises(BenchmarkError, match="--parcels 1000"):
        app.run(10_000_000, ledger=tmp_path)


def test_every_page_is_measured():
    """Proves that the benchmark opens the pages that the app offers, each by its file, and no other."""
    offered = (ROOT / "app" / "main.py").read_text(encoding="utf-8")
    assert sorted(PAGES.values()) == sorted(f"views/{path.name}" for path in (ROOT / "app" / "views").glob("*.py"))
    assert all(f'"{path}"' in offered for path in PAGES.values())
