"""The packing work of the packaging page: on files of orders and items, what better packing, cartons and boxes change."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app import access, numbers, parts, session
from app import wide_charts as wide
from app.people import Right
from app.reading import packaging
from app.said import said
from app.setup_fields import show_problem
from app.text import language, plain, t

_TABLES = ["csv", "gz", "xlsx", "parquet"]
_USES_SHOWN = 60


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
    settings = (*of, count, seconds, objective)
    if st.button(t("cartons.start"), type="primary", icon=":material/design_services:"):
        limits = {"polish": seconds / 2, "sample": 600, "effects": 20_000}
        _worked(
            "cartons", settings,
            lambda progress: packaging.cartons(files, count, objective, float(seconds), progress, **limits),
        )  # fmt: skip
    suite = _kept("cartons", settings)
    if suite is None:
        return
    steps = [
        step for step in suite.curve if step.set.outcome.left_out_times <= suite.curve[-1].set.outcome.left_out_times
    ]
    compared = suite.today
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
    risk = st.number_input(
        t("advice.risk"),
        value=None,
        min_value=0.0,
        max_value=100.0,
        step=0.1,
        key="damage_risk",
        help=t("advice.risk_help"),
    )
    settings = (*of, risk)
    if st.button(t("advice.start"), type="primary", icon=":material/lightbulb:"):
        with st.spinner(t("advice.working")):
            found = packaging.advice(files, None if risk is None else risk / 100)
        st.session_state["made_advice"] = (settings, found)
    found = _kept("advice", settings)
    if found is None:
        return
    parts.muted(t("advice.of", looked=numbers.count(found.looked_at), orders=numbers.count(found.orders)))
    for each in found.reuse:
        _reuse(each)
    _own(found)
    _swaps(found)


def _reuse(each) -> None:
    organisation = session.current_runs()[0].organisation
    name = plain(parts.label(organisation, "packages", each.package))
    if each.result is None:
        parts.section(t("reusing.nothing", package=name))
        return
    co2e = each.result.co2e
    finding = (
        t("reusing.never", package=name)
        if co2e.uses is None
        else t("reusing.finding", package=name, uses=numbers.count(co2e.uses), stated=numbers.count(each.stated_uses))
    )
    most = min(_USES_SHOWN, max(2 * (co2e.uses or 10), 10))
    scale, size_kg = numbers.scale_of([co2e.single_use, co2e.making + co2e.per_trip])
    uses = range(1, most + 1)
    reused = [packaging.per_trip_kg(co2e, use, each.stated_loss_rate) / size_kg for use in uses]
    rows = [
        (use, kg, t("reusing.reusable"), t("reusing.tip", uses=use, mass=numbers.mass(kg * size_kg)))
        for use, kg in zip(uses, reused, strict=True)
    ]
    rows += [(use, co2e.single_use / size_kg, t("reusing.single"), numbers.mass(co2e.single_use)) for use in (1, most)]
    data = pd.DataFrame(rows, columns=["x", "y", "series", "tip"])
    marked = data[(data["x"] == co2e.uses) & (data["series"] == t("reusing.reusable"))].assign(label=t("reusing.even"))
    drawn = wide.lines(
        data, t("reusing.axis"), t("reusing.per_trip", unit=scale.unit), step=True, zero=True, marked=marked
    )
    parts.chart(drawn, finding, t("reusing.measure", orders=numbers.count(each.orders)), f"reuse_{each.package}")
    how = [t("reusing.how", loss=numbers.share(each.stated_loss_rate)), plain(co2e.why)]
    if each.result.money is not None:
        how.append(f"{plain(each.result.money.unit)}: {plain(each.result.money.why)}")
    parts.foot(f"reuse_{each.package}", how, download=data[["series", "x", "y"]])


def _own(found) -> None:
    rows = [each for each in found.own if each.sku.saved_co2e_kg > 0]
    if not rows:
        parts.section(t("own_box.none"))
        return
    parts.section(t("own_box.title", count=numbers.count(len(rows))), t("own_box.measure"))
    saved = [each.sku.saved_co2e_kg for each in rows]
    scale, size_kg = numbers.scale_of(saved)
    head, all_head = t("head.saved_parcel", unit=scale.unit), t("head.saved_all")
    data = pd.DataFrame(
        {
            t("head.article"): [each.sku.key for each in rows],
            t("head.parcels"): [each.sku.parcels for each in rows],
            head: [kg / size_kg for kg in saved],
            all_head: [
                numbers.mass(
                    each.sku.parcels * each.sku.saved_co2e_kg if each.net_co2e_kg is None else each.net_co2e_kg
                )
                for each in rows
            ],
            t("head.most_risk"): [each.most_risk_co2e for each in rows],
        }
    )
    formats = {t("head.parcels"): numbers.count, head: numbers.masses(scale), t("head.most_risk"): numbers.share}
    parts.table(data, "own_box", formats, t("own_box.measure"), column_config=parts.right(all_head))
    parts.foot("own_box", [t("own_box.how"), t("own_box.how_risk")], download=data)


def _swaps(found) -> None:
    offers = [
        (each, offer) for each in found.swaps for offer in each.offers
        if offer.swap.rank is not None and offer.swap.saved_co2e_kg > 0
    ]  # fmt: skip
    if not offers:
        return
    offers.sort(key=lambda pair: -pair[1].swap.saved_co2e_kg * pair[0].parcels / pair[0].uses)
    parts.section(t("swap.title"), t("swap.measure"))
    organisation = session.current_runs()[0].organisation
    data = pd.DataFrame(
        {
            t("head.package"): [parts.label(organisation, "packages", each.package) for each, _ in offers],
            t("head.region"): [each.region for each, _ in offers],
            t("head.material"): [
                f"{offer.material.replace('_', ' ')}, {numbers.share(offer.swap.option.recycled_content)}"
                for _, offer in offers
            ],
            t("head.saved"): [numbers.mass(offer.swap.saved_co2e_kg) for _, offer in offers],
            t("head.saved_ends"): [_ends(offer) for _, offer in offers],
            t("head.clear"): [t("swap.yes") if offer.difference.clear else t("swap.no") for _, offer in offers],
        }
    )
    right = parts.right(t("head.saved"), t("head.saved_ends"))
    parts.table(data, "swaps", alt=t("swap.measure"), column_config=right)
    parts.foot("swaps", [t("swap.how")], download=data)


def _ends(offer) -> str:
    low_kg, high_kg = offer.difference.low_kg, offer.difference.high_kg
    return numbers.ABSENT if low_kg is None else numbers.ends(offer.swap.saved_co2e_kg, -high_kg, -low_kg)
