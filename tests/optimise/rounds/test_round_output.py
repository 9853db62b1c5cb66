"""Plans as files: what a driver, a map and a program read is what was planned, and text stays text."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree as Tree

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.output import clock, plan_csv, plan_summary
from carbon.optimise.rounds.plan import Unserved, Why
from carbon.optimise.rounds.tracks import plan_geojson, plan_gpx
from carbon.optimise.rounds.words import COLUMNS, WHY, WORDS
from carbon.optimise.rounds.writing import write_plan
from tests.optimise.rounds.test_verifying_rounds import RELOADS, TWICE
from tests.optimise.rounds.town import PLAN, TOWN, planned, with_stop

GPX = {"g": "http://www.topografix.com/GPX/1/1"}


def rows(problem=TOWN, plan=PLAN, language="en") -> list[dict[str, str]]:
    """Read the CSV back."""
    return list(csv.DictReader(io.StringIO(plan_csv(problem, plan, language), newline="")))


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0, "00:00:00"),
        (30_120, "08:22:00"),
        (30_725.4, "08:32:05"),
        (86_399.6, "00:00:00 +1"),
        (90_000, "01:00:00 +1"),
        (-60, "23:59:00 -1"),
    ],
)
def test_times_of_day(time_s, text):
    """Proves that times show their seconds, and that another day is named."""
    assert clock(time_s) == text


def test_csv_has_a_row_for_each_leg():
    """Proves the rows of the plan by hand, and that its sums are the legs'."""
    found = rows()
    assert [(row["sequence"], row["stop"], row["arrive"], row["leave"]) for row in found] == [
        ("1", "A", "08:10:00", "08:22:00"), ("2", "B", "08:32:00", "08:33:00"), ("3", "west", "08:53:00", "08:53:00"),
    ]  # fmt: skip
    assert [float(row["load_kg"]) for row in found] == [60, 20, 10]
    assert sum(float(row["co2e_kg"]) for row in found) == pytest.approx(4.5)
    assert sum(float(row["distance_km"]) for row in found) == pytest.approx(40)
    assert found[0]["parcels"] == "P1 P2"


def test_rounds_and_duties_are_numbered():
    """Proves that a second round of a duty begins its stops anew."""
    found = rows(RELOADS, planned(RELOADS, TWICE))
    assert [(row["duty"], row["round"], row["sequence"]) for row in found] == [
        ("1", "1", "1"), ("1", "1", "2"), ("1", "2", "1"), ("1", "2", "2"),
    ]  # fmt: skip


def test_text_never_becomes_a_formula():
    """Proves that ids and names that begin like a formula are written as text."""
    evil = with_stop(0, replace(TOWN, depots={0: "@SUM(A1)", 4: "east"}), id="=1+1", parcels=("+49", "P2"))
    found = rows(evil)
    assert (found[0]["stop"], found[0]["parcels"], found[2]["stop"]) == ("'=1+1", "'+49 P2", "'@SUM(A1)")


def test_chinese():
    """Proves that both languages have the same words, every reason a sentence, and every column a heading of its own."""
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert set(WHY["en"]) == set(WHY["zh"]) == set(Why)
    headings = [name for _, name in COLUMNS]
    assert len(set(headings)) == len(headings) == len(set(dict(COLUMNS)))
    assert list(rows(language="zh")[0]) == headings
    assert "直线" in plan_gpx(TOWN, PLAN, "zh")


def test_geojson():
    """Proves types, longitude first, the line's places in order, and that it says it is straight."""
    left = replace(PLAN, unserved=(Unserved(1, Why.TOO_HEAVY, "a larger van"),))
    found = json.loads(json.dumps(plan_geojson(TOWN, left)))
    assert found["type"] == "FeatureCollection"
    line, a, b, unserved = found["features"]
    assert line["geometry"]["coordinates"] == [[8.0, 50.0], [8.0, 50.09], [8.0, 50.18], [8.0, 50.0]]
    assert (line["properties"]["line"], line["properties"]["distance_km"]) == (WORDS["en"]["straight"], 40)
    assert a["geometry"] == {"type": "Point", "coordinates": [8.0, 50.09]}
    assert (b["properties"]["stop"], b["properties"]["sequence"], b["properties"]["begin"]) == ("B", 2, "08:32:00")
    assert unserved["properties"] == {
        "kind": "unserved", "stop": "B", "why": "heavier than any vehicle may carry", "would_serve": "a larger van",
    }  # fmt: skip


def test_gpx():
    """Proves routes with points in order, the order of elements that the schema asks for, and that markup stays text."""
    evil = with_stop(0, id="<b>A & B\x07</b>")
    root = Tree.fromstring(plan_gpx(evil, PLAN).encode())
    assert (root.tag, root.get("version")) == (f"{{{GPX['g']}}}gpx", "1.1")
    (route,) = root.findall("g:rte", GPX)
    assert [each.tag.split("}")[1] for each in route] == ["name", "desc", *["rtept"] * 4]
    points = route.findall("g:rtept", GPX)
    assert [(point.get("lat"), point.get("lon")) for point in points[:2]] == [
        ("50.0000000", "8.0000000"), ("50.0900000", "8.0000000"),
    ]  # fmt: skip
    assert points[1].find("g:name", GPX).text == "<b>A & B </b>"
    assert points[1].find("g:desc", GPX).text == "arrive 08:10:00, begin 08:20:00, leave 08:22:00; deliver 40 kg"
    assert points[3].find("g:name", GPX).text == "west"


def test_summary():
    """Proves figures, reasons and plain values: nothing that JSON cannot hold."""
    left = replace(PLAN, unserved=(Unserved(1, Why.TOO_HEAVY, "a larger van"),), notes=("no coordinates",))
    found = plan_summary(with_stop(0, preferred=(0.0, 1.0)), left)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["co2e_kg"], found["money"], found["vehicles"]) == (6.5, 54.7, 1)
    assert found["unserved"][0]["code"] == "too_heavy"
    (duty,) = found["duties"]
    assert (duty["departs"], duty["returns"], duty["rounds"]) == ("08:00:00", "08:53:00", [["A", "B", "west"]])
    assert found["figures"]["preferred_asked"] == 1
    assert plan_summary(replace(TOWN, currency=""), PLAN)["money"] is None


@pytest.mark.parametrize("ending", ["csv", "json", "geojson", "gpx"])
def test_files_are_written_whole(tmp_path, ending):
    """Proves that each format is written under its name alone."""
    write_plan(tmp_path / f"plan.{ending}", TOWN, PLAN)
    (only,) = tmp_path.iterdir()
    assert only.name == f"plan.{ending}"
    assert "A" in only.read_text(encoding="utf-8-sig")


def test_what_cannot_be_written(tmp_path):
    """Proves that another ending, and a map without places, are refused with the way out and leave no file."""
    nowhere = replace(TOWN, network=replace(TOWN.network, longitude=np.full(5, np.nan)))
    with pytest.raises(InputError, match=r"ends in \.csv"):
        write_plan(tmp_path / "plan.xls", TOWN, PLAN)
    for ending in ("gpx", "geojson"):
        with pytest.raises(InputError, match="write CSV or JSON"):
            write_plan(tmp_path / f"plan.{ending}", nowhere, PLAN)
    assert list(tmp_path.iterdir()) == []
