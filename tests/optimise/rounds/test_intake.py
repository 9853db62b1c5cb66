"""From files to a problem: every row in a stop or refused, figures with their origin, what cannot be is said."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.aims import objective_of
from carbon.optimise.rounds.intake import Rounds, read_rounds
from carbon.optimise.rounds.problem import Break
from tests.engine.small import merchant, orders, parcel, registry
from tests.optimise.rounds.intake_world import FLEET, VAN, roads, stop, write_fleet, write_rows

DAY = date(2025, 6, 30)
GBP = {"per_use": "40 GBP", "per_km": "0.2 GBP/km", "per_hour": "15 GBP/hour", "per_energy": "0.24 GBP/kWh"}


def _read(folder, rows=None, fleet=None, **options) -> Rounds:
    stops = write_rows(folder / "stops.csv", rows or [stop("A"), stop("B", latitude=52.6)])
    return read_rounds(stops, write_fleet(folder, FLEET | (fleet or {})), **{"day": DAY} | options)


def _balanced(found: Rounds) -> bool:
    return found.rows == found.taken + sum(found.left_out.values()) + len(found.rejects)


def test_a_vehicle_type_has_every_figure_of_the_fleet_file(tmp_path):
    """Proves units, times, nodes, prices in one currency and speeds by hour, field by field."""
    van = VAN | {
        "vehicle": "road.van.class_3.battery_electric", "volume": "9 m**3", "range": "120 mi", "shift": "07:00-17:30",
        "longest": "9 h", "break": {"duration": "45 min", "between": "11-13"}, "end": "far", "party": "carrier",
        "hourly_speed": {"7-9": 0.5}, "reload": {"time": "20 min", "recharges": True, "rounds": 3, "at": ["far", "main"]},
        "costs": GBP | {"per_use": "40 EUR", "waiting_is_paid": False}, "co2e_per_use": "250 g", "skills": ["lift"],
        "forbidden_zones": ["centre"],
    }  # fmt: skip
    depots = {"far": {"place": {"country": "GB", "city": "Leicester"}, "zone": "centre"}} | FLEET["depots"]
    found = _read(tmp_path, fleet={"currency": "GBP", "depots": depots, "vehicles": {"van": van}})
    each = found.problem.fleet[0]
    assert (each.start, each.end, each.reload_at, each.most_rounds, each.reload_s) == (1, 0, (0, 1), 3, 1200)
    assert (each.payload_kg, each.volume_m3, each.shift, each.longest_s) == (900, 9, (25200, 63000), 32400)
    assert each.range_km == pytest.approx(193.12128) and each.rest == Break(2700, 39600, 46800)
    assert each.speed == tuple(0.5 if hour in (7, 8) else 1.0 for hour in range(24)) and each.recharges
    assert (each.money_per_km, each.money_per_hour, each.money_per_energy) == (0.2, 15, 0.24)
    assert each.money_per_use == pytest.approx(40 * 0.856, rel=0.01)  # ECB, mean of 2025
    assert (each.co2e_kg_per_use, each.party, each.waiting_is_paid) == (0.25, "carrier", False)
    assert (each.skills, each.forbidden_zones) == (frozenset({"lift"}), frozenset({"centre"}))
    assert each.energy_unit == "kWh" and each.energy_per_km == pytest.approx(0.38984)
    assert each.co2e_kg_per_energy == registry().resolve("electricity.grid", "kW*h", "GB", 2025).factor.co2e_kg
    metres, seconds = found.problem.network.distance_m[0], found.problem.network.duration_s[0]
    assert np.allclose(seconds, metres / 10)  # 36 km/hour
    assert found.problem.depots == {0: "far", 1: "main"} and found.problem.network.zone[0] == "centre"


def test_a_stop_has_every_figure_of_its_row(tmp_path):
    """Proves each column of a stops file in its place, defaults apart."""
    row = stop(
        "A", delivery_volume_m3=0.4, collection_mass_kg=3, collection_volume_m3=0.1, windows="14-16; 08:00-10:00",
        preferred="9-10", service_min=5, ready_at="07:30", prize=12.5, skills="lift", vehicles="van; bike", zone="centre",
        depot="main", parcel_ids="P1;P2",
    )  # fmt: skip
    bike = VAN | {"vehicle": "road.cargo_bike.battery_electric", "count": 0}
    found = _read(tmp_path, [row, stop("B", parcel_ids="P3;P4")], {"vehicles": {"van": VAN, "bike": bike}})
    one, other = found.problem.stops
    assert (one.node, other.node, one.depot, other.depot) == (1, 2, 0, None)
    assert (one.delivery_kg, one.delivery_m3, one.collection_kg, one.collection_m3) == (10, 0.4, 3, 0.1)
    assert one.windows == ((28800, 36000), (50400, 57600)) and one.preferred == (32400, 36000)
    assert (one.service_s, one.ready_s, one.prize_money, one.zone) == (300, 27000, 12.5, "centre")
    assert (one.skills, one.vehicles, one.parcels) == (frozenset({"lift"}), frozenset({"van", "bike"}), ("P1", "P2"))
    assert (other.windows, other.prize_money, other.vehicles, other.service_s) == ((), None, None, 180 + 2 * 30)
    assert [each.id for each in found.problem.fleet] == ["van"] and "no vehicle of bike" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"stop_id": "A"}, "stop_id", "duplicate_stop"),
        ({"parcel_ids": "P1"}, "parcel_ids", "duplicate_parcel"),
        ({"longitude": None}, "latitude", "incomplete_coordinates"),
        ({"latitude": 0, "longitude": 0}, "latitude", "null_island"),
        ({"delivery_mass_kg": None}, "delivery_mass_kg", "no_load"),
        ({"latitude": None, "longitude": None, "country": None}, None, "no_place"),
        ({"latitude": None, "longitude": None, "city": "Nowhere on Sea"}, None, "place_not_found"),
        ({"depot": "moon"}, "depot", "unknown_depot"),
        ({"vehicles": "van; rocket"}, "vehicles", "unknown_vehicle"),
        ({"latitude": -1.5, "longitude": 52.5}, "latitude", "swapped_coordinates"),
        ({"latitude": 40.5, "longitude": -74.3}, "latitude", "far_from_depots"),
        ({"latitude": 121.5, "longitude": 31.2}, "latitude", "too_high"),
    ],
)
def test_a_row_that_cannot_be_planned_is_one_reject(tmp_path, changes, column, reason):
    """Proves one reject with code and way out for each kind of bad row, and that rows in = stops + rejects.

    A latitude above 90 is told to be swapped, too.
    """
    rows = [stop("A", parcel_ids="P1"), stop("B") | changes, stop("C", latitude=52.6)]
    found = _read(tmp_path, rows, rejects_file=tmp_path / "rejects.csv")
    assert [each.id for each in found.problem.stops] == ["A", "C"] and _balanced(found)
    assert [(each.row, each.column, each.reason) for each in found.rejects] == [(2, column, reason)]
    assert ("swapped" in found.rejects[0].mend) == (reason in ("swapped_coordinates", "too_high"))
    assert reason in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")


def test_doubtful_places_are_said(tmp_path):
    """Proves notes for a place in the sea, one known by its city alone, a zone nobody lies in and volumes that lack."""
    rows = [stop("sea", latitude=54.8, longitude=2.0), stop("town", latitude=None, longitude=None, city="Leicester")]
    van = VAN | {"forbidden_zones": ["centr"], "volume": "9 m**3"}
    notes = "\n".join(_read(tmp_path, [*rows, stop("A"), stop("B")], {"vehicles": {"van": van}}).notes)
    assert "in the sea? 1 stop (sea (" in notes and "put at its centre: 1 stop (town)" in notes
    assert "forbidden zone 'centr' of van holds no stop" in notes and "4 rows have no volume" in notes
    assert "at the very place of an earlier stop: 1 stop (B)" in notes


def test_zones_come_from_postcodes_and_circles(tmp_path):
    """Proves that a stop without a zone of its own gets the fleet file's by postcode or distance."""
    zones = {"low": {"postcodes": ["B1 "]}, "ring": {"latitude": 52.6, "longitude": -1.6, "radius": "1 km"}}
    rows = [
        stop("A", postcode="b1 1aa"),
        stop("B", latitude=52.605, longitude=-1.6),
        stop("C", zone="own", postcode="B1"),
        stop("D"),
    ]
    found = _read(tmp_path, rows, {"zones": zones})
    assert [each.zone for each in found.problem.stops] == ["low", "ring", "own", None]
    assert found.problem.network.zone == (None, "low", "ring", "own", None)


def test_a_matrix_alone_needs_no_places(tmp_path):
    """Proves that stops known by a matrix only are planned without coordinates, at the depot country's factors."""
    names = ("main", "A", "B")
    rows = [
        {"from": one, "to": other, "distance_km": 5, "duration_min": 10}
        for one in names
        for other in names
        if one != other
    ]
    depots = {"main": {"place": {"country": "DE"}}}
    van = {key: value for key, value in VAN.items() if key != "speed"} | {
        "vehicle": "road.van.class_2.battery_electric"
    }
    found = _read(
        tmp_path, [{"stop_id": name, "delivery_mass_kg": 1} for name in names[1:]],
        {"depots": depots, "vehicles": {"van": van}}, matrix=write_rows(tmp_path / "m.csv", rows),
    )  # fmt: skip
    assert np.isnan(found.problem.network.latitude).all() and found.energies["van"].match.wanted_region == "DE"
    assert found.problem.network.duration_s.tolist() == [[[0, 600, 600], [600, 0, 600], [600, 600, 0]]]


def test_a_matrix_knows_stops_that_the_map_does_not(tmp_path):
    """Proves that stops without coordinates beside a depot that has them are planned, and a hole to them is an error."""
    names = ("main", "A", "B")
    ways = [(one, other) for one in names for other in names if one != other]
    rows = [{"from": one, "to": other, "distance_km": 5, "duration_min": 10} for one, other in ways]
    stops = [stop("A"), {"stop_id": "B", "delivery_mass_kg": 1}]
    found = _read(tmp_path, stops, matrix=write_rows(tmp_path / "m.csv", rows), fill_holes=True)
    assert [each.id for each in found.problem.stops] == ["A", "B"] and not found.rejects
    assert np.isnan(found.problem.network.latitude).tolist() == [False, False, True]
    filled = _read(tmp_path, stops, matrix=write_rows(tmp_path / "m.csv", rows[1:]), fill_holes=True)  # main to A
    assert 8_000 < filled.problem.network.distance_m[0, 0, 1] < 10_000
    with pytest.raises(InputError, match="give these places coordinates"):
        _read(tmp_path, stops, matrix=write_rows(tmp_path / "m.csv", rows[:-1]), fill_holes=True)  # B to A


def test_a_server_serves_and_its_absence_is_said_once(tmp_path):
    """Proves that a server's ways and times are taken, bikes at their own speed; and the labelled stand-in without it."""
    bike = VAN | {"vehicle": "road.cargo_bike.battery_electric", "speed": "18 km/hour", "times": "speed"}
    fleet = {"vehicles": {"van": VAN, "bike": bike}}
    with roads() as server:
        found = _read(tmp_path, fleet=fleet, osrm=server.address, cache=tmp_path / "kept")
    metres, seconds = found.problem.network.distance_m, found.problem.network.duration_s
    assert np.allclose(seconds[0], metres[0] / 10) and np.allclose(seconds[1], metres[1] / 5) and not found.notes[:-1]
    again = _read(tmp_path, fleet=fleet, osrm=server.address, cache=tmp_path / "kept")  # down by now, and kept
    assert np.array_equal(again.problem.network.distance_m, metres)
    down = _read(tmp_path, fleet=fleet, osrm=server.address, cache=tmp_path / "empty", timeout_s=1)
    said = [text for text in down.notes if server.address in text]
    assert len(said) == 1 and "cannot be reached" in said[0] and "great circle" in down.problem.network.basis
    assert np.array_equal(down.problem.network.distance_m, _read(tmp_path, fleet=fleet).problem.network.distance_m)


def test_traffic_of_a_file_a_url_and_none(tmp_path):
    """Proves that multipliers reach the problem, zones without places are named, and a dead address is said."""
    path = write_rows(tmp_path / "traffic.csv", [{"zone": "centre", "hour": 8, "multiplier": 2}])
    found = _read(tmp_path, traffic=path)
    assert found.problem.traffic.of("centre")[8] == 2 and "traffic zone 'centre' holds no stop" in " ".join(found.notes)
    with roads("traffic") as server:
        found = _read(tmp_path, traffic=f"{server.address}/t.csv", cache=tmp_path / "kept")
    assert found.problem.traffic.of(None)[8] == 1.5
    found = _read(tmp_path, traffic=f"{server.address}/other.csv", cache=tmp_path / "kept", timeout_s=1)
    assert found.problem.traffic.of(None) is None and "reckons without traffic" in " ".join(found.notes)


def test_traffic_and_weather_multiply(tmp_path):
    """Proves that of several files the products count, zone by zone, a file's rest of the town standing in where it names no zone."""
    traffic = write_rows(
        tmp_path / "t.csv", [{"zone": "", "hour": 8, "multiplier": 2}, {"zone": "in", "hour": 8, "multiplier": 3}]
    )
    snow = write_rows(tmp_path / "snow.csv", [{"zone": "", "hour": hour, "multiplier": 1.5} for hour in range(24)])
    found = _read(tmp_path, traffic=[traffic, snow]).problem.traffic
    assert (found.of(None)[8], found.of(None)[9], found.of("in")[8], found.of("in")[9]) == (3.0, 1.5, 4.5, 1.5)


@pytest.mark.parametrize(
    ("fleet", "options", "said"),
    [
        ({"vehicles": {"van": {**VAN, "speed": None}}}, {}, "has no 'speed'"),
        ({"vehicles": {"van": {**VAN, "payload": None}}}, {}, "has no 'payload'"),
        ({"service_time": None}, {}, "how long the stop takes"),
        ({"depots": {"main": {"site": "coventry"}}}, {}, "no site of the organisation file"),
        ({"depots": {"main": {"place": {"country": "GB"}}}}, {}, "its place is not found"),
        (
            {"depots": {"main": {"place": {"country": "GB", "city": "Coventry"}, "grid_region": "XX"}}},
            {},
            "not a known region",
        ),
        ({"vehicles": {"van": {**VAN, "costs": {"per_energy": "1.4 GBP/l"}}}}, {}, "another unit"),
        ({"vehicles": {"van": {**VAN, "costs": {"per_use": "1 GBP", "per_km": "1 EUR/km"}}}}, {}, "several currencies"),
        ({"depots": {"A": FLEET["depots"]["main"]}, "vehicles": {"van": {**VAN, "depot": "A"}}}, {}, "share a name"),
        ({}, {"services": ["road"]}, "--service is for orders files"),
        ({}, {"matrix": "m.csv", "osrm": "http://x"}, "one of --matrix and --osrm"),
        ({}, {"osrm": "ftp://x"}, "cannot be asked"),
    ],
)
def test_what_cannot_be_planned_at_all_says_why(tmp_path, fleet, options, said):
    """Proves one message with the way out for what is wrong with the whole."""
    clean = {
        key: {name: {k: v for k, v in each.items() if v is not None} for name, each in value.items()}
        if key == "vehicles" else value
        for key, value in (FLEET | fleet).items() if value is not None
    }  # fmt: skip
    stops = write_rows(tmp_path / "stops.csv", [stop("A")])
    with pytest.raises(InputError) as error:
        read_rounds(stops, write_fleet(tmp_path, clean), day=DAY, cache=tmp_path / "kept", **options)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [([{"name": "x"}], "neither a stops file nor an orders file"), ([stop(latitude=-70)], "no stop is left")],
)
def test_a_file_without_a_stop_says_why(tmp_path, rows, said):
    """Proves that another file, and one whose rows are all refused, is an error."""
    with pytest.raises(InputError) as error:
        _read(tmp_path, rows)
    assert said in str(error.value)


SITE = {"depots": {"main": {"site": "coventry"}}}


def _of_orders(folder, rows, **options) -> Rounds:
    return read_rounds(orders(*rows), write_fleet(folder, FLEET | SITE), merchant(), **options)


def test_parcels_of_a_day_become_stops(tmp_path):
    """Proves that parcels to one door share a stop, with gross masses, the time per stop and parcel; other days stay out."""
    rows = [
        parcel("P1"), parcel("P2", goods_mass_kg=2.0), parcel("P3", destination_latitude=51.6),
        parcel("P4", shipped_on="2025-07-01"), parcel("P5", destination_country="Atlantis"), parcel("P1"),
    ]  # fmt: skip
    found = _of_orders(tmp_path, rows, day=DAY)
    one, other = found.problem.stops
    assert one.parcels == ("P1", "P2") and other.parcels == ("P3",) and one.id == "P1"
    assert one.delivery_kg == pytest.approx(1.2 + 2.0 + 2 * 0.118) and one.service_s == 180 + 2 * 30
    assert one.delivery_m3 == pytest.approx(2 * 0.25 * 0.18 * 0.1) and one.depot == 0
    assert found.parcel_kg == pytest.approx({"P1": 1.318, "P2": 2.118, "P3": 1.318})
    assert found.left_out == {"of other days": 1} and _balanced(found) and found.rows == 6
    assert sorted(each.reason for each in found.rejects) == ["duplicate", "unknown_country"]


def test_returns_are_collected_on_demand(tmp_path):
    """Proves that what came back on the day is fetched with --returns, where something is delivered as well."""
    rows = [parcel("P1"), parcel("P2", shipped_on="2025-06-20", returned_on="2025-06-30")]
    both = _of_orders(tmp_path, rows, day=DAY, returns=True).problem.stops
    assert len(both) == 1 and both[0].parcels == ("P1",) and both[0].collection_kg == pytest.approx(1.318)
    alone = _of_orders(tmp_path, rows, day=DAY)
    assert alone.problem.stops[0].collection_kg == 0 and alone.left_out == {"of other days": 1}


def test_parcels_known_by_city_stay_apart(tmp_path):
    """Proves that a city's centre is not one door: such parcels are stops of their own, and counted."""
    town = {"destination_latitude": None, "destination_longitude": None, "destination_city": "London"}
    found = _of_orders(tmp_path, [parcel("P1", **town), parcel("P2", **town)])
    assert [each.id for each in found.problem.stops] == ["P1", "P2"] and found.day == DAY
    assert "put at its centre: 2 stops" in " ".join(found.notes)


def test_each_parcel_of_a_refused_place_is_refused(tmp_path):
    """Proves that a place too far away refuses all its parcels: rows in = stops + rejects."""
    away = {"destination_country": "US", "destination_latitude": 40.5, "destination_longitude": -74.3}
    found = _of_orders(tmp_path, [parcel("P1", **away), parcel("P2", **away), parcel("P3")])
    assert [each.parcel_id for each in found.rejects] == ["P1", "P2"] and _balanced(found)
    assert {each.reason for each in found.rejects} == {"far_from_depots"}


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([parcel("P1"), parcel("P2", shipped_on="2025-07-01")], {}, "--day 2025-06-30"),
        ([parcel("P1")], {"day": date(2025, 7, 1)}, "no parcel to plan on 2025-07-01"),
        ([parcel("P1")], {"services": ["air"]}, "no such service"),
        ([parcel("P1", origin_site=None, origin_country="FR", origin_city="Paris"), parcel("P2", shipped_on="2025-07-01")],
         {"day": date(2025, 7, 2)}, "2 of other days"),
    ],
)  # fmt: skip
def test_orders_that_are_no_day_say_why(tmp_path, rows, options, said):
    """Proves that several days, an empty day and an unknown service are one message."""
    with pytest.raises(InputError) as error:
        _of_orders(tmp_path, rows, **options)
    assert said in str(error.value)


def test_a_parcel_of_another_depot_is_refused(tmp_path):
    """Proves that a parcel of a site that is no depot of the fleet does not leave from another one."""
    setup = merchant(sites={"coventry": {"place": {"country": "GB", "latitude": 52.44, "longitude": -1.48}},
                            "leeds": {"place": {"country": "GB", "city": "Leeds"}}})  # fmt: skip
    rows = orders(parcel("P1"), parcel("P2", origin_site="leeds"))
    found = read_rounds(rows, write_fleet(tmp_path, FLEET | SITE), setup)
    assert [(each.parcel_id, each.reason) for each in found.rejects] == [("P2", "unknown_depot")] and _balanced(found)


@pytest.mark.parametrize(
    ("goal", "price", "weights"),
    [
        ("co2e", None, (1, 0)),
        ("money", None, (0, 1)),
        ("money", "90 GBP/t", (0.09, 1)),
        ("weighted", "0.2 GBP/kg", (0.2, 1)),
        ("weighted", None, "needs a price"),
        ("co2e", "90 GBP/t", "changes nothing"),
        ("money", "90 kg", "not a price"),
    ],
)
def test_objectives(tmp_path, goal, price, weights):
    """Proves the weights of each goal, and that a price that is needed or in vain is said."""
    van = VAN | {"costs": {"per_km": "0.2 GBP/km"}}
    found = _read(tmp_path, fleet={"vehicles": {"van": van}})
    if isinstance(weights, str):
        with pytest.raises(InputError, match=weights):
            objective_of(goal, price, found)
        return
    objective = objective_of(goal, price, found)
    assert (objective.co2e_weight, objective.money_weight) == pytest.approx(weights)


def test_money_needs_prices(tmp_path):
    """Proves that a fleet without prices is not planned by money: everything would cost nothing."""
    with pytest.raises(InputError, match="no vehicle of the fleet file has a price"):
        objective_of("money", None, _read(tmp_path))


def test_what_has_no_price_is_named(tmp_path):
    """Proves that a vehicle without a price where another has one is pointed out, and unlimited fields are infinite."""
    fleet = {
        "vehicles": {
            "van": VAN | {"costs": {"per_km": "1 GBP/km", "per_use": "9 GBP"}},
            "other": VAN | {"costs": {"per_use": "9 GBP"}},
        }
    }
    found = _read(tmp_path, fleet=fleet)
    assert "none counts: other (per_km)" in " ".join(found.notes) and found.problem.currency == "GBP"
    assert found.problem.fleet[0].range_km == found.problem.fleet[0].volume_m3 == math.inf
