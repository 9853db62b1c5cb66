"""The import of a carrier's own intensities, on the carriers page: look at its table, keep it, use it in a leg."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import faults, numbers, parts, refused, session
from app.reading import carrier_figures
from app.setup_fields import show_problem
from app.text import plain, t
from carbon.terms import DistanceBasis


def show(carrier: str, services: list[str], organisation: dict) -> None:
    """Let an admin bring a carrier's table in and say which legs use it."""
    parts.section(t("own_figures.title", carrier=plain(carrier)), t("own_figures.measure"))
    if said := st.session_state.pop("own_figures_said", None):
        st.success(said, icon=":material/check_circle:")
    if session.settings().organisation is None:
        st.info(t("own_factors.no_organisation"), icon=":material/info:")
        return
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    given = parts.uploader(
        left, t("own_figures.file"), ["csv", "json"], f"own_figures_{carrier}", t("own_figures.file_help")
    )
    right.download_button(
        t("own_figures.template"), carrier_figures.TEMPLATE, file_name="carrier-intensities.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    if given is not None:
        table = session.keep_upload(given, "carrier")
        _look(_table_of(table) if table.suffix == ".json" else table, carrier)
    _use(carrier, services, organisation)


def _table_of(sent: Path) -> Path:
    """Return the table of what stands in an iLEAP file, and say what does not go into it."""
    names = {str(each): t(f"own_figures.basis_{each}") for each in DistanceBasis}
    basis = parts.choose(
        t("own_figures.json_basis"), list(names), names.__getitem__, "own_figures_basis",
        help=t("own_figures.json_basis_help"),
    )  # fmt: skip
    made = carrier_figures.from_ileap(sent, basis)
    if made.rejects:
        st.warning(t("sent.refused", count=numbers.count(len(made.rejects))), icon=":material/warning:")
        refused.show(made.rejects, "carrier_rejects", t("own_figures.measure"), product="name", article="", file="")
    table = sent.with_suffix(".csv")
    table.write_text(made.text, encoding="utf-8", newline="")
    return table


def _look(path: Path, carrier: str) -> None:
    rows, problems = carrier_figures.read(path, carrier)
    data = pd.DataFrame(
        {
            t("head.name"): [row["name"] for row in rows],
            t("head.boundary"): [row["boundary"] for row in rows],
            t("head.value"): [row["value"] for row in rows],
            t("head.unit"): [numbers.unit(row["unit"]) for row in rows],
            t("head.region"): [row["region"] for row in rows],
            t("head.source"): [row["source"] for row in rows],
            t("head.page"): [row["locator"] for row in rows],
            t("head.note"): [row["note"] for row in rows],
        }
    )
    parts.table(data, "carrier_rows", {t("head.value"): numbers.exact}, t("own_figures.measure"))
    for problem in problems[:5]:
        st.error("\n\n".join(faults.lines_of(problem)), icon=":material/error:")
    if not problems and st.button(t("own_figures.take"), type="primary", icon=":material/playlist_add:"):
        carrier_figures.take(rows)
        st.session_state["own_figures_said"] = t("own_figures.taken", count=numbers.count(len(rows)))
        st.rerun()


def _use(carrier: str, services: list[str], organisation: dict) -> None:
    rows = carrier_figures.own_of(carrier)
    known = [each for each in services if carrier_figures.legs(each)]
    if not rows or not known:
        parts.muted(t("own_figures.none"))
        return
    left, middle, right = st.columns(3)
    with left:
        service = parts.choose(
            t("head.service"), known, lambda each: parts.label(organisation, "services", each), "own_figures_service"
        )
    legs = carrier_figures.legs(service)
    with middle:
        chosen = parts.choose(
            t("own_figures.leg"), [str(place) for place in range(len(legs))],
            lambda each: f"{int(each) + 1}. {parts.stage(legs[int(each)]['stage'])}", "own_figures_leg",
        )  # fmt: skip
    leg = legs[int(chosen)]
    able = carrier_figures.held(rows, str(leg["stage"]))
    now = leg.get("vehicle") or leg.get("activity") or leg.get("factor") or (leg.get("energy") or {}).get("activity")
    parts.muted(t("own_figures.now", now=plain(now or numbers.ABSENT)))
    if not able:
        st.info(t("own_figures.no_fit"), icon=":material/info:")
        return
    with right:
        activity = parts.choose(t("own_figures.figure"), list(able), able.__getitem__, "own_figures_activity")
    measured = st.checkbox(t("own_figures.measured"), key="own_figures_measured", help=t("own_figures.measured_help"))
    if st.button(t("own_figures.use"), icon=":material/check:", disabled=activity == now):
        problem = carrier_figures.use(service, int(chosen), activity, measured)
        if problem is not None:
            show_problem(st, problem)
            return
        st.session_state["own_figures_said"] = t(
            "own_figures.used",
            service=plain(parts.label(organisation, "services", service)),
            figure=plain(able[activity]),
        )
        st.rerun()
