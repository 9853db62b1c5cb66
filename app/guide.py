"""What a first visit sees, and pieces that several pages share about refused rows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import access, numbers, parts, session
from app.people import Right
from app.text import known, language, plain, t
from carbon.terms import Language


def first_run() -> None:
    """Greet, and lead from nothing to a first figure."""
    st.title(t("first.title"), anchor=False)
    if not access.may(Right.WORK):
        st.info(t("first.for_viewers"), icon=":material/info:")
        return
    st.markdown(t("first.about"))
    for number, column in enumerate(st.columns(3), 1):
        with column.container(border=True, height="stretch"):
            st.header(t(f"first.step_{number}_title", number=number), anchor=False)
            st.markdown(t(f"first.step_{number}"))
            if number == 1:
                st.download_button(
                    t("first.organisation"),
                    session.sample_organisation(),
                    file_name="organisation.yaml",
                    mime="application/yaml",
                    icon=":material/download:",
                    on_click="ignore",
                )
    left, right = st.columns(2)
    with left:
        if st.button(t("first.sample"), type="primary", icon=":material/play_arrow:", width="stretch"):
            work = parts.Work()
            # Any click while it runs, Cancel too, ends it; the ledger removes what was begun.
            cancel = st.empty()
            cancel.button(t("calculate.cancel"), key="cancel_sample")
            try:
                session.write_sample_merchant(work)
            finally:
                work.end()
                cancel.empty()
            st.rerun()
        parts.muted(t("first.sample_about"))
    with right:
        parts.link("views/import_orders.py", t("first.own"), ":material/upload_file:", width="stretch")
        parts.muted(t("first.own_about"))


def nothing_yet() -> None:
    """Tell a page without data where to get some."""
    if not access.may(Right.WORK):
        st.info(t("first.for_viewers"), icon=":material/info:")
        return
    st.info(t("empty.about"), icon=":material/info:")
    left, right = st.columns(2)
    parts.link("views/import_orders.py", t("first.own"), ":material/upload_file:", left)
    right.page_link("views/overview.py", label=t("empty.guide"), icon=":material/play_arrow:")


def reason_title(code: str) -> str:
    """Return what a reject's code means; the library keeps the words, English and Chinese."""
    return session.reason_titles(code)[1 if language() is Language.ZH else 0]


def mend(code: str) -> str:
    """Return what to do about a reject's code."""
    return t(f"mend.{code}") if known(f"mend.{code}") else ""


def reasons(counts: dict[str, int], key: str) -> None:
    """Show refused rows by reason, most first."""
    if not counts:
        parts.muted(t("rows.no_rejects"))
        return
    rows = sorted(counts.items(), key=lambda pair: -pair[1])
    data = pd.DataFrame(
        [(reason_title(code), number, mend(code)) for code, number in rows],
        columns=[t("head.reason"), t("head.rows"), t("head.mend")],
    )
    parts.table(data, f"reasons_{key}", {t("head.rows"): numbers.count}, alt=t("rows.title"))


def rejects_download(run: str, file: str) -> None:
    """Offer a run's refused rows as CSV."""
    content = session.run_rejects(run)
    if content:
        st.download_button(
            t("rows.download", file=plain(file)),
            content,
            file_name=f"rejects-{run}.csv",
            mime="text/csv",
            key=f"rejects_{run}",
            icon=":material/download:",
            on_click="ignore",
        )
