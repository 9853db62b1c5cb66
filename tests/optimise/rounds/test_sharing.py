"""Kilograms of rounds among parcels: by hand, in sum, and as the ledger's own rules count."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from carbon.activities.transport import round_distance, round_distance_by_mass_distance
from carbon.errors import InputError
from carbon.optimise.rounds.plan import Duty, Round
from carbon.optimise.rounds.sharing import round_co2e_kg, shares
from carbon.orders.distance import great_circle_km
from tests.optimise.rounds.test_verifying_rounds import RELOADS, TWICE
from tests.optimise.rounds.town import PLAN, TOWN, planned, with_van


def by_parcel(found) -> dict:
    """Return kg by parcel and direction."""
    return {(each.parcel, each.collected): each.co2e_kg for each in found}


def test_equal_shares_by_hand():
    """Proves that P1, P2, P3 and what is collected at B answer for a quarter of 6.5 kg each."""
    found = by_parcel(shares(TOWN, PLAN, "parcel"))
    assert found == {key: 6.5 / 4 for key in (("P1", False), ("P2", False), ("P3", False), ("B", True))}


def test_shares_by_mass_and_distance_by_hand():
    """Proves 5 x 1, 35 x 1, 20 x 2 and 10 x 2 of 100, but for the road's great-circle lengths."""
    found = shares(TOWN, PLAN, "mass_distance", {"P1": 5.0, "P2": 35.0, "P3": 20.0})
    one, two = (float(great_circle_km(50.0, 8.0, 50.0 + 0.09 * node, 8.0)) for node in (1, 2))
    whole = 40 * one + 30 * two
    expected = {("P1", False): 5 * one, ("P2", False): 35 * one, ("P3", False): 20 * two, ("B", True): 10 * two}
    got = by_parcel(found)
    assert got == pytest.approx({key: 6.5 * each / whole for key, each in expected.items()}, rel=1e-12)
    assert got["P1", False] == pytest.approx(6.5 * 0.05, rel=1e-3)


@pytest.mark.parametrize("rule", ["parcel", "mass_distance"])
def test_every_round_is_shared_whole_as_the_ledger_shares_it(rule):
    """Proves that each round's parts sum to its kg, the plan's to the plan's, and that both rules are the ledger's functions."""
    for problem, plan in ((TOWN, PLAN), (RELOADS, planned(RELOADS, TWICE))):
        found = shares(problem, plan, rule)
        for timed in plan.duties:
            for number, co2e_kg in enumerate(round_co2e_kg(problem, timed)):
                here = [each for each in found if each.round == number]
                assert math.isclose(math.fsum(each.co2e_kg for each in here), co2e_kg, rel_tol=1e-12)
                mass_kg = np.array([each.mass_kg for each in here])
                radial_km = np.array([each.radial_km for each in here])
                if rule == "parcel":
                    theirs = np.full(len(here), round_distance(co2e_kg, len(here), np.nan, 0.0))
                else:
                    theirs = round_distance_by_mass_distance(
                        co2e_kg, mass_kg, radial_km, (mass_kg * radial_km).sum(), len(here), np.nan, 0.0
                    )
                assert [each.co2e_kg for each in here] == pytest.approx(list(theirs), rel=1e-12)
        assert math.isclose(math.fsum(each.co2e_kg for each in found), plan.co2e_kg, rel_tol=1e-12)


def test_the_vehicles_use_is_shared_by_metres():
    """Proves rule 19: of 2 kg for the van's use, 20 of 60 km answer for a third."""
    first, second = round_co2e_kg(RELOADS, planned(RELOADS, TWICE).duties[0])
    assert first == pytest.approx(0.5 * (10 * 0.24 + 10 * 0.2) + 2 / 3)
    assert second == pytest.approx(0.5 * (20 * 0.22 + 20 * 0.21) + 4 / 3)


def test_a_round_without_parcels_goes_to_the_next():
    """Proves rule 21: a drive to the other depot before the only round with parcels, and after it; nothing is lost."""
    problem = with_van(RELOADS, reload_at=(4,), end=4, range_km=1_000.0, payload_kg=100.0)
    before = planned(problem, Duty(0, (Round(0, (), 4), Round(4, (1, 0), 4)), 28_800.0))
    problem_after = with_van(RELOADS, reload_at=(0,), end=4, range_km=1_000.0, payload_kg=100.0)
    after = planned(problem_after, Duty(0, (Round(0, (0, 1), 0), Round(0, (), 4)), 28_800.0))
    for each, plan in ((problem, before), (problem_after, after)):
        found = shares(each, plan, "parcel")
        assert len(found) == 4
        assert math.isclose(math.fsum(share.co2e_kg for share in found), plan.co2e_kg, rel_tol=1e-12)


def test_places_that_only_a_matrix_knows():
    """Proves that the second rule says what is missing, and the first needs no places."""
    nowhere = replace(TOWN, network=replace(TOWN.network, latitude=np.full(5, np.nan)))
    assert by_parcel(shares(nowhere, PLAN, "parcel"))["P1", False] == 6.5 / 4
    with pytest.raises(InputError, match="stop A or its depot without coordinates"):
        shares(nowhere, PLAN, "mass_distance")


def test_parcels_at_the_depot_itself_share_equally():
    """Proves the rule's own exception: no distance, nothing to share by."""
    here = replace(TOWN, network=replace(TOWN.network, latitude=np.full(5, 50.0)))
    assert by_parcel(shares(here, PLAN, "mass_distance"))["P1", False] == 6.5 / 4
