"""Why two runs, or two periods, differ: six effects that add up, by stage, with the factors and methods behind them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, parts, session
from app import wide_charts as wide
from app.reading import runs
from app.text import language, plain, t
from carbon.terms import DELIVERY_STAGES


def show() -> None:
    """Let two sides be chosen, and show why the second differs from the first."""
    parts.section(t("difference.title"), t("difference.measure"))
    names = _sides()
    if len(names) < 2:
        st.info(t("difference.one"), icon=":material/info:")
        return
    options = list(names)
    left, right = st.columns(2)
    with left:
        a = parts.choose(t("difference.a"), options, names.__getitem__, "difference_a", default=1)
    with right:
        b = parts.choose(t("difference.b"), options, names.__getitem__, "difference_b")
    wanted = (session.head(), a, b)
    if st.button(t("difference.start"), icon=":material/compare_arrows:", disabled=a == b):
        st.session_state["difference_of"] = wanted
    if st.session_state.get("difference_of") != wanted or a == b:
        return
    with st.spinner(t("difference.working")):
        found = runs.compare(a, b)
    _effects(found, names)
    _stages(found)
    _changes(found)


def _sides() -> dict[str, str]:
    """Years and months that count, then every run."""
    months = session.months()
    years = sorted({month[:4] for month in months}, reverse=True)
    names = {year: year for year in years if len(years) > 1}
    names |= {month: numbers.month(month) for month in reversed(months)} if len(months) > 1 else {}
    runs_first = {
        each.run: t(
            "difference.run",
            when=each.created_at[:16].replace("T", " "),
            file=each.input_name or numbers.ABSENT,
            mass=numbers.mass(each.totals_kg.get("total_co2e_kg", 0.0)),
        )
        for each in runs.all_runs()
    }
    return (runs_first | names) if len(runs_first) > 1 else (names | runs_first)


def _effects(found, names: dict[str, str]) -> None:
    share = found.difference_kg / found.total_a_kg if found.total_a_kg else None
    finding = t("difference.finding", mass=_signed(found.difference_kg), share=numbers.signed_share(share))
    steps = [(t(f"effect.{name}"), kg) for name, kg in found.effects_kg.items()]
    first, last = (f"A · {names[found.a]}", found.total_a_kg), (f"B · {names[found.b]}", found.total_b_kg)
    parts.chart(wide.waterfall(first, steps, last), finding, t("difference.effects"), "difference")
    if found.low_kg is not None:
        said = t("difference.range", low=_signed(found.low_kg), high=_signed(found.high_kg))
        st.markdown(f"{said} {t('difference.clear') if found.clear else t('difference.not_clear')}")
    else:
        parts.muted(t("difference.no_range"))
    scale, size_kg = numbers.scale_of([abs(kg) for _, kg in steps])
    head = t("head.difference", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.effect"): [name for name, _ in steps],
            head: [kg / size_kg for _, kg in steps],
            t("head.meaning"): [t(f"effect_help.{name}") for name in found.effects_kg],
        }
    )
    parts.foot(
        "difference",
        [
            t("difference.how"),
            t(
                "difference.how_parcels",
                a=numbers.count(found.parcels_a),
                b=numbers.count(found.parcels_b),
                same=numbers.count(found.same_parcels),
            ),
        ],
        data,
        {head: numbers.masses(scale)},
    )


def _stages(found) -> None:
    """Effects by stage; an effect that changed nothing anywhere has no column."""
    effects = [name for name in found.effects_kg if any(abs(each[name]) > 0 for each in found.stages_kg.values())]
    stages = [each for each in DELIVERY_STAGES if any(found.stages_kg.get(each, {}).values())]
    if not effects or not stages:
        return
    values = [[found.stages_kg[stage][name] for name in effects] for stage in stages]
    scale, size_kg = numbers.scale_of([abs(kg) for row in values for kg in row])
    data = pd.DataFrame({t("head.stage"): [parts.stage(each) for each in stages]})
    for position, name in enumerate(effects):
        data[f"{t(f'effect.{name}')} ({scale.unit})"] = [row[position] / size_kg for row in values]
    show = numbers.masses(scale)
    parts.table(data, "difference_stages", dict.fromkeys(data.columns[1:], show), t("difference.effects"))


def _changes(found) -> None:
    for change in found.method_changes:
        st.markdown(f"- {plain(change)}")
    rows = found.factor_changes
    if not rows:
        return
    frame = pd.DataFrame(rows)
    scale, size_kg = numbers.scale_of(frame["co2e_kg"].abs())
    head = t("head.co2e", unit=scale.unit)
    ratio = [None if not row["kg_per_unit_a"] else row["kg_per_unit_b"] / row["kg_per_unit_a"] - 1 for row in rows]
    data = pd.DataFrame(
        {
            t("head.what"): [session.activity_name(each, language()) for each in frame["activity"]],
            t("head.region"): frame["region"],
            t("head.per_unit"): ratio,
            head: frame["co2e_kg"] / size_kg,
            t("difference.factor_a"): frame["factor_a"],
            t("difference.factor_b"): frame["factor_b"],
        }
    )
    with st.expander(t("difference.factors", count=numbers.count(len(rows))), icon=":material/menu_book:"):
        formats = {t("head.per_unit"): numbers.signed_share, head: numbers.masses(scale)}
        parts.table(data, "difference_factors", formats, t("difference.title"))


def _signed(mass_kg: float) -> str:
    return f"{'+' if mass_kg > 0 else '−' if mass_kg < 0 else ''}{numbers.mass(abs(mass_kg))}"
