"""What planning rounds gave: figures beside today's, the front, the map, duties, what is not served, and downloads."""

from __future__ import annotations

from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from app import maps, numbers, parts
from app.charts import dressed
from app.look import look
from app.reading import routing
from app.said import said
from app.text import language, plain, t
from carbon.terms import DELIVERY_STAGES

#: Figures of use, as the planner names them.
_USED = ("distance_km", "empty_km", "empty_share", "fill_mass", "fill_volume", "stops_per_km", "combined_share")


def show(result: routing.Result) -> None:
    """Show the plans, the chosen one in full."""
    chosen = 0
    if len(result.plans) > 1:
        chosen = _front(result)
    plan = result.plans[chosen]
    _figures(result, plan, chosen)
    _map(result, plan)
    _duties(result, plan)
    _unserved(plan)
    _downloads(result, plan, chosen)


def _money(result: routing.Result, amount: float | None) -> str:
    return numbers.ABSENT if amount is None or not result.currency else f"{numbers.count(amount)} {result.currency}"


def _front(result: routing.Result) -> int:
    """Every trade-off of CO2e and money: none is beaten in both."""
    plans = result.plans
    first, last = plans[0], plans[-1]
    parts.section(
        t(
            "front.finding",
            less=numbers.mass(last.co2e_kg - first.co2e_kg),
            more=_money(result, first.money - last.money),
        ),
        t("front.measure", count=numbers.count(len(plans))),
    )
    scale, size_kg = numbers.scale_of([each.co2e_kg for each in plans])
    data = pd.DataFrame(
        {
            "kg": [each.co2e_kg / size_kg for each in plans],
            "money": [each.money for each in plans],
            "name": [t("front.plan", number=number) for number in range(1, len(plans) + 1)],
            "tip": [f"{numbers.mass(each.co2e_kg)} · {_money(result, each.money)}" for each in plans],
        }
    )
    base = alt.Chart(data).encode(
        x=alt.X("money:Q", title=t("front.money", currency=result.currency), scale=alt.Scale(zero=False, padding=24), axis=alt.Axis(ticks=False, domain=False, tickCount=5)),
        y=alt.Y("kg:Q", title=f"{t('axis.co2e')} ({scale.unit})", scale=alt.Scale(zero=False, padding=18), axis=alt.Axis(ticks=False, domain=False, tickCount=5)),
        tooltip=[alt.Tooltip("name:N", title=t("axis.part")), alt.Tooltip("tip:N", title=t("axis.value"))],
    )  # fmt: skip
    line = base.mark_line(color=look().accent, strokeWidth=1.5, interpolate="step-after")
    points = base.mark_point(filled=True, size=90, color=look().accent, stroke=look().ink, opacity=1)
    labels = base.mark_text(align="left", dx=9, dy=-8, color=look().ink, fontSize=12).encode(text=alt.Text("name:N"))
    st.altair_chart(
        dressed(alt.layer(line, points, labels).properties(height=280)),
        theme=None, width="stretch", key="chart_front", alt=t("front.measure", count=len(plans)),
    )  # fmt: skip
    names = {str(number): t("front.plan", number=number + 1) for number in range(len(plans))}
    return int(
        parts.choose(
            t("front.which"), list(names), lambda each: f"{names[each]} · {data['tip'][int(each)]}", "front_plan"
        )
    )


def _figures(result: routing.Result, plan: routing.Plan, chosen: int) -> None:
    """The plan's figures, the first one beside today's."""
    today = result.answer["today"]
    less_kg = (today["difference"] or {}).get("co2e_kg")
    if chosen == 0 and less_kg is not None:
        key = "rounds.less" if less_kg <= 0 else "rounds.more"
        parts.section(t(key, mass=numbers.mass(abs(less_kg))), t(f"rounds.beside_{today['basis']}"))
    else:
        parts.section(t("rounds.title"))
    summary = plan.summary
    used = summary["figures"]
    held = today["today"] if chosen == 0 else {}

    def beside(name: str, shown: str) -> str | None:
        return t("packing.today", value=shown) if held.get(name) is not None else None

    figures = [
        (t("rounds.co2e"), numbers.mass(plan.co2e_kg), beside("co2e_kg", numbers.mass(held.get("co2e_kg")))),
        (t("rounds.money"), _money(result, plan.money), beside("money", _money(result, held.get("money")))),
        (
            t("rounds.vehicles"),
            numbers.count(summary["vehicles"]),
            beside("vehicles", numbers.count(held.get("vehicles"))),
        ),
        (
            t("rounds.left"),
            numbers.count(len(summary["unserved"])),
            beside("unserved", numbers.count(held.get("unserved"))),
        ),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, value, below in figures:
            st.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, width="stretch")
    if chosen == 0 and held.get("unserved") is not None and int(held["unserved"] or 0) != len(summary["unserved"]):
        st.warning(t("rounds.other_work"), icon=":material/warning:")
    lines = [
        t("rounds.how", network=plain(result.answer.get("network") or numbers.ABSENT)),
        t("rounds.how_verified"),
        t("rounds.how_range"),
        t(
            "rounds.how_rows",
            rows=numbers.count(result.answer["rows"]),
            stops=numbers.count(result.answer["stops"]),
            refused=numbers.count(sum(result.answer["rejects"].values())),
        ),
        *(plain(said(each)) for each in result.notes),
    ]
    shown = pd.DataFrame(
        [(t(f"used.{name}"), _figure(name, used[name])) for name in _USED if used.get(name) is not None],
        columns=[t("head.what"), t("head.value")],
    )
    parts.foot("rounds", lines, shown)


def _figure(name: str, value: float) -> str:
    return numbers.share(value) if name.endswith("_share") or name.startswith("fill") else numbers.number(value)


def _colours(count: int) -> list[str]:
    palette = [look().accent, *(look().stages[each] for each in DELIVERY_STAGES)]
    return [palette[number % len(palette)] for number in range(count)]


def _map(result: routing.Result, plan: routing.Plan) -> None:
    """Rounds in a colour each, numbered as in the table; stops that are not served in the ground's colour."""
    features = plan.features
    colours = _colours(max([each["properties"].get("duty", 0) for each in features], default=0))
    rounds = [each for each in features if each["properties"]["kind"] == "round"]
    stops = [each for each in features if each["properties"]["kind"] == "stop"]
    left = [each for each in features if each["properties"]["kind"] == "unserved"]
    lines = pd.DataFrame(
        [
            {
                "path": each["geometry"]["coordinates"],
                "colour": maps.colour(colours[each["properties"]["duty"] - 1]),
                "width": 3,
                "tip": t(
                    "rounds.tip_round",
                    duty=each["properties"]["duty"],
                    vehicle=escape(str(each["properties"]["vehicle"])),
                    km=numbers.number(each["properties"]["distance_km"]),
                    mass=numbers.mass(each["properties"]["co2e_kg_of_legs"]),
                ),
            }
            for each in rounds
        ]
    )
    spots = pd.DataFrame(
        [
            {
                "longitude": each["geometry"]["coordinates"][0],
                "latitude": each["geometry"]["coordinates"][1],
                "colour": maps.colour(colours[each["properties"]["duty"] - 1]),
                "radius": 5,
                "tip": t(
                    "rounds.tip_stop",
                    stop=escape(str(each["properties"]["stop"])),
                    duty=each["properties"]["duty"],
                    place=each["properties"]["sequence"],
                    begin=each["properties"]["begin"],
                ),
            }
            for each in stops
        ]
        + [
            {
                "longitude": each["geometry"]["coordinates"][0],
                "latitude": each["geometry"]["coordinates"][1],
                "colour": maps.colour(look().surface),
                "radius": 6,
                "tip": t(
                    "rounds.tip_left",
                    stop=escape(str(each["properties"]["stop"])),
                    why=escape(str(each["properties"]["why"])),
                ),
            }
            for each in left
        ],
        columns=["longitude", "latitude", "colour", "radius", "tip"],
    )
    depots = result.depots.assign(tip=[escape(each) for each in result.depots["name"]])
    points = [
        *zip(spots["longitude"], spots["latitude"], strict=True),
        *zip(depots["longitude"], depots["latitude"], strict=True),
    ]
    layers = [
        maps.spots(spots, "stops"),
        maps.spots(depots, "depots", fill=look().ink, size=8),
        maps.names(depots, "depots", points),
    ]
    if len(lines):
        layers.insert(0, maps.lines(lines, "rounds"))
    maps.show(layers, points, "rounds", t("rounds.alt", rounds=len(rounds), stops=len(stops)))
    parts.muted(t("rounds.straight"))


def _duties(result: routing.Result, plan: routing.Plan) -> None:
    rows = plan.summary["duties"]
    if not rows:
        st.info(t("rounds.nothing"), icon=":material/info:")
        return
    scale, size_kg = numbers.scale_of([each["co2e_kg"] for each in rows])
    head, money = t("head.co2e", unit=scale.unit), t("head.money", currency=result.currency or numbers.ABSENT)
    data = pd.DataFrame(
        {
            t("head.duty"): [each["duty"] for each in rows],
            t("head.vehicle_type"): [each["vehicle"] for each in rows],
            t("head.departs"): [each["departs"] for each in rows],
            t("head.returns"): [each["returns"] for each in rows],
            t("head.rounds"): [len(each["rounds"]) for each in rows],
            t("head.stops"): [each["figures"].get("stops") for each in rows],
            t("head.km"): [each["figures"].get("distance_km") for each in rows],
            t("head.paid"): [each["paid_h"] for each in rows],
            head: [each["co2e_kg"] / size_kg for each in rows],
            money: [each["money"] for each in rows],
        }
    )
    formats = {
        head: numbers.masses(scale),
        money: numbers.count,
        t("head.km"): numbers.number,
        t("head.paid"): numbers.rating,
    }
    parts.table(data, "duties", formats, t("rounds.title"))


def _unserved(plan: routing.Plan) -> None:
    rows = plan.summary["unserved"]
    if not rows:
        return
    st.warning(t("rounds.unserved", count=numbers.count(len(rows))), icon=":material/warning:")
    data = pd.DataFrame(
        [(each["stop"], routing.why(each["code"], language()), said(each["would_serve"] or "")) for each in rows],
        columns=[t("head.stop"), t("head.reason"), t("head.mend")],
    )
    parts.table(data, "unserved", alt=t("rounds.unserved", count=len(rows)))


def _downloads(result: routing.Result, plan: routing.Plan, chosen: int) -> None:
    files = [
        ("rounds.csv", plan.csv, "plan.csv", "text/csv"),
        ("rounds.geojson", plan.geojson, "plan.geojson", "application/geo+json"),
        ("rounds.gpx", plan.gpx, "plan.gpx", "application/gpx+xml"),
    ]
    if result.orders is not None and chosen == 0:
        files.append(("rounds.orders", result.orders, "orders-routed.csv", "text/csv"))
    with st.container(horizontal=True, gap="small"):
        for key, content, name, mime in files:
            st.download_button(
                t(key),
                content,
                file_name=name,
                mime=mime,
                key=f"download_{name}",
                icon=":material/download:",
                on_click="ignore",
            )
    if result.orders is not None:
        parts.link("views/import_orders.py", t("rounds.then"), ":material/upload_file:")
    if result.answer["today"].get("rules_broken_today"):
        parts.muted(t("rounds.broken", count=numbers.count(result.answer["today"]["rules_broken_today"])))
