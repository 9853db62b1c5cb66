"""The organisation's own factors: a form, checked as `carbon factors check` does, with its history."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from app import access, faults, history, numbers, parts, session
from app.people import Right
from app.reading import factors
from app.text import plain, t

_FIELDS = ("id", "name", "activity", "region", "value", "unit", "boundary", "gas_basis", "gwp_set", "source", "locator",
           "valid_from", "valid_to", "gsd", "note")  # fmt: skip
#: What a new row begins with; never a number that would pass for a figure.
_FIRST = {"region": "GLO", "boundary": "WTW", "gas_basis": "CO2e", "gwp_set": "AR5"}


def own() -> None:
    """Show own factors, the form for another, and the history of the file."""
    parts.section(t("own_factors.title"), t("own_factors.measure"))
    path = session.own_factors_path()
    if path is None:
        st.info(t("own_factors.no_organisation"), icon=":material/info:")
        return
    rows = factors.own_rows()
    if said := st.session_state.pop("own_factor_said", None):
        st.success(said, icon=":material/check_circle:")
    if rows:
        data = pd.DataFrame(
            {
                t(f"field.{name}"): [
                    numbers.ABSENT if row.get(name) is None else row[name] if name == "value" else str(row[name])
                    for row in rows
                ]
                for name in _FIELDS[:12]
            }
        )
        parts.table(data, "own_factors", {t("field.value"): numbers.exact}, t("own_factors.title"))
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            _remove(rows)
            st.download_button(
                t("own_factors.download"),
                path.read_bytes(),
                file_name=path.name,
                mime="application/yaml",
                icon=":material/download:",
                on_click="ignore",
            )
    else:
        parts.muted(t("own_factors.none"))
    if access.may(Right.MANAGE):
        wrong = bool(st.session_state.get("own_problems"))
        with st.expander(t("own_factors.add"), icon=":material/add:", expanded=wrong):
            _form(rows)
    else:
        parts.muted(t("access.admins_factors"))
    history.show("own_factors", factors.history(), factors.restore)


def _remove(rows: list[dict[str, Any]]) -> None:
    if not access.may(Right.MANAGE):
        return
    wanted = parts.choose(t("own_factors.which"), [str(row.get("id")) for row in rows], str, "own_factor_remove")
    if st.button(t("own_factors.remove"), icon=":material/delete:"):
        factors.save_own([row for row in rows if str(row.get("id")) != wanted])
        st.session_state["own_factor_said"] = t("own_factors.removed", id=plain(wanted))
        st.rerun()


def _form(rows: list[dict[str, Any]]) -> None:
    with st.form("own_factor", border=False):
        left, middle, right = st.columns(3)
        values: dict[str, Any] = {}
        for position, name in enumerate(_FIELDS):
            column = (left, middle, right)[position % 3]
            values[name] = _field(column, name)
        sent = st.form_submit_button(t("own_factors.check"), type="primary", icon=":material/fact_check:")
    if not sent:
        _problems(st.session_state.get("own_problems") or [])
        return
    row = {name: value for name, value in values.items() if value not in (None, "")}
    found = factors.problems([*(each for each in rows if each.get("id") != row.get("id")), row])
    if found:
        st.session_state["own_problems"] = found
        _problems(found)
        return
    factors.save_own([*(each for each in rows if each.get("id") != row["id"]), row])
    st.session_state.pop("own_problems", None)
    st.session_state["own_factor_said"] = t("own_factors.saved", id=plain(row["id"]))
    st.rerun()


def _field(column: Any, name: str) -> Any:
    key, label, help_text = f"own_{name}", t(f"field.{name}"), t(f"field_help.{name}")
    choices = {"boundary": factors.BOUNDARIES, "gas_basis": factors.GASES, "gwp_set": factors.GWP_SETS}.get(name)
    if choices:
        return column.selectbox(label, choices, index=choices.index(_FIRST[name]), key=key, help=help_text)
    if name in ("value", "gsd"):
        return column.number_input(label, value=None, min_value=0.0, format="%.6g", key=key, help=help_text)
    if name in ("valid_from", "valid_to"):
        span = {"min_value": date(1990, 1, 1), "max_value": date(2100, 12, 31)}
        return column.date_input(label, value=None, format="YYYY-MM-DD", key=key, help=help_text, **span)
    return column.text_input(label, value=_FIRST.get(name, ""), key=key, help=help_text, max_chars=240).strip()


def _problems(found: list) -> None:
    """Say each problem at the field that it belongs to."""
    for problem in found:
        name = (problem.where.column or "").rpartition(".")[2]
        field = t(f"field.{name}") if name in _FIELDS else ""
        lines = faults.lines_of(problem, field, where=False)
        st.error("\n\n".join(lines), icon=":material/error:")
