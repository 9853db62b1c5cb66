"""Which distance a factor wants, and which scope an emission falls into."""

from __future__ import annotations

import pytest

from carbon.activities.chain import DistanceRule, distance_rule
from carbon.activities.scoping import Kind, scope_of
from carbon.errors import FactorError
from carbon.terms import Boundary, Category, DistanceBasis, Mode, Party, Scope

GCD, SFD, ACTUAL = DistanceBasis.GREAT_CIRCLE, DistanceBasis.SHORTEST_FEASIBLE, DistanceBasis.ACTUAL
ROAD, RAIL, SEA, AIR = Mode.ROAD, Mode.RAIL, Mode.SEA, Mode.AIR


@pytest.mark.parametrize(
    ("mode", "given", "wanted", "circuity", "adjustment", "addition"),
    [
        (ROAD, GCD, ACTUAL, "circuity.road", "distance_adjustment.road", None),
        (ROAD, GCD, SFD, "circuity.road", None, None),
        (ROAD, SFD, ACTUAL, None, "distance_adjustment.road", None),
        (ROAD, ACTUAL, ACTUAL, None, None, None),
        (ROAD, GCD, GCD, None, None, None),
        (ROAD, GCD, None, "circuity.road", "distance_adjustment.road", None),
        (RAIL, GCD, ACTUAL, "circuity.road", "distance_adjustment.rail", None),
        (SEA, SFD, ACTUAL, None, "distance_adjustment.sea", None),
        (SEA, SFD, SFD, None, None, None),
        (SEA, SFD, None, None, "distance_adjustment.sea", None),
        (AIR, GCD, GCD, None, None, None),
        (AIR, GCD, None, None, None, None),
        (AIR, GCD, ACTUAL, None, None, "distance_addition.air"),
        (AIR, GCD, SFD, None, None, "distance_addition.air"),
        (AIR, ACTUAL, ACTUAL, None, None, None),
    ],
)
def test_distance_is_brought_to_the_factor_s_basis(mode, given, wanted, circuity, adjustment, addition):
    """Proves which sourced parameter lengthens a distance, and that none does where the bases agree."""
    assert distance_rule(mode, given, wanted, ()) == DistanceRule(circuity, adjustment, addition)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("wanted", [GCD, SFD, ACTUAL])
def test_an_uplift_inside_is_never_added_again(mode, wanted):
    """Proves that 8 % inside an air factor, or any uplift, forbids lengthening."""
    assert distance_rule(mode, GCD, wanted, ("distance_uplift",)) == DistanceRule()


@pytest.mark.parametrize(("given", "wanted"), [(ACTUAL, GCD), (ACTUAL, SFD), (SFD, GCD)])
def test_a_longer_distance_is_refused(given, wanted):
    """Proves that no distance is shortened, and that the message names both bases."""
    with pytest.raises(FactorError) as caught:
        distance_rule(ROAD, given, wanted, ())
    assert given in str(caught.value) and wanted in str(caught.value) and caught.value.mend


OWN, CARRIER, BUYER = Party.OWN, Party.CARRIER, Party.BUYER
SCOPE_1, SCOPE_2, SCOPE_3 = Scope.SCOPE_1, Scope.SCOPE_2, Scope.SCOPE_3


@pytest.mark.parametrize(
    ("kind", "party", "boundary", "scope", "category"),
    [
        (Kind.TRANSPORT, OWN, Boundary.TTW, SCOPE_1, Category.NONE),
        (Kind.TRANSPORT, OWN, Boundary.WTT, SCOPE_3, Category.FUEL_AND_ENERGY),
        (Kind.TRANSPORT, OWN, Boundary.GENERATION, SCOPE_2, Category.NONE),
        (Kind.TRANSPORT, CARRIER, Boundary.TTW, SCOPE_3, Category.UPSTREAM_TRANSPORT),
        (Kind.TRANSPORT, CARRIER, Boundary.WTT, SCOPE_3, Category.UPSTREAM_TRANSPORT),
        (Kind.TRANSPORT, CARRIER, Boundary.GENERATION, SCOPE_3, Category.UPSTREAM_TRANSPORT),
        (Kind.TRANSPORT, BUYER, Boundary.WTT, SCOPE_3, Category.DOWNSTREAM_TRANSPORT),
        (Kind.SITE, OWN, Boundary.TTW, SCOPE_1, Category.NONE),
        (Kind.SITE, OWN, Boundary.GENERATION, SCOPE_2, Category.NONE),
        (Kind.SITE, OWN, Boundary.GRID_LOSSES, SCOPE_3, Category.FUEL_AND_ENERGY),
        (Kind.SITE, OWN, Boundary.WTT_GRID_LOSSES, SCOPE_3, Category.FUEL_AND_ENERGY),
        (Kind.SITE, OWN, Boundary.WTT, SCOPE_3, Category.FUEL_AND_ENERGY),
        (Kind.SITE, OWN, Boundary.LIFE_CYCLE, SCOPE_2, Category.NONE),
        (Kind.SITE, OWN, Boundary.LIFE_CYCLE_PRODUCTION, SCOPE_2, Category.NONE),
        (Kind.SITE, CARRIER, Boundary.GENERATION, SCOPE_3, Category.UPSTREAM_TRANSPORT),
        (Kind.OWN_GENERATION, OWN, Boundary.LIFE_CYCLE, SCOPE_3, Category.FUEL_AND_ENERGY),
        (Kind.PACKAGING, OWN, Boundary.CRADLE_TO_SALE, SCOPE_3, Category.PURCHASED_GOODS),
        (Kind.PRODUCT, OWN, Boundary.CRADLE_TO_GATE, SCOPE_3, Category.PURCHASED_GOODS),
        (Kind.END_OF_LIFE, OWN, Boundary.END_OF_LIFE, SCOPE_3, Category.END_OF_LIFE),
        (Kind.OPERATIONS_WASTE, OWN, Boundary.END_OF_LIFE, SCOPE_3, Category.OPERATIONS_WASTE),
        (Kind.CUSTOMER_TRIP, BUYER, Boundary.TTW, SCOPE_3, Category.DOWNSTREAM_TRANSPORT),
    ],
)
def test_scope(kind, party, boundary, scope, category):
    """Proves the table of the GHG Protocol: ownership and boundary decide, never the vehicle."""
    assert scope_of(kind, party, boundary) == (scope, category)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("party", list(Party))
@pytest.mark.parametrize("boundary", list(Boundary))
def test_every_emission_has_one_place(kind, party, boundary):
    """Proves that a category stands with scope 3 only, and that a carrier's emissions are never scope 1 or 2."""
    scope, category = scope_of(kind, party, boundary)
    assert (category is Category.NONE) == (scope is not Scope.SCOPE_3)
    if party is not Party.OWN:
        assert scope is Scope.SCOPE_3
