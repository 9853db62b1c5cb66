"""Orders: find a parcel or order, and follow its calculation line by line with a pocket calculator."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import guide, numbers, parts, said, session
from app.reading import parcels
from app.text import language, named, plain, t
from carbon.terms import DELIVERY_STAGES, Stage

_SHOWN_AT_ONCE = 8
#: Rows of a file of parcels: what a spreadsheet holds with ease; the ledger's own Parquet files have them all.
_MOST_EXPORTED = 100_000


def page() -> None:
    """Show the page."""
    st.title(t("orders.title"), anchor=False)
    if not session.head():
        guide.nothing_yet()
        return
    parts.muted(t("orders.about"))
    if "order_search" not in st.session_state:
        st.session_state["order_search"] = st.query_params.get("order", "")
    text = st.text_input(
        t("orders.search"), key="order_search", placeholder=t("orders.placeholder"), max_chars=200
    ).strip()
    if not text:
        st.query_params.pop("order", None)
        _filtered()
        return
    st.query_params["order"] = text
    with st.spinner(t("work.reading")):
        found = parcels.found(text)
    if found.empty:
        st.warning(t("orders.not_found", text=plain(text)), icon=":material/search_off:")
        near = session.near(text)
        if near:
            st.markdown(t("orders.near"))
            for column, each in zip(st.columns(len(near)), near, strict=True):
                column.button(each, on_click=_open, args=(each,), key=f"near_{each}", width="stretch")
        st.button(t("orders.clear"), on_click=_open, args=("",))
        return
    exact = found[(found["parcel_id"] == text) | (found["order_id"] == text)]
    if exact.empty:
        _browse(
            found,
            t("orders.begin", count=numbers.count(len(found)), text=plain(text)),
            t("orders.begin_measure"),
            "found",
        )
        return
    with st.spinner(t("work.explaining")):
        explanations = session.explained(text)
    st.button(t("orders.clear"), on_click=_open, args=("",), icon=":material/arrow_back:")
    if len(explanations) > 1:
        total_kg = sum(each.total_kg for each in explanations)
        st.markdown(
            t(
                "orders.several",
                order=plain(text),
                count=numbers.count(len(explanations)),
                mass=numbers.mass(total_kg, words=True),
            )
        )
    for number, explanation in enumerate(explanations[:_SHOWN_AT_ONCE]):
        _explain(explanation, number)
    if len(explanations) > _SHOWN_AT_ONCE:
        st.info(t("orders.more", count=numbers.count(len(explanations) - _SHOWN_AT_ONCE)), icon=":material/info:")


def _open(text: str) -> None:
    st.session_state["order_search"] = text


def _filtered() -> None:
    """Let parcels be chosen by period, service and destination; show the heaviest, and offer them all as a file."""
    services, regions = parcels.told()
    organisation = session.current_runs()[0].organisation
    when, which, where = st.columns(3)
    with when:
        period = parts.period()
    with which:
        service = parts.choose(
            t("head.service"),
            ["", *services],
            lambda each: parts.label(organisation, "services", each) if each else t("orders.any"),
            "orders_service",
        )
    with where:
        region = parts.choose(
            t("head.to"),
            ["", *regions],
            lambda each: session.place_name(each, language()) if each else t("orders.any"),
            "orders_region",
        )
    with st.spinner(t("work.reading")):
        frame, count = parcels.highest(period, service, region)
    if frame.empty:
        st.info(t("orders.none_chosen"), icon=":material/search_off:")
        return
    measure = t("orders.highest_measure", shown=numbers.count(len(frame)), count=numbers.count(count))
    _browse(frame, t("orders.highest"), measure, f"highest_{period}_{service}_{region}")
    st.download_button(
        t("orders.export", count=numbers.count(min(count, _MOST_EXPORTED))),
        parcels.file_of(period, service, region, _MOST_EXPORTED),
        file_name="parcels.csv",
        mime="text/csv",
        key="orders_export",
        icon=":material/download:",
        on_click="ignore",
    )


def _browse(frame: pd.DataFrame, title: str, measure: str, key: str) -> None:
    parts.section(title, measure)
    scale, size_kg = numbers.scale_of(frame["total_co2e_kg"])
    organisation = session.current_runs()[0].organisation
    narrow = {t("head.service"): 150, t("head.to"): 136}
    ends = frame.reindex(columns=["low_co2e_kg", "high_co2e_kg"])
    head, spread = t("head.co2e", unit=scale.unit), t("head.range", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.parcel"): frame["parcel_id"],
            t("head.order"): frame["order_id"],
            t("head.shipped"): frame["shipped_on"].astype(str).str[:10],
            t("head.service"): [parts.label(organisation, "services", each) for each in frame["service"]],
            t("head.to"): frame["destination"],
            head: frame["total_co2e_kg"] / size_kg,
            spread: numbers.ranges(scale, ends["low_co2e_kg"], ends["high_co2e_kg"]),
        }
    )
    version = st.session_state.get("browse_version", 0)
    chosen = parts.table(
        data,
        f"{key}_{version}",
        {head: numbers.masses(scale)},
        title,
        column_config={name: st.column_config.Column(width=width) for name, width in narrow.items()}
        | parts.right(spread),
        on_select="rerun",
        selection_mode="single-row",
    )
    if chosen and chosen["selection"]["rows"]:
        # A fresh table next time: a selection that stayed would open the same parcel again and again.
        st.session_state["browse_version"] = version + 1
        st.session_state["order_wanted"] = str(frame["parcel_id"].iloc[chosen["selection"]["rows"][0]])
        st.rerun()


def _explain(explanation: session.Explanation, number: int) -> None:
    parcel = explanation.parcel
    with st.container(border=True):
        st.header(
            t(
                "orders.parcel",
                parcel=plain(parcel["parcel_id"]),
                mass=numbers.ranged(explanation.total_kg, explanation.low_kg, explanation.high_kg),
            ),
            anchor=False,
        )
        parts.muted(_facts(explanation))
        for line in _quality(explanation):
            parts.muted(line)
        if explanation.agrees:
            st.markdown(
                f":green[:material/check_circle: {t('orders.agrees', stored=numbers.exact(explanation.stored_total_kg))}]"
            )
        else:
            st.error(
                t(
                    "orders.differs",
                    stored=numbers.exact(explanation.stored_total_kg),
                    again=numbers.exact(explanation.total_kg),
                ),
                icon=":material/error:",
            )
        counted = [line for line in explanation.lines if line.accounting == "total"]
        beside = [line for line in explanation.lines if line.accounting != "total"]
        _lines(counted, explanation, f"lines_{number}")
        if beside:
            with st.expander(t("orders.beside")):
                parts.table(_frame(beside), f"beside_{number}", _formats(), t("orders.beside"))
        with st.expander(t("orders.inputs"), icon=":material/calculate:"):
            parts.muted(t("orders.inputs_about"))
            parts.table(
                _inputs(explanation.lines),
                f"inputs_{number}",
                {t("head.value"): numbers.exact},
                t("orders.inputs"),
                row_height=66,
            )


def _facts(explanation: session.Explanation) -> str:
    parcel, organisation = explanation.parcel, session.organisation_of(explanation.run)
    service = parts.label(organisation, "services", parcel["service"])
    start = parts.label(organisation, "sites", parcel["site"]) if parcel["site"] else parcel["origin"] or numbers.ABSENT
    facts = [
        t("orders.fact_order", order=plain(parcel["order_id"])),
        t("orders.fact_shipped", day=parcel["shipped_on"]),
        t("orders.fact_service", service=plain(service)),
        t("orders.fact_way", start=plain(start), end=plain(parcel["destination"] or numbers.ABSENT)),
        t("orders.fact_mass", mass=numbers.mass(parcel["gross_mass_kg"])),
        t("orders.fact_run", run=plain(explanation.run)),
    ]
    assumed = session.fallback_names(int(parcel["fallbacks"] or 0))
    if assumed:
        facts.append(t("orders.fact_assumed", what=", ".join(named("fallback", each) for each in assumed)))
    return " · ".join(facts)


def _quality(explanation: session.Explanation) -> list[str]:
    """Return what is known of a parcel's range, data types and ratings."""
    ends = numbers.ends(explanation.total_kg, explanation.low_kg, explanation.high_kg)
    shares = [
        t("orders.share", name=named("data_type", name), share=numbers.share(share))
        for name, share in explanation.shares.items()
        if not numbers.absent(share)
    ]
    ratings = explanation.ratings
    rated = {name: numbers.rating(ratings.get(name)) for name in ("technological", "geographical", "temporal")}
    return [
        f"{t('orders.range', range=ends)} · {t('how.parcel_range')}" if ends else t("orders.no_range"),
        t("orders.shares", what=" · ".join(shares) or numbers.ABSENT),
        t("orders.ratings", **rated, rated=numbers.share(ratings["rated_share"]))
        if ratings.get("rated_share")
        else t("orders.not_rated"),
    ]


def _lines(lines: list, explanation: session.Explanation, key: str) -> None:
    frame = _frame(lines)
    widths = {"stage": 98, "what": 172, "amount": 134, "unit": 76, "times": 76, "factor_unit": 106, "equals": 116}
    columns = {t(f"head.{name}"): st.column_config.Column(width=width) for name, width in widths.items()}
    parts.table(frame, key, _formats(), t("orders.lines_alt"), height="content", column_config=columns)
    sums = [
        (parts.stage(each), explanation.stages_kg.get(each, 0.0))
        for each in DELIVERY_STAGES
        if explanation.stages_kg.get(each)
    ]
    words = " + ".join(f"{name} {numbers.exact(value_kg)}" for name, value_kg in sums)
    st.markdown(t("orders.sum", parts=words, total=numbers.exact(explanation.total_kg)))
    product_kg = explanation.stages_kg.get(Stage.PRODUCT)
    if product_kg:
        st.markdown(t("orders.product", mass=numbers.mass(product_kg)))
    st.download_button(
        t("orders.download"),
        session.csv_of(_frame(explanation.lines)),
        file_name="calculation.csv",
        mime="text/csv",
        key=f"csv_{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def _frame(lines: list) -> pd.DataFrame:
    order = {str(each): position for position, each in enumerate(Stage)}
    rows = [
        (
            parts.stage(line.stage),
            _what(line),
            line.amount,
            numbers.unit(line.unit),
            line.factor_value,
            numbers.unit(line.factor_unit.replace("kg CO2e/", "kg/")),
            line.co2e_kg,
            line.factor_id,
            line.source,
            line.edition,
            line.locator,
            line.region,
            named("match", line.match),
            session.boundary_name(line.boundary, language()),
            named("data_type", line.data_type),
            ", ".join(named("flag", flag) for flag in line.flags),
        )
        for line in sorted(lines, key=lambda each: order.get(each.stage, len(order)))
    ]
    keys = (
        "stage",
        "what",
        "amount",
        "unit",
        "times",
        "factor_unit",
        "equals",
        "factor",
        "source",
        "edition",
        "page",
        "region",
        "match",
        "boundary",
        "data_type",
        "flags",
    )
    return pd.DataFrame(rows, columns=[t(f"head.{key}") for key in keys])


def _what(line: object) -> str:
    """A line's activity as the report names it."""
    name = session.activity_name(line.activity, language())
    # The stage stands beside it.
    for comma in (", ", "、"):
        name = name.removesuffix(f"{comma}{parts.stage(line.stage)}")
    return name


def _formats() -> dict:
    return {t(f"head.{key}"): numbers.exact for key in ("amount", "times", "equals")}


def _inputs(lines: list) -> pd.DataFrame:
    rows = [
        (
            parts.stage(line.stage),
            _what(line),
            named("input", each.name),
            each.value,
            numbers.unit(each.unit),
            said.origin(str(each.origin)),
        )
        for line in lines
        for each in line.inputs
    ]
    return pd.DataFrame(
        rows, columns=[t(f"head.{key}") for key in ("stage", "what", "input", "value", "unit", "origin")]
    )


# A row chosen in a table is opened before the search field exists, the only time its text may be set.
if "order_wanted" in st.session_state:
    _open(st.session_state.pop("order_wanted"))
page()
