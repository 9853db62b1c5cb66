"""Audit: runs and their hashes, verification, differences, the walk down to source and page, who did what when."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import access, differences, faults, guide, numbers, parts, session
from app.people import Right
from app.reading import runs
from app.text import language, named, plain, t
from carbon import Finding
from carbon.errors import CarbonError
from carbon.terms import DELIVERY_STAGES


def page() -> None:
    """Show the page."""
    st.title(t("audit.title"), anchor=False)
    if not session.head():
        guide.nothing_yet()
        return
    parts.muted(t("audit.about"))
    if said := st.session_state.pop("audit_said", None):
        st.success(said, icon=":material/check_circle:")
    _verify()
    _runs()
    differences.show()
    _walk()
    _periods()
    _log()


def _verify() -> None:
    parts.section(t("audit.verify"), t("audit.verify_measure"))
    st.markdown(t("audit.head"))
    st.code(session.head(), language=None)
    wanted = st.text_input(
        t("audit.kept"), key="kept_hash", placeholder="sha256", help=t("audit.kept_help"), max_chars=64
    ).strip()
    if st.button(t("audit.verify_start"), type="primary", icon=":material/verified:"):
        bar = st.progress(0.0, text=t("audit.verifying", done=0, expected=len(runs.all_runs())))

        def progress(step: str, done: int, expected: int) -> None:
            said = t("audit.verifying", done=numbers.count(done), expected=numbers.count(expected))
            bar.progress(done / expected if expected else 1.0, text=said)

        # Any click ends the check; it only reads.
        cancel = st.empty()
        cancel.button(t("calculate.cancel"), key="cancel_verify")
        st.session_state["verified"] = (session.head(), wanted, runs.check(wanted, progress))
        bar.empty()
        cancel.empty()
    head, kept, found = st.session_state.get("verified") or (None, None, None)
    if found is None or head != session.head() or kept != wanted:
        return
    if found.ok:
        st.success(t("audit.whole", runs=numbers.count(found.runs)), icon=":material/check_circle:")
    else:
        st.error(t("audit.broken", count=numbers.count(len(found.problems))), icon=":material/error:")
        st.markdown("\n".join(f"- {_told(each)}" for each in found.problems[:20]))
    if found.erased:
        parts.muted(t("audit.erased", count=numbers.count(len(found.erased))))


def _told(finding: Finding) -> str:
    """Return in the page's language what is wrong with a file of the ledger."""
    values = {name: plain(session.without_ledger(value)) for name, value in finding.values.items()}
    place = plain(session.without_ledger(finding.where))
    return t("audit.found_in", place=place, problem=t(f"finding.{finding.code}", **values))


def _runs() -> None:
    listed, standing = runs.all_runs(), runs.standing()
    parts.section(
        t("audit.runs", count=numbers.count(len(listed))),
        t("audit.runs_measure", count=numbers.count(sum(each == runs.COUNTS for each in standing.values()))),
    )
    scale, size_kg = numbers.scale_of([each.totals_kg.get("total_co2e_kg", 0.0) for each in listed])
    head = t("head.co2e", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.recorded_at"): [_when(each.created_at) for each in listed],
            t("head.status"): [t(f"audit.{standing[each.run]}") for each in listed],
            t("head.who"): [each.who for each in listed],
            t("head.file"): [each.input_name or numbers.ABSENT for each in listed],
            t("head.parcels"): [each.counts["footprints"] for each in listed],
            t("head.refused"): [each.counts["rejects"] for each in listed],
            head: [each.totals_kg.get("total_co2e_kg", 0.0) / size_kg for each in listed],
            t("head.reason"): [named("reason", str(each.reason)) if each.reason else "" for each in listed],
            t("head.run"): [each.run for each in listed],
        }
    )
    formats = {t("head.parcels"): numbers.count, t("head.refused"): numbers.count, head: numbers.masses(scale)}
    if not any(each.reason for each in listed):
        data = data.drop(columns=t("head.reason"))
    parts.table(data, "runs", formats, t("audit.title"))
    names = {each.run: _name(each) for each in listed}
    wanted = parts.choose(t("audit.which"), list(names), names.__getitem__, "audit_run")
    run = next(each for each in listed if each.run == wanted)
    _one(run, standing[run.run])
    parts.foot("runs", [t("audit.how_chain"), t("audit.how_counts")], download=data)


def _when(text: str) -> str:
    return text[:19].replace("T", " ") + " UTC"


def _name(run: session.Manifest) -> str:
    return f"{_when(run.created_at)} · {run.input_name or numbers.ABSENT} · {numbers.count(run.counts['footprints'])}"


def _one(run: session.Manifest, standing: str) -> None:
    with st.expander(t("audit.details", run=plain(run.run)), icon=":material/fingerprint:"):
        rows = {
            "audit.manifest": runs.sha256_of(run.run),
            "audit.previous": run.previous_manifest_sha256 or numbers.ABSENT,
            "audit.input": run.input_sha256 or numbers.ABSENT,
            "audit.organisation": run.organisation_sha256,
            "audit.release": run.factor_release_sha256,
            "audit.code": run.code_version,
            "audit.gwp": run.gwp_set,
            "audit.supersedes": ", ".join(run.supersedes) or numbers.ABSENT,
        }
        table = pd.DataFrame(
            {t("head.what"): [t(key) for key in rows], t("head.value"): [str(each) for each in rows.values()]}
        )
        parts.table(table, "run_facts", alt=t("audit.details", run=run.run))
        files = pd.DataFrame(sorted(run.files.items()), columns=[t("head.file"), t("head.hash")])
        parts.table(files, "run_files", alt=t("audit.files"))
        if run.notes:
            st.markdown("\n".join(f"- {plain(session.note(note, language()))}" for note in run.notes))
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                t("audit.download"),
                runs.manifest_file(run.run),
                file_name=f"manifest-{run.run}.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
            )
            if run.counts["rejects"]:
                guide.rejects_download(run.run, run.input_name)
    if standing == runs.COUNTS:
        if access.may(Right.MANAGE):
            _undo(run)
        else:
            parts.muted(t("access.admins_undo"))


def _undo(run: session.Manifest) -> None:
    """A run is never taken out: another takes its place, and brings back what counted before."""
    with st.popover(t("audit.undo"), icon=":material/undo:"):
        st.markdown(
            t("audit.undo_back", run=plain(run.supersedes[0]))
            if len(run.supersedes) == 1
            else t("audit.undo_none", parcels=numbers.count(run.counts["footprints"]))
        )
        parts.muted(t("audit.undo_kept"))
        if st.button(t("audit.undo_sure"), key=f"undo_{run.run}"):
            try:
                made = runs.undo_run(run.run)
            except CarbonError as error:
                # The window stays open: below it nobody would see why.
                st.error("\n\n".join(faults.lines_of(error)), icon=":material/error:")
                return
            st.session_state["audit_said"] = t("audit.undone", run=plain(run.run), new=plain(made.run))
            st.rerun()


def _walk() -> None:
    """From a stage's figure to its factors, their source and page, and to the parcels that bear most of it."""
    parts.section(t("audit.walk"), t("audit.walk_measure"))
    left, right = st.columns(2)
    with left:
        stage = parts.choose(t("head.stage"), [str(each) for each in DELIVERY_STAGES], parts.stage, "walk_stage")
    with right:
        period = parts.period()
    with st.spinner(t("work.reading")):
        rows = runs.behind(stage, period)
    if rows.empty:
        st.info(t("audit.no_stage"), icon=":material/info:")
        return
    scale, size_kg = numbers.scale_of([rows["co2e_kg"].sum()])
    head = t("head.co2e", unit=scale.unit)
    st.markdown(
        t(
            "audit.walk_total",
            stage=parts.stage(stage),
            mass=numbers.mass(rows["co2e_kg"].sum()),
            factors=numbers.count(rows["factor_id"].nunique()),
        )
    )
    data = pd.DataFrame(
        {
            t("head.what"): [session.activity_name(each, language()) for each in rows["activity"]],
            head: rows["co2e_kg"] / size_kg,
            t("head.boundary"): [session.boundary_name(each, language()) for each in rows["boundary"]],
            t("head.match"): [named("match", each) for each in rows["match"]],
            t("head.cited"): list(map(parts.cited, rows["title"], rows["edition"], rows["locator"])),
            t("head.factor"): rows["factor_id"],
        }
    )
    chosen = parts.table(
        data,
        "walk",
        {head: numbers.masses(scale)},
        t("audit.walk"),
        height=400,
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = chosen["selection"]["rows"] if chosen else []
    with st.container(horizontal=True, gap="small"):
        if picked and st.button(t("audit.open_factor"), key="open_factor", icon=":material/menu_book:"):
            st.session_state["factor_search"] = str(rows["factor_id"].iloc[picked[0]])
            st.switch_page("views/factors.py")
        for row in runs.heaviest_of(stage, period).itertuples():
            said = t("network.parcel", parcel=plain(row.parcel_id), mass=numbers.mass(row.co2e_kg))
            if st.button(said, key=f"walk_{row.parcel_id}", icon=":material/package_2:"):
                parts.open_order(str(row.parcel_id))
    parts.foot("walk", [t("audit.how_walk"), t("how.walk")], download=rows)


def _periods() -> None:
    closed = runs.closed()
    parts.section(t("audit.periods"), t("audit.periods_measure"))
    st.markdown(t("audit.closed", periods=plain(", ".join(closed))) if closed else t("audit.none_closed"))
    if access.may(Right.MANAGE):
        _decide()
    else:
        parts.muted(t("access.admins_periods"))
    parts.muted(t("audit.how_closed"))


def _decide() -> None:
    """Close a period, or open it again."""
    with st.form("close_period", border=True):
        left, middle = st.columns(2)
        period = left.text_input(t("period.title"), placeholder="2025-06", max_chars=20, key="close_which").strip()
        why = middle.text_input(t("audit.why"), max_chars=200, key="close_why").strip()
        with st.container(horizontal=True, gap="small"):
            closing = st.form_submit_button(t("audit.close"), icon=":material/lock:")
            opening = st.form_submit_button(t("audit.reopen"), icon=":material/lock_open:")
    if (closing or opening) and period:
        (runs.close if closing else runs.reopen)(period, why)
        key = "audit.has_closed" if closing else "audit.has_reopened"
        st.session_state["audit_said"] = t(key, period=plain(period))
        st.rerun()


def _log() -> None:
    found = runs.log()
    parts.section(t("audit.log"), t("audit.log_measure"))
    data = pd.DataFrame(
        {
            t("head.when"): [_when(each) for each in found["at"]],
            t("head.who"): found["who"],
            t("head.what"): [t(f"log.{each}") for each in found["what"]],
            t("head.of"): found["of"],
            t("head.more"): found["more"],
        }
    )
    parts.table(data, "log", alt=t("audit.log"), height=280 if len(data) > 7 else "content")
    parts.foot("log", [t("audit.how_log")], download=found)


page()
