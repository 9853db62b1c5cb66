"""Ranges, ratings and differences of single shipments."""

from __future__ import annotations

import json
import math
from statistics import NormalDist

import pytest

from carbon.cli.common import app
from tests.engine.small import LONDON, VAN, estimated, merchant, own_factor, parcel, run, shipment, tables_read_once

_REACH = NormalDist().inv_cdf(0.975)


@pytest.fixture(autouse=True, scope="module")
def _tables():
    with tables_read_once():
        yield


def _leg(factor: str, distance: str = "100 km", **more) -> dict:
    return {"stage": "line_haul", "factor": factor, "distance": distance, **more}


def _shipped(*legs: dict, mass: str = "10 kg") -> dict:
    return shipment(goods={"mass": mass}, chain=list(legs))


def _own(name: str, value: float, gsd: float, **more) -> dict:
    return own_factor(name, value, "kg/(t*km)", gsd=gsd, gsd_basis="worked example", **more)


def test_one_leg_has_its_factor_s_range(tmp_path):
    """Proves the closed form: a published value is the mean, the ends are those of its lognormal."""
    found = estimated(_shipped(_leg("own.leg")), tmp_path, [_own("own.leg", 0.1, 1.3)]).result().total
    sigma = math.log(1.3)
    middle = 0.1 * math.exp(-(sigma**2) / 2)
    assert found.co2e_kg == pytest.approx(0.1)
    assert found.low_kg == pytest.approx(middle * math.exp(-_REACH * sigma), rel=1e-9)
    assert found.high_kg == pytest.approx(middle * math.exp(_REACH * sigma), rel=1e-9)


def test_legs_by_one_factor_do_not_average_away(tmp_path):
    """Proves that ten legs by one factor have the relative range of one, and legs by different ones a narrower one."""
    own = [_own(f"own.leg{number}", 0.1, 1.3) for number in range(10)]
    one = estimated(_shipped(_leg("own.leg0")), tmp_path, own).range_kg
    same = estimated(_shipped(*[_leg("own.leg0")] * 10), tmp_path, own).range_kg
    other = estimated(_shipped(*[_leg(each["id"]) for each in own]), tmp_path, own).range_kg
    assert [each / 10 for each in same] == pytest.approx(one, rel=1e-9)
    assert other[1] - other[0] < 0.4 * (same[1] - same[0])


def test_a_detour_by_default_widens_and_a_driven_distance_does_not(tmp_path):
    """Proves that a parameter that stands in for what the document does not say is part of the range."""
    own = [_own("own.leg", 0.1, 1.3, distance_basis="actual")]
    wide = estimated(_shipped(_leg("own.leg", distance_basis="great_circle")), tmp_path, own)
    narrow = estimated(_shipped(_leg("own.leg", distance_basis="actual")), tmp_path, own)
    assert {spread.key.split(":")[0] for spread in wide.lines[0].spreads} >= {"factor", "parameter"}
    assert {spread.key for spread in narrow.lines[0].spreads} == {"factor:own.leg"}
    relative = [each.range_kg[1] / each.co2e_kg for each in (wide, narrow)]
    assert relative[0] > relative[1]


def test_options_that_share_the_van_are_compared_in_pairs(tmp_path):
    """Proves that the van cancels: the box decides, and clearly, though the ranges of the options overlap."""
    own = [
        own_factor("own.van", 0.5, "kg/km", gsd=1.8, gsd_basis="worked example"),
        own_factor("own.board", 1.0, "kg/kg", "cradle_to_point_of_sale", gsd=1.2, gsd_basis="worked example"),
    ]
    van = {"stage": "last_mile", "factor": "own.van", "vehicle_distance": "60 km", "share": 0.01}
    boxes = [
        estimated(
            shipment(
                goods={"mass": "1 kg"}, chain=[van], packaging=[{"material": "board", "factor": "own.board", "mass": mass}]
            ),
            tmp_path,
            own,
        )
        for mass in ("160 g", "110 g")
    ]  # fmt: skip
    found = boxes[0].difference(boxes[1])
    assert found.value_kg == pytest.approx(-0.05) and found.clear
    assert boxes[1].range_kg[1] > boxes[0].range_kg[0], "by themselves the ranges overlap"
    assert found.high_kg - found.low_kg < 0.1 * (boxes[0].range_kg[1] - boxes[0].range_kg[0])
    itself = boxes[0].difference(boxes[0])
    assert (itself.value_kg, itself.low_kg, itself.high_kg, itself.clear) == (0, 0, 0, False)


def test_a_service_has_the_range_of_a_run():
    """Proves that one shipment by a service and one parcel of a run have the same range."""
    organisation = merchant([VAN])
    found = estimated(
        shipment(goods={"mass": "1.2 kg"}, service="road", package="box", destination=LONDON), organisation=organisation
    )
    row = run([parcel()], organisation).footprints.iloc[0]
    assert found.co2e_kg == pytest.approx(row["total_co2e_kg"], rel=1e-9)
    assert found.range_kg == pytest.approx((row["low_co2e_kg"], row["high_co2e_kg"]), rel=1e-9)


def test_ratings_of_a_shipment(tmp_path):
    """Proves ratings by emissions over lines with scores, and the share that has them."""
    own = [
        own_factor("own.a", 0.1, "kg/(t*km)", pedigree=[1, 1, 2, 1, 3], gsd_basis="pedigree"),
        own_factor("own.b", 0.3, "kg/(t*km)", pedigree=[1, 1, 4, 2, 5], gsd_basis="pedigree"),
        own_factor("own.c", 0.4, "kg/(t*km)"),
    ]
    quality = estimated(_shipped(*[_leg(each["id"]) for each in own]), tmp_path, own).result().quality
    assert quality.rated_share == pytest.approx(0.5)
    assert (quality.technological, quality.geographical, quality.temporal) == pytest.approx((4.5, 1.75, 3.5))


def test_the_command_prints_the_range(tmp_path, capsys):
    """Proves that range, shares and ratings are printed in the unit of the total, and are in the JSON."""
    document = tmp_path / "shipment.json"
    chain = [{"vehicle": "road.hgv.all.average", "distance": "100 km"}]
    document.write_text(json.dumps(shipment(goods={"mass": "10 kg"}, region="GB", chain=chain)), encoding="utf-8")
    with pytest.raises(SystemExit):
        app(["estimate", str(document)])
    text = capsys.readouterr().out
    assert "95 % range: " in text and "ratings (PACT 3.0" in text and "not computed" not in text
    with pytest.raises(SystemExit):
        app(["estimate", str(document), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["total"]["low_kg"] < found["total"]["co2e_kg"] < found["total"]["high_kg"]
    assert found["lines"][0]["spreads"][0]["key"].startswith(("edition:", "factor:"))
    assert len(found["lines"][0]["pedigree"]) == 5
