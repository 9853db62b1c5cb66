"""Which person has which role: the table ``[access]`` in Streamlit's secrets file, read strictly.

It is data of the deployment and stands beside ``[auth]``, where Streamlit's own sign-in is set up:

    [access]
    claim = "email"                      # the default; any claim of the identity token, such as "sub" or "oid"
    hours = 12                           # the default; after so long a person signs in anew

    [access.people]
    "ana@shop.example" = "admin"
    "ben@shop.example" = { role = "analyst", name = "ben" }
    "@shop.example" = "viewer"           # everybody else of this domain
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from carbon import documents
from carbon.errors import AccessError, InputError

EMAIL = "email"
#: As the table is called in messages.
_TABLE = "secrets.toml [access]"


class Right(StrEnum):
    """What a page or a piece of work needs."""

    SEE = "see"
    WORK = "work"
    MANAGE = "manage"


class Role(StrEnum):
    """What a person is."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"

    @property
    def rights(self) -> frozenset[Right]:
        """What the role may do: a viewer sees, an analyst works, too, and an admin manages, too."""
        return frozenset(list(Right)[: list(Role).index(self) + 1])


@dataclass(frozen=True)
class Person:
    """Whoever uses the app in this session.

    Attributes
    ----------
    role : Role
    who : str or None
        The name that ledger and file histories record; None for the one user of this machine, whom they know.
    shown : str
        The name shown to the person.
    """

    role: Role
    who: str | None = None
    shown: str = ""


class Refusal(StrEnum):
    """Why somebody does not get in."""

    SIGNED_OUT = "signed_out"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN = "unknown"


class Refused(AccessError):
    """Somebody does not get in."""

    def __init__(self, why: Refusal, shown: str = ""):
        self.why, self.shown = why, shown
        super().__init__(f"no access: {why}")


class Entry(BaseModel):
    """One person of the table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    name: str | None = Field(None, min_length=1, max_length=80, pattern=r"^[^@\s][^@\n]*$")


class Table(BaseModel):
    """The table ``[access]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str = Field(EMAIL, pattern=r"^[A-Za-z_][\w:/.\-]*$")
    hours: float = Field(12.0, gt=0, le=24 * 30)
    people: dict[str, Entry] = Field(min_length=1)

    @field_validator("people", mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        """A role alone is short for an entry with that role."""
        if not isinstance(given, Mapping):
            return given
        return {str(key).strip(): {"role": each} if isinstance(each, str) else each for key, each in given.items()}

    @model_validator(mode="after")
    def _told_apart(self) -> Table:
        recorded: dict[str, str] = {}
        folded = [key.casefold() for key in self.people]
        if self.claim == EMAIL and len(set(folded)) < len(folded):
            twice = next(key for key in folded if folded.count(key) > 1)
            raise InputError("an address stands twice", found=twice, expected="once, capitals aside", mend="remove one")
        for key, entry in self.people.items():
            if key.startswith("@") and (self.claim != EMAIL or entry.role is not Role.VIEWER):
                raise InputError(
                    "a whole domain can only look",
                    found=f'"{key}" = "{entry.role}", by the claim {self.claim}',
                    expected="the role viewer, by the claim email",
                    mend="name the analysts and admins one by one: what they do is recorded under their names",
                )
            if entry.role is Role.VIEWER:
                continue
            who = _who(key, entry)
            if who.casefold() in recorded:
                raise InputError(
                    "two people would be recorded under one name",
                    found=f'"{recorded[who.casefold()]}" and "{key}", both as {who!r}',
                    expected="a name of its own for each",
                    mend=f'write "{key}" = {{ role = "{entry.role}", name = "..." }}',
                )
            recorded[who.casefold()] = key
        return self


def read(given: Any) -> Table:
    """Return the table of a secrets file.

    Raises
    ------
    AccessError
        If there is none: nobody would have a role.
    InputError
        If it is not as it has to be.
    """
    if not given:
        raise AccessError(
            f"{_TABLE}: people sign in, but nobody has a role\n"
            '  expected: a table [access.people] with lines such as "ana@shop.example" = "admin"\n'
            "  mend:     add it to the secrets file; docs/app.md shows one"
        )
    return documents.validate(Table, given, _TABLE)


def person(table: Table, claims: Mapping[str, Any], now_s: float) -> Person:
    """Return the person that an identity token speaks of.

    Parameters
    ----------
    table : Table
    claims : mapping
        As Streamlit's ``st.user`` holds them.
    now_s : float
        The present time, in seconds since 1970.

    Raises
    ------
    Refused
        If nobody is signed in, the token is too old, the provider does not vouch for the address, or there is no role.
    """
    if not claims.get("is_logged_in"):
        raise Refused(Refusal.SIGNED_OUT)
    identity = str(claims.get(table.claim) or "").strip()
    shown = str(claims.get("name") or identity)
    issued_s = claims.get("iat")
    if not isinstance(issued_s, int | float) or now_s - issued_s > table.hours * 3600:
        raise Refused(Refusal.EXPIRED, shown)
    if not identity:
        raise Refused(Refusal.UNKNOWN, shown)
    if table.claim == EMAIL:
        identity = identity.casefold()
        # An address that its provider has not confirmed may be anybody's.
        if claims.get("email_verified") is not True:
            raise Refused(Refusal.UNCONFIRMED, shown)
    known = {key.casefold() if table.claim == EMAIL else key: entry for key, entry in table.people.items()}
    local, _, domain = identity.rpartition("@")
    entry = known.get(identity) or (known.get(f"@{domain}") if table.claim == EMAIL and local else None)
    if entry is None or identity.startswith("@"):
        raise Refused(Refusal.UNKNOWN, shown)
    return Person(entry.role, _who(identity, entry), shown)


def _who(identity: str, entry: Entry) -> str:
    """As the ledger names people: never by an e-mail address."""
    return entry.name or identity.split("@")[0]
