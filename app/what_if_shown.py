"""What comes of a scenario, shown: emissions by stage, savings in sequence, money, curve, what moves a measure, plan, what is left out."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import streamlit as st

from app import numbers, parts, roi_charts
from app import wide_charts as wide
from app.look import look
from app.text import plain, t
from carbon.reports import roi_curve, roi_plan, roi_tables
from carbon.reports.report import Bullets, Missing, Number, Section, Subheading, Table, Text
from carbon.reports.roi_context import RoiContext
from carbon.roi import Answer
from carbon.terms import DELIVERY_STAGES, Stage


def answer(found: Answer, printed: RoiContext) -> None:
    """Show everything that comes of a scenario."""
    key_figures(found, printed)
    if not found.study.entries:
        st.info(t("what_if.none_taken"), icon=":material/info:")
        return
    _stages(found)
    _sequence(found, printed)
    _money(printed)
    _curve(found, printed)
    _tornado(found, printed)
    _plan(found, printed)


def key_figures(found: Answer, printed: RoiContext) -> None:
    """Show baseline, scenario, and the money of all measures together."""
    total, money, draws = found.effect.total, found.effect.money, found.effect.draws
    low, _, high = draws.percentiles
    saved_kg = found.effect.saved_kg
    difference = t("what_if.less" if saved_kg >= 0 else "what_if.more", mass=numbers.mass(abs(saved_kg)))
    share = numbers.signed_share(-saved_kg / total.before_kg if total.before_kg else 0.0)
    ends = numbers.ends(total.after_kg, total.low_kg, total.high_kg)
    payback, rate = printed.payback(money), printed.percent(money.irr, money.no_irr)
    outlay, chance = printed.money(money.outlay), numbers.share(draws.pays)
    years, paid = t("what_if.years", years=payback.text), t("what_if.payback_note")
    if isinstance(payback, Missing):
        years, paid = numbers.ABSENT, payback.text
    percent, irr = numbers.share(money.irr), t("what_if.irr_note")
    if isinstance(rate, Missing):
        percent, irr = numbers.ABSENT, t("what_if.irr_none", why=rate.text)
    worths = f"{printed.number(low)} – {printed.number(high)}"
    figures = [
        ("baseline", numbers.mass(total.before_kg), t("what_if.baseline_note", period=printed.study.baseline.period)),
        ("scenario", numbers.mass(total.after_kg), t("what_if.range", range=ends) if ends else None),
        ("difference", difference, t("what_if.first_year", share=share)),
        ("npv", printed.money(money.npv), t("what_if.range", range=worths)),
        ("payback", years, paid),
        ("irr", percent, irr),
    ]
    for row in (figures[:3], figures[3:]):
        for column, (key, value, note) in zip(st.columns(3), row, strict=True):
            with column:
                st.metric(
                    t(f"what_if.{key}"), value, note, delta_color="off", delta_arrow="off", help=t(f"what_if.{key}_help"),
                    border=True, width="stretch", height="stretch",
                )  # fmt: skip
    parts.muted(t("what_if.chance", outlay=outlay, share=chance))
    st.page_link("views/reports.py", label=t("what_if.report"), icon=":material/description:")


def _stages(found: Answer) -> None:
    stages = found.effect.stages
    shown = [each for each in DELIVERY_STAGES if each in stages]
    scale, size_kg = numbers.scale_of([each.before_kg for each in stages.values()])
    across = f"{t('axis.co2e')} ({scale.unit})"
    moved = max(shown, key=lambda each: abs(stages[each].before_kg - stages[each].after_kg))
    change_kg = stages[moved].before_kg - stages[moved].after_kg
    finding = t(
        "what_if.stages_finding" if change_kg >= 0 else "what_if.stages_more",
        stage=parts.stage(moved),
        mass=numbers.mass(abs(change_kg)),
    )
    rows = [
        (
            parts.stage(each),
            Stage(each),
            *(getattr(stages[each], name) / size_kg for name in ("before_kg", "after_kg", "low_kg", "high_kg")),
        )
        for each in shown
    ]
    parts.chart(roi_charts.before_after(rows, across), finding, t("what_if.stages_measure"), "what_if_stages")
    every = [*((parts.stage(each), stages[each]) for each in shown), (t("what_if.all"), found.effect.total)]
    before, after = t("what_if.head_before", unit=scale.unit), t("what_if.head_after", unit=scale.unit)
    ends = t("what_if.head_range", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.stage"): [name for name, _ in every],
            before: [each.before_kg / size_kg for _, each in every],
            after: [each.after_kg / size_kg for _, each in every],
            ends: numbers.ranges(scale, [each.low_kg for _, each in every], [each.high_kg for _, each in every]),
        }
    )
    exact = pd.DataFrame(
        [(each, one.before_kg, one.after_kg, one.low_kg, one.high_kg) for each, one in stages.items()],
        columns=["stage", "before_kg", "after_kg", "low_kg", "high_kg"],
    )
    formats = dict.fromkeys((before, after), numbers.masses(scale))
    how = [
        t("what_if.how_stages"),
        t("what_if.how_draws", draws=numbers.count(found.study.draws), seed=found.study.seed),
    ]
    parts.foot("what_if_stages", how, data, formats, download=exact)


def _sequence(found: Answer, printed: RoiContext) -> None:
    effect = found.effect
    if not effect.steps:
        return
    first = max(effect.steps, key=lambda each: each.saved_kg)
    finding = t(
        "what_if.sequence_finding", measure=printed.measure(first.measure.key), mass=numbers.mass(first.saved_kg)
    )
    steps = [(printed.measure(each.measure.key), -each.saved_kg) for each in effect.steps]
    drawn = wide.waterfall(
        (t("what_if.baseline"), effect.total.before_kg), steps, (t("what_if.scenario"), effect.total.after_kg)
    )
    parts.chart(drawn, finding, t("what_if.sequence_measure"), "what_if_sequence")
    scale, size_kg = numbers.scale_of([each.saved_kg for each in effect.steps])
    saved = t("what_if.head_saved", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("what_if.measure"): [name for name, _ in steps],
            saved: [each.saved_kg / size_kg for each in effect.steps],
        }
    )
    exact = pd.DataFrame([(e.measure.key, e.saved_kg) for e in effect.steps], columns=["measure", "saved_kg"])
    parts.foot("what_if_sequence", [t("what_if.how_sequence")], data, {saved: numbers.masses(scale)}, download=exact)
    for key, reason in effect.without_effect.items():
        st.info(t("what_if.nothing", measure=printed.measure(key), reason=plain(reason)), icon=":material/info:")


def _money(printed: RoiContext) -> None:
    # Two rates of return would push the rest of the table off a small screen; the download has both.
    section(roi_tables.money(printed), "what_if_money", hidden=(printed.said("money.mirr"),))


def _curve(found: Answer, printed: RoiContext) -> None:
    blocks, entries = found.study.curve.blocks, {each.measure.key: each for each in found.study.entries}
    currency = printed.currency
    if blocks:
        unit, unit_kg = numbers.largest_unit()
        costs = [(block.appraisal.cost_per_kg or 0.0) * unit_kg for block in blocks]
        low, high = roi_curve.ceiling(costs)
        drawn = [min(max(each, low), high) for each in costs]
        data = pd.DataFrame(
            {
                "number": [str(place) for place in range(1, len(blocks) + 1)],
                "name": [f"{place} {printed.measure(each.measure.key)}" for place, each in enumerate(blocks, 1)],
                "start": [block.start_kg / unit_kg for block in blocks],
                "stop": [(block.start_kg + block.width_kg) / unit_kg for block in blocks],
                "cost": costs,
                "drawn": drawn,
                "top": [max(each, 0.0) for each in drawn],
                "colour": [look().stages[block.measure.stages[0]] for block in blocks],
                "wide": [block.width_kg >= 0.03 * found.study.curve.total_kg for block in blocks],
                "tip": [
                    t("what_if.block", mass=numbers.mass(block.width_kg), cost=printed.money(cost), unit=unit)
                    for block, cost in zip(blocks, costs, strict=True)
                ],
            }
        )
        paying = sum(block.pays for block in blocks)
        cut = t("what_if.cut", count=sum(a != b for a, b in zip(costs, drawn, strict=True))) if drawn != costs else ""
        parts.chart(
            roi_charts.curve(data, t("what_if.across", unit=unit), t("what_if.up", currency=currency, unit=unit)),
            t("what_if.curve_finding", count=paying, all=len(blocks)),
            f"{t('what_if.curve_measure', unit=unit)} {cut}".strip(),
            "what_if_curve",
        )
        width, cost = t("what_if.head_width", unit=unit), t("what_if.head_cost", currency=currency, unit=unit)
        shown = pd.DataFrame(
            {t("what_if.measure"): data["name"], width: data["stop"] - data["start"], cost: data["cost"]}
        )
        formats = dict.fromkeys((width, cost), numbers.number)
        exact = pd.DataFrame(
            [(e.measure.key, e.start_kg, e.width_kg, e.appraisal.cost_per_kg) for e in blocks],
            columns=["measure", "start_kg", "width_kg", f"cost_per_kg_{currency}"],
        )
        parts.foot("what_if_curve", [t("what_if.how_curve")], shown, formats, download=exact)
    else:
        st.info(t("what_if.no_curve"), icon=":material/info:")
    _worths(found, printed, entries)


def _worths(found: Answer, printed: RoiContext, entries: dict) -> None:
    rows = []
    places = {block.measure.key: place for place, block in enumerate(found.study.curve.blocks, 1)}
    for entry in entries.values():
        low, _, high = entry.simulation.percentiles
        label = f"{printed.number(entry.alone.npv)} ({printed.number(low)} – {printed.number(high)})"
        colour = look().stages[entry.measure.stages[0]]
        name = f"{places.get(entry.measure.key, numbers.ABSENT)} {printed.measure(entry.measure.key)}"
        rows.append((name, entry.alone.npv, low, high, label, colour))
    data = pd.DataFrame(rows, columns=["name", "worth", "low", "high", "label", "colour"])
    best = max(entries.values(), key=lambda each: each.alone.npv)
    key = "what_if.worth_finding" if best.alone.npv >= 0 else "what_if.worth_none"
    finding = t(key, measure=printed.measure(best.measure.key), worth=printed.money(best.alone.npv))
    across = t("what_if.npv_axis", currency=printed.currency)
    parts.chart(roi_charts.worths(data, across), finding, t("what_if.worth_measure"), "what_if_worth")
    names = [t("what_if.measure"), across, "5 %", "95 %"]
    shown = pd.DataFrame(dict(zip(names, (data[each] for each in ("name", "worth", "low", "high")), strict=True)))
    parts.foot(
        "what_if_worth", [t("what_if.how_worth")], shown, dict.fromkeys(names[1:], printed.number),
        download=data[["name", "worth", "low", "high"]],
    )  # fmt: skip


def _tornado(found: Answer, printed: RoiContext) -> None:
    entries = {each.measure.key: each for each in found.study.entries}
    parts.section(t("what_if.moves"), t("what_if.moves_measure"))
    entry = entries[parts.choose(t("what_if.measure"), list(entries), printed.measure, "what_if_moved")]
    if not entry.swings:
        st.info(t("what_if.all_exact"), icon=":material/info:")
        return
    rows, table = [], []
    even = {each.key: each.value for each in entry.break_evens}
    for each in entry.swings:
        name = printed.input(each.key)
        for end, value, worth in (("low", each.low, each.npv_low), ("high", each.high, each.npv_high)):
            label = t("what_if.swing", value=printed.value(value), worth=printed.money(worth))
            rows.append((name, end, worth, label))
        table.append((name, each.low, each.high, each.npv_low, each.npv_high, even.get(each.key)))
    data = pd.DataFrame(rows, columns=["name", "end", "value", "label"])
    first = entry.swings[0]
    across = t("what_if.npv_axis", currency=printed.currency)
    parts.chart(
        roi_charts.tornado(data, entry.alone.npv, across),
        t(
            "what_if.tornado_finding",
            input=printed.input(first.key),
            range=printed.between(min(first.npv_low, first.npv_high), max(first.npv_low, first.npv_high)),
        ),
        t("what_if.tornado_measure", worth=printed.money(entry.alone.npv)),
        "what_if_tornado",
    )
    columns = [
        t("head.input"), "5 %", "95 %", t("what_if.npv_low"), t("what_if.npv_high"), t("what_if.break_even"),
    ]  # fmt: skip
    shown = pd.DataFrame(table, columns=columns)
    formats = dict.fromkeys((columns[1], columns[2], columns[5]), numbers.number)
    formats |= dict.fromkeys(columns[3:5], printed.number)
    parts.foot("what_if_tornado", [t("what_if.how_tornado")], shown, formats)


def _plan(found: Answer, printed: RoiContext) -> None:
    section(roi_plan.portfolio(printed), "what_if_plan")
    begun: dict[int, list[str]] = {}
    for each in found.study.plan.chosen:
        begun.setdefault(each.year, []).append(printed.measure(each.measure.key))
    st.markdown("\n".join(f"- {year}: {printed.words.joined(names)}" for year, names in sorted(begun.items())))
    parts.link("views/setup.py", t("what_if.budgets"), ":material/settings:")


# The report's own sections --------------------------------------------------------------------------


def section(found: Section, key: str, hidden: Collection[str] = ()) -> None:
    """Show a section of the ROI report, charts left out: the same sentences and figures in the app's manner.

    Columns of a title in `hidden` are in the download alone.
    """
    parts.section(_said(found.title))
    for place, block in enumerate(found.blocks):
        if isinstance(block, Text):
            st.markdown(_said(block.text))
        elif isinstance(block, Bullets):
            st.markdown("\n".join(f"- {_said(each)}" for each in block.items))
        elif isinstance(block, Subheading):
            st.subheader(_said(block.text), anchor=False)
        elif isinstance(block, Table):
            _table(block, f"{key}_{place}", hidden)


def _table(found: Table, key: str, hidden: Collection[str] = ()) -> None:
    """Columns of figures stay numbers, so that they sort as such, and are printed as the report prints them."""
    st.subheader(_said(found.title), anchor=False)
    if found.subtitle:
        parts.muted(_said(found.subtitle))
    columns, formats, texts, apart = {}, {}, [], []
    for place, column in enumerate(found.columns):
        head = _said(f"{column.title} ({column.unit})" if column.unit else column.title)
        apart += [head] if column.title in hidden else []
        cells = [row[place] for row in found.rows]
        if column.numeric and all(isinstance(each, Number) for each in cells):
            columns[head] = [each.value for each in cells]
            formats[head] = {each.value: each.text for each in cells}.__getitem__
        else:
            columns[head] = [_said(each.text if isinstance(each, Number | Missing) else str(each)) for each in cells]
            texts += [head] if column.numeric else []
    data = pd.DataFrame(columns)
    options = {"column_config": parts.right(*texts), "height": "content"}
    parts.table(data.drop(columns=apart), key, formats, _said(found.title), **options)
    how = [_said(each) for each in found.notes] or [t("what_if.how_report")]
    how += [t("what_if.how_more", columns=", ".join(apart))] if apart else []
    parts.foot(key, how, download=data)


def _said(text: str) -> str:
    return text.replace("CO2e", "CO₂e")
