"""Ways between places: matrix files with holes and one-way streets, great circle, and a server up, slow, down or wrong."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from carbon.errors import InputError, OrdersError
from carbon.optimise.rounds.network import Nodes, great_circle_ways, matrix_ways
from carbon.optimise.rounds.server import NoAnswer, Server, server_ways, traffic_of
from carbon.orders.distance import great_circle_km
from tests.engine.small import registry
from tests.optimise.rounds.intake_world import road_m, roads, write_rows

_PLACES = {"main": (52.44, -1.48), "A": (52.5, -1.5), "B": (52.6, -1.6)}
_WAYS_KM = {("main", "A"): 9, ("A", "main"): 9.5, ("main", "B"): 25, ("B", "main"): 25, ("A", "B"): 16, ("B", "A"): 16}


def _nodes(places: dict[str, tuple[float, float]] | None = None) -> Nodes:
    found = places or _PLACES
    latitude, longitude = (np.array(each, dtype=float) for each in zip(*found.values(), strict=True))
    return Nodes(tuple(found), latitude, longitude, (None,) * len(found))


def _rows(ways=None, speed_km_per_hour: float | None = 30.0, **more):
    found = _WAYS_KM if ways is None else ways
    timed = {} if speed_km_per_hour is None else {"duration_min": 60 / speed_km_per_hour}
    return [
        {"from": one, "to": other, "distance_km": km} | {name: km * each for name, each in timed.items()} | more
        for (one, other), km in found.items()
    ]


def _circle():
    return great_circle_ways(_nodes(), registry(), "GB", 2025)


def test_great_circle_takes_the_country_s_circuity():
    """Proves distances by the geodesic times the sourced circuity, both ways alike, and that its origin is named."""
    ways, circuity = _circle(), registry().needed_parameter("circuity.road", "GB", 2025)
    km = float(great_circle_km(*_PLACES["main"], *_PLACES["B"]))
    assert ways.distance_m[""][0, 2] == ways.distance_m[""][2, 0] == pytest.approx(km * 1000 * circuity.value)
    assert ways.duration_s[""] is None and circuity.parameter.id in ways.basis


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_matrix_file_is_read_with_its_directions(tmp_path, ending):
    """Proves rows of CSV or Parquet in metres and seconds, other stops ignored, and a one-way street said, not refused."""
    path = tmp_path / f"matrix.{ending}"
    rows = [*_rows(), {"from": "main", "to": "elsewhere", "distance_km": 4, "duration_min": 4}]
    write_rows(path, rows) if ending == "csv" else pd.DataFrame(rows).to_parquet(path)
    ways = matrix_ways(path, _nodes())
    assert ways.distance_m[""].tolist() == [[0, 9000, 25000], [9500, 0, 16000], [25000, 16000, 0]]
    assert ways.duration_s[""][1, 0] == pytest.approx(9.5 / 30 * 3600)
    assert len(ways.notes) == 1 and "differ by direction: 1, up to 5%" in ways.notes[0]
    assert "main to A 9.0 km, back 9.5 km" in ways.notes[0]


def test_a_square_is_a_matrix_too(tmp_path):
    """Proves that ids on both sides with kilometres serve, and that times are then the vehicles' own."""
    names = ["B", "main", "A"]
    km = {(one, other): _WAYS_KM.get((one, other), 0) for one in names for other in names}
    rows = [{"id": one} | {other: km[one, other] for other in names} for one in names]
    ways = matrix_ways(write_rows(tmp_path / "square.csv", rows), _nodes())
    assert ways.distance_m[""].tolist() == [[0, 9000, 25000], [9500, 0, 16000], [25000, 16000, 0]]
    assert ways.duration_s[""] is None


def test_profiles_have_their_own_ways(tmp_path):
    """Proves that a profile column keeps vans and bikes apart, and that a profile without rows is not known."""
    rows = [*_rows(profile="driving"), *_rows(speed_km_per_hour=15.0, profile="cycling")]
    ways = matrix_ways(write_rows(tmp_path / "matrix.csv", rows), _nodes())
    assert ways.of("cycling")[1][0, 1] == 2 * ways.of("driving")[1][0, 1] > 0
    assert ways.of("flying") is None


def test_a_hole_is_named_or_filled_on_demand(tmp_path):
    """Proves that missing ways are an error with pairs and way out; if asked, the labelled stand-in at the mean speed."""
    short = {pair: km for pair, km in _WAYS_KM.items() if pair != ("B", "A")}
    path = write_rows(tmp_path / "matrix.csv", _rows(short))
    with pytest.raises(OrdersError) as error:
        matrix_ways(path, _nodes())
    text = str(error.value)
    assert "a time: 1" in text and "B to A" in text and "the way back is there for 1" in text and "--fill-holes" in text
    ways = matrix_ways(path, _nodes(), _circle())
    filled_m = _circle().distance_m[""][2, 1]
    assert ways.distance_m[""][2, 1] == filled_m and ways.distance_m[""][1, 2] == 16000
    assert ways.duration_s[""][2, 1] == pytest.approx(filled_m / (30 / 3.6))
    assert "missing in matrix.csv: 1 of 6" in ways.notes[0] and "great circle" in ways.notes[0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*_rows(), *_rows()], "stands twice"),
        (_rows({("X", "Y"): 3}), "names none of the stops"),
        ([*_rows()[:-1], {"from": "B", "to": "A", "distance_km": 16}], "B to A"),
        ([{"id": "main", "main": 0, "A": 1}], "lacks 1 of 3"),
        ([{"id": "main", "main": 0, "A": "far", "B": 3}], "no number of kilometres"),
    ],
)
def test_a_wrong_matrix_says_why(tmp_path, rows, said):
    """Proves that repeated ways, foreign names, a missing time, a short square or a word is one message."""
    with pytest.raises(OrdersError) as error:
        matrix_ways(write_rows(tmp_path / "matrix.csv", rows), _nodes())
    assert said in str(error.value)


def test_a_server_is_asked_in_blocks_and_once(tmp_path):
    """Proves that 120 places come back whole and the right way round, from questions of at most 100 places, kept on disk."""
    rng = np.random.default_rng(5)
    nodes = _nodes({f"S{at}": tuple(np.round((52 + rng.random(), -1 - rng.random()), 5)) for at in range(120)})
    with roads() as server:
        for _ in range(2):
            with Server(tmp_path / "kept", timeout_s=5) as session:
                ways = server_ways(session, server.address + "/", nodes, ["driving"])
        assert len(server.asked) == 9  # 3 x 3 blocks, and no question twice
        assert max(path.count(";") for path in server.asked) < 300
    spots = list(zip(nodes.longitude.tolist(), nodes.latitude.tolist(), strict=True))
    wanted = np.array([[road_m(one, other) for other in spots] for one in spots])
    assert np.array_equal(ways.distance_m["driving"], wanted)
    assert np.allclose(ways.duration_s["driving"], wanted / 10) and server.address in ways.basis


def test_a_place_off_the_roads_has_no_way(tmp_path):
    """Proves that a place in the sea is cut off and named, and that null is no way, not zero."""
    nodes = _nodes(_PLACES | {"sea": (55.0, 3.5), "isle": (53.5, -1.2)})
    with roads("island") as server, Server(tmp_path / "kept") as session:
        ways = server_ways(session, server.address, nodes, ["driving"])
    metres = ways.distance_m["driving"]
    assert np.isinf(metres[3, :3]).all() and np.isinf(metres[:3, 3]).all() and metres[3, 3] == 0
    assert np.isinf(metres[4, 0]) and np.isfinite(metres[:3, :3]).all()
    assert "sea lies 9 km from the nearest road" in ways.notes[0] and len(ways.notes) == 1


def test_a_server_that_is_down_slow_or_busy_has_no_say(tmp_path):
    """Proves that no connection, a late answer and 503 are told apart, in bounded time."""
    with roads() as server:
        address = server.address
    with (
        Server(tmp_path / "kept", timeout_s=1, retries=1) as session,
        pytest.raises(NoAnswer, match="cannot be reached"),
    ):
        server_ways(session, address, _nodes(), ["driving"])
    began = time.monotonic()
    with roads("slow", 2.0) as server, Server(tmp_path / "kept", timeout_s=0.2, retries=0) as session:
        with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
            server_ways(session, server.address, _nodes(), ["driving"])
        assert time.monotonic() - began < 1.5
    with roads("busy") as server, Server(tmp_path / "kept", timeout_s=1, retries=1) as session:
        with pytest.raises(NoAnswer, match="503"):
            server_ways(session, server.address, _nodes(), ["driving"])
        assert len(server.asked) == 2  # asked again once


@pytest.mark.parametrize(
    ("mode", "profile", "said"),
    [
        ("html", "driving", "no answer of an OSRM table service"),
        ("up", "flying", "URL string malformed"),
        ("no distances", "driving", "are no table of what was asked"),
    ],
)
def test_another_service_is_an_error(tmp_path, mode, profile, said):
    """Proves that what answers otherwise is named with the way out, not replaced by a stand-in."""
    with roads(mode) as server, Server(tmp_path / "kept") as session, pytest.raises(OrdersError) as error:
        server_ways(session, server.address, _nodes(), [profile])
    assert said in str(error.value) and "mend" in str(error.value)


def test_traffic_comes_from_a_url(tmp_path):
    """Proves that a traffic file behind a URL is read, and another page is an error that names the address."""
    with roads("traffic") as server, Server(tmp_path / "kept") as session:
        found = traffic_of(session, server.address + "/traffic.csv")
        assert found["centre"][8] == 2 and found[""][8] == 1.5 and found[""][9] == 1
    with roads("html") as server, Server(tmp_path / "other") as session, pytest.raises(OrdersError) as error:
        traffic_of(session, server.address + "/traffic.csv")
    assert server.address in str(error.value)


def test_answers_that_cannot_be_kept_are_said(tmp_path):
    """Proves that a cache file that is none, or cannot be made, is one message that names it."""
    (tmp_path / "file.sqlite").write_text("no database, and longer than its header would be " * 4, encoding="utf-8")
    for cache in (tmp_path / "file.sqlite" / "inside.sqlite", tmp_path / "file.sqlite"):
        with pytest.raises(InputError) as error, roads() as server, Server(cache) as session:
            server_ways(session, server.address, _nodes(), ["driving"])
        assert "cannot be kept" in str(error.value) and "--cache" in str(error.value)


def test_progress_of_a_server_is_told(tmp_path):
    """Proves that a long questioning says how far it is, up to the whole."""
    told = []
    nodes = _nodes({f"S{at}": (52 + at / 1000, -1.5) for at in range(60)})
    with roads() as server, Server(tmp_path / "kept") as session:
        server_ways(session, server.address, nodes, ["driving"], lambda *words: told.append(words))
    assert told == [("ways (driving)", 2, 4), ("ways (driving)", 4, 4)]
