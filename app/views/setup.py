"""Set-up: the organisation file as forms, checked by the library's own reader, with its history."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from app import history, parts, session
from app.reading import base_map, setup
from app.setup_fields import (
    DEFAULTS,
    ESTIMATE,
    GENERAL,
    METHOD,
    PACKAGE,
    SERVICE,
    SITE,
    Field,
    ask,
    is_at,
    show_problem,
)
from app.text import plain, t

_READINGS = ("activity", "quantity", "from", "to", "own_generation", "certificates_sold", "parcels")
_KINDS = {"sites": SITE, "packages": PACKAGE, "services": SERVICE}
_TABS = ("general", "sites", "packages", "services", "targets", "map", "file")


def page() -> None:
    """Show the page."""
    st.title(t("setup.title"), anchor=False)
    if not setup.exists():
        _first()
        return
    text = setup.text()
    parts.muted(t("setup.about", file=plain(setup.path().name)))
    if said := st.session_state.pop("setup_said", None):
        st.success(said, icon=":material/check_circle:")
    problem: setup.Problem | None = st.session_state.get("setup_problem")
    try:
        data = setup.data()
    except setup.InputError as error:
        show_problem(st, setup.Problem((), error))
        _file(text, problem)
        history.show("organisation", setup.history(), setup.restore)
        return
    standing = setup.check(text)
    if standing is not None:
        st.warning(t("setup.standing"), icon=":material/warning:")
        show_problem(st, standing)
        problem = problem or standing
    # A problem stands at its field; where that is on another form, or on none, above all.
    above = st.container()
    st.session_state["setup_problem_told"] = standing is not None
    version = setup.version_of(text)
    wanted = parts.choose(t("setup.part"), _TABS, lambda each: t(f"setup.{each}"), "setup_tab")
    if wanted == "general":
        _general(data, version, problem)
    elif wanted in _KINDS:
        _entries(wanted, data, version, problem)
    elif wanted == "targets":
        _targets(data, version, problem)
    elif wanted == "map":
        _map()
    else:
        _file(text, problem)
    if problem is not None and not st.session_state["setup_problem_told"]:
        show_problem(above, problem)
    history.show("organisation", setup.history(), setup.restore)
    parts.muted(t("setup.effect"))


def _first() -> None:
    """No file yet: begin with the sample's, or bring one."""
    st.info(t("setup.none"), icon=":material/info:")
    left, right = st.columns(2)
    with left:
        if st.button(t("setup.begin"), type="primary", icon=":material/edit_document:", width="stretch"):
            _done(setup.put(setup.template()))
        parts.muted(t("setup.begin_about"))
    with right:
        _upload()


def _upload() -> None:
    given = parts.uploader(st, t("import.organisation"), type=["yaml", "yml"], key="upload_setup")
    if given is not None and st.button(t("setup.take"), icon=":material/upload_file:"):
        try:
            text = given.getvalue().decode("utf-8-sig")
        except UnicodeDecodeError:
            st.error(t("setup.no_text"), icon=":material/error:")
            return
        _done(setup.put(text))


def _done(problem: setup.Problem | None) -> None:
    """Keep the problem for the field that it belongs to, or say that the file is saved."""
    if problem is None:
        st.session_state.pop("setup_problem", None)
        st.session_state["setup_said"] = t("setup.saved")
    else:
        st.session_state["setup_problem"] = problem
    st.rerun()


def _form(key: str, groups: list[tuple[str, tuple[Field, ...]]], base: tuple[str, ...], data, version, problem) -> None:
    with st.form(key, border=True):
        changes: list = []
        for title, fields in groups:
            st.markdown(f"**{title}**")
            # Names with their keys are long.
            wide = 2 if any(field.kind == "key" for field in fields) else 3
            columns: list = []
            for field in fields:
                # A row at a time keeps the order on a narrow screen, where columns stand below each other.
                columns = columns or list(st.columns(wide))
                changes += ask(columns.pop(0), field, base, data, version, problem)
        if st.form_submit_button(t("setup.save"), type="primary", icon=":material/save:"):
            if changes:
                _done(setup.change(changes))
            else:
                st.info(t("setup.unchanged"), icon=":material/info:")


def _general(data: dict, version: str, problem: setup.Problem | None) -> None:
    groups = [
        (t("setup.group_organisation"), GENERAL),
        (t("setup.group_method"), METHOD),
        (t("setup.group_defaults"), DEFAULTS),
    ]
    _form("setup_general", groups, (), data, version, problem)


def _entries(kind: str, data: dict, version: str, problem: setup.Problem | None) -> None:
    held = data.get(kind) or {}
    if held:
        if problem is not None and problem.path[:1] == (kind,) and len(problem.path) > 1:
            st.session_state.setdefault(f"setup_{kind}_held", problem.path[1])
        key = parts.choose(
            t(f"setup.which_{kind}"),
            [str(each) for each in held],
            lambda each: parts.keyed(held, each),
            f"setup_{kind}",
        )
        groups = [(t("setup.group_entry"), _KINDS[kind])]
        if kind == "sites":
            groups.append((t("setup.group_estimate"), ESTIMATE))
        _form(f"setup_{kind}_{key}", groups, (kind, key), data, version, problem)
        if kind == "sites":
            _energy(key, held[key], version, problem)
        if kind == "services":
            parts.muted(t("setup.chain"))
            legs = pd.DataFrame(
                [
                    (
                        parts.stage(str(leg.get("stage"))),
                        leg.get("vehicle")
                        or leg.get("activity")
                        or (leg.get("energy") or {}).get("activity")
                        or leg.get("factor"),
                        leg.get("from") or "",
                        leg.get("to") or "",
                    )
                    for leg in held[key].get("chain") or ()
                    if isinstance(leg, dict)
                ],
                columns=[t(f"head.{name}") for name in ("stage", "vehicle", "from", "to")],
            )
            parts.table(legs, f"chain_{key}", alt=t("setup.chain"))
    _more(kind, held)


def _more(kind: str, held: dict) -> None:
    """Add by copying, or take out; what others refer to cannot go, and the message says who does."""
    with st.expander(t(f"setup.more_{kind}"), icon=":material/add:"):
        if held:
            left, right = st.columns(2)
            source = left.selectbox(
                t("setup.copy_of"),
                list(held),
                key=f"copy_{kind}",
                format_func={each: parts.keyed(held, each) for each in held}.__getitem__,
            )
            new = right.text_input(
                t("setup.new_key"), key=f"new_{kind}", help=t("setup.new_key_help"), max_chars=80
            ).strip()
            if st.button(t("setup.copy"), key=f"copying_{kind}", icon=":material/content_copy:", disabled=not new):
                st.session_state[f"setup_{kind}_held"] = new
                _done(setup.copied(kind, source, new))
            gone = left.selectbox(
                t("setup.remove_which"),
                list(held),
                key=f"remove_{kind}",
                format_func={each: parts.keyed(held, each) for each in held}.__getitem__,
            )
            if st.button(t("setup.remove"), key=f"removing_{kind}", icon=":material/delete:"):
                _done(setup.change([((kind, gone), None)]))
        else:
            parts.muted(t("setup.none_of_kind"))


def _energy(site: str, entry: dict, version: str, problem: setup.Problem | None) -> None:
    """Meter readings as a table."""
    st.markdown(f"**{t('setup.group_energy')}**")
    parts.muted(t("setup.energy_about"))
    before = [each for each in entry.get("energy") or () if isinstance(each, dict)]
    rows = pd.DataFrame(
        [
            {name: each.get(name) for name in _READINGS[:-1]} | {"parcels": (each.get("outbound") or {}).get("parcels")}
            for each in before
        ],
        columns=list(_READINGS),
    )
    for name in ("from", "to"):
        rows[name] = pd.to_datetime(rows[name], errors="coerce")
    rows["own_generation"] = rows["own_generation"].fillna(False).astype(bool)
    rows["parcels"] = pd.to_numeric(rows["parcels"], errors="coerce")
    columns = {
        "activity": st.column_config.TextColumn(t("reading.activity"), help=t("reading_help.activity"), width=200),
        "quantity": st.column_config.TextColumn(t("reading.quantity"), help=t("reading_help.quantity")),
        "from": st.column_config.DateColumn(t("reading.from"), format="YYYY-MM-DD"),
        "to": st.column_config.DateColumn(t("reading.to"), format="YYYY-MM-DD"),
        "own_generation": st.column_config.CheckboxColumn(t("reading.own_generation")),
        "certificates_sold": st.column_config.TextColumn(
            t("reading.certificates_sold"), help=t("reading_help.certificates_sold")
        ),
        "parcels": st.column_config.NumberColumn(t("reading.parcels"), help=t("reading_help.parcels"), min_value=0),
    }
    edited = st.data_editor(
        rows,
        key=f"readings_{version}_{site}",
        num_rows="dynamic",
        hide_index=True,
        column_config=columns,
        width="stretch",
    )
    if is_at(problem, ("sites", site, "energy")):
        show_problem(st, problem)
    if st.button(t("setup.save_readings"), icon=":material/save:", key=f"save_readings_{site}"):
        _done(setup.change([(("sites", site, "energy"), setup.readings(_plain_rows(edited), before) or None)]))


def _plain_rows(frame: pd.DataFrame) -> list[dict]:
    """Rows as the file spells them: dates as dates, whole counts without a point."""
    made = []
    for row in frame.to_dict("records"):
        each = {}
        for name, value in row.items():
            missing = value is None or value is pd.NaT or value != value
            if missing:
                continue
            if hasattr(value, "date"):
                value = value.date()
            elif isinstance(value, float) and value.is_integer():
                value = int(value)
            each[name] = value if isinstance(value, str | bool | int | float | date) else str(value)
        made.append(each)
    return made


def _targets(data: dict, version: str, problem: setup.Problem | None) -> None:
    """Targets and revenue as tables."""
    st.markdown(f"**{t('setup.group_targets')}**")
    names = ("year", "base_year", "reduction_share")
    held = [each for each in data.get("targets") or () if isinstance(each, dict)]
    targets = pd.DataFrame([{name: each.get(name) for name in names} for each in held], columns=list(names))
    columns = {
        "year": st.column_config.NumberColumn(t("target.year"), format="%d", min_value=1990, max_value=2100, step=1),
        "base_year": st.column_config.NumberColumn(
            t("target.base_year"), format="%d", min_value=1990, max_value=2100, step=1
        ),
        "reduction_share": st.column_config.NumberColumn(
            t("target.reduction_share"), min_value=0.0, max_value=1.0, step=0.01
        ),
    }
    edited = st.data_editor(
        targets.astype(float), key=f"targets_{version}", num_rows="dynamic", hide_index=True, column_config=columns
    )
    if is_at(problem, ("targets",)):
        show_problem(st, problem)
    st.markdown(f"**{t('setup.group_revenue')}**")
    money = data.get("revenue") or {}
    revenue = pd.DataFrame([(str(year), str(text)) for year, text in money.items()], columns=["year", "amount"])
    columns = {
        "year": st.column_config.TextColumn(t("target.year"), max_chars=4, validate=r"^\d{4}$"),
        "amount": st.column_config.TextColumn(t("target.amount"), help=t("target.amount_help")),
    }
    sums = st.data_editor(
        revenue.astype(str), key=f"revenue_{version}", num_rows="dynamic", hide_index=True, column_config=columns
    )
    if is_at(problem, ("revenue",)):
        show_problem(st, problem)
    if st.button(t("setup.save"), type="primary", icon=":material/save:", key="save_targets"):
        rows = _plain_rows(edited)
        made = [{**old, **row} for old, row in zip([*map(dict, held), *({} for _ in rows)], rows, strict=False)]
        stated = {
            int(row["year"]): row["amount"]
            for row in _plain_rows(sums)
            if str(row.get("year", "")).isdigit() and row.get("amount")
        }
        _done(setup.change([(("targets",), made or None), (("revenue",), stated or None)]))


def _map() -> None:
    """The organisation's own base map; none is shipped."""
    parts.muted(t("setup.map_about"))
    held = base_map.read()
    if held is not None:
        said = base_map.attribution(held)
        st.markdown(t("setup.map_held", features=len(held["features"]), whose=plain(said or t("setup.map_unsaid"))))
        if st.button(t("setup.map_remove"), icon=":material/delete:"):
            setup.remove_base_map()
            st.rerun()
    given = parts.uploader(
        st, t("setup.map_file"), type=["geojson", "json"], key="upload_map", help=t("setup.map_help")
    )
    if given is not None and st.button(t("setup.map_take"), icon=":material/upload_file:"):
        setup.save_base_map(given.getvalue())
        st.session_state["setup_said"] = t("setup.map_saved")
        st.rerun()


def _file(text: str, problem: setup.Problem | None) -> None:
    """The whole file as text, for what no form holds."""
    parts.muted(t("setup.file_about"))
    with st.form("setup_file", border=False):
        edited = st.text_area(t("setup.file_text"), value=text, height=460, key=f"setup_text_{setup.version_of(text)}")
        if st.form_submit_button(t("setup.save"), type="primary", icon=":material/save:"):
            _done(setup.put(edited if edited.endswith("\n") else edited + "\n"))
    if problem is not None and problem.error.where.row is not None:
        parts.muted(t("setup.file_problem", where=plain(str(problem.error.where) or setup.path().name)))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            t("first.organisation"),
            text.encode("utf-8"),
            file_name=setup.path().name,
            mime="application/yaml",
            icon=":material/download:",
            on_click="ignore",
        )
    with st.expander(t("setup.replace"), icon=":material/upload_file:"):
        _upload()
    parts.muted(t("setup.where", folder=plain(setup.path().resolve().parent.name or session.settings().ledger.name)))


page()
