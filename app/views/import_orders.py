"""Import: drop files, see what was recognised and refused, calculate into the ledger."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import access, checking, guide, numbers, parts, session
from app.people import Right
from app.reading import products
from app.text import language, named, plain, t
from carbon.errors import OrdersError
from carbon.terms import Language

_ORDERS = ["csv", "gz", "xlsx", "parquet"]
_TABLES = ["csv", "gz", "parquet"]


def page() -> None:
    """Show the page."""
    st.title(t("import.title"), anchor=False)
    parts.muted(t("import.about"))
    upload = parts.uploader(st, t("import.orders"), type=_ORDERS, help=t("import.orders_help"), key="upload_orders")
    with st.expander(t("import.more"), icon=":material/attach_file:"):
        left, right = st.columns(2)
        lines = parts.uploader(left, t("import.lines"), type=_TABLES, help=t("import.lines_help"), key="upload_lines")
        places = parts.uploader(
            right, t("import.places"), type=_TABLES, help=t("import.places_help"), key="upload_places"
        )
        mapping = parts.uploader(
            left, t("import.mapping"), type=["yaml", "yml"], help=t("import.mapping_help"), key="upload_mapping"
        )
        setup = None
        if access.may(Right.MANAGE):
            setup = parts.uploader(
                right,
                t("import.organisation"),
                type=["yaml", "yml"],
                help=t("import.organisation_help"),
                key="upload_organisation",
            )
    _columns_help()
    if upload is None:
        _result(None)
        if "last_run" not in st.session_state:
            st.info(t("import.none"), icon=":material/info:")
        return
    given = {"orders": upload, "lines": lines, "places": places, "mapping": mapping, "organisation": setup}
    wanted = tuple((role, each.file_id) for role, each in given.items() if each is not None)
    if st.button(t("import.check"), type="secondary" if _checked(wanted) else "primary", icon=":material/fact_check:"):
        _forget()
        _check(given, wanted)
        st.rerun()
    if st.session_state.get("last_of") == wanted:
        _result(wanted)
    elif _checked(wanted):
        _found(st.session_state["check"])
        _calculate(st.session_state["check"])


def _checked(wanted: tuple) -> bool:
    return "check" in st.session_state and st.session_state.get("check_of") == wanted


def _forget() -> None:
    for key in (
        "check",
        "check_of",
        "check_files",
        "check_said",
        "last_run",
        "last_of",
        "restate_held",
        *(f"restate_{each}" for each in Language),
    ):
        st.session_state.pop(key, None)


def _check(given: dict, wanted: tuple) -> None:
    files = {role: session.keep_upload(each, role) for role, each in given.items() if each is not None}
    work = parts.Work()
    said = ""
    try:
        articles, count = products.for_lines()
        if "lines" in files and count:
            said = t("sent.used" if articles else "sent.no_sku", articles=numbers.count(count))
            files |= {"articles": articles} if articles else {}
        inputs = {role: files.get(role) for role in ("mapping", "lines", "articles")}
        st.session_state["check"] = checking.check(files["orders"], work, **inputs)
    finally:
        work.end()
    st.session_state["check_of"], st.session_state["check_files"] = wanted, files
    st.session_state["check_said"] = said


def _found(check: checking.Check) -> None:
    parts.section(
        t("check.title", file=plain(check.name)),
        t(
            "check.counts",
            rows=numbers.count(check.rows),
            good=numbers.count(check.good),
            bad=numbers.count(check.rows - check.good),
        ),
    )
    chinese = language() is Language.ZH
    rows = [
        (
            each.name,
            each.description_zh if chinese else each.description,
            each.unit or "",
            check.filled[each.name] / check.good,
            str(check.examples[each.name]),
        )
        for each in session.ORDER_COLUMNS
        if check.filled[each.name]
    ]
    data = pd.DataFrame(rows, columns=[t(f"head.{key}") for key in ("column", "meaning", "unit", "filled", "example")])
    widths = {t("head.meaning"): st.column_config.Column(width=390)}
    parts.table(data, "columns", {t("head.filled"): numbers.share}, alt=t("check.columns"), column_config=widths)
    if said := st.session_state.get("check_said"):
        parts.muted(said)
    if check.encoding:
        parts.muted(t("check.encoding", encoding=plain(check.encoding)))
    if check.ignored:
        parts.muted(t("check.ignored", headers=", ".join(plain(each) for each in check.ignored)))
    if not check.rejects:
        st.success(t("check.clean"), icon=":material/check_circle:")
        return
    st.warning(t("check.refused", bad=numbers.count(check.rows - check.good)), icon=":material/warning:")
    guide.reasons(dict(check.reasons), "check")
    with st.expander(t("check.preview", count=numbers.count(min(len(check.rejects), checking.PREVIEW)))):
        preview = pd.DataFrame(
            [
                (
                    each.row,
                    each.parcel_id,
                    each.column,
                    each.found,
                    guide.reason_title(each.reason),
                    guide.mend(each.reason) if chinese else each.mend,
                )
                for each in check.rejects[: checking.PREVIEW]
            ],
            columns=[t(f"head.{key}") for key in ("row", "parcel", "column", "found", "reason", "mend")],
        )
        parts.table(preview, "preview", {t("head.row"): numbers.count}, alt=t("check.refused", bad=len(check.rejects)))
    st.download_button(
        t("check.download"),
        session.csv_of_rejects(check.rejects),
        file_name="rejects.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _calculate(check: checking.Check) -> None:
    parts.section(t("calculate.title"), t("calculate.about"))
    files: dict[str, Path] = st.session_state["check_files"]
    organisation = files.get("organisation") or session.settings().organisation
    if organisation is None:
        st.warning(t("calculate.no_organisation"), icon=":material/warning:")
        return
    parts.muted(t("calculate.organisation", file=plain(organisation.name)))
    runs = session.current_runs()
    restate = None
    if runs:
        if check.already:
            st.warning(t("calculate.already", run=plain(check.already)), icon=":material/warning:")
        if not access.may(Right.MANAGE):
            parts.muted(t("access.admins_replace"))
        replaceable = runs if access.may(Right.MANAGE) else []
        names = {"": t("calculate.add"), **{run.run: _run_name(run) for run in replaceable}}
        restate = (
            parts.choose(
                t("calculate.restate"), list(names), names.__getitem__, "restate", help=t("calculate.restate_help")
            )
            or None
        )
    if not check.good:
        st.error(t("calculate.nothing_good"), icon=":material/error:")
        return
    if st.button(
        t("calculate.replace") if restate else t("calculate.start"), type="primary", icon=":material/calculate:"
    ):
        work = parts.Work()
        # Any click while it runs, Cancel too, ends the run; the ledger removes what was begun.
        cancel = st.empty()
        cancel.button(t("calculate.cancel"), key="cancel")
        try:
            inputs = {role: files.get(role) for role in ("mapping", "lines", "articles", "places")}
            calculation = session.record(files["orders"], organisation, restate, work, **inputs)
        except OrdersError as error:
            if "already_recorded" not in str(error.found):
                raise
            st.warning(t("calculate.all_already"), icon=":material/warning:")
            return
        finally:
            work.end()
            cancel.empty()
        st.session_state["last_run"], st.session_state["last_of"] = calculation.manifest, st.session_state["check_of"]
        st.rerun()


def _again() -> None:
    """Go back to the checked file, so that a run to replace can be chosen."""
    for key in ("last_run", "last_of"):
        st.session_state.pop(key, None)


def _run_name(run: session.Manifest) -> str:
    return t(
        "calculate.run_name",
        file=run.input_name,
        parcels=numbers.count(run.counts["footprints"]),
        first=run.period.first_day or numbers.ABSENT,
        last=run.period.last_day or numbers.ABSENT,
        made=run.created_at[:16].replace("T", " "),
    )


def _result(wanted: tuple | None) -> None:
    run: session.Manifest | None = st.session_state.get("last_run")
    if run is None or (wanted is not None and st.session_state.get("last_of") != wanted):
        return
    parts.section(t("done.title"))
    parcels, refused = run.counts["footprints"], run.counts["rejects"]
    total_kg = run.totals_kg.get("total_co2e_kg", 0.0)
    said = t(
        "done.recorded", parcels=numbers.count(parcels), mass=numbers.mass(total_kg, words=True), run=plain(run.run)
    )
    st.success(said, icon=":material/check_circle:")
    again = run.reject_reasons.get("already_recorded", 0)
    if again:
        st.warning(t("done.already", count=numbers.count(again)), icon=":material/warning:")
        if wanted is not None:
            st.button(t("done.again"), on_click=_again, icon=":material/restart_alt:")
    if refused:
        st.markdown(t("done.refused", count=numbers.count(refused)))
        guide.reasons(run.reject_reasons, "done")
        guide.rejects_download(run.run, run.input_name)
    assumed = {name: number for name, number in run.fallbacks.items() if number}
    if assumed:
        parts.muted(
            t(
                "done.assumed",
                what=", ".join(
                    f"{named('fallback', name)} ({numbers.count(number)})" for name, number in assumed.items()
                ),
            )
        )
    st.page_link("views/overview.py", label=t("done.see"), icon=":material/monitoring:")


def _columns_help() -> None:
    with st.expander(t("import.columns"), icon=":material/view_column:"):
        chinese = language() is Language.ZH
        data = pd.DataFrame(
            [
                (
                    each.name,
                    "✓" if each.required else "",
                    each.description_zh if chinese else each.description,
                    each.rule_zh if chinese else each.rule,
                )
                for each in session.ORDER_COLUMNS
            ],
            columns=[t(f"head.{key}") for key in ("column", "required", "meaning", "rule")],
        )
        parts.table(data, "canonical", alt=t("import.columns"), height=320)


page()
