"""Which person has which role: the table is read strictly, and a token is believed only as far as it goes."""

from __future__ import annotations

import pytest

from app import people
from app.people import Refusal, Refused, Right, Role
from carbon.errors import AccessError, InputError

NOW_S = 1_750_000_000
TABLE = {
    "people": {
        "Ana@Shop.example": "admin",
        "ben@shop.example": {"role": "analyst", "name": "ben of logistics"},
        "@shop.example": "viewer",
    }
}


def _claims(email: str, **changes) -> dict:
    return {"is_logged_in": True, "email": email, "email_verified": True, "iat": NOW_S - 60, "name": "N", **changes}


def _person(given: dict, claims: dict) -> people.Person:
    return people.person(people.read(given), claims, NOW_S)


@pytest.mark.parametrize(
    ("email", "role", "who"),
    [
        ("ana@shop.example", Role.ADMIN, "ana"),
        ("BEN@shop.example", Role.ANALYST, "ben of logistics"),
        ("somebody@shop.example", Role.VIEWER, "somebody"),
    ],
)
def test_a_person_has_the_role_of_the_table(email, role, who):
    """Proves that capitals do not matter, that a name of one's own is recorded, and that never an address is."""
    found = _person(TABLE, _claims(email))
    assert (found.role, found.who) == (role, who) and "@" not in found.who


def test_roles_hold_each_other():
    """Proves that an admin may what an analyst may, and an analyst what a viewer may."""
    assert Role.VIEWER.rights == {Right.SEE}
    assert Role.ANALYST.rights == {Right.SEE, Right.WORK}
    assert Role.ADMIN.rights == set(Right)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({}, Refusal.SIGNED_OUT),
        ({"is_logged_in": False, "email": "ana@shop.example"}, Refusal.SIGNED_OUT),
        (_claims("eve@other.example"), Refusal.UNKNOWN),
        (_claims("eve@other.example@shop.example.evil"), Refusal.UNKNOWN),
        (_claims("@shop.example"), Refusal.UNKNOWN),
        (_claims(""), Refusal.UNKNOWN),
        (_claims("ana@shop.example", email_verified=False), Refusal.UNCONFIRMED),
        (_claims("ana@shop.example", email_verified="true"), Refusal.UNCONFIRMED),
        ({**_claims("ana@shop.example"), "email_verified": None}, Refusal.UNCONFIRMED),
        (_claims("ana@shop.example", iat=NOW_S - 13 * 3600), Refusal.EXPIRED),
        (_claims("ana@shop.example", iat=None), Refusal.EXPIRED),
    ],
)
def test_whoever_is_not_surely_somebody_stays_out(claims, why):
    """Proves that nobody gets in unsigned, unknown, with an address nobody vouches for, or with an old token."""
    with pytest.raises(Refused) as refused:
        _person(TABLE, claims)
    assert refused.value.why is why


def test_people_can_be_named_by_another_claim():
    """Proves that a deployment whose provider confirms no address can name people by its own ids, to the letter."""
    table = {"claim": "oid", "hours": 1, "people": {"A-1": {"role": "admin", "name": "ana"}, "b-2": "viewer"}}
    assert _person(table, _claims("", oid="A-1", email_verified=None)).who == "ana"
    with pytest.raises(Refused):
        _person(table, _claims("ana@shop.example", oid="a-1"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"people": {}}, "people"),
        ({"people": {"a@b.c": "owner"}}, "role"),
        ({"people": {"a@b.c": "admin"}, "roles": {}}, "unknown key"),
        ({"people": {"@b.c": "analyst"}}, "a whole domain can only look"),
        ({"claim": "sub", "people": {"@b.c": "viewer"}}, "a whole domain can only look"),
        ({"people": {"a@b.c": "admin", "a@d.e": "analyst"}}, "two people would be recorded under one name"),
        ({"people": {"a@b.c": "admin", "A@b.c": "viewer"}}, "stands twice"),
        ({"people": {"a@b.c": {"role": "admin", "name": "x@y"}}}, "name"),
        ({"hours": 0, "people": {"a@b.c": "admin"}}, "hours"),
    ],
)
def test_a_table_that_is_wrong_is_refused(given, said):
    """Proves that a slip in the table is an error that names it, and opens no door."""
    with pytest.raises(InputError) as refused:
        people.read(given)
    assert said in str(refused.value) and "secrets.toml [access]" in str(refused.value)


def test_no_table_is_no_access():
    """Proves that sign-in without roles lets nobody in, and says what to add."""
    for given in (None, {}):
        with pytest.raises(AccessError, match=r"access\.people"):
            people.read(given)
