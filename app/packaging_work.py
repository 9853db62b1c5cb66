"""The packing work of the packaging page: on files of orders and items, what better packing, cartons and boxes change."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import access, numbers, packaging_advice, parts, session
from app import wide_charts as wide
from app.people import Right
from app.reading import packaging
from app.said import said
from app.setup_fields import show_problem
from app.text import language, plain, t

_TABLES = ["csv", "gz", "xlsx", "parquet"]


def show() -> None:
    """Choose files, then pack, design cartons, or ask for advice."""
    if not access.may(Right.WORK):
        parts.muted(t("access.analysts_pack"))
        return
    parts.section(t("packing.title"), t("packing.measure"))
    if session.settings().organisation is None:
        st.warning(t("packing.no_organisation"), icon=":material/warning:")
        return
    files, of = _files()
    if files is None:
        return
    wanted = parts.choose(
        t("packing.what"), ("pack", "cartons", "advice"), lambda each: t(f"packing.{each}"), "packing_what"
    )
    {"pack": _pack, "cartons": _cartons, "advice": _advice}[wanted](files, of)


def _files() -> tuple[dict[str, Path] | None, tuple]:
    beside = packaging.beside()
    options = (*(("beside",) if beside else ()), "upload")
    where = parts.choose(
        t("packing.from"),
        options,
        lambda each: t(
            f"packing.{each}",
            **({"orders": beside["orders"].name, "items": beside["items"].name} if each == "beside" else {}),
        ),
        "packing_from",
    )
    if where == "beside":
        return beside, tuple((role, str(path), path.stat().st_mtime_ns) for role, path in beside.items())
    left, right = st.columns(2)
    given = {
        "orders": parts.uploader(left, t("import.orders"), type=_TABLES, key="pack_orders"),
        "items": parts.uploader(
            right, t("packing.items"), type=_TABLES, key="pack_items", help=t("packing.items_help")
        ),
    }
    if None in given.values():
        st.info(t("packing.none"), icon=":material/info:")
        return None, ()
    files = {role: session.keep_upload(each, f"pack_{role}") for role, each in given.items()}
    return files, tuple((role, each.file_id) for role, each in given.items())


def _kept(name: str, of: tuple) -> object | None:
    """Return a result that was made from these files and settings."""
    made = st.session_state.get(f"made_{name}")
    return made[1] if made and made[0] == of else None


def _worked(name: str, of: tuple, work) -> None:
    """Do long work with progress; any click, Cancel too, ends it, and nothing is kept then."""
    bar = st.progress(0.0, text=t("work.begin"))

    def progress(step: str, done: int, expected: int) -> None:
        part = min(1.0, done / expected) if expected else 0.0
        bar.progress(part, text=t(f"step.{step}", done=numbers.count(done), expected=numbers.count(expected)))

    cancel = st.empty()
    cancel.button(t("calculate.cancel"), key=f"cancel_{name}")
    try:
        st.session_state[f"made_{name}"] = (of, work(progress))
    finally:
        bar.empty()
        cancel.empty()
    st.rerun()


def _objective(key: str) -> tuple[str, str | None]:
    left, right = st.columns(2)
    with left:
        chosen = parts.choose(
            t("packing.objective"),
            ("co2e", "cost", "weighted"),
            lambda each: t(f"objective.{each}"),
            f"objective_{key}",
        )
    price = None
    if chosen == "weighted":
        price = right.text_input(
            t("objective.price"),
            key=f"price_{key}",
            placeholder="90 EUR/t",
            help=t("objective.price_help"),
            max_chars=40,
        ).strip()
    return chosen, price or None


def _pack(files: dict[str, Path], of: tuple) -> None:
    objective, price = _objective("pack")
    settings = (*of, objective, price)
    if st.button(t("packing.start_pack"), type="primary", icon=":material/inventory_2:"):
        _worked("pack", settings, lambda progress: packaging.packed(files, objective, price, progress))
    made = _kept("pack", settings)
    if made is None:
        return
    found, output = made
    difference = found.difference
    st.header(
        t("packing.less" if difference.value_kg < 0 else "packing.more", mass=numbers.mass(abs(difference.value_kg))),
        anchor=False,
    )
    low_kg, high_kg = difference.low_kg, difference.high_kg
    if low_kg is None:
        parts.muted(t("difference.no_range"))
    else:
        ends = sorted((abs(low_kg), abs(high_kg))) if difference.clear else (low_kg, high_kg)
        clear = t("difference.clear") if difference.clear else t("difference.not_clear")
        st.markdown(f"{t('difference.range', low=numbers.mass(ends[0]), high=numbers.mass(ends[1]))} {clear}")
    figures = [
        ("packing.packed", numbers.count(found.packed), t("packing.of_orders", count=numbers.count(found.orders))),
        ("packing.changed", numbers.count(found.changed), t("packing.in_several", count=numbers.count(found.several))),
        (
            "packing.empty",
            numbers.share(found.empty_share),
            t("packing.today", value=numbers.share(found.today_empty_share)),
        ),
    ]
    if found.currency:
        figures.append(
            (
                "packing.money",
                f"{numbers.count(found.money)} {found.currency}",
                t("packing.today", value=f"{numbers.count(found.today_money)} {found.currency}"),
            )
        )
    with st.container(horizontal=True, gap="small"):
        for label, value, below in figures:
            st.metric(t(label), value, below, delta_color="off", delta_arrow="off", border=True, width="stretch")
    organisation = session.current_runs()[0].organisation
    rows = found.packages.most_common()
    data = pd.DataFrame(
        {
            t("head.package"): [parts.label(organisation, "packages", key) for key, _ in rows],
            t("head.parcels"): [count for _, count in rows],
        }
    )
    parts.table(data, "packed", {t("head.parcels"): numbers.count}, t("packing.pack"))
    if found.reasons:
        why = [(packaging.reason(code, language()), count) for code, count in found.reasons.most_common()]
        reasons = pd.DataFrame(why, columns=[t("head.reason"), t("head.rows")])
        with st.expander(t("packing.kept", count=numbers.count(found.kept + found.refused)), icon=":material/rule:"):
            parts.table(reasons, "not_packed", {t("head.rows"): numbers.count}, t("packing.pack"))
    how = [t("packing.how_pack"), t("packing.how_difference"), *(plain(said(each)) for each in found.notes)]
    if found.today_does_not_fit:
        how.append(t("packing.how_unfit", count=numbers.count(found.today_does_not_fit)))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            t("packing.download"),
            output,
            file_name="orders-packed.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        parts.link("views/import_orders.py", t("packing.then"), ":material/upload_file:")
    parts.foot("packed", how, download=data)


def _cartons(files: dict[str, Path], of: tuple) -> None:
    left, middle, right = st.columns(3)
    count = left.slider(t("cartons.count"), 1, 20, 6, key="carton_count")
    seconds = middle.slider(t("cartons.seconds"), 2, 120, 20, key="carton_seconds", help=t("cartons.seconds_help"))
    with right:
        objective = parts.choose(
            t("packing.objective"), ("co2e", "cost"), lambda each: t(f"objective.{each}"), "objective_cartons"
        )
    cover = left.slider(
        t("cartons.cover"), 90.0, 100.0, 100.0, 0.5, format="%g %%", key="carton_cover", help=t("cartons.cover_help")
    )
    settings = (*of, count, seconds, objective, cover)
    if st.button(t("cartons.start"), type="primary", icon=":material/design_services:"):
        limits = {"cover": cover / 100, "polish": seconds / 2, "sample": 600, "effects": 20_000}
        _worked(
            "cartons", settings,
            lambda progress: packaging.cartons(files, count, objective, float(seconds), progress, **limits),
        )  # fmt: skip
    suite = _kept("cartons", settings)
    if suite is None:
        return
    steps = [step for step in suite.curve if step.set.outcome.excess_times <= suite.curve[-1].set.outcome.excess_times]
    compared, left_out = suite.today, suite.chosen.outcome.left_out_times
    finding = (
        t(
            "cartons.finding",
            sizes=len(suite.packages),
            less=numbers.number(compared.before - compared.after),
            unit=suite.unit,
            share=numbers.share((compared.before - compared.after) / compared.before if compared.before else 0.0),
        )
        if compared
        else t("cartons.alone", sizes=len(suite.packages))
    )
    data = pd.DataFrame(
        {
            "x": [step.set.count - 1 for step in steps],
            "y": [step.set.outcome.total for step in steps],
            "tip": [
                t(
                    "cartons.tip",
                    sizes=step.set.count - 1,
                    total=numbers.number(step.set.outcome.total),
                    gap=numbers.share(step.set.gap),
                )
                for step in steps
            ],
        }
    )
    chosen = data[data["x"] == count].assign(label=t("cartons.chosen"))
    drawn = wide.lines(data, t("cartons.axis"), t("cartons.total", unit=suite.unit), step=True, marked=chosen)
    parts.chart(drawn, finding, t("cartons.measure", orders=numbers.count(suite.looked_at)), "cartons")
    table = pd.DataFrame(
        {
            t("head.package"): list(suite.packages),
            t("head.size"): [(each.inner or each.like or "").replace("x", " × ") for each in suite.packages.values()],
            t("head.parcels"): [suite.used[key] for key in suite.packages],
        }
    )
    parts.table(table, "cartons", {t("head.parcels"): numbers.count}, finding)
    parts.foot(
        "cartons",
        [
            t("cartons.how", candidates=numbers.count(suite.candidates), gap=numbers.share(suite.chosen.gap)),
            t("cartons.how_curve"),
            *([t("cartons.how_cover", count=numbers.count(left_out))] if left_out else []),
            *(plain(said(each)) for each in suite.notes),
        ],
        data[["x", "y"]].rename(columns={"x": t("cartons.axis"), "y": t("cartons.total", unit=suite.unit)}),
        {t("cartons.total", unit=suite.unit): numbers.number},
    )
    _adopt(suite)


def _adopt(suite) -> None:
    """Put the set into the organisation file."""
    if access.may(Right.MANAGE):
        _adopt_here(suite)
    st.download_button(
        t("cartons.download"),
        suite.yaml().encode("utf-8"),
        file_name="cartons.yaml",
        mime="application/yaml",
        icon=":material/download:",
        on_click="ignore",
    )


def _adopt_here(suite) -> None:
    with st.popover(t("cartons.adopt"), icon=":material/check:"):
        st.markdown(t("cartons.adopt_about"))
        retired = st.multiselect(
            t("cartons.retire"), packaging.retirable(suite), key="retired", help=t("cartons.retire_help")
        )
        if st.button(t("cartons.adopt_sure"), type="primary"):
            problem = packaging.adopt(suite, retired)
            if problem is None:
                st.success(t("cartons.adopted"), icon=":material/check_circle:")
            else:
                show_problem(st, problem)


def _advice(files: dict[str, Path], of: tuple) -> None:
    settings = (*of, packaging_advice.damage_risk())
    if st.button(t("advice.start"), type="primary", icon=":material/lightbulb:"):
        with st.spinner(t("advice.working")):
            found = packaging.advice(files, settings[-1])
        st.session_state["made_advice"] = (settings, found)
    found = _kept("advice", settings)
    if found is not None:
        packaging_advice.show(found)
