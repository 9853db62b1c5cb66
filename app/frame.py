"""What stands around every page: language switch, where the figures come from, and the one place errors end in."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

import streamlit as st

from app import access, chrome, doorway, faults, numbers, parts, session
from app.look import STYLE
from app.people import Refused
from app.text import LANGUAGE_KEY, NAMES, language, plain, t
from carbon.errors import CarbonError, LedgerError
from carbon.terms import Language

_MARK = Path(__file__).parent / "mark.svg"
_LOG = logging.getLogger("carbon.app")


def begin() -> None:
    """Set the page up and settle the language before any text is read."""
    asked = st.query_params.get(LANGUAGE_KEY)
    if LANGUAGE_KEY not in st.session_state:
        st.session_state[LANGUAGE_KEY] = asked if asked in list(Language) else str(language())
    # A mark of its own: Streamlit would fetch a page's icon from another host, and the app must work without one.
    st.set_page_config(page_title=t("app.title"), page_icon=str(_MARK), layout="wide", initial_sidebar_state="auto")
    st.html(STYLE)


def show(page: st.Page, path: str) -> None:
    """Show a page with everything around it; whatever goes wrong in it ends as a message.

    Parameters
    ----------
    path : str
        The page's file, by which `access` knows who may open it.
    """
    with st.sidebar:
        _switch()
        around = st.container()
        chrome.translate()
    try:
        access.person()
    except Refused as found:
        doorway.refused(found)
        return
    except CarbonError as error:
        # Whoever reads the page is nobody yet: what the set-up says of people is for the log.
        _LOG.error("nobody gets in: %s", error)
        doorway.shut()
        return
    try:
        with around:
            _units()
            doorway.who()
            _where()
        if session.settings().sample:
            _sample_note()
        if access.may_open(path):
            page.run()
        else:
            doorway.not_for_you(page.title)
    except Exception as error:
        show_error(error)
        doorway.after_error(isinstance(error, LedgerError))


def show_error(error: Exception) -> None:
    """Say what went wrong and what to do; the details of a fault of ours go to the log only."""
    if isinstance(error, CarbonError):
        st.error("\n\n".join(faults.lines_of(error)), icon=":material/error:")
        return
    if isinstance(error, MemoryError):
        st.error(t("error.memory"), icon=":material/error:")
        return
    mark = secrets.token_hex(3)
    _LOG.error("error %s", mark, exc_info=error)
    st.error(t("error.unexpected", mark=mark), icon=":material/error:")


def _switch() -> None:
    """The switch's own state is the session's language, so the new one holds from the first word of the next run."""
    codes = [str(code) for code in NAMES]
    st.radio(
        t("app.language"), codes, format_func=lambda code: NAMES[Language(code)], horizontal=True, key=LANGUAGE_KEY
    )
    st.query_params[LANGUAGE_KEY] = str(language())


def _units() -> None:
    """Let the units of masses be chosen; every figure below is printed in them.

    The browser holds the words shown, so each language has a widget of its own; the choice is held beside it.
    """
    name = f"{numbers.UNITS_KEY}_{language()}"
    if st.session_state.get(name) not in numbers.SYSTEMS:
        asked = st.query_params.get(numbers.UNITS_KEY) if numbers.UNITS_KEY not in st.session_state else None
        st.session_state[name] = asked if asked in numbers.SYSTEMS else numbers.system()
    words = {each: t(f"app.units_{each}") for each in numbers.SYSTEMS}
    st.session_state[numbers.UNITS_KEY] = st.radio(
        t("app.units"), numbers.SYSTEMS, format_func=words.__getitem__, horizontal=True, key=name,
        help=t("app.units_help"),
    )  # fmt: skip
    st.query_params[numbers.UNITS_KEY] = numbers.system()


def _where() -> None:
    settings = session.settings()
    runs = session.current_runs()
    parts.muted(
        t("app.ledger", name=plain(settings.ledger.resolve().name if not settings.sample else t("sample.name")))
    )
    if runs:
        parts.muted(t("app.newest", run=plain(runs[0].run)))
    parts.muted(t("app.not_assured"))


def _sample_note() -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(t("sample.note"), width="stretch")
        st.button(t("sample.leave"), on_click=session.leave_sample, icon=":material/logout:")
