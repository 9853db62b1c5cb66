"""Consolidation approaches by hand: GHG Protocol Corporate Standard, chapter 3 and appendix F; Scope 3 Standard, chapter 5."""

from __future__ import annotations

import pytest

from carbon.errors import InputError
from carbon.organisation import Entity, Lease
from carbon.organisation.entities import Falls, attributed
from tests.engine.small import COVENTRY, HUB, LINE_HAUL, VAN, merchant

EQUITY, FINANCIAL, OPERATIONAL = "equity_share", "financial_control", "operational_control"
OWN, INVESTMENT, OTHERS = Falls.OWN, Falls.INVESTMENT, Falls.OTHERS


def _entity(share: float, financial: str, operational: bool) -> Entity:
    return Entity(share=share, financial_control=financial, operational_control=operational)


@pytest.mark.parametrize(
    ("approach", "entity", "wanted"),
    [
        # A subsidiary of 80 %, fully controlled: 80 % by equity, all of it by control.
        (EQUITY, _entity(0.8, "full", True), {OWN: 0.8, OTHERS: 0.2}),
        (FINANCIAL, _entity(0.8, "full", True), {OWN: 1}),
        (OPERATIONAL, _entity(0.8, "full", True), {OWN: 1}),
        # A joint venture of 40 % that a partner operates: under joint financial control by the share, too.
        (EQUITY, _entity(0.4, "joint", False), {OWN: 0.4, OTHERS: 0.6}),
        (FINANCIAL, _entity(0.4, "joint", False), {OWN: 0.4, OTHERS: 0.6}),
        (OPERATIONAL, _entity(0.4, "joint", False), {INVESTMENT: 0.4, OTHERS: 0.6}),
        # An associate of 25 % that the organisation operates for the others.
        (EQUITY, _entity(0.25, "none", True), {OWN: 0.25, OTHERS: 0.75}),
        (FINANCIAL, _entity(0.25, "none", True), {INVESTMENT: 0.25, OTHERS: 0.75}),
        (OPERATIONAL, _entity(0.25, "none", True), {OWN: 1}),
        # All of it, and no say: what nobody else owns has no others.
        (OPERATIONAL, _entity(1.0, "full", False), {INVESTMENT: 1}),
        (EQUITY, None, {OWN: 1}),
    ],
)
def test_an_entity_is_divided_by_the_approach(approach, entity, wanted):
    """Proves each row of chapter 3's table: the share by equity, all or nothing by control, the rest where it belongs."""
    assert attributed(approach, entity, None) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("role", "kind", "inside", "outside"),
    [
        ("lessee", "finance", {EQUITY, FINANCIAL, OPERATIONAL}, None),
        ("lessee", "operating", {OPERATIONAL}, Falls.LEASED_IN),
        ("lessor", "finance", set(), Falls.LEASED_OUT),
        ("lessor", "operating", {EQUITY, FINANCIAL}, Falls.LEASED_OUT),
    ],
)
@pytest.mark.parametrize("approach", [EQUITY, FINANCIAL, OPERATIONAL])
def test_a_lease_is_inside_by_its_kind_and_the_approach(approach, role, kind, inside, outside):
    """Proves appendix F: which leases are scopes 1 and 2 of lessee and lessor, and that others are category 8 or 13."""
    found = attributed(approach, None, Lease(role=role, kind=kind))
    assert found == {OWN if approach in inside else outside: 1}


def test_a_leased_site_of_an_entity_keeps_the_others_part():
    """Proves that a lease moves the organisation's part alone."""
    found = attributed(EQUITY, _entity(0.4, "joint", False), Lease(role="lessee", kind="operating"))
    assert found == pytest.approx({Falls.LEASED_IN: 0.4, OTHERS: 0.6})


JV = {"share": 0.4, "financial_control": "joint", "operational_control": False}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sites": {"coventry": {"place": COVENTRY, "entity": "jx"}}}, "sites.coventry.entity names 'jx'"),
        ({"sites": {"coventry": {"place": COVENTRY, "entity": "jv", "party": "carrier"}}}, "third party's"),
        ({"services": {"road": {"chain": [LINE_HAUL, HUB, VAN], "entity": "jv"}}}, "no leg by own vehicles"),
        (
            {"services": {"road": {"chain": [VAN | {"party": "own"}], "entity": "jx"}}},
            "services.road.entity names 'jx'",
        ),
        ({"entities": {"jv": JV | {"share": 40}}}, "less than or equal to 1"),
        ({"entities": {"jv": JV | {"share": 0}}}, "greater than 0"),
        ({"entities": {"jv": {"share": 0.4}}}, "is missing"),
        ({"consolidation": "majority"}, "operational_control"),
        (
            {
                "sites": {
                    "coventry": {"place": COVENTRY, "party": "carrier", "lease": {"role": "lessee", "kind": "finance"}}
                }
            },
            "'entity' or 'lease'",
        ),
    ],
)
def test_entities_are_read_strictly(changes, words):
    """Proves that an unknown entity, a third party's asset and a share in per cent are refused where they stand."""
    with pytest.raises(InputError) as caught:
        merchant(**({"entities": {"jv": JV}} | changes))
    assert words in str(caught.value) and "organisation.yaml" in str(caught.value)
