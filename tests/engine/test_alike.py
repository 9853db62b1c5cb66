"""Parcels that are alike for some blocks are computed once, and nothing of it can be told from the result."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from carbon.engine import kernel
from carbon.engine.alike import alike
from carbon.engine.fallbacks import DESTINATION, MASS, ORIGIN, PACKAGE, WEIGHED
from carbon.engine.kernel import RESULTS
from carbon.engine.ranges import RANGE
from tests.engine.small import COVENTRY, HUB, LINE_HAUL, VAN, merchant, parcel, ran

LEIPZIG = {"country": "DE", "latitude": 51.4, "longitude": 12.25}
SITES = {
    "coventry": {
        "place": COVENTRY,
        "energy": [
            {"activity": "electricity.grid", "quantity": "900 kW*h", "from": "2025-01-01", "to": "2025-12-31"},
        ],
    },
    "leipzig": {"place": LEIPZIG, "estimate": {"area": "800 m**2", "lighting": "led", "parcels_per_year": 9000}},
}
PACKAGES = {
    "even": {"inner": "300x200x150 mm", "mass": "125 g"},
    "box": {"inner": "250x180x100 mm", "mass": "118 g", "recycled_content": 0.7},
    "filled": {"inner": "350x250x180 mm", "mass": "262 g", "void_fill": {"material": "paper", "density": "12 kg/m**3"}},
    "crate": {
        "inner": "360x260x190 mm",
        "mass": "640 g",
        "material": "pp",
        "reuse": {
            "uses": 50,
            "loss_rate": 0.03,
            "return_vehicle": "road.van.class_3.diesel",
            "return_distance": "60 km",
            "washing": [{"activity": "electricity.grid", "quantity": "0.04 kW*h"}],
        },
    },
}
ELECTRIC = {"stage": "last_mile", "vehicle": "road.van.class_3.battery_electric"}
RETURNS = {"reprocessing": "hub.ambient.transshipment", "package": "box"}


def _setup(rate: float | None = None):
    returns = RETURNS | ({"rate": rate} if rate is not None else {})
    return merchant(
        sites=SITES,
        packages=PACKAGES,
        services={
            "road": {"chain": [LINE_HAUL, HUB, VAN], "returns": returns},
            "volume": {
                "chain": [LINE_HAUL, ELECTRIC],
                "allocation": "volumetric",
                "volumetric_divisor": "5000 cm**3/kg",
                "reported": {"source": "a carrier"},
            },
        },
    )


def _rows(count: int, **some) -> list[dict]:
    """Parcels that differ in mass, place and day, and have every other property now and then."""
    random, rows = np.random.default_rng(7), []
    for number in range(count):
        row = parcel(f"P{number}", shipped_on=f"2025-{1 + number % 3:02d}-1{number % 7}")
        row["goods_mass_kg"] = float(random.lognormal())
        row["destination_latitude"] = 50.5 + float(random.random())
        row["package"] = (*PACKAGES, None)[number % 4]
        row["origin_site"] = ("coventry", "leipzig")[number % 2]
        row["service"] = ("road", "volume")[number % 5 == 0]
        row |= {name: values[number % len(values)] for name, values in some.items()}
        rows.append(row)
    return rows


CASES = {
    "plain": {},
    "returned": {"returned_on": [None, None, "2025-07-20"]},
    "attempts": {"delivery_attempts": [1, None, 2, 3]},
    "weighed": {"packaging_mass_kg": [None, 0.2, 0.31]},
    "reported": {"reported_co2e_kg": [None, 0.4]},
    "rounds": {"round_id": ["A", "B", None], "round_distance_km": [60, 80, None]},
    "the same by chance": {  # equal numbers of which some are known, some guessed: their errors differ
        "package": ["even"],
        "goods_mass_kg": [1.25] * 10 + [None],  # periods that no other column of the rows has
        "packaging_mass_kg": [None] * 12 + [0.125],
        "destination_latitude": [51.5, 51.5, 51.5, 51.5, 51.5],
    },
    "stand-ins": {
        "goods_mass_kg": [None, 0.8, 1.7],
        "destination_latitude": [None],
        "destination_longitude": [None],
        "destination_city": ["London", None, "York"],
    },
}


def _evaluated(rows, setup, monkeypatch, grouped: bool):
    with monkeypatch.context() as patch:
        used = []

        def noted(blocks, frame):
            found = alike(blocks, frame) if grouped else None
            used.append(found)
            return found

        patch.setattr(kernel, "alike", noted)
        running, results = ran(rows, setup)
    assert not grouped or any(each is not None and each.positions for each in used), "nothing was put in groups"
    return running, results


@pytest.mark.parametrize("rate", [None, 0.2], ids=["", "expected returns"])
@pytest.mark.parametrize("case", CASES)
def test_groups_change_nothing(case, rate, monkeypatch):
    """Proves that results, ranges, activity and fallbacks are the same parcel by parcel with and without groups."""
    rows, setup = _rows(900, **CASES[case]), _setup(rate)
    one, ones = _evaluated(rows, setup, monkeypatch, True)
    other, others = _evaluated(rows, setup, monkeypatch, False)
    for mine, theirs in zip(ones, others, strict=True):
        assert list(mine.rejects) == list(theirs.rejects) and mine.fallbacks == theirs.fallbacks
        assert mine.kept.num_rows > 800
        for name in (*RESULTS, *RANGE):
            assert mine.kept[name].to_numpy() == pytest.approx(theirs.kept[name].to_numpy(), rel=1e-12, abs=1e-15), name
        pd.testing.assert_frame_equal(*(each.kept.drop([*RESULTS, *RANGE]).to_pandas() for each in (mine, theirs)))
    here, there = one.activity_table().to_pylist(), other.activity_table().to_pylist()
    assert len(here) == len(there) > 0
    for mine, theirs in zip(here, there, strict=True):
        assert mine.keys() == theirs.keys()
        for name, value in mine.items():
            if isinstance(value, float) and not math.isnan(value):
                assert value == pytest.approx(theirs[name], rel=1e-9, abs=1e-18), name
            elif not isinstance(value, float):
                assert value == theirs[name], name


def _framed(rows, setup, monkeypatch):
    """Return blocks and frame as the kernel hands them over."""
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "alike", lambda blocks, frame: seen.append((blocks, frame)))
        ran(rows, setup)
    return seen[0]


def test_few_different_parcels_or_none_are_no_groups(monkeypatch):
    """Proves that nothing is tried where nearly every parcel is of its own kind, or where there is none."""
    blocks, frame = _framed(_rows(6), _setup(), monkeypatch)
    assert alike(blocks, frame) is None
    assert alike(blocks, frame.keep(np.zeros(len(frame.rows), dtype=bool))) is None


def test_rows_of_a_group_are_alike(monkeypatch):
    """Proves that every row reads what its group's row reads, in every column and code of the blocks put in groups."""
    blocks, frame = _framed(_rows(900, **CASES["returned"]), _setup(), monkeypatch)
    found = alike(blocks, frame)
    assert found is not None and found.positions
    assert found.group.max() + 1 == len(found.frame.rows) < len(frame.rows) / 6
    assert found.spots.parcels.sum() == len(frame.rows)
    for position in found.positions:
        block = blocks[position]
        for name in (*block.columns.values(), *block.weights):
            np.testing.assert_array_equal(frame.columns[name], found.frame.columns[name][found.group])
        for axis in (*block.axes, "service"):
            np.testing.assert_array_equal(frame.codes[axis], found.frame.codes[axis][found.group])


@pytest.mark.parametrize("name", [MASS, ORIGIN, DESTINATION, PACKAGE, WEIGHED])
def test_what_stood_in_tells_groups_apart(name, monkeypatch):
    """Proves that parcels of equal numbers, of which one input is known for some and guessed for others, are two groups."""
    blocks, frame = _framed(_rows(900), _setup(), monkeypatch)
    one = np.zeros(900, dtype=np.intp)
    columns = {key: values[one] for key, values in frame.columns.items()}
    codes = {axis: values[one] for axis, values in frame.codes.items()} | {name: np.arange(900, dtype=np.int32) % 2}
    found = alike(blocks, replace(frame, columns=columns, codes=codes))
    assert len(found.frame.rows) == 2
    np.testing.assert_array_equal(found.group, codes[name])
