"""Factors: search, source and page, editions side by side, what an edition changes, the organisation's own."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, parts, session
from app import wide_charts as wide
from app.factor_form import own
from app.reading import factors
from app.text import language, plain, t

_SHOWN = 200


def page() -> None:
    """Show the page."""
    st.title(t("factor_book.title"), anchor=False)
    with st.spinner(t("work.reading")):
        frame = factors.rows()
    parts.muted(
        t(
            "factor_book.about",
            rows=numbers.count(len(frame)),
            factors=numbers.count(frame["id"].nunique()),
            sources=numbers.count(frame["source"].nunique()),
        )
    )
    _search(frame)
    if session.head():
        _edition()
    own()


def _search(frame: pd.DataFrame) -> None:
    text, where, who = st.columns([3, 1, 2])
    if "factor_search" not in st.session_state:
        st.session_state["factor_search"] = st.query_params.get("factor", "")
    words = text.text_input(
        t("factor_book.search"), key="factor_search", placeholder=t("factor_book.placeholder"), max_chars=200
    )
    regions = ["", *sorted(frame["region"].unique())]
    with where:
        region = parts.choose(
            t("head.region"),
            regions,
            lambda each: f"{each} · {session.place_name(each, language())}" if each else t("factor_book.any"),
            "factor_region",
        )
    titles = frame.drop_duplicates("source").set_index("source")
    with who:
        source = parts.choose(
            t("head.source"),
            ["", *sorted(titles.index)],
            lambda each: f"{titles.at[each, 'title']}, {titles.at[each, 'edition']}" if each else t("factor_book.any"),
            "factor_source",
        )
    found = factors.search(words, region, source)
    if found.empty:
        st.warning(t("factor_book.none"), icon=":material/search_off:")
        return
    shown = found.head(_SHOWN)
    parts.section(
        t("factor_book.found", count=numbers.count(len(found))),
        t("factor_book.shown", count=numbers.count(len(shown))),
    )
    data = pd.DataFrame(
        {
            t("head.name"): shown["name"].fillna(shown["activity"]),
            t("head.value"): shown["value"],
            t("head.unit"): shown["unit"].map(numbers.unit),
            t("head.boundary"): [session.boundary_name(each, language()) for each in shown["boundary"]],
            t("head.region"): shown["region"],
            t("head.cited"): list(map(parts.cited, shown["title"], shown["edition"], shown["locator"])),
        }
    )
    chosen = parts.table(
        data,
        "factor_rows",
        {t("head.value"): numbers.exact},
        t("factor_book.title"),
        height=560,
        # Many rows are looked through: the chosen one's source is shown whole below.
        row_height=66,
        column_config={
            t("head.unit"): st.column_config.Column(width=88),
            t("head.region"): st.column_config.Column(width=112),
        },
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = chosen["selection"]["rows"] if chosen else []
    exact = frame[frame["id"] == words.strip()]
    if rows and rows[0] < len(shown):
        _one(shown.iloc[rows[0]])
    elif len(exact):
        _one(exact.iloc[0])
    parts.foot(
        "factor_rows", [t("factor_book.how_rows"), t("factor_book.how_resolve")], download=found.drop(columns="text")
    )


def _one(row: pd.Series) -> None:
    """Show a factor: its source and page, its parts, its editions, and what it makes in the ledger."""
    mine = factors.rows()
    mine = mine[mine["id"] == row["id"]]
    with st.container(border=True):
        st.header(plain(row["name"] or row["activity"]), anchor=False)
        lines = [
            t("factor_book.total", value=numbers.exact(row["kg_per_unit"]), unit=numbers.unit(row["canonical"])),
            t(
                "factor_book.source",
                title=plain(row["title"]),
                publisher=plain(row["publisher"]),
                edition=plain(row["edition"]),
                licence=plain(row["licence"]),
            ),
            t("factor_book.id", id=plain(row["id"]), activity=plain(row["activity"])),
        ]
        if row["flags"]:
            lines.append(t("factor_book.flags", flags=plain(row["flags"])))
        st.markdown("\n".join(f"- {line}" for line in lines))
        data = pd.DataFrame(
            {
                t("head.boundary"): [session.boundary_name(each, language()) for each in mine["boundary"]],
                t("head.value"): mine["value"],
                t("head.unit"): mine["unit"].map(numbers.unit),
                t("head.gas"): mine["gas_basis"],
                t("head.gwp"): mine["gwp_set"],
                t("head.page"): mine["locator"],
                t("head.valid"): [_valid(each) for each in mine.itertuples()],
                t("head.pedigree"): [
                    "-".join(map(str, each)) if each is not None else numbers.ABSENT for each in mine["pedigree"]
                ],
                t("head.gsd"): [
                    numbers.ABSENT if numbers.absent(each) else numbers.number(each) for each in mine["gsd"]
                ],
                t("head.note"): mine["note"].fillna(""),
            }
        )
        parts.table(data, "factor_parts", {t("head.value"): numbers.exact}, t("factor_book.title"))
        _editions(row)
        _used(row)


def _valid(row: object) -> str:
    return f"{row.valid_from or numbers.ABSENT} – {row.valid_to or numbers.ABSENT}"


def _editions(row: pd.Series) -> None:
    known = factors.editions(row["activity"], row["canonical"])
    if len(known) < 2:
        parts.muted(t("factor_book.only"))
        return
    same = known[(known["region"] == row["region"]) & known["year"].notna()]
    if same["year"].nunique() > 1:
        first, last = same.iloc[0], same.iloc[-1]
        change = last["kg_per_unit"] / first["kg_per_unit"] - 1 if first["kg_per_unit"] else float("nan")
        st.markdown(
            t(
                "factor_book.change",
                first=int(first["year"]),
                last=int(last["year"]),
                change=numbers.signed_share(change),
                region=plain(session.place_name(row["region"], language())),
            )
        )
        drawn = pd.DataFrame(
            {
                "x": same["year"].astype(int),
                "y": same["kg_per_unit"],
                "series": same["publisher"],
                "tip": [f"{each.edition}: {numbers.exact(each.kg_per_unit)}" for each in same.itertuples()],
            }
        )
        unit = t("factor_book.axis", unit=numbers.unit(row["canonical"]))
        chart = wide.lines(drawn, t("axis.year"), unit, step=True, zero=True)
        st.altair_chart(chart, theme=None, width="stretch", key="chart_editions", alt=t("factor_book.editions"))
    data = pd.DataFrame(
        {
            t("head.region"): [session.place_name(each, language()) for each in known["region"]],
            t("head.from_year"): known["year"],
            t("head.kg_per", unit=numbers.unit(row["canonical"])): known["kg_per_unit"],
            t("head.against"): known["kg_per_unit"] / row["kg_per_unit"] - 1 if row["kg_per_unit"] else None,
            t("head.edition"): known["edition"].astype(str),
            t("head.factor"): known["id"],
        }
    )
    with st.expander(t("factor_book.editions"), icon=":material/compare_arrows:"):
        formats = {
            t("head.kg_per", unit=numbers.unit(row["canonical"])): numbers.exact,
            t("head.against"): numbers.signed_share,
            t("head.from_year"): lambda year: str(int(year)),
        }
        parts.table(data, "factor_editions", formats, t("factor_book.editions"))


def _used(row: pd.Series) -> None:
    if not session.head():
        return
    used = session.read_inventory(None).factors
    mine = used[used["factor_id"] == row["id"]]
    if mine.empty:
        parts.muted(t("factor_book.unused"))
        return
    st.markdown(
        t(
            "factor_book.used",
            mass=numbers.mass(mine["co2e_kg"].sum()),
            share=numbers.share(mine["share"].sum()),
            match=plain(", ".join(sorted({t(f"match.{each}") for each in mine["match"]}))),
        )
    )


def _edition() -> None:
    """What the edition of another year would make of the ledger's activity."""
    years = factors.years()
    if not years:
        return
    parts.section(t("factor_book.effect"), t("factor_book.effect_measure"))
    left, right = st.columns(2)
    with left:
        year = int(
            parts.choose(
                t("factor_book.year"),
                [str(each) for each in years],
                str,
                "edition_year",
                default=min(1, len(years) - 1),
            )
        )
    with right:
        period = parts.period()
    with st.spinner(t("work.reading")):
        found = factors.effect(year, period)
    if not found.total_kg:
        st.info(t("overview.no_parcels"), icon=":material/info:")
        return
    st.markdown(
        t(
            "factor_book.effect_total",
            year=year,
            old=numbers.mass(found.total_kg),
            new=numbers.mass(found.new_total_kg),
            change=numbers.signed_share(found.difference_kg / found.total_kg),
        )
        if len(found.rows)
        else t("factor_book.effect_none", year=year)
    )
    how = [
        t("factor_book.how_effect"),
        t("factor_book.how_kept", share=numbers.share(1 - found.recounted_kg / found.total_kg)),
        t("factor_book.how_range"),
    ]
    if found.rows.empty:
        parts.foot("edition", how)
        return
    rows = found.rows
    scale, size_kg = numbers.scale_of(rows["difference_kg"].abs())
    old_scale, old_size_kg = numbers.scale_of([*rows["co2e_kg"], *rows["new_kg"]])
    old, new = t("head.recorded", unit=old_scale.unit), t("head.recounted", unit=old_scale.unit)
    head = t("head.difference", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.what"): [session.activity_name(each, language()) for each in rows["activity"]],
            t("head.region"): rows["region"],
            t("head.per_unit"): rows["kg_per_unit_new"] / rows["kg_per_unit_old"] - 1,
            old: rows["co2e_kg"] / old_size_kg,
            new: rows["new_kg"] / old_size_kg,
            head: rows["difference_kg"] / size_kg,
            t("head.factor"): rows["factor_new"],
        }
    )
    formats = {
        t("head.per_unit"): numbers.signed_share,
        old: numbers.masses(old_scale),
        new: numbers.masses(old_scale),
        head: numbers.masses(scale),
    }
    parts.table(data, "edition", formats, t("factor_book.effect"), height=320)
    parts.foot("edition", how, download=rows)


page()
