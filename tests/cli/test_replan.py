"""`carbon replan` as a dispatcher types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.optimise.rounds.intake_world import VAN, stop, write_fleet, write_rows

SERVED = {"done", "under_way", "planned"}
NAMES = ("A", "B", "C", "D", "E", "F")


@pytest.fixture
def plan(carbon, tmp_path, monkeypatch):
    """Return the words of a day that is planned: six stops, two vans that begin at seven."""
    monkeypatch.chdir(tmp_path)
    costs = {"per_use": "40 EUR", "per_km": "0.2 EUR/km", "per_hour": "16 EUR/hour", "waiting_is_paid": False}
    write_fleet(tmp_path, vehicles={"van": VAN | {"shift": "07:00-18:00", "costs": costs}}, currency="EUR")
    write_rows(tmp_path / "stops.csv", [stop(name, latitude=52.45 + at / 50) for at, name in enumerate(NAMES)])
    done = carbon(
        "route", "stops.csv", "--fleet", "fleet.yaml", "--day", "2026-03-02", "--seconds", "1", "-o", "plan.csv"
    )
    assert done.code == 0, done.err
    return ("--fleet", "fleet.yaml", "--plan", "plan.csv", "--seconds", "0.5", "-o", "new.csv")


def _rows(name: str) -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_day_is_re_planned_end_to_end(carbon, plan, tmp_path):
    """Proves the whole way: events and a new order in; the day, its changes and figures out; and on from there an hour later."""
    first = _rows("plan.csv")
    begun = next(row for row in first if float(row["leave_s"]) > 7.3 * 3600)
    now = f"2026-03-02 {begun['arrive'][:5]}"
    write_rows(
        tmp_path / "stops.csv",
        [stop(name, latitude=52.45 + at / 50) for at, name in enumerate((*NAMES, "G")) if name != first[-2]["stop"]],
    )
    write_rows(tmp_path / "events.csv", [{"event": "failed", "time": first[0]["leave"][:5], "stop": first[0]["stop"]}])
    words = ("--now", now, "--events", "events.csv", "--changes", "changes.csv", "--geojson", "left.geojson")
    done = carbon("replan", "stops.csv", *plan, *words, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    changes = {row["stop"]: row["change"] for row in _rows("changes.csv")}
    assert changes[first[0]["stop"]] == "comes_back" and changes["G"] == "new"
    assert changes[first[-2]["stop"]] == "withdrawn"
    assert {each["stop"]: each["change"] for each in told["changes"]} == changes
    rows = _rows("new.csv")
    assert rows[0]["state"] == "failed" and rows[1]["stop"] == first[1]["stop"]
    served = {row["stop"] for row in rows if row["state"] in SERVED} - {"main"}
    assert served == {*NAMES, "G"} - {first[0]["stop"], first[-2]["stop"]}
    parts = told["figures"]
    assert parts["day"]["co2e_kg"] == pytest.approx(parts["done"]["co2e_kg"] + parts["to_come"]["co2e_kg"])
    assert parts["day"]["co2e_kg"] == pytest.approx(sum(float(row["co2e_kg"]) for row in rows))
    assert all(Path(name).stat().st_size for name in told["files"]) and len(told["files"]) == 3
    words = [*plan[:3], "new.csv", *plan[4:-1], "later.csv"]
    later = carbon("replan", "stops.csv", *words, "--now", now, "--events", "events.csv")
    assert later.code == 0 and "nothing changes" in later.out, later.err
    assert _rows("later.csv") == rows


def test_what_stands_is_shown(carbon, plan):
    """Proves that without events the screen says that the plan is kept, what is done, to come and the whole day."""
    done = carbon("replan", "stops.csv", *plan, "--now", "2026-03-02 07:20")
    assert done.code == 0, done.err
    for text in ("2026-03-02 at 07:20", "done or under way:", "still to come:", "the whole day:     6 stops"):
        assert text in done.out
    assert "the plan is kept as it stands" in done.out and "nothing changes" in done.out
    assert "no stop" not in done.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--now", "noon"), 'write --now "2026-03-02 11:30"'),
        (("--now", "2026-03-02 07:20", "--day", "2026-02-20"), "outside the day"),
        (("--now", "2026-03-02 07:20", "--plan", "gone.csv"), "plan cannot be read"),
        (("--now", "2026-03-02 07:20", "--worth", "much"), "--worth"),
        (("--now", "2026-03-02 07:20", "--worth", "3 EUR"), "counts no money"),
        (("--now", "2026-03-02 17:59"), "nothing is left to plan"),
        (("--now", "2026-03-02 07:20", "--changes", "changes.xlsx"), "written as CSV"),
        (("--now", "2026-03-02 07:20", "--objective", "front"), "has one plan"),
    ],
)
def test_wrong_input_is_one_message(carbon, plan, more, said):
    """Proves exit 2 with found, expected and mend, and that nothing is written."""
    done = carbon("replan", "stops.csv", *plan, *more)
    assert done.code == 2 and said in done.err and "Traceback" not in done.err
    assert not Path("new.csv").exists()
