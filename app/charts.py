"""Charts: bars from zero, labelled where they end, in the project's colours; no legend where a label does."""

from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt
import pandas as pd

from app import numbers
from app.look import FONT, look
from app.parts import stage
from app.text import t
from carbon.terms import DELIVERY_STAGES, Stage

alt.data_transformers.disable_max_rows()

_BAR = 34
_LABEL_ROOM = 1.45


def stage_bars(stages_kg: dict[str, float]) -> alt.Chart:
    """Draw one bar a delivery stage, in the order of a parcel's life.

    Parameters
    ----------
    stages_kg : mapping
        Stage to [kg CO2e].
    """
    total_kg = sum(stages_kg.get(each, 0.0) for each in DELIVERY_STAGES)
    rows = []
    for each in DELIVERY_STAGES:
        value_kg = stages_kg.get(each, 0.0)
        share = numbers.share(value_kg / total_kg) if total_kg else numbers.ABSENT
        rows.append((stage(each), value_kg, f"{numbers.mass(value_kg)} · {share}", look().stages[each]))
    return _bars(pd.DataFrame(rows, columns=["name", "kg", "label", "colour"]), t("axis.co2e"))


def share_bars(shares: Sequence[tuple[str, float]]) -> alt.Chart:
    """Draw shares of one, one bar each."""
    data = pd.DataFrame(
        [(name, value, numbers.share(value), look().accent) for name, value in shares],
        columns=["name", "kg", "label", "colour"],
    )
    return _bars(data, None, top=1.0)


def _bars(data: pd.DataFrame, axis: str | None, top: float | None = None) -> alt.Chart:
    """Draw horizontal bars; values are kg, shown on the axis in one unit for all."""
    scale, size_kg = numbers.scale_of(data["kg"])
    if top is None:
        data = data.assign(value=data["kg"] / size_kg)
        title = f"{axis} ({scale.unit})"
        largest = max(data["value"].max(), 0.0) or 1.0
    else:
        data, title, largest = data.assign(value=data["kg"]), None, top
    base = alt.Chart(data).encode(
        y=alt.Y(
            "name:N",
            sort=list(data["name"]),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, grid=False, labelPadding=8, labelLimit=150),
        ),
        x=alt.X(
            "value:Q",
            title=title,
            scale=alt.Scale(domain=[min(0.0, data["value"].min()), largest * _LABEL_ROOM], nice=False),
            axis=alt.Axis(tickCount=4, ticks=False, domain=False) if top is None else None,
        ),
    )
    bars = base.mark_bar(stroke=look().ink, strokeWidth=1, height=18).encode(
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("label:N", title=t("axis.value"))],
    )
    labels = base.mark_text(align="left", dx=6, color=look().ink, fontSize=12).encode(text="label:N")
    return _dressed(alt.layer(bars, labels).properties(height=_BAR * len(data) + (30 if top is None else 0)))


def month_columns(months: pd.DataFrame) -> alt.Chart:
    """Draw a column a month, stacked by stage from the ground up; the highest and the last month carry their total.

    Parameters
    ----------
    months : pandas.DataFrame
        Index ``2025-01``; a column a stage [kg CO2e].
    """
    stages = [each for each in DELIVERY_STAGES if each in months and months[each].abs().sum() > 0]
    totals_kg = months[stages].sum(axis=1)
    scale, size_kg = numbers.scale_of(totals_kg)
    rows = [
        (month, stage(each), position, months.at[month, each] / size_kg, numbers.mass(months.at[month, each]))
        for month in months.index
        for position, each in enumerate(stages)
    ]
    data = pd.DataFrame(rows, columns=["month", "stage", "position", "value", "label"])
    marked = {totals_kg.idxmax(), totals_kg.index[-1]}
    tops = pd.DataFrame(
        [(month, totals_kg[month] / size_kg, numbers.mass(totals_kg[month])) for month in sorted(marked)],
        columns=["month", "value", "label"],
    )
    x = alt.X(
        "month:O",
        title=None,
        axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap=True, labelExpr=_month_labels(list(months.index))),
    )
    columns = (
        alt.Chart(data)
        .mark_bar(stroke=look().ink, strokeWidth=1)
        .encode(
            x=x,
            y=alt.Y(
                "sum(value):Q",
                title=f"{t('axis.co2e')} ({scale.unit})",
                stack="zero",
                scale=alt.Scale(domain=[0, totals_kg.max() / size_kg * 1.15 or 1]),
                axis=alt.Axis(tickCount=5, ticks=False, domain=False),
            ),
            color=alt.Color(
                "stage:N",
                sort=[stage(each) for each in stages],
                title=None,
                scale=alt.Scale(
                    domain=[stage(each) for each in stages], range=[look().stages[each] for each in stages]
                ),
                legend=alt.Legend(
                    orient="bottom",
                    columns=3,
                    symbolType="square",
                    symbolStrokeColor=look().ink,
                    symbolStrokeWidth=1,
                    labelLimit=140,
                ),
            ),
            order=alt.Order("position:Q"),
            tooltip=[
                alt.Tooltip("month:O", title=t("axis.month")),
                alt.Tooltip("stage:N", title=t("axis.part")),
                alt.Tooltip("label:N", title=t("axis.value")),
            ],
        )
    )
    labels = (
        alt.Chart(tops)
        .mark_text(baseline="bottom", dy=-4, color=look().ink, fontSize=12)
        .encode(x=x, y="value:Q", text="label:N")
    )
    return _dressed(alt.layer(columns, labels).properties(height=300))


def _month_labels(months: list[str]) -> str:
    """Return a Vega expression that shows short months, with the year below the first one and each January."""
    labels = {
        month: [numbers.short_month(month), month[:4]]
        if position == 0 or month.endswith("-01")
        else [numbers.short_month(month)]
        for position, month in enumerate(months)
    }
    return f"({json.dumps(labels)})[datum.value]"


def _dressed(chart: alt.Chart) -> alt.Chart:
    """Give a chart the project's type, rules and ground."""
    tokens = look()
    return (
        chart.configure(background=tokens.background, font=FONT, padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=tokens.ink,
            titleColor=tokens.muted,
            gridColor=tokens.line,
            domainColor=tokens.line,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelFont=FONT,
            titleFont=FONT,
        )
        .configure_legend(labelColor=tokens.ink, labelFontSize=12, labelFont=FONT)
        .configure_text(font=FONT)
    )


def leading(stages_kg: dict[str, float]) -> tuple[Stage, float] | None:
    """Return the delivery stage with the largest share, and that share of one."""
    total_kg = sum(stages_kg.get(each, 0.0) for each in DELIVERY_STAGES)
    if total_kg <= 0:
        return None
    first = max(DELIVERY_STAGES, key=lambda each: stages_kg.get(each, 0.0))
    return first, stages_kg.get(first, 0.0) / total_kg
