"""Swaps of material: the plan's factors, the kernel's differences, and nothing said that cannot be."""

from __future__ import annotations

from collections import Counter

import pytest

from carbon.optimise.advice import advise
from carbon.optimise.swaps import package_swaps
from carbon.terms import Match
from tests.engine.small import is_close, only, orders, own_factor, own_file, parcel, planned
from tests.optimise.shop import OWN, item, shop, write

BOX = {"inner": "450x350x300 mm", "mass": "560 g", "recycled_content": 0.4, "max_load": "25 kg"}
CRATE = {"inner": "350x450x300 mm", "mass": "710 g", "material": "pp", "recycled_content": 0.2, "max_load": "30 kg"}
LANE = Counter({("GB", "GB"): 3})


def swaps(packages, packed=None, tmp_path=None, own=(), **changes):
    """Return swaps and what is left out, by the plan of one parcel."""
    more = {"factors": [own_file(tmp_path, list(own))]} if own else {}
    context = planned([parcel(package=next(iter(packages)))], shop(packages, **changes), **more).context
    return package_swaps(context, packed or dict.fromkeys(packages, LANE))


def test_more_recycled_content_changes_what_the_kernel_would_change(tmp_path):
    """Proves against an inventory with the swap made: production, end of life, parcels, region, and a range around it."""
    table = orders(*(parcel(f"P{n}", package="large") for n in range(3)))
    things = write(tmp_path / "items.csv", [item(f"P{n}") for n in range(3)])
    found = advise(table, things, shop({"large": BOX}))
    (each,) = found.swaps
    (offer,) = each.offers
    today, full = (
        only(parcel(package="large"), shop({"large": BOX | {"recycled_content": content}})) for content in (0.4, 1.0)
    )
    assert is_close(offer.swap.saved_co2e_kg, today.total_co2e_kg - full.total_co2e_kg, 1e-7)
    assert is_close(each.today.production_co2e_kg, today.packaging_co2e_kg)
    assert is_close(each.today.option.end_of_life_co2e_kg, today.end_of_life_co2e_kg)
    assert (each.parcels, each.region, each.uses, each.match) == (3, "GB", 1, Match.REGION)
    assert is_close(offer.difference.value_kg, -offer.swap.saved_co2e_kg)
    assert offer.difference.low_kg < offer.difference.value_kg < offer.difference.high_kg
    assert (offer.swap.option.mass_kg, offer.swap.rank, each.today.rank) == (0.56, 1, 2)
    (left,) = found.left_out
    assert (left.package, left.what) == ("large", "material") and "a mass is not made up" in left.reason


def test_another_material_takes_its_mass_from_a_package_that_does_the_same_job():
    """Proves that a crate of the same size lends its mass and content, and that the kernel sees the same difference."""
    found, _ = swaps({"large": BOX, "crate": CRATE}, {"large": LANE})
    offer = next(offer for offer in found[0].offers if offer.what == "material")
    assert (offer.mass_of, offer.material) == ("crate", "pp")
    assert (offer.swap.option.mass_kg, offer.swap.option.recycled_content) == (0.71, 0.2)
    setup = shop({"large": BOX, "crate": CRATE})
    board, plastic = (only(parcel(package=key), setup).packaging_co2e_kg for key in ("large", "crate"))
    assert is_close(offer.swap.saved_co2e_kg, board - plastic) and offer.swap.saved_co2e_kg < 0
    ranks = [each.swap.rank for each in found[0].offers]
    assert ranks == [1, 3] and found[0].today.rank == 2


@pytest.mark.parametrize(
    "change",
    [{"inner": "450x350x310 mm"}, {"max_load": "24 kg"}, {"kind": "mailer"}, {"temperatures": ["frozen"]},
     {"reuse": {"uses": 20}}, {"material": "corrugated_board"}, {"mass": "0 g"}],
)  # fmt: skip
def test_a_package_for_another_job_lends_no_mass(change):
    """Proves that size, load, kind, temperatures and reuse must be the same, and that the lack is told with its reason."""
    found, left = swaps({"large": BOX, "crate": CRATE | change}, {"large": LANE})
    assert [offer.what for offer in found[0].offers] == ["recycled_content"]
    (reason,) = (each.reason for each in left if each.what == "material")
    assert "a mass is not made up" in reason


def test_where_only_the_end_of_life_differs_nothing_is_ranked(tmp_path):
    """Proves that equal production gets no rank and no saving, whatever the waste factors say, and that the words say so."""
    own = [
        own_factor(f"own.{name}.{source}", 0.8, "kg/kg", "cradle_to_gate", activity=f"packaging.{name}.{source}")
        for name in ("corrugated_board", "wood")
        for source in ("virgin", "recycled")
    ]
    wooden = BOX | {"material": "wood"}
    found, _ = swaps({"large": BOX, "case": wooden}, {"large": LANE}, tmp_path, own)
    each = found[0]
    wood = next(offer for offer in each.offers if offer.material == "wood")
    assert wood.swap.option.end_of_life_co2e_kg != each.today.option.end_of_life_co2e_kg
    for swap in (each.today, *(offer.swap for offer in each.offers)):
        assert swap.rank is None and swap.saved_co2e_kg == 0 and "end of life does not rank" in swap.why
    assert each.match is Match.OWN


def test_what_the_factors_do_not_tell_is_left_out_with_the_reason():
    """Proves that a missing recycled factor and factors of another boundary are told, not replaced by something near."""
    kraft = BOX | {"material": "kraft_paper", "recycled_content": 0.0}
    found, left = swaps(
        {"large": BOX | {"recycled_content": 1.0}, "kraft": kraft, "light": BOX | {"mass": "0 g"}, **OWN}
    )
    assert all(not each.offers for each in found)
    reasons = {(each.package, each.what): each.reason for each in left}
    assert reasons["kraft", "recycled_content"] == "the tables have no factor for recycled kraft_paper"
    assert "another boundary" in reasons["large", "material"] and "another boundary" in reasons["kraft", "material"]
    assert "recycled already" in reasons["large", "recycled_content"]
    assert {reasons["light", what] for what in ("recycled_content", "material")} == {"its stated mass is zero"}
    assert {what for package, what in reasons if package == "own"} == {"recycled_content", "material"}


def test_factors_are_those_of_where_it_is_packed(tmp_path):
    """Proves one row for each region an order is packed in, with that region's factors, and the sites' for an unused one."""
    leipzig = {"country": "DE", "latitude": 51.4, "longitude": 12.25}
    sites = {
        "coventry": {"place": {"country": "GB", "latitude": 52.44, "longitude": -1.48}},
        "leipzig": {"place": leipzig},
    }
    own = [
        own_factor("own.board", 3.0, "kg/kg", "cradle_to_point_of_sale", region="DE",
                   activity="packaging.corrugated_board.virgin")
    ]  # fmt: skip
    packed = {"large": Counter({("GB", "DE"): 2, ("DE", "GB"): 5}), "spare": Counter()}
    found, _ = swaps({"large": BOX, "spare": BOX | {"sites": ["leipzig"]}}, packed, tmp_path, own, sites=sites)
    rows = {(each.package, each.region): each for each in found}
    assert rows.keys() == {("large", "GB"), ("large", "DE"), ("spare", "DE")}
    assert [rows[key].parcels for key in (("large", "GB"), ("large", "DE"), ("spare", "DE"))] == [2, 5, 0]
    assert (
        rows["large", "DE"].today.option.virgin_co2e_kg_per_kg
        == 3.0
        != rows["large", "GB"].today.option.virgin_co2e_kg_per_kg
    )
    assert rows["large", "GB"].match is Match.REGION and rows["large", "DE"].match is Match.PROXY
    (offer,) = rows["large", "DE"].offers
    assert not offer.swap.same_source
