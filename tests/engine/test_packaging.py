"""Packages: materials by share, filling by empty space, reusable boxes, own container, end of life by country."""

from __future__ import annotations

import math

import pytest

from carbon.errors import OrganisationError
from tests.engine.small import BOX, COVENTRY, is_close, merchant, only, parcel, planned, ran, registry, run

BOX_M3 = 0.25 * 0.18 * 0.10


def _kg(activity: str, region: str = "GB") -> float:
    return registry().resolve(activity, "kg", region, 2025).factor.co2e_kg


def _only(package: dict, **values):
    return only(parcel(**values), merchant(packages={"box": package}))


def test_virgin_and_recycled_by_their_shares():
    """Proves mass x share x factor, per component."""
    found = _only(BOX | {"recycled_content": 0.7, "extras": [{"material": "pp", "mass": "2 g"}]})
    board = 0.3 * _kg("packaging.corrugated_board.virgin") + 0.7 * _kg("packaging.corrugated_board.recycled")
    assert is_close(found.packaging_co2e_kg, 0.118 * board + 0.002 * _kg("packaging.pp.virgin"))
    assert is_close(found.gross_mass_kg, 1.2 + 0.118 + 0.002)


def test_void_fill_follows_the_empty_space():
    """Proves density x what the goods leave empty, in mass, material and gross mass alike; none where they fill the box."""
    package = BOX | {"void_fill": {"material": "paper", "density": "12 kg/m**3", "recycled_content": 1.0}}
    found = _only(package, goods_volume_m3=0.001)
    fill_kg = 12 * (BOX_M3 - 0.001)
    assert is_close(found.packaging_mass_kg, 0.118 + fill_kg)
    assert is_close(
        found.packaging_co2e_kg,
        0.118 * _kg("packaging.corrugated_board.virgin") + fill_kg * _kg("packaging.paper.recycled"),
    )
    assert is_close(_only(package, goods_volume_m3=0.02).packaging_mass_kg, 0.118)


def test_a_box_of_known_size_only_is_weighed_by_its_board():
    """Proves the blank of a slotted carton times the sourced grammage where no mass is given."""
    found = registry()
    grammage = found.needed_parameter("packaging.board_grammage.single_wall", "GB", 2025).value
    joint_m = found.needed_parameter("packaging.joint_allowance", "GB", 2025).value * 1000
    spec = planned([parcel()], merchant(packages={"box": {"inner": "250x180x100 mm"}})).context.packages[0]
    assert (
        is_close(spec.tare_kg, (2 * 0.25 + 2 * 0.18 + joint_m) * (0.10 + 0.18) * grammage) and 0.05 < spec.tare_kg < 0.4
    )
    assert is_close(spec.inner_m3, BOX_M3)


def test_neither_mass_nor_size_is_refused():
    """Proves that a package of nothing is named."""
    with pytest.raises(OrganisationError, match=r"packages\.box"):
        planned([parcel()], merchant(packages={"box": {"material": "pp"}}))


def test_a_shipped_carton_and_one_that_is_none():
    """Proves `like`, and the message where no such carton is shipped."""
    name = next(iter(registry().packages))
    assert planned([parcel()], merchant(packages={"box": {"like": name}})).context.packages[0].tare_kg > 0
    with pytest.raises(OrganisationError, match=r"packages\.box\.like"):
        planned([parcel()], merchant(packages={"box": {"like": "hatbox"}}))


def test_own_container_has_no_material_but_its_label():
    """Proves that shipping in the product's own box books the extras only."""
    found = _only({"kind": "own_container", "extras": [{"material": "paper", "mass": "3 g"}]})
    assert is_close(found.packaging_co2e_kg, 0.003 * _kg("packaging.paper.virgin")) and is_close(
        found.gross_mass_kg, 1.203
    )


REUSE = {
    "uses": 50,
    "loss_rate": 0.03,
    "return_vehicle": "road.van.class_3.diesel",
    "return_distance": "60 km",
    "washing": [{"activity": "electricity.grid", "quantity": "0.04 kW*h"}],
}
CRATE = {"inner": "360x260x190 mm", "material": "pp", "mass": "640 g"}


def test_a_reusable_box_by_hand():
    """Proves material over expected uses, washing and empty return on each trip, end of life over uses as well."""
    once, many = _only(CRATE), _only(CRATE | {"reuse": REUSE})
    uses = (1 - 0.97**50) / 0.03
    return_kg = 0.64 * 60 * registry().factors["desnz_2025.road.van.class_3.diesel.tkm"].co2e_kg
    assert is_close(many.packaging_co2e_kg, once.packaging_co2e_kg / uses + return_kg + 0.04 * 0.2454)
    assert is_close(many.end_of_life_co2e_kg, once.end_of_life_co2e_kg / uses)
    assert many.gross_mass_kg == once.gross_mass_kg and is_close(many.line_haul_co2e_kg, once.line_haul_co2e_kg)


def test_no_losses_and_one_use():
    """Proves the ends of reuse: a box that is never lost lasts its uses, one use is no reuse."""
    plain = _only(CRATE).packaging_co2e_kg
    for uses, loss in ((50, 0.0), (1, 0.0), (1, 0.5)):
        assert is_close(_only(CRATE | {"reuse": {"uses": uses, "loss_rate": loss}}).packaging_co2e_kg, plain / uses)


def test_end_of_life_shares_add_up_to_the_package():
    """Proves that recycled, incinerated, composted and landfilled parts are the whole package, by the destination's shares."""
    destinations = {"GB": {}, "DE": {"latitude": 52.5, "longitude": 13.4}, "US": {"latitude": 41.9, "longitude": -87.6}}
    rows = []
    for code, place in destinations.items():
        where = {f"destination_{key}": value for key, value in place.items()}
        rows.append(parcel(code, destination_country=code, **where))
    running, chunks = ran(rows)
    activity = [row for row in running.activity_table().to_pylist() if row["stage"] == "end_of_life"]
    assert is_close(math.fsum(row["amount"] for row in activity), 3 * 0.118)
    found = chunks[0].kept.to_pandas().set_index("parcel_id").end_of_life_co2e_kg
    recycling = registry().needed_parameter("end_of_life_share.corrugated_board.recycling", "GB", 2025).value
    burnt = registry().needed_parameter("end_of_life_share.residual_waste.incineration", "GB", 2025).value
    shares = {
        "recycling": recycling,
        "incineration": (1 - recycling) * burnt,
        "landfill": (1 - recycling) * (1 - burnt),
    }
    by_hand = 0.118 * sum(share * _kg(f"end_of_life.corrugated_board.{name}") for name, share in shares.items())
    assert is_close(found["GB"], by_hand) and found["US"] != found["GB"]


def test_scopes_of_packaging_and_its_waste():
    """Proves categories 1 and 12, whoever carries."""
    running, _ = ran([parcel()])
    found = {
        (row["stage"], row["scope"], row["category"])
        for row in running.activity_table().to_pylist()
        if row["stage"] in ("packaging", "end_of_life")
    }
    assert found == {("packaging", "3", "1"), ("end_of_life", "3", "12")}


def test_a_parcel_without_a_volume_has_no_filling_invented():
    """Proves that an unknown volume gives no filling, and is flagged, not guessed as an empty box."""
    package = BOX | {"void_fill": {"material": "paper", "density": "12 kg/m**3"}}
    found = _only(package)
    assert math.isnan(found.goods_volume_m3) and is_close(found.packaging_mass_kg, 0.118)
    with_volumes = run(
        [parcel("a", goods_volume_m3=0.001), parcel("b")],
        merchant(packages={"box": package}, sites={"coventry": {"place": COVENTRY}}),
    )
    assert with_volumes.footprints.packaging_mass_kg.gt(0.118).all()
