"""The benchmark of planned rounds reads folders of its formats, names what it does not know, and counts as the instances do."""

from __future__ import annotations

import json

import pytest

from benchmarks import routing, routing_data, routing_districts, routing_drawn
from benchmarks.measure import BenchmarkError
from carbon.optimise.rounds.costing import Costing

GREEN = {
    "format": "green-vrp-1",
    "name": "tiny",
    "circuity": 1.3,
    "shift_s": [0, 28800],
    "depot": {"x_km": 0.0, "y_km": 0.0},
    "customers": [
        {"id": 1, "x_km": 3.0, "y_km": 4.0, "demand_kg": 10, "tw_start_s": 0, "tw_end_s": 9000, "service_s": 100},
        {"id": 2, "x_km": 6.0, "y_km": 8.0, "demand_kg": 20, "tw_start_s": 0, "tw_end_s": 9000, "service_s": 200},
    ],
    "vehicle_types": [
        {"id": "van", "count": 1, "payload_kg": 100, "range_km": 100, "speed_kmh": 36, "kgco2e_per_km_empty": 0.2,
         "kgco2e_per_km_per_kg": 0.001, "kgco2e_per_use": 1.0, "eur_per_km": 0.5, "eur_per_h": 36, "eur_per_use": 7},
    ],
}  # fmt: skip
VRP = """NAME : three
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 2
NODE_COORD_SECTION
1 0 0
2 0 10
3 0 20
4 30 0
DEMAND_SECTION
1 0
2 1
3 1
4 1
DEPOT_SECTION
1
-1
EOF
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tiny.json").write_text(json.dumps(GREEN), encoding="utf-8")
    (tmp_path / "other.json").write_text('{"format": "another"}', encoding="utf-8")
    (tmp_path / "three.vrp").write_text(VRP, encoding="utf-8")
    (tmp_path / "best_known.csv").write_text(
        "instance,class,pyvrp_round_func,best_known_cost_integer\nthree,CVRP,round,100\n", encoding="utf-8"
    )
    return tmp_path


def test_a_green_instance_counts_by_its_own_rules(folder):
    """Proves that kg CO2e and EUR of a plan are those that the instance's definition gives by hand."""
    green = routing_data.read_green(folder / "tiny.json")
    co2e_kg, money = Costing(green.problem).figures(0, ((0, (0, 1), 0),))
    # 6.5 km with 30 kg, 6.5 km with 20 kg, 13 km with nothing: 26 km at 10 m/s, 300 s of service.
    assert co2e_kg == pytest.approx(1 + 26 * 0.2 + 6.5 * 0.03 + 6.5 * 0.02)
    assert money == pytest.approx(7 + 13 + 36 * 2900 / 3600)


def test_a_folder_of_both_formats_serves(folder, tmp_path):
    """Proves that each instance is measured, that what is of no format is named, and that better plans are written."""
    said = []
    measures = {each.name: each for each in routing.run(folder, 0.3, 1, True, tmp_path / "saved", said.append)}
    assert any("other.json" in text for text in said)
    assert measures["rounds, CVRP three: above the best known"].value == pytest.approx(0)
    assert measures["rounds, CVRP: mean above PyVRP alone"].value == pytest.approx(0)
    assert measures["rounds, tiny: kg CO2e of the plan with the fewest kg CO2e"].value == pytest.approx(6.525)
    saved = json.loads((tmp_path / "saved" / "tiny.co2e.json").read_text(encoding="utf-8"))
    assert saved["routes"] == [[0, [1, 2]]] and saved["kgco2e"] == pytest.approx(6.525)


def test_a_folder_without_instances_is_an_error(tmp_path):
    """Proves that the message says what was looked for."""
    with pytest.raises(BenchmarkError, match="green-vrp-1"):
        routing.run(tmp_path, 1, 1, True, None, print)


def test_drawn_days_are_planned_in_districts_and_unsplit():
    """Proves that the large days' benchmark serves every stop both ways, compares them, and judges nothing in a smoke run."""
    said = []
    measures = {each.name: each for each in routing_districts.run(60, 300, 3600, 1, True, said.append)}
    assert len(said) == 6 and all("0 stops not served" in text for text in said)
    for name in ("mixed", "plain"):
        label = f"rounds, {name} day of 60 stops"
        assert measures[f"{label}: in districts, 1 s"].value > 0
        assert abs(measures[f"{label}: districts above unsplit, 1 s"].value) < 25
        assert measures[f"{label}: districts above unsplit, 2 s"].holds is None
        assert measures[f"{label}: first plan that serves all"].value > 0


def test_a_seed_draws_the_same_day():
    """Proves that a drawn day follows from its seed, and has what makes it hard: windows, skills, goods at one depot."""
    one, two, other = routing_drawn.mixed(300, 1), routing_drawn.mixed(300, 1), routing_drawn.mixed(300, 2)
    assert one.stops == two.stops and one.fleet == two.fleet and one.stops != other.stops
    assert (one.network.distance_m == two.network.distance_m).all()
    for has in (lambda stop: stop.windows, lambda stop: stop.skills, lambda stop: stop.depot is not None):
        assert 5 < sum(bool(has(stop)) for stop in one.stops) < 150
