"""Stops, matrix and traffic files: columns, checks, and the documented tables."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from carbon import schema_of, stops_text
from carbon.errors import OrdersError, UnitError
from carbon.orders.stops import (
    EVENT_COLUMNS,
    MATRIX_COLUMNS,
    STOP_COLUMNS,
    TRAFFIC_COLUMNS,
    read_matrix,
    read_stops,
    read_traffic,
)
from carbon.units import parse_spans

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "columns"),
    [("stops", STOP_COLUMNS), ("matrix", MATRIX_COLUMNS), ("traffic", TRAFFIC_COLUMNS), ("events", EVENT_COLUMNS)],
)
def test_the_vocabulary_lists_these_columns(name, columns):
    """Proves that the documented tables are the code's: names, kinds, units, bounds, both languages."""
    text = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    table = text.split(f"<!-- {name}: a test")[1].split(f"<!-- end of {name}")[0]
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if re.match(r"\| `", line)
    ]
    assert rows == [
        [
            each.name,
            each.kind,
            each.unit or "",
            "yes" if each.required else "",
            each.rule,
            each.description,
            each.description_zh,
        ]
        for each in columns
    ]


def test_the_schema_prints_them():
    """Proves that `carbon schema stops` lists every column, as text and as JSON."""
    assert [each["name"] for each in schema_of("stops")["columns"]] == [column.name for column in STOP_COLUMNS]
    assert all(f"\n{column.name} " in stops_text() for column in STOP_COLUMNS)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-10:00; 14:00-16:30", ((8, 10), (14, 16.5))),
        ("8-10", ((8, 10),)),
        ("14-16；08：00 – 09：15", ((8, 9.25), (14, 16))),
        ("9-11; 10-12; 12-13", ((9, 13),)),
        ("22:00-30:00", ((22, 30),)),
    ],
)
def test_times_of_day_are_read(text, hours):
    """Proves the ways to write spans: several, Chinese signs, overlapping ones joined, past midnight."""
    assert parse_spans(text) == tuple((start * 3600.0, end * 3600.0) for start, end in hours)


@pytest.mark.parametrize("text", ["", None, "8", "10-8", "08:70-09:00", "50-51", "morning", "8am-9am", "8-10,12-13"])
def test_other_times_are_refused(text):
    """Proves that what is no span, ends before it begins or has no such minute is an error."""
    with pytest.raises(UnitError):
        parse_spans(text)


def test_stops_are_read_with_foreign_headers_and_units(tmp_path):
    """Proves that a mapping file renames and converts, as for orders: pounds, seconds, a constant country."""
    frame = pd.DataFrame(
        {
            "Ref": ["A", "B"], "Lat": [52.5, 52.6], "Lon": [-1.5, -1.6], "lb": [10, 20], "wait": [120, 90],
            "windows": ["8-10", None], "ready_at": ["07:30", None], "skills": ["tail lift; cooled", None],
            "parcel_ids": [";".join(f"PARCEL-{number:06d}" for number in range(40)), None],
        }
    )  # fmt: skip
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "columns: {stop_id: Ref, latitude: Lat, longitude: Lon, delivery_mass_kg: {from: lb, unit: lb}, "
        "service_min: {from: wait, unit: s}, country: {value: GB}}",
        encoding="utf-8",
    )
    table = read_stops(frame, mapping)
    assert len(table) == 2 and not table.rejects
    assert table.columns["delivery_mass_kg"] == pytest.approx([4.5359237, 9.0718474])
    assert table.columns["service_min"] == [2.0, 1.5] and table.columns["country"] == ["GB", "GB"]
    assert table.columns["windows"] == [((28800.0, 36000.0),), None] and table.columns["ready_at"] == [27000.0, None]
    assert table.columns["skills"] == [("tail lift", "cooled"), ()]
    assert len(table.columns["parcel_ids"][0]) == 40  # a list may be long, its words may not


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"stop_id": None}, "stop_id", "missing"),
        ({"windows": "10-8"}, "windows", "not_a_time"),
        ({"preferred": "8-9; 10-11"}, "preferred", "not_a_time"),
        ({"ready_at": "25 o'clock"}, "ready_at", "not_a_time"),
        ({"delivery_mass_kg": "12 kg"}, "delivery_mass_kg", "not_a_number"),
        ({"collection_mass_kg": -1}, "collection_mass_kg", "too_low"),
        ({"latitude": 91}, "latitude", "too_high"),
        ({"country": "Atlantis"}, "country", "unknown_country"),
        ({"parcel_ids": "P1; =P2"}, "parcel_ids", "formula"),
        ({"skills": "x" * 201}, "skills", "too_long"),
    ],
)
def test_a_wrong_cell_is_one_reject(changes, column, reason):
    """Proves that a bad row is refused with its row, column and code, and the other rows are read."""
    good = {"stop_id": "A", "country": "GB", "latitude": 52.5, "longitude": -1.5, "delivery_mass_kg": 10}
    table = read_stops(pd.DataFrame([good, good | {"stop_id": "B"} | changes, good | {"stop_id": "C"}]))
    assert table.columns["stop_id"] == ["A", "C"] and table.rows == [1, 3]
    assert [(each.row, each.column, each.reason) for each in table.rejects] == [(2, column, reason)]
    assert table.rejects[0].mend


def test_traffic_is_24_multipliers_a_zone():
    """Proves that hours that are not named have 1, and that the empty zone stands for all others."""
    rows = [{"zone": None, "hour": 8, "multiplier": 1.4}, {"zone": "centre", "hour": 17, "multiplier": 2}]
    found = read_traffic(pd.DataFrame(rows))
    assert found == {
        "": tuple(1.4 if hour == 8 else 1.0 for hour in range(24)),
        "centre": tuple(2.0 if hour == 17 else 1.0 for hour in range(24)),
    }


@pytest.mark.parametrize(
    ("read", "rows", "said"),
    [
        (read_traffic, [{"hour": 24, "multiplier": 1}], "cannot be used"),
        (read_traffic, [{"hour": 8, "multiplier": 0}], "cannot be used"),
        (read_traffic, [{"hour": 8, "multiplier": 1}, {"hour": 8, "multiplier": 2}], "stand twice"),
        (read_traffic, [{"hour": 8}], "multiplier is missing"),
        (read_matrix, [{"from": "A", "to": "B", "distance_km": -1}], "cannot be used"),
        (read_matrix, [{"from": "A", "to": "B"}], "distance_km is missing"),
    ],
)
def test_a_wrong_row_stops_matrix_and_traffic(read, rows, said):
    """Proves that a file whose gaps would be silent later is refused whole, with row and way out."""
    with pytest.raises(OrdersError) as error:
        read(pd.DataFrame(rows))
    assert said in str(error.value)
