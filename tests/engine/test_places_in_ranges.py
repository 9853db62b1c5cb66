"""Places that are known roughly: each end of a parcel's way is off by itself, on the legs that touch it."""

from __future__ import annotations

import numpy as np
import pytest

from carbon.engine.fallbacks import DESTINATION, ORIGIN
from carbon.engine.ranges import HIGH, LOW
from carbon.engine.replay import FactorBook, replay
from tests.engine.small import merchant, only, parcel, ran, registry, run

_DRAWS = 200_000
HUB = {"hub": {"country": "GB", "latitude": 52.83, "longitude": -1.33}}
TO_HUB = {"stage": "line_haul", "vehicle": "road.hgv.articulated_33t.average", "to": "hub"}
FROM_HUB = {"stage": "line_haul", "vehicle": "road.hgv.rigid_17t.average", "from": "hub"}
DIRECT = {"stage": "line_haul", "vehicle": "road.hgv.articulated_33t.average"}
_SELLER = {"origin_site": None, "origin_country": "GB"}
EXACT = {
    ORIGIN: {**_SELLER, "origin_latitude": 53.48, "origin_longitude": -2.24},
    DESTINATION: {},
}
#: From another country: two parcels of one middle would have no way between them.
COUNTRY = {
    ORIGIN: _SELLER | {"origin_country": "FR"},
    DESTINATION: {"destination_latitude": None, "destination_longitude": None},
}
CITY = {
    ORIGIN: _SELLER | {"origin_city": "Leeds"},
    DESTINATION: COUNTRY[DESTINATION] | {"destination_city": "London"},
}
ENDS = ("fallback:place:origin:country", "fallback:place:destination:country")


def _places(row: dict) -> dict[str, set[str]]:
    """Return the keys of places in each line haul's cells."""
    running, _ = ran([row], merchant([TO_HUB, FROM_HUB, {**DIRECT, "from": "origin"}], places=HUB))
    found = {}
    for each in running.activity_table().to_pylist():
        if each["stage"] == "line_haul":
            keys = {spread["key"] for spread in each["spreads"] if spread["key"].startswith("fallback:place")}
            found.setdefault(each["block"].partition(" ")[0], set()).update(keys)
    return found


@pytest.mark.parametrize(
    ("origin", "destination", "direct"),
    [(COUNTRY, EXACT, {ENDS[0]}), (EXACT, COUNTRY, {ENDS[1]}), (COUNTRY, COUNTRY, set(ENDS)), (EXACT, EXACT, set())],
    ids=["origin", "destination", "both", "neither"],
)
def test_each_end_errs_on_its_own_legs(origin, destination, direct):
    """Proves that a leg from origin to hub knows nothing of the destination, and a way from end to end of both."""
    found = _places(parcel(**origin[ORIGIN], **destination[DESTINATION]))
    assert found["road/1"] == direct & {ENDS[0]} and found["road/2"] == direct & {ENDS[1]} and found["road/3"] == direct


def test_an_end_that_a_leg_does_not_touch_leaves_its_range(tmp_path):
    """Proves it of a parcel's range: the way to the hub is as certain as its origin, whatever is known of the destination."""
    setup = merchant([TO_HUB], places=HUB)
    rows = [
        parcel("exact", **EXACT[ORIGIN]),
        parcel("rough", **EXACT[ORIGIN], **COUNTRY[DESTINATION]),
        parcel("both", **COUNTRY[ORIGIN], **COUNTRY[DESTINATION]),
    ]
    found = run(rows, setup).footprints.set_index("parcel_id")
    relative = found[["line_haul_co2e_kg"]].assign(width=(found[HIGH] - found[LOW]) / found.total_co2e_kg).width
    assert relative["rough"] == pytest.approx(relative["exact"], rel=0.02) and relative["both"] > relative["rough"]


@pytest.mark.parametrize("rough", [COUNTRY, CITY], ids=["country", "city"])
def test_two_rough_ends_are_two_errors(rough):
    """Proves the range of a parcel with both ends known roughly against draws with an error for each end."""
    setup = merchant([DIRECT])
    running, chunks = ran([parcel(**rough[ORIGIN], **rough[DESTINATION])], setup)
    row, stand_ins = chunks[0].kept.to_pylist()[0], running.plan.spreads.stand_ins
    random = np.random.default_rng(6)
    distance = np.ones(_DRAWS)
    code = {None: 3, "Leeds": 1}[rough[ORIGIN].get("origin_city")]
    for name in (ORIGIN, DESTINATION):
        for sigma in (stand_ins._own_place[code], *(each.sigma for each in stand_ins._place_spreads(name)[code])):
            distance *= np.exp(sigma * random.standard_normal(_DRAWS) - sigma**2 / 2)
    keys, total = {}, np.zeros(_DRAWS)
    book = FactorBook(registry().as_json(running.factor_ids()))
    for line in replay(row, running.plan.table().to_pylist(), book):
        made = np.ones(_DRAWS)
        for spread in line.spreads:
            draw = keys.setdefault(spread.key, random.standard_normal(_DRAWS))
            made *= np.exp(spread.sigma * draw - spread.sigma**2 / 2) ** spread.elasticity
        total += line.co2e_kg * made * (distance if line.stage == "line_haul" else 1.0)
    low, high = np.quantile(total, [0.025, 0.975])
    assert row[LOW] == pytest.approx(low, rel=0.05) and row[HIGH] == pytest.approx(high, rel=0.05)
    one = only(parcel(**EXACT[ORIGIN], **rough[DESTINATION]), setup)
    assert (row[HIGH] - row[LOW]) / row["total_co2e_kg"] > (one[HIGH] - one[LOW]) / one.total_co2e_kg


def test_cells_have_room_for_what_may_stand_in_and_no_more():
    """Proves that codes of stand-ins are counted by what the survey saw, and that each comes back as it went in."""
    assert ran([parcel()])[0].plan.spreads.stand_ins.count == 1
    rows = [parcel("A", **CITY[ORIGIN], **COUNTRY[DESTINATION]), parcel("B", goods_mass_kg=None, packaging_mass_kg=0.2)]
    stand_ins = ran(rows)[0].plan.spreads.stand_ins
    assert stand_ins.count == 2 * 4 * 4 * 2
    said = {tuple(stand_ins.parts(code).values()) for code in range(stand_ins.count)}
    assert len(said) == stand_ins.count
