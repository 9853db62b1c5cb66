"""Charts whose names are long (above their bars), and lines over a number line, with ranges as bands."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import altair as alt
import pandas as pd

from app import numbers
from app.charts import dressed, legend, month_labels, range_marks
from app.look import look
from app.text import language, t
from carbon.terms import Language, Stage

_TITLE_LINE, _BAR = 15, 44
#: Part of an axis of years that is left to the last label.
_LABEL_PART = 0.16
#: Signs of a name that fit over a bar on a tablet, by the width of its script.
_LINE = {Language.EN: 70, Language.ZH: 38}


def named(
    rows: Sequence[tuple[str, float, float | None, float | None]], colours: Sequence[str] | None = None
) -> alt.Chart:
    """Draw masses with their 95 % ranges, one bar each under its name, in the order given.

    Parameters
    ----------
    rows : sequence of (name, value_kg, low_kg, high_kg)
        [kg CO2e]; the ends are None where they are not known.
    colours : sequence of str, optional
        Of the bars; the accent by default.
    """
    scale, size_kg = numbers.scale_of([row[1] for row in rows])
    made, depth = [], 0
    for position, (name, value_kg, low_kg, high_kg) in enumerate(rows):
        lines = textwrap.wrap(name, _LINE[language()]) or [""]
        depth += _TITLE_LINE * len(lines) + 34
        ends = numbers.ends(value_kg, low_kg, high_kg)
        known = bool(ends)
        made.append(
            (
                depth,
                "\n".join(lines),
                len(lines),
                name,
                value_kg / size_kg,
                low_kg / size_kg if known else None,
                high_kg / size_kg if known else None,
                f"{numbers.mass(value_kg)}{f' ({ends})' if ends else ''}",
                (colours or [look().accent] * len(rows))[position],
            )
        )
    columns = ["depth", "lines", "count", "name", "value", "low", "high", "label", "colour"]
    data = pd.DataFrame(made, columns=columns).astype({"value": float, "low": float, "high": float})
    data["end"] = data[["value", "high"]].max(axis=1)
    largest = max(data["end"].max(), 0.0) or 1.0
    base = alt.Chart(data).encode(
        y=alt.Y("depth:Q", title=None, axis=None, scale=alt.Scale(domain=[0, depth + 12], reverse=True, nice=False)),
        x=alt.X(
            "value:Q",
            title=f"{t('axis.co2e')} ({scale.unit})",
            scale=alt.Scale(domain=[min(0.0, data["value"].min()), largest * 1.4], nice=False),
            axis=alt.Axis(tickCount=5, ticks=False, domain=False),
        ),
    )
    tooltip = [alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("label:N", title=t("axis.value"))]
    bars = base.mark_bar(stroke=look().ink, strokeWidth=1, height=16, orient="horizontal").encode(
        color=alt.Color("colour:N", scale=None), tooltip=tooltip
    )
    values = base.mark_text(align="left", baseline="middle", dx=8, color=look().ink, fontSize=12)
    titles = [
        base.transform_filter(alt.datum.count == count)
        .mark_text(
            align="left",
            baseline="bottom",
            dy=-10 - _TITLE_LINE * (count - 1),
            color=look().ink,
            fontSize=12,
            lineBreak="\n",
            lineHeight=_TITLE_LINE,
        )
        .encode(text=alt.Text("lines:N"), x=alt.value(0))
        for count in sorted(set(data["count"]))
    ]
    ranged = data["high"].notna().any()
    layers = [
        bars,
        *(range_marks(base, "x", height=16) if ranged else ()),
        values.encode(text=alt.Text("label:N"), x=alt.X("end:Q")),
    ]
    return dressed(alt.layer(*layers, *titles).properties(height=depth + 12))


def columns(data: pd.DataFrame, colours: dict[str, str]) -> alt.Chart:
    """Draw a column a month, stacked in the order of the colours, with a legend below.

    Parameters
    ----------
    data : pandas.DataFrame
        month (``2025-01``), series, value_kg.
    colours : mapping
        Series to its colour.
    """
    tokens = look()
    totals_kg = data.groupby("month")["value_kg"].sum()
    scale, size_kg = numbers.scale_of(totals_kg)
    order = {name: position for position, name in enumerate(colours)}
    made = data.assign(
        value=data["value_kg"] / size_kg,
        label=[numbers.mass(each) for each in data["value_kg"]],
        position=[order[each] for each in data["series"]],
    )
    broad = {"size": 64} if data["month"].nunique() < 5 else {}
    months = sorted(data["month"].unique())
    return dressed(
        alt.Chart(made)
        .mark_bar(stroke=tokens.ink, strokeWidth=1, **broad)
        .encode(
            x=alt.X(
                "month:O",
                title=None,
                sort=months,
                axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap=True, labelExpr=month_labels(months)),
            ),
            y=alt.Y(
                "sum(value):Q",
                title=f"{t('axis.co2e')} ({scale.unit})",
                stack="zero",
                axis=alt.Axis(tickCount=5, ticks=False, domain=False),
            ),
            color=alt.Color(
                "series:N",
                sort=list(colours),
                title=None,
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=legend(240),
            ),
            order=alt.Order("position:Q"),
            tooltip=[
                alt.Tooltip("month:O", title=t("axis.month")),
                alt.Tooltip("series:N", title=t("axis.part")),
                alt.Tooltip("label:N", title=t("axis.value")),
            ],
        )
        .properties(height=280)
    )


def waterfall(first: tuple[str, float], steps: Sequence[tuple[str, float]], last: tuple[str, float]) -> alt.Chart:
    """Draw how one mass becomes another: both ends from zero, the steps between them with their signs.

    Parameters
    ----------
    first, last : (name, value_kg)
    steps : sequence of (name, change_kg)
    """
    tokens = look()
    scale, size_kg = numbers.scale_of([first[1], last[1]])
    rows, running = [(first[0], 0.0, first[1], numbers.mass(first[1]), tokens.baseline)], first[1]
    for name, change_kg in steps:
        sign = "+" if change_kg > 0 else "−" if change_kg < 0 else ""
        colour = tokens.stages[Stage.LAST_MILE] if change_kg > 0 else tokens.stages[Stage.WAREHOUSING]
        rows.append((name, running, running + change_kg, f"{sign}{numbers.mass(abs(change_kg))}", colour))
        running += change_kg
    rows.append((last[0], 0.0, last[1], numbers.mass(last[1]), tokens.accent))
    data = pd.DataFrame(rows, columns=["name", "start", "stop", "label", "colour"])
    data[["start", "stop"]] /= size_kg
    data["end"] = data[["start", "stop"]].max(axis=1)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "name:N", sort=list(data["name"]), title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=190)
        ),
        tooltip=[alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("label:N", title=t("axis.value"))],
    )
    x = alt.X(
        "start:Q",
        title=f"{t('axis.co2e')} ({scale.unit})",
        scale=alt.Scale(domain=[min(0.0, data[["start", "stop"]].min().min()), data["end"].max() * 1.3 or 1.0]),
        axis=alt.Axis(tickCount=5, ticks=False, domain=False),
    )
    bars = base.mark_bar(stroke=tokens.ink, strokeWidth=1, height=18).encode(
        x=x, x2=alt.X2("stop:Q"), color=alt.Color("colour:N", scale=None)
    )
    labels = base.mark_text(align="left", dx=8, color=tokens.ink, fontSize=12).encode(
        x=alt.X("end:Q"), text=alt.Text("label:N")
    )
    return dressed(alt.layer(bars, labels).properties(height=34 * len(data) + 30))


def lines(
    data: pd.DataFrame,
    x_title: str,
    y_title: str,
    *,
    step: bool = False,
    zero: bool = False,
    marked: pd.DataFrame | None = None,
) -> alt.Chart:
    """Draw one or more lines with direct labels at their ends, and bands where low and high are known.

    Parameters
    ----------
    data : pandas.DataFrame
        x, y, tip and, optionally, series, low, high.
    x_title, y_title : str
        With units.
    step : bool
        Whether x is counted in whole steps.
    zero : bool
        Whether y begins at zero.
    marked : pandas.DataFrame, optional
        Points to be told: x, y, label.
    """
    tokens = look()
    data = data.assign(series=data.get("series", ""))
    series = list(dict.fromkeys(data["series"]))
    palette = [tokens.accent, tokens.baseline, *tokens.stages.values()]
    axis = {"ticks": False, "domain": False, "tickCount": 6} | ({"tickMinStep": 1, "format": "d"} if step else {})
    base = alt.Chart(data).encode(
        x=alt.X("x:Q", title=x_title, scale=alt.Scale(nice=False, zero=False, padding=12), axis=alt.Axis(**axis)),
        y=alt.Y(
            "y:Q", title=y_title, scale=alt.Scale(zero=zero), axis=alt.Axis(ticks=False, domain=False, tickCount=5)
        ),
        color=alt.Color("series:N", scale=alt.Scale(domain=series, range=palette[: len(series)]), legend=None),
    )
    layers = []
    if "high" in data and data["high"].notna().any():
        layers.append(base.mark_area(opacity=0.25).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q")))
    tooltip = alt.Tooltip("tip:N", title=t("axis.value"))
    layers.append(base.mark_line(strokeWidth=2))
    layers.append(base.mark_point(filled=True, size=45, opacity=1).encode(tooltip=[tooltip]))
    if len(series) > 1:
        ends = data.loc[data.groupby("series", sort=False)["x"].idxmax()]
        layers.append(
            alt.Chart(ends)
            .mark_text(align="right", baseline="bottom", dy=-8, color=tokens.ink, fontSize=12)
            .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"), text=alt.Text("series:N"))
        )
    if marked is not None and len(marked):
        told = alt.Chart(marked).encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
        layers.append(told.mark_point(size=130, color=tokens.ink, strokeWidth=2))
        layers.append(
            told.mark_text(align="left", baseline="bottom", dx=9, dy=-6, color=tokens.ink, fontSize=12).encode(
                text=alt.Text("label:N")
            )
        )
    return dressed(alt.layer(*layers).properties(height=300))


def glidepath(
    wanted: Sequence[tuple[int, float]], reported: Sequence[tuple[int, float]], across: str, size_kg: float
) -> alt.Chart:
    """Draw the way to the targets as a dashed line through its points, and reported years as squares, on a scale of time.

    Parameters
    ----------
    wanted, reported : sequence of (year, kg)
        [kg CO2e] The base year and the targets; whole years of the ledger.
    across : str
        Title of the axis of masses, with its unit.
    size_kg : float
        Size of that unit.
    """
    kinds = ["base", *["target"] * (len(wanted) - 1), *["actual"] * len(reported)]
    rows = [
        (year, kg / size_kg, t(f"glidepath.{kind}", mass=numbers.mass(kg)), kind == "actual")
        for kind, (year, kg) in zip(kinds, [*wanted, *reported], strict=True)
    ]
    data = pd.DataFrame(rows, columns=["year", "value", "label", "actual"])
    first, last = int(data["year"].min()), int(data["year"].max())
    room = max(0.8, (last - first) * _LABEL_PART)
    base = alt.Chart(data).encode(
        x=alt.X(
            "year:Q",
            title=None,
            scale=alt.Scale(domain=[first - 0.3, last + room], nice=False),
            axis=alt.Axis(values=list(range(first, last + 1)), format="d", ticks=False, grid=False, labelOverlap=True),
        ),
        y=alt.Y(
            "value:Q",
            title=across,
            scale=alt.Scale(domain=[0, data["value"].max() * 1.2 or 1], nice=False),
            axis=alt.Axis(tickCount=5, ticks=False, domain=False),
        ),
        tooltip=[alt.Tooltip("year:Q", title=t("glidepath.year"), format="d"), alt.Tooltip("label:N", title=across)],
    )
    path, points = base.transform_filter("!datum.actual"), base.transform_filter("datum.actual")
    tokens = look()
    line = path.mark_line(strokeDash=[6, 4], strokeWidth=2, color=tokens.accent)
    rings = path.mark_point(
        size=70, filled=True, fill=tokens.background, stroke=tokens.accent, strokeWidth=2, opacity=1
    )
    squares = points.mark_point(shape="square", size=70, filled=True, color=tokens.ink, opacity=1)
    # To the right of its point, over a path that falls.
    labels = base.mark_text(align="left", dx=10, dy=-4, color=tokens.ink, fontSize=12).encode(text=alt.Text("label:N"))
    return dressed(alt.layer(line, rings, squares, labels).properties(height=260))
