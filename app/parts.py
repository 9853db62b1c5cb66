"""Pieces that pages are made of: tables, charts with their data, and how a figure was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from app import access, numbers, session, table_widths
from app.text import language, named, plain, t
from carbon.terms import Language

#: Files that people write by hand; larger ones are none.
_SETUP, _SETUP_MB = frozenset({"yaml", "yml", "geojson", "json"}), 8

#: How a column is printed: a function from its values to a format of one value.
Formats = Mapping[str, Callable[[object], str]]


def table(frame: pd.DataFrame, key: str, formats: Formats | None = None, alt: str = "", **options) -> object:
    """Show a table: figures formatted by language, and still sorted as numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        Column names are headers, with units.
    formats : mapping, optional
        Column to format of its figures.
    alt : str
        What the table shows, for those who cannot see it.
    """
    columns = dict(options.pop("column_config", None) or {})
    widths = table_widths.capped(frame, formats or {}, "on_select" in options)
    for name, width in widths.items():
        columns[name] = {"width": width} | {
            key: each for key, each in (columns.get(name) or {}).items() if each is not None
        }
    # Only a row that is meant to be low cuts its texts: how many lines they take is an estimate.
    low = options.get("row_height")
    options["row_height"] = low or table_widths.row_px(frame, widths)
    shown = {name: show for name, show in (formats or {}).items() if name in frame}
    for name in frame.columns:
        if name not in shown and table_widths.is_text(frame[name]):
            shown[name] = partial(
                table_widths.fitted, width=columns[name]["width"] if name in widths else None, row=low
            )
    styled = frame.style.format(shown, na_rep=numbers.ABSENT)
    return st.dataframe(
        styled, column_config=columns or None, hide_index=True, key=f"table_{key}", height=options.pop("height", "auto"), alt=alt or None,
        placeholder=numbers.ABSENT, **options,
    )  # fmt: skip


def cited(title: object, edition: object, locator: object) -> str:
    """Return where a figure stands: publication, edition, page or row."""
    return t("part.cited", title=title, edition=edition, locator=locator or numbers.ABSENT)


def right(*names: str) -> dict:
    """Return the set-up of columns whose texts, such as ranges, stand to the right like the figures they belong to."""
    return {name: st.column_config.Column(alignment="right") for name in names}


def foot(
    key: str,
    how: list[str],
    data: pd.DataFrame | None = None,
    formats: Formats | None = None,
    download: pd.DataFrame | None = None,
) -> None:
    """Show what belongs under a figure: how it was made, its numbers, and a download.

    Parameters
    ----------
    how : list of str
        Sentences in Markdown.
    data : pandas.DataFrame, optional
        Figures of a chart, to be read as a table.
    download : pandas.DataFrame, optional
        What is downloaded, at full precision; `data` where it is not given.
    """
    offered = data if download is None else download
    with st.container(horizontal=True, gap="small", key=f"foot_{key}"):
        with st.popover(t("how.title"), icon=":material/account_tree:", type="tertiary", key=f"how_{key}"):
            st.markdown("\n".join(f"- {line}" for line in how))
        if data is not None:
            with st.popover(t("table.figures"), icon=":material/table:", type="tertiary", key=f"figures_{key}"):
                table(data, f"figures_{key}", formats, alt=t("table.figures"))
        if offered is not None:
            st.download_button(
                t("table.download"),
                session.csv_of(offered),
                file_name=f"{key}.csv",
                mime="text/csv",
                key=f"csv_{key}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


def chart(drawn: alt.Chart, finding: str, measure: str, key: str) -> None:
    """Show a chart under its finding and measure."""
    section(finding, measure)
    st.altair_chart(
        drawn, theme=None, width="stretch", key=f"chart_{key}", alt=t("part.alt", finding=finding, measure=measure)
    )


def section(title: str, measure: str = "") -> None:
    """Start a section with what it says and what it measures."""
    st.header(title, anchor=False)
    if measure:
        muted(measure)


def muted(text: str, where: object = st) -> None:
    """Show text of second rank; Streamlit's own captions are too pale to be read by everyone."""
    where.markdown(f":small[:gray[{text}]]")


def choose(
    title: str, options: Sequence[str], show: Callable[[str], str], key: str, default: int = 0, help: str | None = None
) -> str:
    """Let one of several be chosen, and keep the choice when page or language changes.

    The browser holds the words shown, so each language has a widget of its own; the choice is held beside it.
    """
    held, name = f"{key}_held", f"{key}_{language()}"
    if st.session_state.get(name) not in options:
        kept = st.session_state.get(held)
        st.session_state[name] = kept if kept in options else options[default]
    words = {option: show(option) for option in options}
    st.session_state[held] = st.selectbox(title, options, format_func=words.__getitem__, key=name, help=help)
    return st.session_state[held]


def period() -> str | None:
    """Let a period of the ledger be chosen; the same one on every page. None is the whole ledger."""
    months = session.months()
    years = sorted({month[:4] for month in months}, reverse=True)
    options = ["", *years, *reversed(months), "range"]
    names = {"": t("period.all"), "range": t("period.range")}
    chosen = choose(
        t("period.title"),
        options,
        lambda each: names.get(each) or (numbers.month(each) if "-" in each else each),
        "period",
    )
    if chosen != "range":
        return chosen or None
    left, right = st.columns(2)
    with left:
        first = choose(t("period.first"), months, numbers.month, "period_first")
    with right:
        last = choose(
            t("period.last"), [month for month in months if month >= first], numbers.month, "period_last", default=-1
        )
    return f"{first}..{last}"


def label(organisation: Mapping, kind: str, key: object) -> str:
    """Return the merchant's own name of a site or service; the key where it has none."""
    entry = (organisation.get(kind) or {}).get(key) or {}
    chinese = entry.get("name_zh") if language() is Language.ZH else None
    return str(chinese or entry.get("name") or key or numbers.ABSENT)


def keyed(entries: Mapping, key: str) -> str:
    """Return an entry of the organisation file by its name in the reader's language, and its key."""
    entry = entries.get(key)
    name = label({"entries": entries}, "entries", key) if isinstance(entry, Mapping) else key
    return f"{name} · {key}" if name != key else key


def uploader(where: object, label: str, type: list[str], key: str, help: str | None = None, **options) -> object | None:
    """Let a file be chosen, and say how large it may be; what is uploaded is read as data, never run."""
    largest = st.get_option("server.maxUploadSize")
    largest_mb = min(largest, _SETUP_MB) if set(type) <= _SETUP else largest
    said = t("upload.limit", size=f"{largest_mb // 1024} GB" if largest_mb % 1024 == 0 else f"{largest_mb} MB")
    # Streamlit's own words on the limit are English on every page.
    help = f"{help} {said}" if help else said
    return where.file_uploader(label, type=type, key=key, help=help, max_upload_size=largest_mb, **options)


def link(page: str, label: str, icon: str, where: object = st, **options) -> None:
    """Show a link to a page, to those who may open it."""
    if access.may_open(page):
        where.page_link(page, label=label, icon=icon, **options)


def open_order(order: str) -> None:
    """Go to the calculation of a parcel or order."""
    st.session_state["order_wanted"] = order
    st.switch_page("views/orders.py")


def run_line(manifest: session.Manifest) -> str:
    """Return what a run was made from, in one line."""
    period = manifest.period
    return t(
        "how.run",
        run=plain(manifest.run),
        file=plain(manifest.input_name),
        parcels=numbers.count(manifest.counts["footprints"]),
        first=period.first_day or numbers.ABSENT,
        last=period.last_day or numbers.ABSENT,
        release=plain(manifest.factor_release_sha256[:12]),
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
