"""Reports: choose a standard, its edition, period and language; see the report, take it as PDF, HTML or JSON."""

from __future__ import annotations

import streamlit as st

from app import guide, parts, session
from app.reading import reports
from app.text import NAMES, language, t
from carbon.terms import Language

_HEIGHT_PX = 900


def page() -> None:
    """Show the page."""
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    title.title(t("reports.title"), anchor=False)
    if not session.head():
        guide.nothing_yet()
        return
    with picker:
        period = parts.period()
    parts.muted(t("reports.about"))
    kind = parts.choose(t("reports.kind"), [reports.ESG, reports.ROI], lambda each: t(f"reports.{each}"), "report_kind")
    if kind == reports.ESG:
        _esg(period)
    else:
        _roi(period)


def _esg(period: str | None) -> None:
    known = reports.standards()
    left, middle, right = st.columns([3, 2, 2])
    with left:
        profile = parts.choose(
            t("reports.standard"), list(known), lambda each: known[each].name(language()), "report_standard"
        )
    editions = list(known[profile].editions)
    with middle:
        edition = parts.choose(
            t("reports.edition"), editions, str, f"report_edition_{profile}", editions.index(known[profile].default)
        )
    with right:
        tongue = _tongue()
    parts.muted(known[profile].statement(language()))
    _offer(
        (reports.ESG, session.head(), reports.stamp(), profile, edition, tongue, period),
        lambda: reports.esg(profile, edition, tongue, period),
        f"{profile}-{edition}-{period or 'all'}-{tongue}",
    )


def _roi(period: str | None) -> None:
    if not reports.has_measures():
        st.info(t("reports.no_measures"), icon=":material/info:")
        parts.link("views/setup.py", t("setup.nav"), ":material/settings:")
        return
    tongue = _tongue()
    parts.muted(t("reports.roi_about"))
    _offer(
        (reports.ROI, session.head(), reports.stamp(), tongue, period),
        lambda: reports.roi(tongue, period),
        f"roi-{period or 'all'}-{tongue}",
    )


def _tongue() -> Language:
    codes = [str(each) for each in NAMES]
    first = codes.index(str(language()))
    return Language(
        parts.choose(t("reports.language"), codes, lambda each: NAMES[Language(each)], "report_tongue", first)
    )


def _offer(wanted: tuple, make: object, name: str) -> None:
    """Make the report when asked to; then show it and hand it over, as long as it is the one chosen."""
    if st.session_state.get("report_shown") != wanted:
        if not st.button(t("reports.make"), type="primary", icon=":material/description:"):
            return
        with st.spinner(t("reports.making")):
            make()
        st.session_state["report_shown"] = wanted
        st.rerun()
    made = make()
    forms = {
        "pdf": (made.pdf, "application/pdf", "primary"),
        "html": (made.html, "text/html", "secondary"),
        "json": (made.data, "application/json", "secondary"),
    }
    with st.container(horizontal=True, gap="small"):
        for form, (content, mime, kind) in forms.items():
            st.download_button(
                t(f"reports.{form}"), content, file_name=f"{name}.{form}", mime=mime, type=kind,
                key=f"report_{form}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
    parts.section(t("reports.preview"), t("reports.preview_about"))
    st.iframe(made.html, height=_HEIGHT_PX, alt=t("reports.preview"))


page()
