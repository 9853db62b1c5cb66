"""`carbon route` as a user types it: what is read, checked and said."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from carbon.cli import common, route
from carbon.optimise.routing import Progress
from carbon.sample import write_sample
from tests.optimise.rounds.intake_world import FLEET, VAN, roads, stop, write_fleet, write_rows


@pytest.fixture
def town(tmp_path):
    """Return the words that name a stops file and a fleet."""
    rows = [stop("A"), stop("B", latitude=52.6), stop("C", latitude=-1.5, longitude=52.5), stop("D", windows="9-8")]
    return write_rows(tmp_path / "stops.csv", rows), "--fleet", write_fleet(tmp_path)


def test_check_says_what_would_be_planned(carbon, town, tmp_path):
    """Proves that --check reads everything, prints rows, network and vehicles with their factors, and plans nothing."""
    done = carbon("route", *town, "--check", "--day", "2025-06-30", "--rejects", tmp_path / "rejects.csv")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "4 rows = 2 in 2 stops + 2 refused"
    assert lines[1] == "2025-06-30: 20.0 kg to deliver, from main" and "great circle x 1.335" in lines[2]
    assert "CO2e/km empty" in done.out and "van: desnz_2025.road.van.class_3.diesel.km (region)" in lines
    assert "note: no source tells loads apart" in done.err
    refused = (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")
    assert "swapped_coordinates" in refused and "not_a_time" in refused


def test_check_speaks_json(carbon, town):
    """Proves that --json prints one document: counts that add up, and each vehicle's energy with factor and match."""
    done = carbon("route", *town, "--check", "--day", "2025-06-30", "--json")
    found = json.loads(done.out)
    assert done.code == 0 and found["rows"] == found["taken"] + sum(found["rejects"].values()) == 4
    van = found["vehicles"][0]
    assert van["energy"]["match"] == "region" and van["co2e_kg_per_km_empty"] == van["co2e_kg_per_km_full"] > 0


def test_check_of_a_day_of_the_sample(carbon, tmp_path):
    """Proves that a merchant's own orders are routed without another file: a day, its depot, its services."""
    write_sample(tmp_path, 200)
    fleet = write_fleet(tmp_path, FLEET | {"depots": {"main": {"site": "coventry"}}})
    words = (tmp_path / "orders.csv", "--fleet", fleet, "--organisation", tmp_path / "organisation.yaml", "--check")
    days = carbon("route", *words)
    assert days.code == 2 and "name it with --day" in days.err
    with (tmp_path / "orders.csv").open(encoding="utf-8") as file:
        mine = [
            row for row in csv.DictReader(file) if row["service"] == "gb_standard" and row["origin_site"] == "coventry"
        ]
    day = mine[-1]["shipped_on"]
    done = carbon("route", *words, "--day", day, "--service", "gb_standard", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["parcels"] >= 1 and found["rows"] == 200
    assert found["rows"] == found["taken"] + sum(found["left_out"].values()) + sum(found["rejects"].values())


def test_check_asks_a_server(carbon, town, tmp_path):
    """Proves that --osrm takes the server's ways, and says once what stands in when it is down."""
    with roads() as server:
        words = (*town, "--check", "--osrm", server.address, "--timeout", "2")
        done = carbon("route", *words, "--cache", tmp_path / "kept")
        assert done.code == 0 and f"network: server {server.address}" in done.out
    done = carbon("route", *words, "--cache", tmp_path / "empty")
    assert done.code == 0 and "network: great circle" in done.out
    assert done.err.count(server.address) == 1 and "cannot be reached" in done.err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "nowhere to write the plan"),
        (("--check", "--day", "30/06/2025"), "write --day 2026-03-02"),
        (("--check", "--objective", "money"), "has a price"),
        (("--check", "--carbon-price", "90 EUR/t"), "changes nothing"),
        (("--check", "--matrix", "gone.csv"), "no such file"),
        (("--check", "--returns"), "--returns is for orders files"),
        (("--check", "--organisation", "gone.yaml"), "no such file"),
    ],
)
def test_wrong_input_is_one_message(carbon, town, monkeypatch, tmp_path, more, said):
    """Proves exit 2 with found, expected and mend."""
    monkeypatch.chdir(tmp_path)
    done = carbon("route", *town, *more)
    assert done.code == 2 and said in done.err and "Traceback" not in done.err


def test_a_fleet_without_vehicles_is_one_message(carbon, town, tmp_path):
    """Proves that zero vehicles are an error with file and way out."""
    write_fleet(tmp_path, vehicles={"van": VAN | {"count": 0}})
    done = carbon("route", *town, "--check")
    assert done.code == 2 and "the fleet has no vehicle" in done.err and "fleet.yaml" in done.err


def test_ctrl_c_ends_the_search_and_a_second_one_the_command(monkeypatch):
    """Proves that the first Ctrl-C only asks the planner to stop, the second one interrupts, and the handler is put back."""
    before, rounds = signal.getsignal(signal.SIGINT), SimpleNamespace(problem=SimpleNamespace(stops=(), currency="EUR"))
    with route.planning(rounds, 30.0, quiet=True) as (stop_now, improved):
        assert not stop_now()
        improved(Progress(0.1, 1.0, 1.0, 0))
        os.kill(os.getpid(), signal.SIGINT)
        assert stop_now()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_improvement_is_told_live(monkeypatch, capsys):
    """Proves that on a terminal each better plan shows its CO2e, money and vehicles."""
    monkeypatch.setattr(common.err, "_force_terminal", True)
    monkeypatch.setattr(common.err, "is_interactive", True)
    monkeypatch.setenv("TERM", "xterm")
    rounds = SimpleNamespace(problem=SimpleNamespace(stops=(1, 2), currency="EUR"))
    found = Progress(after_s=1.26, co2e_kg=12.34, money=56.7, unserved=2)
    with route.planning(rounds, 30.0, quiet=False) as (_, improved):
        improved(found)
    assert route.found_text(rounds, found, 30.0) == "12.3 kg CO2e, 56.70 EUR, 2 unserved (found after 1.3 of 30 s)"
    assert "12.3 kg CO2e" in capsys.readouterr().err


SAMPLE_FLEET = Path(__file__).parents[2] / "docs" / "examples" / "rounds" / "fleet.yaml"


def test_a_day_of_the_sample_from_orders_to_ledger(carbon, tmp_path, monkeypatch):
    """Proves the whole way: a day is planned, and the ledger's last mile is the plan's kg, modelled, and lower than before."""
    carbon("init", tmp_path)
    monkeypatch.chdir(tmp_path)
    words = ("orders.csv", "--fleet", SAMPLE_FLEET, "--day", "2025-12-26", "--service", "gb_own_van")
    files = ("-o", "plan.csv", "--geojson", "plan.geojson", "--gpx", "plan.gpx", "--orders-out", "routed.csv")
    done = carbon("route", *words, *files, "--seconds", "1", "--json")
    assert done.code == 0, done.err
    (plan,) = json.loads(done.out)["plans"]
    assert plan["vehicles"] == 1 and not plan["unserved"] and json.loads(done.out)["parcels_told"] == 15
    assert json.loads(done.out)["today"]["difference"]["co2e_kg"] < 0
    assert all(Path(name).stat().st_size for name in json.loads(done.out)["files"])
    frames = {}
    for name in ("orders", "routed"):
        made = carbon("calculate", f"{name}.csv", "--ledger", f"ledger-{name}", "--json")
        assert made.code == 0, made.err
        (path,) = Path(f"ledger-{name}").glob("runs/*/footprints.parquet")
        frames[name] = pd.read_parquet(path).set_index("parcel_id")
    before, after = frames["orders"], frames["routed"]
    mine = after.index[after.round_planned > 0]
    assert len(mine) == 15 and len(before) == len(after)
    rest = after.index.difference(mine)
    assert np.allclose(before.last_mile_co2e_kg[rest], after.last_mile_co2e_kg[rest], rtol=1e-9)
    attempts = after.delivery_attempts[mine].fillna(1)
    assert attempts.min() >= 1  # a second attempt drives the same share again
    assert after.last_mile_co2e_kg[mine].sum() >= plan["co2e_kg"] * (1 - 1e-9)
    assert after.last_mile_co2e_kg[mine].sum() < before.last_mile_co2e_kg[mine].sum()
    assert (after.modelled_co2e_kg[mine] >= after.last_mile_co2e_kg[mine] * (1 - 1e-9)).all()


def test_the_front_is_written_plan_by_plan(carbon, town, tmp_path):
    """Proves that each plan of a front has a file of its own, and that each serves every stop."""
    write_fleet(
        tmp_path, vehicles={"van": VAN | {"costs": {"per_use": "40 EUR", "per_km": "0.2 EUR/km"}}}, currency="EUR"
    )
    done = carbon("route", *town, "--objective", "front", "--seconds", "1", "-o", tmp_path / "plan.json", "--json")
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["files"]) == len(json.loads(done.out)["plans"]) >= 1
    assert all(not plan["unserved"] for plan in json.loads(done.out)["plans"])


def test_a_comparison_of_different_work_says_so(carbon, tmp_path, monkeypatch):
    """Proves that kilograms beside a plan that leaves out stops are told with how many it leaves out."""
    carbon("init", tmp_path)
    monkeypatch.chdir(tmp_path)
    day = ("orders.csv", "--fleet", SAMPLE_FLEET, "--day", "2025-12-26", "-o", "plan.csv", "--seconds", "1")
    whole, own = carbon("route", *day), carbon("route", *day, "--service", "gb_own_van")
    assert whole.code == own.code == 0
    assert re.search(r"not the same work: that leaves out [1-9]\d* stops?, the plan 0", " ".join(whole.out.split()))
    assert "not the same work" not in own.out
