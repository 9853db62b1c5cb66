"""Warehouses: their energy, location- and market-based, meters against the parcels' shares, and what settings change."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from app import guide, numbers, parts, quality, session
from app import wide_charts as wide
from app.look import look
from app.reading import sites
from app.text import language, plain, t
from carbon.terms import Stage


def page() -> None:
    """Show the page."""
    if not session.head():
        st.title(t("warehouses.title"), anchor=False)
        guide.nothing_yet()
        return
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    title.title(t("warehouses.title"), anchor=False)
    with picker:
        period = parts.period()
    with st.spinner(t("work.reading")):
        found = sites.read(period)
    if found.sites.empty:
        st.info(t("overview.no_parcels"), icon=":material/info:")
        return
    organisation = session.current_runs()[0].organisation
    how = [t("warehouses.how_share"), t(f"warehouses.how_{_allocation(organisation)}"), quality.drawn(found)]
    _sites(found, organisation, how)
    _energy(found, organisation, how)
    _solar(found, organisation)
    _meters(found, organisation)
    _settings(found, organisation, period)


def _allocation(organisation: dict) -> str:
    return str((organisation.get("method") or {}).get("warehouse_allocation") or "parcel")


def _name(organisation: dict, site: object) -> str:
    return parts.label(organisation, "sites", site) if site else t("network.no_site")


def _meter(row: object) -> str:
    name = session.activity_name(row.meter, language())
    if row.own_generation:
        return t("warehouses.own_power", name=name)
    return t("warehouses.estimated", name=name) if row.estimated else name


def _sites(found: sites.Warehouses, organisation: dict, how: list[str]) -> None:
    rows = found.sites
    whole_kg = rows["location_kg"].sum()
    first = rows.iloc[0]
    finding = t(
        "warehouses.finding",
        site=plain(_name(organisation, first["site"])),
        share=numbers.share(first["location_kg"] / whole_kg if whole_kg else 0.0),
    )
    bars = [
        (_name(organisation, row.site), row.location_kg, row.location_low_kg, row.location_high_kg)
        for row in rows.itertuples()
    ]
    colour = look().stages[Stage.WAREHOUSING]
    parts.chart(wide.named(bars, [colour] * len(bars)), finding, t("warehouses.measure"), "sites")
    scale, size_kg = numbers.scale_of([*rows["location_kg"], *rows["market_kg"]])
    per_scale, per_size_kg = numbers.scale_of(rows["kg_per_parcel"])
    location, market = t("head.location", unit=scale.unit), t("head.market", unit=scale.unit)
    spread, market_spread = t("head.range", unit=scale.unit), t("head.market_range", unit=scale.unit)
    per = t("head.per_parcel", unit=per_scale.unit)
    data = pd.DataFrame(
        {
            t("head.site"): [_name(organisation, each) for each in rows["site"]],
            t("head.parcels"): rows["parcels"],
            location: rows["location_kg"] / size_kg,
            spread: numbers.ranges(scale, rows["location_low_kg"], rows["location_high_kg"]),
            market: rows["market_kg"] / size_kg,
            market_spread: numbers.ranges(scale, rows["market_low_kg"], rows["market_high_kg"]),
            per: rows["kg_per_parcel"] / per_size_kg,
            t("head.primary"): rows["primary_share"],
        }
    )
    formats = {
        t("head.parcels"): numbers.count,
        location: numbers.masses(scale),
        market: numbers.masses(scale),
        per: numbers.masses(per_scale),
        t("head.primary"): numbers.share,
    }
    parts.table(data, "warehouses", formats, finding, column_config=parts.right(spread, market_spread))
    notes = [
        t(
            "how.market_note",
            site=plain(_name(organisation, site)),
            meter=plain(session.activity_name(meter, language())),
        )
        for site, meter in found.market_missing
    ]
    parts.foot("warehouses", [*how, t("how.scope2"), *notes, t("how.walk")], download=rows)


def _energy(found: sites.Warehouses, organisation: dict, how: list[str]) -> None:
    rows = found.energy
    if rows.empty:
        return
    options = ["", *found.sites["site"]]
    chosen = parts.choose(
        t("warehouses.which"),
        options,
        lambda each: t("warehouses.all") if each == "" else _name(organisation, each),
        "warehouse",
    )
    mine = rows[rows["site"] == chosen] if chosen else rows
    named = mine.assign(series=[_meter(row) for row in mine.itertuples()])
    totals_kg = named.groupby("series")["co2e_kg"].sum().sort_values(ascending=False)
    palette = [look().accent, *(look().stages[each] for each in _COLOURS)]
    colours = dict(zip(totals_kg.index, palette * (1 + len(totals_kg) // len(palette)), strict=False))
    by_month = named.groupby(["month", "series"], as_index=False)["co2e_kg"].sum()
    whole_kg = totals_kg.sum()
    finding = t(
        "warehouses.energy_finding",
        meter=plain(totals_kg.index[0]),
        share=numbers.share(totals_kg.iloc[0] / whole_kg if whole_kg else 0.0),
    )
    drawn = wide.columns(by_month.rename(columns={"co2e_kg": "value_kg"}), colours)
    parts.chart(drawn, finding, t("warehouses.energy_measure"), "energy")
    scale, size_kg = numbers.scale_of(mine.groupby(["site", "month", "meter"])["co2e_kg"].sum())
    head = t("head.co2e", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.site"): [_name(organisation, each) for each in mine["site"]],
            t("head.month"): mine["month"],
            t("head.meter"): named["series"],
            t("head.amount"): mine["amount"],
            t("head.unit"): mine["unit"].map(numbers.unit),
            head: mine["co2e_kg"] / size_kg,
        }
    )
    parts.foot("energy", how, data, {t("head.amount"): numbers.number, head: numbers.masses(scale)}, download=mine)


#: Colours of meters, told apart under colour blindness; the accent comes first.
_COLOURS = (Stage.PACKAGING, Stage.WAREHOUSING, Stage.LAST_MILE, Stage.HUBS, Stage.RETURNS, Stage.PRODUCT)


def _solar(found: sites.Warehouses, organisation: dict) -> None:
    rows = found.energy[found.energy["unit"] == "kW*h"]
    power = rows[rows["meter"].str.startswith("electricity.")]
    own = power[power["own_generation"]]
    if own.empty:
        return
    table = power.assign(own=power["amount"].where(power["own_generation"], 0.0)).groupby("site", as_index=False)
    table = table.agg(amount=("amount", "sum"), own=("own", "sum"), co2e_kg=("co2e_kg", "sum"))
    table = table[table["own"] > 0].assign(share=lambda each: each["own"] / each["amount"])
    first = table.sort_values("share", ascending=False).iloc[0]
    parts.section(
        t(
            "warehouses.solar_finding",
            site=plain(_name(organisation, first["site"])),
            share=numbers.share(first["share"]),
        ),
        t("warehouses.solar_measure"),
    )
    data = pd.DataFrame(
        {
            t("head.site"): [_name(organisation, each) for each in table["site"]],
            t("head.own_kwh"): table["own"],
            t("head.all_kwh"): table["amount"],
            t("head.share"): table["share"],
        }
    )
    formats = {
        t("head.own_kwh"): numbers.count,
        t("head.all_kwh"): numbers.count,
        t("head.share"): numbers.share,
    }
    parts.table(data, "solar", formats, t("warehouses.solar_measure"))
    parts.foot("solar", [t("warehouses.how_solar")], download=table)


def _meters(found: sites.Warehouses, organisation: dict) -> None:
    rows = found.meters
    parts.section(t("warehouses.meters"), t("warehouses.meters_measure"))
    if rows.empty:
        st.info(t("warehouses.no_meters"), icon=":material/info:")
        return
    known = rows[rows["metered_kg"].notna()]
    rest_kg, metered_kg = known["unallocated_kg"].sum(), known["metered_kg"].sum()
    if metered_kg:
        st.markdown(
            t(
                "warehouses.rest",
                mass=numbers.mass(rest_kg),
                share=numbers.share(rest_kg / metered_kg),
            )
        )
    if (known["unallocated_kg"] < -1e-6 * known["metered_kg"].abs()).any():
        st.warning(t("warehouses.too_much"), icon=":material/warning:")
    scale, size_kg = numbers.scale_of([*known["metered_kg"], *rows["allocated_kg"]])
    metered, allocated = t("head.metered", unit=scale.unit), t("head.allocated", unit=scale.unit)
    rest = t("head.unallocated", unit=scale.unit)
    served, others = len(rows) > 0 and bool((rows["channels_kg"] > 0).any()), t("head.channels", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("head.site"): [_name(organisation, each) for each in rows["site"]],
            t("head.meter"): [session.activity_name(each, language()) for each in rows["activity"]],
            t("head.days"): [_days(*each) for each in zip(rows["first_day"], rows["last_day"], strict=True)],
            t("head.amount"): rows["metered_amount"],
            t("head.unit"): rows["unit"].map(numbers.unit),
            metered: rows["metered_kg"] / size_kg,
            allocated: rows["allocated_kg"] / size_kg,
            **({others: rows["channels_kg"] / size_kg} if served else {}),
            rest: rows["unallocated_kg"] / size_kg,
            **(
                {t("head.contract"): [each or numbers.ABSENT for each in rows["instruments"]]}
                if any(rows["instruments"])
                else {}
            ),
        }
    )
    formats = {t("head.amount"): numbers.number} | dict.fromkeys(
        (metered, allocated, *((others,) if served else ()), rest), numbers.masses(scale)
    )
    parts.table(data, "meters", formats, t("warehouses.meters"))
    parts.foot("meters", [t("warehouses.how_meters"), t("warehouses.how_contract")], download=rows)


def _days(first: date, last: date) -> str:
    """Return a reading's days; whole months as such."""
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    if not (first.is_month_start and last.is_month_end):
        return f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    if first.to_period("M") == last.to_period("M"):
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m} – {last:%m}" if first.year == last.year else f"{first:%Y-%m} – {last:%Y-%m}"


def _settings(found: sites.Warehouses, organisation: dict, period: str | None) -> None:
    parts.section(t("warehouses.settings"), t("warehouses.settings_measure"))
    last = session.months()[-1] if period is None else period[-7:]
    rows = sites.settings(found, organisation, int(last[:4]))
    if not rows:
        st.info(t("warehouses.no_settings"), icon=":material/info:")
        return
    data = pd.DataFrame(
        {
            t("head.site"): [_name(organisation, each.site) for each in rows],
            t("head.setting"): [t(f"warehouses.{each.kind}") for each in rows],
            t("head.saved"): [numbers.mass(each.saved_kg) for each in rows],
            t("head.saved_range"): [
                numbers.ends(each.saved_kg, each.low_kg, each.high_kg) or numbers.ABSENT for each in rows
            ],
            t("head.share_of_site"): [each.share for each in rows],
            t("head.source"): ["; ".join(each.sources) or t("warehouses.own_figure") for each in rows],
        }
    )
    right = parts.right(t("head.saved"), t("head.saved_range"))
    # Titles of publications are long: they stand below.
    shown = data.drop(columns=t("head.source"))
    sources = dict.fromkeys(source for each in rows for source in each.sources)
    said = [t("warehouses.how_source", source=plain("; ".join(sources)))] if sources else []
    parts.table(
        shown, "settings", {t("head.share_of_site"): numbers.share}, t("warehouses.settings"), column_config=right
    )
    parts.foot("settings", [*said, t("warehouses.how_settings"), t("warehouses.how_roof")], download=data)


page()
