"""Pieces that pages are made of: tables, charts with their data, and how a figure was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import altair as alt
import pandas as pd
import streamlit as st

from app import numbers, session
from app.text import named, plain, t

#: How a column is printed: a function from its values to a format of one value.
Formats = Mapping[str, Callable[[object], str]]


def table(frame: pd.DataFrame, key: str, formats: Formats | None = None, download: str | None = None, alt: str = "", **options) -> object:
    """Show a table: figures formatted by language, sorted as numbers, and downloadable.

    Parameters
    ----------
    frame : pandas.DataFrame
        Column names are headers, with units.
    formats : mapping, optional
        Column to format of its figures.
    download : str, optional
        File name of a CSV of the same table at full precision.
    """
    styled = frame.style.format({name: show for name, show in (formats or {}).items() if name in frame}, na_rep=numbers.ABSENT)
    height = options.pop("height", "auto")
    shown = st.dataframe(styled, hide_index=True, key=f"table_{key}", height=height, alt=alt or None, **options)
    if download:
        st.download_button(
            t("table.download"), session.csv_of(frame), file_name=download, mime="text/csv", key=f"csv_{key}",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    return shown


def figure(chart: alt.Chart, finding: str, measure: str, data: pd.DataFrame, key: str, formats: Formats | None = None) -> None:
    """Show a chart under its finding and measure, with its figures as a table below."""
    st.subheader(finding, anchor=False)
    st.caption(measure)
    st.altair_chart(chart, theme=None, width="stretch", key=f"chart_{key}", alt=f"{finding}. {measure}")
    with st.expander(t("table.figures"), icon=":material/table:"):
        table(data, key, formats, f"{key}.csv", alt=finding)


def section(title: str, measure: str = "") -> None:
    """Start a section that is no chart."""
    st.subheader(title, anchor=False)
    if measure:
        st.caption(measure)


def how(lines: list[str], key: str) -> None:
    """Say how the figures above were made."""
    with st.expander(t("how.title"), icon=":material/account_tree:", key=f"how_{key}"):
        st.markdown("\n".join(f"- {line}" for line in lines))


def run_line(manifest: session.Manifest) -> str:
    """Return what a run was made from, in one line."""
    period = manifest.period
    return t(
        "how.run", run=plain(manifest.run), file=plain(manifest.input_name), parcels=numbers.count(manifest.counts["footprints"]),
        first=period.first_day or numbers.ABSENT, last=period.last_day or numbers.ABSENT, release=plain(manifest.factor_release_sha256[:12]),
    )


def stage(code: str) -> str:
    """Return a stage's name."""
    return named("stage", code)


class Work:
    """Progress of long work: a bar with the step and the rows done."""

    def __init__(self) -> None:
        self._bar = st.progress(0.0, text=t("work.begin"))

    def __call__(self, step: str, done: int, expected: int) -> None:
        """Take the place of ``progress`` in `carbon.calculate`."""
        part = min(1.0, done / expected) if expected else 0.0
        # Surveying is about a fifth of the work; the bar must not run back when calculating starts.
        part = part / 5 if step == "survey" else 0.2 + part * 0.8
        self._bar.progress(part, text=t(f"work.{step}", done=numbers.count(done), expected=numbers.count(expected)))

    def end(self) -> None:
        """Take the bar away."""
        self._bar.empty()
