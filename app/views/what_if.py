"""What-if and ROI: choose measures, change their inputs, see carbon and money with their ranges; save and compare."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import streamlit as st

from app import access, guide, numbers, parts, session, what_if_shown
from app.people import Right
from app.reading import reports, roi
from app.text import language, plain, t
from carbon.reports.roi_context import NOT_GIVEN, RoiContext
from carbon.roi import Scenario, bounds_of
from carbon.roi.measure import ORGANISATION

#: What the session asks, and how often its fields were filled anew.
_HELD, _EPOCH = "what_if_scenario", "what_if_epoch"
_MOST_COMPARED = 6


def page() -> None:
    """Show the page."""
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    title.title(t("what_if.title"), anchor=False)
    if not session.head():
        guide.nothing_yet()
        return
    with picker:
        period = parts.period()
    parts.muted(t("what_if.about"))
    if not reports.has_measures():
        st.info(t("reports.no_measures"), icon=":material/info:")
        parts.link("views/setup.py", t("setup.nav"), ":material/settings:")
        return
    with st.spinner(t("work.reading")):
        bench = roi.bench(period)
    baseline = bench.considered.baseline
    if baseline.months != 12:
        st.warning(t("what_if.months", months=baseline.months), icon=":material/warning:")
    if not bench.considered.applicable:
        st.info(t("what_if.none_apply"), icon=":material/info:")
        _absent(bench)
        return
    asked = _asked(bench)
    with st.spinner(t("what_if.reckoning")):
        found = roi.answer(asked, period)
    printed = roi.printed(found.study, language())
    _choose(bench, asked, printed)
    _inputs(bench, asked, printed)
    if found.unknown:
        names = ", ".join(printed.measure(each) for each in found.unknown)
        st.warning(t("what_if.unknown", measures=names), icon=":material/warning:")
    what_if_shown.answer(found, printed)
    _saved(asked, bench, period)
    _absent(bench)


def _asked(bench: roi.Workbench) -> Scenario:
    return st.session_state.get(_HELD) or Scenario(currency=bench.currency)


def _ask(scenario: Scenario) -> None:
    """Take a scenario, fill all fields with it, and begin anew."""
    st.session_state[_HELD] = scenario
    st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1
    st.rerun()


def _key(*names: str) -> str:
    return "_".join(("what_if", str(st.session_state.get(_EPOCH, 0)), *names))


def _field(key: str, value: object) -> str:
    """Give a field its first value; afterwards it holds what was typed."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def _choose(bench: roi.Workbench, asked: Scenario, printed: RoiContext) -> None:
    applicable = bench.considered.applicable
    with st.form(_key("form"), border=True):
        st.markdown(f"**{t('what_if.choose')}**")
        columns, taken = st.columns(3), {}
        for place, measure in enumerate(applicable):
            changed = f" ({t('what_if.changed')})" if asked.values.get(measure.key) else ""
            with columns[place * 3 // len(applicable)]:
                taken[measure.key] = st.checkbox(
                    f"{printed.measure(measure.key)}{changed}",
                    key=_field(_key(measure.key), measure.key not in asked.left_out),
                )
        budget = st.number_input(
            t("what_if.budget", currency=bench.currency),
            min_value=0.0,
            step=1000.0,
            format="%.2f",
            key=_field(_key("budget"), asked.budget),
            help=t("what_if.budget_help"),
            width=360,
        )
        pressed = st.form_submit_button(t("what_if.reckon"), type="primary", icon=":material/calculate:")
    if pressed:
        left_out = tuple(key for key, each in taken.items() if not each)
        _ask(replace(asked, left_out=left_out, budget=budget, currency=bench.currency))
    other = asked.left_out or asked.values or asked.budget is not None
    if other and st.button(t("what_if.reset"), icon=":material/restart_alt:"):
        _ask(Scenario(currency=bench.currency))


def _inputs(bench: roi.Workbench, asked: Scenario, printed: RoiContext) -> None:
    """Let the inputs of one measure be changed, each between what it can be."""
    with st.expander(t("what_if.inputs"), icon=":material/tune:"):
        known = {each.key: each for each in bench.considered.applicable}
        key = parts.choose(t("what_if.measure"), list(known), printed.measure, "what_if_measure")
        measure, changed = known[key], dict(asked.values.get(key, {}))
        parts.muted(printed.words(f"roi.measures.{key}.model"))
        parts.muted(f"{t('what_if.trap')} {printed.words(f'roi.measures.{key}.trap')}")
        with st.form(_key("inputs", key), border=False):
            typed = {}
            for name, each in measure.inputs.items():
                left, right = st.columns([2, 3], vertical_alignment="bottom")
                low, high = bounds_of(measure, name)
                unit = printed.unit(each)
                value = changed.get(name, each.value)
                with left:
                    typed[name] = st.number_input(
                        printed.input(name) if unit == "–" else f"{printed.input(name)} ({unit})",
                        min_value=low,
                        max_value=high,
                        step=_step(each.value),
                        format="%.6g",
                        key=_field(_key("input", key, name), float(value)),
                    )
                kind = printed.kind(each)
                ends = t("what_if.exact")
                if each.low != each.high:
                    ends = t("what_if.ends", low=printed.value(each.low), high=printed.value(each.high))
                file = t("what_if.file_value", value=printed.value(each.value), ends=ends)
                mark = f"**{kind}**" if each.illustrative else kind
                with right:
                    # The merchant's own value and one not given are told by the mark already.
                    source = "" if each.source in (ORGANISATION, NOT_GIVEN) else f" · {plain(each.source)}"
                    parts.muted(f"{file} · {mark}{source}")
            pressed = st.form_submit_button(t("what_if.apply"), icon=":material/check:")
        if pressed:
            values = {
                name: value
                for name, value in typed.items()
                if value is not None
                and not math.isclose(value, measure.inputs[name].value, rel_tol=1e-6, abs_tol=1e-12)
            }
            others = {name: each for name, each in asked.values.items() if name != key}
            _ask(replace(asked, values=others | ({key: values} if values else {}), currency=bench.currency))


def _step(value: float) -> float:
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 1.0


def _saved(asked: Scenario, bench: roi.Workbench, period: str | None) -> None:
    """Save what is asked, open or delete what was saved, and lay saved scenarios side by side."""
    parts.section(t("what_if.saved_title"), t("what_if.saved_about"))
    held = roi.saved()
    able = access.may(Right.WORK)
    if able:
        _save(asked, bench)
    else:
        parts.muted(t("access.analysts_save"))
    if held:
        chosen = parts.choose(t("what_if.open_which"), list(held), str, "what_if_saved")
        with st.container(horizontal=True, gap="small"):
            if st.button(t("what_if.open"), icon=":material/folder_open:", key="what_if_open"):
                _ask(held[chosen])
            if able and st.button(t("what_if.delete"), icon=":material/delete:", key="what_if_delete"):
                roi.delete(chosen)
                st.rerun()
            _undo()
        _compare(held, asked, bench, period)
    else:
        _undo()


def _save(asked: Scenario, bench: roi.Workbench) -> None:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        name = st.text_input(t("what_if.name"), max_chars=80, key=_field(_key("name"), asked.name)).strip()
    with right:
        if st.button(t("what_if.save"), icon=":material/save:", width="stretch", key="what_if_save"):
            roi.save(replace(asked, name=name, currency=bench.currency))
            _ask(replace(asked, name=name))


def _undo() -> None:
    if not access.may(Right.WORK):
        return
    if roi.can_undo() and st.button(t("what_if.undo"), icon=":material/undo:", key="what_if_undo"):
        roi.undo()
        st.rerun()


def _compare(held: dict[str, Scenario], asked: Scenario, bench: roi.Workbench, period: str | None) -> None:
    if not st.toggle(t("what_if.compare"), key="what_if_compare"):
        return
    wanted = {t("what_if.as_in_file"): Scenario(currency=bench.currency)} | dict(list(held.items())[-_MOST_COMPARED:])
    wanted |= {t("what_if.this"): asked}
    rows = []
    with st.spinner(t("what_if.reckoning")):
        for name, scenario in wanted.items():
            found = roi.answer(scenario, period)
            rows.append((name, found.effect, roi.printed(found.study, language())))
    scale, size_kg = numbers.scale_of([effect.total.after_kg for _, effect, _ in rows])
    head, ends = t("what_if.head_after", unit=scale.unit), t("what_if.head_range", unit=scale.unit)
    currency = rows[0][2].currency
    worth, range_ = t("what_if.head_npv", currency=currency), t("what_if.head_npv_range", currency=currency)
    outlay = t("what_if.outlay", currency=currency)
    data = pd.DataFrame(
        {
            t("what_if.name"): [name for name, _, _ in rows],
            t("what_if.measures"): [len(effect.steps) for _, effect, _ in rows],
            head: [effect.total.after_kg / size_kg for _, effect, _ in rows],
            ends: numbers.ranges(
                scale, [each.total.low_kg for _, each, _ in rows], [each.total.high_kg for _, each, _ in rows]
            ),
            t("what_if.head_change"): [-each.saved_kg / each.total.before_kg for _, each, _ in rows],
            outlay: [each.money.outlay for _, each, _ in rows],
            worth: [each.money.npv for _, each, _ in rows],
            range_: [said.between(each.draws.percentiles[0], each.draws.percentiles[2]) for _, each, said in rows],
            t("what_if.payback"): [said.payback(each.money).text for _, each, said in rows],
        }
    )
    money = rows[0][2].number
    formats = {
        t("what_if.measures"): numbers.count,
        head: numbers.masses(scale),
        t("what_if.head_change"): numbers.signed_share,
        outlay: money,
        worth: money,
    }
    right = parts.right(ends, range_, t("what_if.payback"))
    parts.table(data, "what_if_compare", formats, t("what_if.compare"), column_config=right)
    parts.foot("what_if_compare", [t("what_if.how_compare")], download=data)


def _absent(bench: roi.Workbench) -> None:
    left_out = bench.considered.left_out
    if not left_out:
        return
    parts.section(t("what_if.absent", count=len(left_out)), t("what_if.absent_about"))
    lines = [f"- **{roi.measure_name(each.key, language())}**: {plain(roi.why(each, language()))}" for each in left_out]
    st.markdown("\n".join(lines))
    parts.foot("what_if_absent", [t("what_if.how_absent")])


page()
