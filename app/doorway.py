"""What stands where a page would: signing in, and why somebody may not go on."""

from __future__ import annotations

import streamlit as st

from app import access, parts
from app.people import Refusal, Refused
from app.text import plain, t


def refused(found: Refused) -> None:
    """Say why somebody does not get in, and what to do next."""
    st.title(t(f"access.{found.why}_title"), anchor=False)
    st.markdown(t(f"access.{found.why}", name=plain(found.shown)))
    with st.container(horizontal=True, gap="small"):
        if found.why in (Refusal.SIGNED_OUT, Refusal.EXPIRED):
            _sign_in()
        else:
            sign_out()
    parts.muted(t("access.nothing_shown"))


def shut() -> None:
    """Say that nobody gets in until the set-up is mended."""
    st.title(t("access.shut_title"), anchor=False)
    st.error(t("access.shut"), icon=":material/error:")


def _sign_in() -> None:
    """One button a provider; the first is the page's own."""
    for position, name in enumerate(access.providers()):
        label = t("access.sign_in_by", provider=name) if name else t("access.sign_in")
        kind = "secondary" if position else "primary"
        if st.button(label, type=kind, icon=":material/login:", key=f"sign_in_{name}"):
            st.login(*([name] if name else []))


def sign_out() -> None:
    """The button that ends a session."""
    if st.button(t("access.sign_out"), icon=":material/logout:", key="sign_out"):
        st.logout()


def after_error(of_ledger: bool) -> None:
    """What can be done after an error: begin anew, or see what is wrong with the ledger."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(t("error.again"), icon=":material/refresh:", key="try_again")
        if of_ledger:
            st.page_link("views/audit.py", label=t("error.check_ledger"), icon=":material/policy:")


def not_for_you(page: str) -> None:
    """Say that a page is not for a role, and where to go."""
    st.title(t("access.closed_title"), anchor=False)
    found = access.person()
    st.info(
        t("access.closed", page=page, role=t(f"access.role_{found.role}"), may=t(f"access.may_{found.role}")),
        icon=":material/lock:",
    )
    st.page_link("views/overview.py", label=t("overview.nav"), icon=":material/monitoring:")


def who() -> None:
    """Say who is signed in, as what, in the side bar."""
    found = access.person()
    if found.who is None:
        return
    parts.muted(t("access.you", name=plain(found.shown), role=t(f"access.role_{found.role}")))
    sign_out()
