"""Lanes and network: where emissions flow, and which mode, carrier, service and site they come from."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from app import guide, maps, numbers, parts, quality, session
from app import wide_charts as wide
from app.look import DARK
from app.reading import network
from app.text import known, language, plain, t

_BARS = 8
_WIDEST = 14.0


def page() -> None:
    """Show the page."""
    if not session.head():
        st.title(t("network.title"), anchor=False)
        guide.nothing_yet()
        return
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    title.title(t("network.title"), anchor=False)
    with picker:
        period = parts.period()
    with st.spinner(t("work.reading")):
        found = network.read(period)
    if found.flows.empty:
        st.info(t("overview.no_parcels"), icon=":material/info:")
        return
    organisation = session.current_runs()[0].organisation
    how = [t("network.how_chain"), quality.drawn(found), t("how.walk")]
    _flows(found, organisation, period)
    _modes(found, how)
    _carriers(found, organisation, how)
    _sites(found, organisation, how)


def _place(organisation: dict, origin: object) -> str:
    return parts.label(organisation, "sites", origin)


def _flows(found: network.Network, organisation: dict, period: str | None) -> None:
    flows = network.points(period)
    whole_kg = flows["co2e_kg"].sum() + found.left_out_kg
    first = flows.iloc[0]
    parts.section(
        t(
            "network.finding",
            start=plain(_place(organisation, first["origin"])),
            end=plain(first["destination"] or numbers.ABSENT),
            share=numbers.share(first["co2e_kg"] / whole_kg if whole_kg else 0.0),
        ),
        t("network.measure_dark" if maps.look() is DARK else "network.measure", count=numbers.count(len(flows))),
    )
    drawn = flows[(flows["from_match"] != network.UNKNOWN) & (flows["to_match"] != network.UNKNOWN)]
    _map(drawn, organisation)
    coarse = drawn[(drawn["from_match"] == network.COARSE) | (drawn["to_match"] == network.COARSE)]
    how = [
        t("network.how_flows"),
        t(
            "network.how_places",
            coarse=numbers.count(coarse["parcels"].sum()),
            missing=numbers.count(flows["parcels"].sum() - drawn["parcels"].sum()),
        ),
        t("how.walk"),
    ]
    if found.left_out_parcels:
        how.append(
            t(
                "network.how_others",
                parcels=numbers.count(found.left_out_parcels),
                mass=numbers.mass(found.left_out_kg),
                share=numbers.share(found.left_out_kg / whole_kg if whole_kg else 0.0),
            )
        )
    scale, size_kg = numbers.scale_of(flows["co2e_kg"])
    per_scale, per_size_kg = numbers.scale_of(flows["co2e_kg"] / flows["parcels"])
    total, moved, per = (
        t("head.co2e", unit=scale.unit),
        t("head.transport", unit=scale.unit),
        t("head.per_parcel", unit=per_scale.unit),
    )
    data = pd.DataFrame(
        {
            t("head.from"): [_place(organisation, each) for each in flows["origin"]],
            t("head.to"): flows["destination"],
            t("head.region"): [session.place_name(each, language()) for each in flows["destination_region"]],
            t("head.parcels"): flows["parcels"],
            total: flows["co2e_kg"] / size_kg,
            moved: flows["transport_kg"] / size_kg,
            per: flows["co2e_kg"] / flows["parcels"] / per_size_kg,
        }
    )
    formats = {
        t("head.parcels"): numbers.count,
        total: numbers.masses(scale),
        moved: numbers.masses(scale),
        per: numbers.masses(per_scale),
    }
    chosen = parts.table(
        data, "flows", formats, t("network.title"), height=320, on_select="rerun", selection_mode="single-row"
    )
    rows = chosen["selection"]["rows"] if chosen else []
    if rows:
        _heaviest(flows.iloc[rows[0]], organisation, period)
    else:
        parts.muted(t("network.choose"))
    parts.foot("flows", how, download=flows)


def _map(drawn: pd.DataFrame, organisation: dict) -> None:
    if drawn.empty:
        st.info(t("network.nothing_to_draw"), icon=":material/info:")
        return
    largest_kg = drawn["co2e_kg"].max() or 1.0
    shown = drawn.assign(
        width=(0.8 + (_WIDEST - 0.8) * (drawn["co2e_kg"].clip(lower=0) / largest_kg) ** 0.5),
        tip=[
            t(
                "network.tip",
                start=escape(_place(organisation, row.origin)),
                end=escape(str(row.destination or numbers.ABSENT)),
                mass=numbers.mass(row.co2e_kg),
                parcels=numbers.count(row.parcels),
            )
            for row in drawn.itertuples()
        ],
    )
    starts = shown.groupby(["origin", "from_longitude", "from_latitude"], as_index=False)[["parcels", "co2e_kg"]].sum()
    starts = starts.rename(columns={"from_longitude": "longitude", "from_latitude": "latitude"}).sort_values(
        "co2e_kg", ascending=False
    )
    starts["name"] = [_place(organisation, each) for each in starts["origin"]]
    starts["tip"] = [
        f"{escape(row.name_)} · {numbers.mass(row.co2e_kg)}"
        for row in starts.rename(columns={"name": "name_"}).itertuples()
    ]
    ends = shown.groupby(["to_longitude", "to_latitude"], as_index=False).agg(
        co2e_kg=("co2e_kg", "sum"), name=("destination", "first")
    )
    ends = ends.rename(columns={"to_longitude": "longitude", "to_latitude": "latitude"})
    ends["tip"] = [
        f"{escape(str(name))} · {numbers.mass(kg)}" for name, kg in zip(ends["name"], ends["co2e_kg"], strict=True)
    ]
    look = maps.look()
    points = [
        *zip(shown["from_longitude"], shown["from_latitude"], strict=True),
        *zip(shown["to_longitude"], shown["to_latitude"], strict=True),
    ]
    maps.show(
        [
            maps.arcs(
                shown[["from_longitude", "from_latitude", "to_longitude", "to_latitude", "width", "tip"]], "flows"
            ),
            maps.spots(ends, "ends", fill=look.surface, size=3),
            maps.spots(starts, "starts", fill=look.accent, size=7),
            maps.names(starts[["longitude", "latitude", "name"]], "starts", points),
        ],
        points,
        "flows",
        t("network.alt", count=numbers.count(len(shown))),
    )


def _heaviest(flow: pd.Series, organisation: dict, period: str | None) -> None:
    found = network.heaviest(flow["origin"], flow["destination"], flow["destination_region"], period)
    parts.muted(t("network.heaviest"))
    with st.container(horizontal=True, gap="small"):
        for row in found.itertuples():
            if st.button(
                t("network.parcel", parcel=plain(row.parcel_id), mass=numbers.mass(row.total_co2e_kg)),
                key=f"heavy_{row.parcel_id}",
                help=plain(parts.label(organisation, "services", row.service)),
            ):
                parts.open_order(str(row.parcel_id))


def mode_name(mode: str) -> str:
    """Return a mode in the reader's words."""
    return t(f"mode.{mode}") if known(f"mode.{mode}") else mode


def _modes(found: network.Network, how: list[str]) -> None:
    rows = found.modes
    if rows.empty:
        return
    by_mode = rows.groupby("mode")["co2e_kg"].sum().sort_values(ascending=False)
    whole_kg = by_mode.sum()
    bars = [
        (f"{mode_name(row.mode)} · {_vehicle(row)}", row.co2e_kg, row.low_kg, row.high_kg)
        for row in rows.head(_BARS).itertuples()
    ]
    finding = t(
        "network.mode_finding",
        mode=mode_name(by_mode.index[0]),
        share=numbers.share(by_mode.iloc[0] / whole_kg if whole_kg else 0.0),
    )
    parts.chart(wide.named(bars), finding, t("network.mode_measure", count=numbers.count(len(bars))), "modes")
    data, formats, right = _compared(
        rows,
        {
            t("head.mode"): [mode_name(each) for each in rows["mode"]],
            t("head.vehicle"): [_vehicle(row) for row in rows.itertuples()],
            t("head.legs"): rows["legs"],
        },
    )
    parts.table(data, "modes", {t("head.legs"): numbers.count, **formats}, finding, column_config=right)
    parts.foot("modes", [*how, t("network.how_intensity"), t("network.how_modes")], download=rows)


def _vehicle(row: object) -> str:
    return session.activity_name(row.vehicle, language())


def _compared(rows: pd.DataFrame, first: dict, per_parcel: bool = False) -> tuple[pd.DataFrame, dict, dict]:
    """Return a comparison's table: emissions, range, tonne-km, intensity."""
    scale, size_kg = numbers.scale_of(rows["co2e_kg"])
    total, spread = t("head.co2e", unit=scale.unit), t("head.range", unit=scale.unit)
    distance, intensity = t("head.tonne_km"), t("head.intensity")
    data = pd.DataFrame(first)
    data[total] = rows["co2e_kg"].to_numpy() / size_kg
    data[spread] = numbers.ranges(scale, rows["low_kg"], rows["high_kg"])
    formats = {total: numbers.masses(scale)}
    if per_parcel:
        per_scale, per_size_kg = numbers.scale_of(rows["kg_per_parcel"])
        per = t("head.per_parcel", unit=per_scale.unit)
        data[per] = rows["kg_per_parcel"].to_numpy() / per_size_kg
        formats[per] = numbers.masses(per_scale)
    data[distance] = rows["tonne_km"].where(rows["tonne_km"] > 0).to_numpy()
    data[intensity] = rows["kg_per_tonne_km"].to_numpy() * 1000
    formats |= {distance: numbers.count, intensity: numbers.number}
    return data, formats, parts.right(spread)


def _carriers(found: network.Network, organisation: dict, how: list[str]) -> None:
    services = found.services
    if services.empty:
        return
    setups = organisation.get("services") or {}
    carriers = [
        (setups.get(each) or {}).get("carrier")
        or (t("network.own") if (setups.get(each) or {}).get("party") == "own" else t("network.no_carrier"))
        for each in services["service"]
    ]
    rows = services.assign(carrier=carriers)
    order = rows.sort_values("kg_per_parcel", ascending=False)
    highest, lowest = order.iloc[0], order.iloc[-1]
    finding = t(
        "network.carrier_finding",
        highest=plain(parts.label(organisation, "services", highest["service"])),
        most=numbers.mass(highest["kg_per_parcel"]),
        lowest=plain(parts.label(organisation, "services", lowest["service"])),
        least=numbers.mass(lowest["kg_per_parcel"]),
    )
    bars = [
        (
            f"{parts.label(organisation, 'services', row.service)} · {row.carrier}",
            row.kg_per_parcel,
            *(None if numbers.absent(end) else end / row.parcels for end in (row.low_kg, row.high_kg)),
        )
        for row in order.head(_BARS * 2).itertuples()
    ]
    parts.chart(wide.named(bars), finding, t("network.carrier_measure"), "carriers")
    data, formats, right = _compared(
        rows,
        {
            t("head.carrier"): rows["carrier"],
            t("head.service"): [parts.label(organisation, "services", each) for each in rows["service"]],
            t("head.parcels"): rows["parcels"],
        },
        per_parcel=True,
    )
    parts.table(data, "carriers", {t("head.parcels"): numbers.count, **formats}, finding, column_config=right)
    parts.foot("carriers", [*how, t("network.how_carriers"), t("network.how_intensity")], download=rows)


def _sites(found: network.Network, organisation: dict, how: list[str]) -> None:
    rows = found.sites
    if rows.empty:
        return
    names = [_place(organisation, each) if each else t("network.no_site") for each in rows["site"]]
    finding = t(
        "network.site_finding",
        site=plain(names[0]),
        share=numbers.share(rows["co2e_kg"].iloc[0] / (rows["co2e_kg"].sum() or 1.0)),
    )
    parts.section(finding, t("network.site_measure"))
    data, formats, right = _compared(rows, {t("head.site"): names, t("head.parcels"): rows["parcels"]}, per_parcel=True)
    scale, size_kg = numbers.scale_of(rows["warehousing_kg"])
    head = t("head.warehousing", unit=scale.unit)
    data[head] = rows["warehousing_kg"].to_numpy() / size_kg
    formats |= {t("head.parcels"): numbers.count, head: numbers.masses(scale)}
    parts.table(data, "sites", formats, finding, column_config=right)
    parts.foot("sites", how, download=rows)


page()
