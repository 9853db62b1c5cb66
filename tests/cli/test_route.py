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
import yaml

import carbon as carbon_package
from carbon.cli import common
from carbon.cli import rounds as rounds_cli
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
    with rounds_cli.planning(rounds, 30.0, quiet=True) as (stop_now, improved):
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
    with rounds_cli.planning(rounds, 30.0, quiet=False) as (_, improved):
        improved(found)
    assert rounds_cli.found_text(rounds, found, 30.0) == "12.3 kg CO2e, 56.70 EUR, 2 unserved (found after 1.3 of 30 s)"
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


def _two_echelons(folder):
    """Write a day far from its depot with a satellite in the middle, and a locker that all customers would go to."""
    middle = {"country": "GB", "latitude": 52.48, "longitude": -1.9}
    van = VAN | {"costs": {"per_use": "40 GBP"}}
    bike = {
        "count": 3, "depot": "micro", "vehicle": "road.cargo_bike.battery_electric", "payload": "120 kg",
        "speed": "13 km/hour", "times": "speed", "costs": {"per_use": "5 GBP"},
    }  # fmt: skip
    hub = {"place": middle, "supplied": {"from": "main", "vehicles": ["van"], "unloading": {"per_stop": "10 min"}}}
    fleet = write_fleet(folder, depots=FLEET["depots"] | {"micro": hub}, vehicles={"van": van, "bike": bike})
    rows = [
        stop(
            f"s{number}",
            latitude=52.46 + 0.02 * (number % 3),
            longitude=-1.92 + 0.008 * number,
            parcel_ids=f"P{number}",
        )
        for number in range(6)
    ]
    return rows, fleet


def test_two_echelons_from_files_to_a_plan(carbon, tmp_path):
    """Proves that a satellite of the fleet file is used, its supply is in the plan's file, and the text and JSON say how much."""
    rows, fleet = _two_echelons(tmp_path)
    words = (write_rows(tmp_path / "stops.csv", rows), "--fleet", fleet, "--seconds", "2", "-o", tmp_path / "plan.csv")
    done = carbon("route", *words)
    assert done.code == 0, done.err
    count = int(re.search(r"through micro: (\d) stops, brought from main in 1 visit", " ".join(done.out.split()))[1])
    plan = pd.read_csv(tmp_path / "plan.csv")
    assert set(plan.vehicle) == {"van", "bike"}
    supply = plan[plan.stop == "supply of micro"].iloc[0]
    assert (
        supply.delivery_kg == pytest.approx(10 * count)
        and supply.leave_s <= plan[plan.vehicle == "bike"].depart_s.min()
    )
    front = carbon("route", *words[:-1], tmp_path / "front.csv", "--objective", "front", "--json")
    plans = json.loads(front.out)["plans"]
    assert front.code == 0 and len(plans) >= 2
    assert [each["co2e_kg"] for each in plans] == sorted(each["co2e_kg"] for each in plans)
    assert plans[0]["co2e_kg"] < plans[-1]["co2e_kg"] and plans[0]["money"] > plans[-1]["money"]


def test_stops_left_at_a_locker(carbon, tmp_path):
    """Proves that willing customers' stops move where that saves, their own trips counted in the comparison, and that others stay."""
    rows, _ = _two_echelons(tmp_path)
    rows = [row | {"pickup_points": "locker"} for row in rows[:4]] + rows[4:]
    locker = {
        "place": {"country": "GB", "latitude": 52.46, "longitude": -1.919}, "capacity": 3,
        "service_time": {"per_stop": "4 min", "per_parcel": "10 s"},
    }  # fmt: skip
    trip = {"car_share": 0.1, "distance": "0.5 km"}
    fleet = write_fleet(tmp_path, pickup_points={"locker": locker}, pickup={"trip": trip})
    words = (write_rows(tmp_path / "stops.csv", rows), "--fleet", fleet, "--seconds", "3", "-o", tmp_path / "plan.json")
    done = carbon("route", *words, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    moved = found["pickup_points"]["moved"]
    assert 1 <= len(moved) <= 3 and set(moved) <= {"s0", "s1", "s2", "s3"} and set(moved.values()) == {"locker"}
    assert found["pickup_points"]["saved_co2e_kg"] > 0
    trips_kg = found["pickup_points"]["customers_trips_co2e_kg"]
    assert found["today"]["planned"]["co2e_kg"] == pytest.approx(found["plans"][0]["co2e_kg"] + trips_kg)
    assert "at pick-up points:" in carbon("route", *words).out
    dear = write_fleet(
        tmp_path, pickup_points={"locker": locker}, pickup={"trip": {"car_share": 1, "distance": "90 km"}}
    )
    none = carbon("route", words[0], "--fleet", dear, *words[3:], "--json")
    assert json.loads(none.out)["pickup_points"]["moved"] == {}


def test_a_point_that_is_not_there_is_refused(carbon, tmp_path):
    """Proves that a stop that names an unknown point is a reject with the points there are."""
    rows, fleet = _two_echelons(tmp_path)
    rows[0]["pickup_points"] = "nowhere"
    done = carbon("route", write_rows(tmp_path / "stops.csv", rows), "--fleet", fleet, "--check", "--json")
    assert done.code == 0 and json.loads(done.out)["rejects"] == {"unknown_pickup_point": 1}


def test_orders_at_a_point_get_its_service(carbon, tmp_path, monkeypatch):
    """Proves that a parcel moved to a point is told the pick-up service, so that the ledger counts its customer's trip."""
    carbon("init", tmp_path)
    monkeypatch.chdir(tmp_path)
    orders = pd.read_csv("orders.csv", dtype=str)
    mine = orders[(orders.shipped_on == "2025-12-26") & (orders.service == "gb_own_van")]
    city = mine.destination_city.mode()[0]
    day = ("--day", "2025-12-26", "--service", "gb_own_van", "--seconds", "2")
    fleet = yaml.safe_load(SAMPLE_FLEET.read_text(encoding="utf-8"))
    point = {"place": {"country": "GB", "city": city}, "capacity": 50, "service_time": {"per_stop": "2 min"}}
    fleet |= {"pickup_points": {"shop": point}}
    fleet["pickup"] = {"within": "300 km", "service": "gb_pickup", "trip": {"car_share": 0.0}}
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(fleet), encoding="utf-8")
    words = (
        "route",
        "orders.csv",
        "--fleet",
        "fleet.yaml",
        *day,
        "-o",
        "plan.csv",
        "--orders-out",
        "routed.csv",
        "--json",
    )
    done = carbon(*words)
    assert done.code == 0, done.err
    moved = json.loads(done.out)["pickup_points"]["moved"]
    routed = pd.read_csv("routed.csv", dtype=str).set_index("parcel_id")
    there = routed.index[routed.round_id.str.startswith("duty-", na=False) & (routed.service != "gb_own_van")]
    assert moved and set(moved) <= set(there) and set(routed.service[there]) == {"gb_pickup"}
    assert (routed.service == "gb_own_van").sum() == (
        orders.drop_duplicates("parcel_id").service == "gb_own_van"
    ).sum() - len(there)
    fleet["pickup"]["service"] = "moon"
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(fleet), encoding="utf-8")
    done = carbon(*words)
    assert done.code == 2 and "pickup.service is no service" in done.err


def test_the_same_from_python(tmp_path):
    """Proves that `carbon.route` plans what the command does, from a table, without writing a file."""
    rows, fleet = _two_echelons(tmp_path)
    found = carbon_package.route(pd.DataFrame(rows), fleet, seconds=1.0)
    assert len(found.day.planned) == 1 and not found.day.planned[0].plan.unserved and not found.files
    assert found.comparison.planned["co2e_kg"] == pytest.approx(found.day.planned[0].plan.co2e_kg)
