"""Who may do what: the one place that pages, and the work behind them, ask.

Without sign-in the app serves the one person at this machine, who may do everything. With Streamlit's sign-in by OpenID
Connect (``[auth]`` in its secrets file) a person has the role that `people` reads there; whoever has none sees nothing.
"""

from __future__ import annotations

import argparse
import functools
import ipaddress
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from app import people
from app.people import Person, Right, Role
from carbon import acting_as
from carbon.errors import AccessError, CarbonError

P, R = ParamSpec("P"), TypeVar("R")

#: What a page needs to be opened at all; every page that is not here is for everyone with a role.
PAGES = {
    "views/routes.py": Right.WORK,
    "views/import_orders.py": Right.WORK,
    "views/setup.py": Right.MANAGE,
}


def person() -> Person:
    """Return who uses this session.

    Raises
    ------
    people.Refused
        If nobody is signed in, or whoever is has no role.
    AccessError, InputError
        If the set-up of the sign-in is wrong.
    """
    if not signing_in():
        _only_here()
        return Person(Role.ADMIN)
    given = st.secrets.get("access")
    return people.person(people.read(given.to_dict() if given else None), st.user.to_dict(), time.time())


def may(right: Right) -> bool:
    """Whether this session's person has a right."""
    try:
        return right in person().role.rights
    except CarbonError:
        return False


def may_open(page: str) -> bool:
    """Whether this session's person may open a page, by its file's name."""
    return may(PAGES.get(page, Right.SEE))


def require(right: Right) -> Person:
    """Return this session's person.

    Raises
    ------
    AccessError
        If they lack a right.
    """
    found = person()
    if right not in found.role.rights:
        needed = next(role for role in Role if right in role.rights)
        raise AccessError(
            f"your role does not allow this\n  found:    {found.role}\n  expected: {needed}\n"
            "  mend:     ask whoever runs this app"
        )
    return found


def needs(right: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function run only for people with a right, and record what it does as done by them."""

    def guard(work: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(work)
        def guarded(*given: P.args, **named: P.kwargs) -> R:
            with acting_as(require(right).who):
                return work(*given, **named)

        guarded.needs = right  # type: ignore[attr-defined]
        return guarded

    return guard


def signing_in() -> bool:
    """Whether people sign in.

    Raises
    ------
    AccessError
        If they should, but the secrets file cannot be read: nobody gets in by a spoilt file.
    """
    files = [each for each in st.get_option("secrets.files") if Path(each).exists()]
    if st.secrets.load_if_toml_exists():
        if "auth" in st.secrets:
            return True
    elif files:
        raise AccessError(
            f"the secrets file cannot be read\n  found:    {', '.join(files)}\n  expected: TOML\n  mend:     correct it"
        )
    if _flags().sign_in:
        raise AccessError(
            "the app was started with sign-in, and its secrets file has none any more\n"
            "  expected: a table [auth]\n  mend:     put it back, or start the app anew"
        )
    return False


def providers() -> list[str | None]:
    """Return the names of the identity providers; None stands for one without a name."""
    given = st.secrets["auth"]
    named = [name for name in given if name != "client_kwargs" and hasattr(given[name], "keys")]
    return [*([None] if "client_id" in given else []), *named]


def _only_here() -> None:
    address = st.get_option("server.address")
    if address and not loopback(address) and not _flags().without_sign_in:
        raise AccessError(
            "without sign-in the app serves this machine only\n"
            f"  found:    server.address {address}\n  expected: 127.0.0.1, or a table [auth] in the secrets file\n"
            "  mend:     set up sign-in (docs/app.md), or start with --without-sign-in where a door of your own stands before it"
        )


def loopback(address: str) -> bool:
    """Whether an address reaches this machine only."""
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"


@functools.cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--sign-in", action="store_true")
    parser.add_argument("--without-sign-in", action="store_true")
    return parser


def _flags() -> argparse.Namespace:
    """What ``carbon app`` handed over."""
    return _parser().parse_known_args(sys.argv[1:])[0]
