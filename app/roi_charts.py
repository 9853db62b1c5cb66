"""Charts of measures: the abatement curve, net present values, and what moves one."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from app.charts import dressed
from app.look import look
from app.text import t
from carbon.terms import Stage

_ROW = 40
#: Opacity of a bar whose end is the lower one of an input.
_PALE = 0.45


def curve(data: pd.DataFrame, across: str, up: str) -> alt.Chart:
    """Draw the abatement curve: blocks as wide as what they save a year, as high as a t costs, numbered from the left.

    Parameters
    ----------
    data : pandas.DataFrame
        number, name, start, stop, cost, drawn (the cost, cut where it would dwarf the others), colour, tip, top (where its number stands), wide (whether the number fits over it).
    across, up : str
        Titles of the axes, with units.
    """
    tokens = look()
    base = alt.Chart(data)
    x = alt.X("start:Q", title=across, scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=6, ticks=False))
    y = alt.Y("drawn:Q", title=up, axis=alt.Axis(tickCount=5, ticks=False, domain=False))
    blocks = base.mark_rect(stroke=tokens.ink, strokeWidth=1).encode(
        x=x,
        x2=alt.X2("stop:Q"),
        y=y,
        y2=alt.datum(0),
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("tip:N", title=t("axis.value"))],
    )
    middle = data.assign(middle=(data["start"] + data["stop"]) / 2)
    numbers = (
        alt.Chart(middle[middle["wide"]])
        .mark_text(color=tokens.ink, fontSize=12, dy=-9)
        .encode(x=alt.X("middle:Q", title=across), y=alt.Y("top:Q", title=up), text=alt.Text("number:N"))
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=tokens.ink).encode(y=alt.Y("zero:Q", title=up))
    return dressed(alt.layer(blocks, zero, numbers).properties(height=320))


def worths(data: pd.DataFrame, across: str) -> alt.Chart:
    """Draw net present values, one bar each from zero, with a line from the 5th to the 95th percentile.

    Parameters
    ----------
    data : pandas.DataFrame
        name, worth, low, high, label, colour; in the order to be shown.
    """
    tokens = look()
    low, high = min(0.0, data["low"].min(), data["worth"].min()), max(0.0, data["high"].max(), data["worth"].max())
    room = (high - low or 1.0) * 0.35
    base = alt.Chart(data.assign(end=data[["worth", "high"]].max(axis=1).clip(lower=0.0))).encode(
        y=alt.Y(
            "name:N", sort=list(data["name"]), title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=220)
        ),
        tooltip=[alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("label:N", title=t("axis.value"))],
    )
    x = alt.X(
        "worth:Q",
        title=across,
        scale=alt.Scale(domain=[low - room * 0.1, high + room], nice=False),
        axis=alt.Axis(tickCount=5, ticks=False, domain=False),
    )
    bars = base.mark_bar(stroke=tokens.ink, strokeWidth=1, height=16).encode(
        x=x, color=alt.Color("colour:N", scale=None)
    )
    whiskers = base.mark_rule(color=tokens.ink, strokeWidth=1.5).encode(
        x=alt.X("low:Q", title=across), x2=alt.X2("high:Q")
    )
    ends = [
        base.mark_tick(color=tokens.ink, thickness=1.5, size=9).encode(x=alt.X(f"{each}:Q", title=across))
        for each in ("low", "high")
    ]
    labels = base.mark_text(align="left", dx=8, color=tokens.ink, fontSize=12).encode(
        x=alt.X("end:Q"), text=alt.Text("label:N")
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=tokens.ink).encode(x=alt.X("zero:Q", title=across))
    return dressed(alt.layer(bars, zero, whiskers, *ends, labels).properties(height=_ROW * len(data) + 40))


def tornado(data: pd.DataFrame, worth: float, across: str) -> alt.Chart:
    """Draw what each input moves: from the net present value at its own value to that at both ends of its range.

    Parameters
    ----------
    data : pandas.DataFrame
        name, end (``low`` or ``high``), value, label; the widest input first.
    worth : float
        With all inputs at their values.
    """
    tokens = look()
    every = [*data["value"], worth]
    room = (max(every) - min(every) or 1.0) * 0.12
    data = data.assign(worth=worth, shade=[_PALE if each == "low" else 1.0 for each in data["end"]])
    base = alt.Chart(data).encode(
        y=alt.Y(
            "name:N",
            sort=list(dict.fromkeys(data["name"])),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelLimit=240),
        ),
        tooltip=[alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("label:N", title=t("axis.value"))],
    )
    x = alt.X(
        "worth:Q",
        title=across,
        scale=alt.Scale(domain=[min(every) - room, max(every) + room], nice=False, zero=False),
        axis=alt.Axis(tickCount=5, ticks=False, domain=False),
    )
    bars = base.mark_bar(stroke=tokens.ink, strokeWidth=1, height=18, color=tokens.accent).encode(
        x=x, x2=alt.X2("value:Q"), opacity=alt.Opacity("shade:Q", scale=None, legend=None)
    )
    now = (
        alt.Chart(pd.DataFrame({"worth": [worth]}))
        .mark_rule(color=tokens.ink, strokeWidth=1.5)
        .encode(x=alt.X("worth:Q"))
    )
    return dressed(alt.layer(bars, now).properties(height=_ROW * data["name"].nunique() + 40))


def before_after(rows: Sequence[tuple[str, Stage, float, float, float, float]], across: str) -> alt.Chart:
    """Draw each stage twice: the baseline in grey, the scenario in the stage's colour with its range.

    Parameters
    ----------
    rows : sequence of (name, stage, before, after, low, high)
        In one unit of mass, named by `across`.
    """
    tokens = look()
    made = []
    for name, stage, before, after, low, high in rows:
        made.append((name, t("what_if.baseline"), before, None, None, tokens.baseline))
        made.append((name, t("what_if.scenario"), after, low, high, tokens.stages[stage]))
    data = pd.DataFrame(made, columns=["name", "which", "value", "low", "high", "colour"])
    data = data.astype({"low": float, "high": float})
    which = [t("what_if.baseline"), t("what_if.scenario")]
    base = alt.Chart(data).encode(
        y=alt.Y(
            "name:N",
            sort=list(dict.fromkeys(data["name"])),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelLimit=160),
        ),
        yOffset=alt.YOffset("which:N", sort=which),
        tooltip=[
            alt.Tooltip("name:N", title=t("axis.part")),
            alt.Tooltip("which:N", title=t("what_if.which")),
            alt.Tooltip("value:Q", title=across, format=".4~g"),
            alt.Tooltip("low:Q", title="5 %", format=".4~g"),
            alt.Tooltip("high:Q", title="95 %", format=".4~g"),
        ],
    )
    x = alt.X("value:Q", title=across, axis=alt.Axis(tickCount=5, ticks=False, domain=False))
    bars = base.mark_bar(stroke=tokens.ink, strokeWidth=1).encode(x=x, color=alt.Color("colour:N", scale=None))
    ranges = base.transform_filter("isValid(datum.low)").mark_rule(color=tokens.ink, strokeWidth=1.5)
    ends = [
        base.transform_filter("isValid(datum.low)").mark_tick(color=tokens.ink, thickness=1.5, size=9)
        .encode(x=alt.X(f"{each}:Q", title=across)) for each in ("low", "high")
    ]  # fmt: skip
    spans = ranges.encode(x=alt.X("low:Q", title=across), x2=alt.X2("high:Q"))
    return dressed(alt.layer(bars, spans, *ends).properties(height=48 * len(rows) + 40))
