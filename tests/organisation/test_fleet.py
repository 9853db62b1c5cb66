"""The fleet file: what it takes, and what it refuses with file, line and key."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from carbon import schema_of
from carbon.errors import InputError
from carbon.organisation.fleet import read_fleet
from tests.optimise.rounds.intake_world import FLEET, VAN, write_fleet

ROOT = Path(__file__).resolve().parents[2]


def test_the_documented_file_is_one(tmp_path):
    """Proves that the example of docs/rounds.md is read, and fits the printed JSON Schema."""
    text = (ROOT / "docs" / "rounds.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1]
    path = tmp_path / "fleet.yaml"
    path.write_text(example, encoding="utf-8")
    fleet = read_fleet(path)
    jsonschema.validate(yaml.safe_load(re.sub(r"07:00-17:00", '"07:00-17:00"', example)), schema_of("fleet"))
    van = fleet.vehicles["diesel_van"]
    assert van.shift == (7 * 3600, 17 * 3600) and van.rest.between == (11 * 3600, 14 * 3600)
    assert van.hourly_speed == tuple(0.7 if 7 <= hour < 10 else 0.65 if 16 <= hour < 19 else 1.0 for hour in range(24))
    assert fleet.vehicles["electric_van"].reload.recharges and fleet.vehicles["measured_van"].party == "carrier"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"count": 0}, "no vehicle"),
        ({"count": -1}, "vehicles.van.count"),
        ({"depot": "moon"}, "names no depot"),
        ({"payload": "0 kg"}, "negative or nothing"),
        ({"payload": "9 m"}, "wrong kind of quantity"),
        ({"payload": 900}, "a number and a unit"),
        ({"energy": {"activity": "fuel.diesel_blend", "empty": "9 l/(100 km)"}}, "exactly one of vehicle, energy"),
        ({"vehicle": None}, "exactly one of vehicle, energy"),
        ({"shift": "17:00-07:00"}, "ends before it begins"),
        ({"shift": "7-9; 10-12"}, "several spans"),
        ({"hourly_speed": {"7-10": 0}}, "not above zero"),
        ({"hourly_speed": {"7-10": 0.5, "9-11": 0.6}}, "stands twice"),
        ({"hourly_speed": {"07:30-10": 0.5}}, "not whole hours"),
        ({"speed": None, "times": "speed"}, "needs 'speed'"),
        ({"reload": {"time": "20 min", "at": ["moon"]}}, "reload.at names no depot"),
        ({"costs": {"per_km": "2 EUR"}}, "not a price"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_a_wrong_vehicle_says_why(tmp_path, changes, said):
    """Proves that each wrong field is one message with the file's name."""
    van = {key: value for key, value in (VAN | changes).items() if value is not None}
    with pytest.raises(InputError) as error:
        read_fleet(write_fleet(tmp_path, vehicles={"van": van}))
    assert said in str(error.value) and "fleet.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("energy", "said"),
    [
        ({"activity": "fuel.diesel_blend", "empty": "12 l/(100 km)", "full": "9 l/(100 km)"}, "uses less"),
        ({"activity": "fuel.diesel_blend", "empty": "9 l/(100 km)", "full": "1 kW*h/km"}, "differ in kind"),
        ({"activity": "electricity.grid", "empty": "0 kW*h/km"}, "too small"),
        ({"activity": "electricity.grid", "empty": "0.2 kW*h/km", "charging_loss": 1}, "less than 1"),
    ],
)
def test_a_wrong_energy_says_why(tmp_path, energy, said):
    """Proves that stated use is checked: full against empty, above zero, a loss below all."""
    van = {key: value for key, value in VAN.items() if key != "vehicle"} | {"energy": energy}
    with pytest.raises(InputError) as error:
        read_fleet(write_fleet(tmp_path, vehicles={"van": van}))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"depots": {"main": {"zone": "centre"}}}, "exactly one of site, place"),
        ({"zones": {"centre": {"radius": "2 km"}}}, "a zone needs"),
        ({"currency": "XXX"}, "not a known currency"),
        ({"vehicles": {}}, "vehicles"),
    ],
)
def test_a_wrong_file_says_why(tmp_path, changes, said):
    """Proves that depots, zones and currency are checked."""
    with pytest.raises(InputError) as error:
        read_fleet(write_fleet(tmp_path, FLEET, **changes))
    assert said in str(error.value)


HUB = {"place": {"country": "GB", "latitude": 52.48, "longitude": -1.9}}
BIKE = VAN | {"depot": "micro"}


@pytest.mark.parametrize(
    ("supplied", "vehicles", "said"),
    [
        ({"from": "moon"}, {"van": VAN}, "depots.micro.supplied.from names no depot that has goods"),
        ({"from": "micro"}, {"van": VAN}, "depots.micro.supplied.from names no depot that has goods"),
        ({"from": "main", "vehicles": ["bike"]}, {"van": VAN, "bike": BIKE}, "no such vehicle starts at main"),
        ({"from": "main"}, {"bike": BIKE}, "no such vehicle starts at main"),
        ({"from": "main"}, {"van": VAN | {"reload": {"time": "9 min", "at": ["micro"]}}}, "reload.at is a satellite"),
        ({"from": "main", "open": "9-8"}, {"van": VAN}, "ends before it begins"),
    ],
)
def test_a_wrong_satellite_says_why(tmp_path, supplied, vehicles, said):
    """Proves that a satellite's supplier, the vehicles that supply it and its hours are checked."""
    depots = FLEET["depots"] | {"micro": HUB | {"supplied": supplied}}
    with pytest.raises(InputError, match=re.escape(said)):
        read_fleet(write_fleet(tmp_path, depots=depots, vehicles=vehicles))


def test_a_satellite_and_points_are_read(tmp_path):
    """Proves the shape of what supplies a satellite and of pick-up points."""
    told = {"from": "main", "vehicles": ["van"], "open": "05:00-08:00; 12:00-13:00", "unloading": {"per_stop": "9 min"}}
    point = HUB | {"capacity": 20, "service_time": {"per_stop": "4 min"}}
    fleet = read_fleet(
        write_fleet(
            tmp_path, depots=FLEET["depots"] | {"micro": HUB | {"supplied": told}}, pickup_points={"locker": point},
            pickup={"within": "900 m", "trip": {"car_share": 0.3}},
        )
    )  # fmt: skip
    assert fleet.depots["micro"].supplied.open == ((5 * 3600, 8 * 3600), (12 * 3600, 13 * 3600))
    assert fleet.pickup_points["locker"].capacity == 20 and fleet.pickup.trip.car_share == 0.3
