"""Charts: bars from zero, labelled where they end, in the project's colours; no legend where a label does."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from app import numbers
from app.look import FONT, look
from app.parts import stage
from app.text import language, t
from carbon.terms import DELIVERY_STAGES, Language, Stage

alt.data_transformers.disable_max_rows()

_BAR, _TALL_BAR = 34, 44
#: Height of a line of a cause's name.
_TITLE_LINE = 15
#: Width of a month where there are fewer than so many.
_COLUMN, _FEW = 64, 5
_LABEL_ROOM = 1.45
#: Opacity of a range's band.
_BAND = 0.25
#: Signs of a cause's name that fit over a bar on a phone, by the width of its script.
_LINE = {Language.EN: 46, Language.ZH: 26}


def stage_bars(stages_kg: Mapping[str, float], ends: Mapping[str, tuple[float, float]] | None = None) -> alt.Chart:
    """Draw one bar a delivery stage, in the order of a parcel's life, with a band and a line for its 95 % range.

    Parameters
    ----------
    stages_kg : mapping
        Stage to [kg CO2e].
    ends : mapping, optional
        Stage to low and high [kg CO2e], where they are known.
    """
    total_kg = sum(stages_kg.get(each, 0.0) for each in DELIVERY_STAGES)
    rows = []
    for each in DELIVERY_STAGES:
        value_kg = stages_kg.get(each, 0.0)
        share = numbers.share(value_kg / total_kg) if total_kg else numbers.ABSENT
        low_kg, high_kg = (ends or {}).get(each, (None, None))
        label = f"{numbers.mass(value_kg)} · {share}\n{numbers.ends(value_kg, low_kg, high_kg)}".strip()
        rows.append((stage(each), value_kg, label, look().stages[each], low_kg, high_kg))
    columns = ["name", "kg", "label", "colour", "low_kg", "high_kg"]
    data = pd.DataFrame(rows, columns=columns).astype({"low_kg": float, "high_kg": float})
    return _bars(data, t("axis.co2e"))


def share_bars(shares: Sequence[tuple[str, float]]) -> alt.Chart:
    """Draw shares of one, one bar each."""
    data = pd.DataFrame(
        [(name, value, numbers.share(value), look().accent) for name, value in shares],
        columns=["name", "kg", "label", "colour"],
    )
    return _bars(data, None, top=1.0)


def cause_bars(causes: Sequence[tuple[str, float]]) -> alt.Chart:
    """Draw shares of a variance, one bar each, under its name: names are too long to stand beside."""
    names = [textwrap.wrap(name, _LINE[language()]) for name, _ in causes]
    rows, depth = [], 0
    for lines, (name, value) in zip(names, causes, strict=True):
        depth += _TITLE_LINE * len(lines) + 34
        rows.append((depth, "\n".join(lines), value, numbers.share(value), name, len(lines)))
    data = pd.DataFrame(rows, columns=["depth", "lines", "value", "label", "name", "count"])
    top = max(data["value"].max(), 0.0) or 1.0
    # The middle of each bar, in pixels from the top: a name of two lines takes the room of two.
    base = alt.Chart(data).encode(
        y=alt.Y("depth:Q", title=None, axis=None, scale=alt.Scale(domain=[0, depth + 10], reverse=True, nice=False)),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=[0, top * 1.15], nice=False)),
    )
    tooltip = [alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("label:N", title=t("axis.value"))]
    bars = base.mark_bar(stroke=look().ink, strokeWidth=1, height=14, color=look().accent, orient="horizontal")
    values = base.mark_text(align="left", dx=6, color=look().ink, fontSize=12)
    titles = [
        base.transform_filter(alt.datum.count == count).mark_text(
            align="left",
            baseline="bottom",
            dy=-10 - _TITLE_LINE * (count - 1),
            color=look().ink,
            fontSize=12,
            lineBreak="\n",
            lineHeight=_TITLE_LINE,
        )
        for count in sorted(set(data["count"]))
    ]
    layers = (
        bars.encode(tooltip=tooltip),
        values.encode(text=alt.Text("label:N")),
        *(each.encode(text=alt.Text("lines:N"), x=alt.value(0)) for each in titles),
    )
    return dressed(alt.layer(*layers).properties(height=depth + 10))


def _bars(data: pd.DataFrame, axis: str | None, top: float | None = None) -> alt.Chart:
    """Draw horizontal bars; values are kg, shown on the axis in one unit for all, with a band and a line for ranges."""
    scale, size_kg = numbers.scale_of(data["kg"])
    ranged = "high_kg" in data and bool(data["high_kg"].notna().any())
    if top is None:
        data = data.assign(value=data["kg"] / size_kg)
        if ranged:
            data = data.assign(low=data["low_kg"] / size_kg, high=data["high_kg"] / size_kg)
        data = data.assign(end=data[["value", "high"]].max(axis=1) if ranged else data["value"])
        title = f"{axis} ({scale.unit})"
        largest = max(data["end"].max(), 0.0) or 1.0
    else:
        data, title, largest = data.assign(value=data["kg"], end=data["kg"]), None, top
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
    labels = base.mark_text(
        align="left", baseline="middle", dx=8, dy=-7 if ranged else 0, color=look().ink, fontSize=12, lineBreak="\n"
    ).encode(text=alt.Text("label:N"), x=alt.X("end:Q"))
    height = (_TALL_BAR if ranged else _BAR) * len(data) + (30 if top is None else 0)
    layers = [bars, *(range_marks(base, "x", height=18) if ranged else ()), labels]
    return dressed(alt.layer(*layers).properties(height=height))


def range_marks(base: alt.Chart, axis: str, **band: float | str) -> tuple[alt.Chart, ...]:
    """Return the part of each range beyond its bar as a band of the bar's hue, and the whole range as a line with ends.

    Parameters
    ----------
    base : altair.Chart
        Of rows with value, low, high and, unless a colour is given, colour.
    axis : str
        ``x`` or ``y``: along which values are drawn.
    **band
        Size and colour of the band.
    """
    known = base.transform_filter("isValid(datum.high)")
    whole = {axis: "low:Q", f"{axis}2": "high:Q"}
    beyond = {axis: "value:Q", f"{axis}2": "high:Q"}
    if "color" not in band:
        beyond["color"] = alt.Color("colour:N", scale=None)
    upright = "vertical" if axis == "x" else "horizontal"
    ends = known.mark_tick(thickness=1.5, size=8, color=look().ink, orient=upright)
    # A line of ink is seen on light bars, its ground on dark ones.
    return (
        known.mark_bar(opacity=_BAND, **band).encode(**beyond),
        known.mark_rule(strokeWidth=3.5, color=look().surface).encode(**whole),
        known.mark_rule(strokeWidth=1.5, color=look().ink).encode(**whole),
        *(ends.encode(**{axis: f"{name}:Q"}) for name in ("low", "high")),
    )


def month_columns(months: pd.DataFrame) -> alt.Chart:
    """Draw a column a month, stacked by stage from the ground up, with the 95 % range of the month.

    The highest and the last month carry their total.

    Parameters
    ----------
    months : pandas.DataFrame
        Index ``2025-01``; a column a stage, low_kg and high_kg [kg CO2e].
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
    if "high_kg" not in months:
        months = months.assign(low_kg=float("nan"), high_kg=float("nan"))
    ends = [
        (
            month,
            totals_kg[month] / size_kg,
            months.at[month, "low_kg"] / size_kg,
            months.at[month, "high_kg"] / size_kg,
            numbers.mass(totals_kg[month]) if month in marked else "",
            numbers.ranged(totals_kg[month], months.at[month, "low_kg"], months.at[month, "high_kg"]),
        )
        for month in months.index
    ]
    tops = pd.DataFrame(ends, columns=["month", "value", "low", "high", "label", "range"])
    tops["end"] = tops[["value", "high"]].max(axis=1)
    x = alt.X(
        "month:O",
        title=None,
        axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap=True, labelExpr=month_labels(list(months.index))),
    )
    # A few months are columns, too, not walls.
    broad = {"size": _COLUMN} if len(months) < _FEW else {}
    columns = (
        alt.Chart(data)
        .mark_bar(stroke=look().ink, strokeWidth=1, **broad)
        .encode(
            x=x,
            y=alt.Y(
                "sum(value):Q",
                title=f"{t('axis.co2e')} ({scale.unit})",
                stack="zero",
                scale=alt.Scale(domain=[0, tops["end"].max() * 1.12 or 1]),
                axis=alt.Axis(tickCount=5, ticks=False, domain=False),
            ),
            color=alt.Color(
                "stage:N",
                sort=[stage(each) for each in stages],
                title=None,
                scale=alt.Scale(
                    domain=[stage(each) for each in stages], range=[look().stages[each] for each in stages]
                ),
                legend=legend(140),
            ),
            order=alt.Order("position:Q"),
            tooltip=[
                alt.Tooltip("month:O", title=t("axis.month")),
                alt.Tooltip("stage:N", title=t("axis.part")),
                alt.Tooltip("label:N", title=t("axis.value")),
            ],
        )
    )
    ranges = alt.Chart(tops).encode(
        x=x, tooltip=[alt.Tooltip("month:O", title=t("axis.month")), alt.Tooltip("range:N", title=t("trend.band"))]
    )
    labels = (
        alt.Chart(tops)
        .mark_text(baseline="bottom", dy=-5, color=look().ink, fontSize=12)
        .encode(x=x, y=alt.Y("end:Q"), text=alt.Text("label:N"))
    )
    return dressed(
        alt.layer(columns, *range_marks(ranges, "y", color=look().muted, **broad), labels).properties(height=300)
    )


def legend(most_px: int) -> alt.Legend:
    """Return the legend below columns, its names at most so wide."""
    return alt.Legend(
        orient="bottom",
        columns=3,
        symbolType="square",
        symbolStrokeColor=look().ink,
        symbolStrokeWidth=1,
        labelLimit=most_px,
    )


def month_labels(months: list[str]) -> str:
    """Return a Vega expression that shows short months, with the year below the first one and each January."""
    labels = {
        month: [numbers.short_month(month), month[:4]]
        if position == 0 or month.endswith("-01")
        else [numbers.short_month(month)]
        for position, month in enumerate(months)
    }
    return f"({json.dumps(labels)})[datum.value]"


def dressed(chart: alt.Chart) -> alt.Chart:
    """Give a chart the project's type, rules and ground."""
    tokens = look()
    return (
        chart.configure(background=tokens.background, font=FONT, padding=4)
        .configure_view(stroke=None)
        # What a chart says stands in its alternative text, its figures in the table below; Vega would name a thousand marks.
        .configure_mark(aria=False)
        .configure_axis(
            aria=False,
            labelPadding=6,
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
        .configure_legend(aria=False, labelColor=tokens.ink, labelFontSize=12, labelFont=FONT)
        .configure_text(font=FONT)
    )


def leading(stages_kg: dict[str, float]) -> tuple[Stage, float] | None:
    """Return the delivery stage with the largest share, and that share of one."""
    total_kg = sum(stages_kg.get(each, 0.0) for each in DELIVERY_STAGES)
    if total_kg <= 0:
        return None
    first = max(DELIVERY_STAGES, key=lambda each: stages_kg.get(each, 0.0))
    return first, stages_kg.get(first, 0.0) / total_kg
