"""Packaging that was weighed, and packaging that was not and is carried: ranges against draws of the true model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from carbon import calculate, explain
from carbon.engine.packaging_blocks import component_of, density_of
from carbon.engine.ranges import HIGH, LOW
from carbon.engine.replay import FactorBook, replay
from carbon.engine.spreads import spreads_of_value
from carbon.engine.uncertainty import Terms, ranges
from tests.engine.small import LINE_HAUL, merchant, only, orders, own_factor, own_file, parcel, ran, registry

_DRAWS = 100_000
#: A box of known size only is weighed by its board, whose grammage is told within a seventh.
CARTON = {"inner": "400x300x200 mm"}
PACKAGES = {
    "carton": CARTON,
    "box": {"inner": "250x180x100 mm", "mass": "118 g"},
    "filled": CARTON | {"void_fill": {"material": "paper", "density": "12 kg/m**3"}},
    "parts": CARTON | {"extras": [{"material": "pp", "mass": "90 g"}]},
}


@pytest.fixture
def own(tmp_path):
    """Write a hub of narrow spread, so that masses make the range."""
    hub = own_factor("own.hub", 4.0, "kg/kg", "site_energy") | {"gsd": 1.02}
    return own_file(tmp_path, [hub])


HUB = {"stage": "hubs", "factor": "own.hub"}


class Draws:
    """Draws of the footprints of a run by the true model: gross mass is goods plus what the package's parts weigh."""

    def __init__(self, running, factors=()):
        self._running, self._context = running, running.plan.context
        self._random, self._keys = np.random.default_rng(3), {}
        self._plan = [row for row in running.plan.table().to_pylist() if row["stage"] != "product"]
        self._book = FactorBook(registry(*factors).as_json(running.factor_ids()))

    def _multiplier(self, spreads) -> np.ndarray:
        made = np.ones(_DRAWS)
        for spread in spreads:
            if spread.key not in self._keys:
                self._keys[spread.key] = self._random.standard_normal(_DRAWS)
            draw = self._keys[spread.key]
            made = made * np.exp(spread.sigma * draw - spread.sigma**2 / 2) ** spread.elasticity
        return made

    def _packaging_kg(self, row) -> np.ndarray:
        if row.get("packaging_weighed"):
            return np.full(_DRAWS, row["packaging_mass_kg"])
        code = [spec.key for spec in self._context.packages].index(row["package"])
        spec = self._context.packages[code]
        parts = [("component_kg", component_of(piece), piece.mass_kg) for piece in spec.pieces]
        if spec.void_fill is not None:
            fill_kg = row["empty_volume_m3"] * spec.fill_kg_per_m3
            parts.append(("density_kg_per_m3", density_of(self._context, code), fill_kg))
        return sum(kg * self._multiplier(spreads_of_value(self._context, name, value)) for name, value, kg in parts)

    def of(self, row) -> np.ndarray:
        """Return draws of one parcel's total."""
        relative = (row["goods_mass_kg"] + self._packaging_kg(row)) / row["gross_mass_kg"]
        total = np.zeros(_DRAWS)
        for line in replay(row, self._plan, self._book):
            carries = any(each.origin == "orders: gross_mass_kg" for each in line.inputs)
            total += line.co2e_kg * self._multiplier(line.spreads) * (relative if carries else 1.0)
        return total


def test_a_parcel_s_range_is_that_of_draws(own):
    """Proves the rule for light and heavy goods: the packaging's mass errs in material and gross mass, unless weighed."""
    rows = [
        parcel(
            f"{package} {goods_kg} {weighed_kg}",
            package=package,
            goods_mass_kg=goods_kg,
            goods_volume_m3=0.004,
            packaging_mass_kg=weighed_kg,
        )
        for package in PACKAGES
        for goods_kg in (0.05, 0.4, 2.0)
        for weighed_kg in (None, 0.31)
    ]
    running, chunks = ran(rows, merchant([LINE_HAUL, HUB], packages=PACKAGES), factors=[own])
    draws = Draws(running, [own])
    for found in chunks[0].kept.to_pylist():
        low, high = np.quantile(draws.of(found), [0.025, 0.975])
        assert found[LOW] == pytest.approx(low, rel=0.05) and found[HIGH] == pytest.approx(high, rel=0.05)
        assert found[HIGH] - found[LOW] == pytest.approx(high - low, rel=0.05), found["parcel_id"]


def test_weighing_the_packaging_narrows_the_range(own):
    """Proves that a weighed package has no spread of its catalogue mass, in no line and no cell of the activity."""
    setup = merchant([HUB], packages=PACKAGES)
    rows = [parcel("told", package="carton"), parcel("weighed", package="carton", packaging_mass_kg=0.3)]
    running, chunks = ran(rows, setup, factors=[own])
    frame = chunks[0].kept.to_pandas().set_index("parcel_id")
    relative = (frame[HIGH] - frame[LOW]) / frame.total_co2e_kg
    assert relative["weighed"] < relative["told"]
    alone, _ = ran(rows[1:], setup, factors=[own])
    keys = {each["key"] for row in alone.activity_table().to_pylist() for each in row["spreads"]}
    assert keys and not any("board_grammage" in key for key in keys)
    both = [row for row in running.activity_table().to_pylist() if row["stage"] == "packaging"]
    assert sorted(any("board_grammage" in each["key"] for each in row["spreads"]) for row in both) == [False, True]


def test_a_weighed_package_that_no_row_named_may_be_of_another_material(own):
    """Proves that a guessed package stays a guess for its material lines though its mass is known, and for nothing else."""
    running, _ = ran([parcel(package=None, packaging_mass_kg=0.2)], merchant([HUB]), factors=[own])
    rows = running.activity_table().to_pylist()
    guessed = {row["stage"] for row in rows if any(each["key"] == "fallback:package" for each in row["spreads"])}
    assert guessed == {"packaging", "end_of_life"}
    unweighed, _ = ran([parcel(package=None)], merchant([HUB]), factors=[own])
    rows = unweighed.activity_table().to_pylist()
    found = [each for row in rows if row["stage"] == "hubs" for each in row["spreads"] if "package" in each["key"]]
    assert found[0]["key"] == "fallback:package" and 0 < found[0]["elasticity"] < 1


def test_totals_are_those_of_draws(own):
    """Proves that the activity's mean shares give the range of the total that draws of every parcel give, within 5 %."""
    random = np.random.default_rng(8)
    names = list(PACKAGES)
    rows = [
        parcel(
            f"P{number}",
            package=names[number % 4],
            goods_mass_kg=float(random.lognormal(-1.5, 0.8)),
            goods_volume_m3=0.004,
            packaging_mass_kg=0.25 if number % 5 == 0 else None,
            service=("road", "hub")[number % 2],
        )
        for number in range(40)
    ]
    services = {"road": {"chain": [LINE_HAUL, HUB]}, "hub": {"chain": [HUB]}}
    running, chunks = ran(rows, merchant(packages=PACKAGES, services=services), factors=[own])
    draws = Draws(running, [own])
    low, high = np.quantile(sum(draws.of(row) for row in chunks[0].kept.to_pylist()), [0.025, 0.975])
    terms = Terms.of_table(running.activity_table())
    found = ranges(terms, {"": np.ones(len(terms), dtype=bool)})[""]
    assert found.low_kg == pytest.approx(low, rel=0.05) and found.high_kg == pytest.approx(high, rel=0.05)
    assert found.width_kg == pytest.approx(high - low, rel=0.05)


def test_a_volumetric_mass_does_not_err_with_the_package(own):
    """Proves that where the box's volume is charged, its mass adds nothing to freight."""
    service = {"chain": [LINE_HAUL], "allocation": "volumetric", "volumetric_divisor": "1000 cm**3/kg"}
    row = parcel(package="carton", goods_mass_kg=0.3)
    running, chunks = ran([row], merchant(packages=PACKAGES, services={"road": service}))
    assert running.carried.whole_kg.sum() > 0 and running.carried.packaging_kg.sum() == 0
    found = chunks[0].kept.to_pylist()[0]
    assert found["freight_mass_kg"] > found["gross_mass_kg"]
    keys = {
        each["key"]
        for each_row in running.activity_table().to_pylist()
        if each_row["stage"] == "line_haul"
        for each in each_row["spreads"]
    }
    assert not any("board_grammage" in key for key in keys)


def test_explain_gives_the_same_range(own, tmp_path):
    """Proves that a parcel's range follows from the ledger alone: weighed or not, of parts, filled, returned in a new box."""
    returns = {"rate": 0.2, "package": "carton", "reprocessing": "own.hub"}
    services = {"road": {"chain": [LINE_HAUL, HUB], "returns": returns}}
    rows = [
        parcel(f"{name}{weighed}", package=name, packaging_mass_kg=weighed, goods_volume_m3=0.004, goods_mass_kg=0.2)
        for name in PACKAGES
        for weighed in (None, 0.3)
    ]
    setup = merchant(packages=PACKAGES, services=services)
    done = calculate(orders(*rows), setup, ledger=tmp_path / "ledger", factors=[own], collect=True)
    assert isinstance(done.footprints, pd.DataFrame) and len(done.footprints) == len(rows)
    assert all(each.agrees for row in rows for each in explain(tmp_path / "ledger", row["parcel_id"]))


def test_what_weighs_exactly_as_the_catalogue_says_is_still_weighed(own):
    """Proves that the ledger knows a weighed package by itself, not by its ratio to the catalogue."""
    setup = merchant([HUB])
    told, weighed = only(parcel(), setup, factors=[own]), only(parcel(packaging_mass_kg=0.118), setup, factors=[own])
    assert weighed.packaging_weighed == 1 and told.total_co2e_kg == weighed.total_co2e_kg
    assert weighed[HIGH] - weighed[LOW] < told[HIGH] - told[LOW]
