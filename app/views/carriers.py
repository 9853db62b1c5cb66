"""Suppliers and carriers: a scorecard of each, its trend, its targets, and how the ledger can know more of it."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from app import (
    access,
    carrier_figures,
    charts,
    guide,
    numbers,
    parts,
    product_footprints,
    quality,
    session,
    shipment_figures,
)
from app import wide_charts as wide
from app.look import look
from app.people import Right
from app.reading import carriers
from app.text import plain, t

_OWN = "own"
_SHARES = ("primary", "modelled", "default")


def page() -> None:
    """Show the page."""
    if not session.head():
        st.title(t("carriers.title"), anchor=False)
        guide.nothing_yet()
        return
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    title.title(t("carriers.title"), anchor=False)
    with picker:
        period = parts.period()
    with st.spinner(t("work.reading")):
        found = carriers.read(period)
    if found.carriers.empty:
        st.info(t("overview.no_parcels"), icon=":material/info:")
        return
    organisation = session.current_runs()[0].organisation
    how = [t("network.how_chain"), t("carriers.how_carrier"), t("network.how_carriers"), quality.drawn(found)]
    _scorecard(found, how)
    chosen = parts.choose(t("carriers.which"), _keys(found), lambda each: _names(found)[each], "carrier")
    row = found.carriers.iloc[_keys(found).index(chosen)]
    _trend(found, row, how)
    _services(found, row, organisation, how)
    _targets(found, row, organisation)
    _more(found, row, organisation)
    if access.may(Right.MANAGE) and row["carrier"] and not row["own"]:
        carrier_figures.show(str(row["carrier"]), list(_mine(found.services, row)["service"]), organisation)
        shipment_figures.show(str(row["carrier"]))
    if access.may(Right.MANAGE):
        product_footprints.show()
    else:
        parts.muted(t("access.admins_sent"))


def _name(row: object) -> str:
    if row.own:
        return t("network.own")
    return row.carrier or t("network.no_carrier")


def _keys(found: carriers.Carriers) -> list[str]:
    """A key for each carrier, in the order of the table; a carrier might be called like the words for own vehicles."""
    return [_OWN if row.own else f"carrier {row.carrier}" for row in found.carriers.itertuples()]


def _names(found: carriers.Carriers) -> dict[str, str]:
    return {key: _name(row) for key, row in zip(_keys(found), found.carriers.itertuples(), strict=True)}


def _mine(rows: pd.DataFrame, row: object) -> pd.DataFrame:
    return rows[(rows["carrier"] == row.carrier) & (rows["own"] == row.own)]


def _scorecard(found: carriers.Carriers, how: list[str]) -> None:
    rows = found.carriers
    first = rows.sort_values(["primary_share", "co2e_kg"], ascending=False).iloc[0]
    whole_kg = rows["co2e_kg"].sum()
    primary_kg = (rows["primary_share"].fillna(0.0) * rows["co2e_kg"]).sum()
    if primary_kg > 0:
        finding = t(
            "carriers.finding",
            share=numbers.share(primary_kg / whole_kg if whole_kg else 0.0),
            carrier=plain(_name(first)),
            most=numbers.share(first["primary_share"]),
        )
    else:
        finding = t("carriers.finding_none")
    bars = [(_name(row), row.co2e_kg, row.low_kg, row.high_kg) for row in rows.itertuples()]
    parts.chart(wide.named(bars), finding, t("carriers.measure"), "scorecard")
    _card(rows, t("head.carrier"), [_name(row) for row in rows.itertuples()], "scorecard")
    lines = [*how, t("network.how_intensity"), t("how.data_types"), t("how.ratings"), t("how.rated"), t("how.walk")]
    parts.foot("scorecard", lines, download=rows)


def _card(rows: pd.DataFrame, head: str, names: list[str], key: str) -> None:
    """Show a scorecard: emissions with range and intensities; below them what these rest on."""
    scale, size_kg = numbers.scale_of(rows["co2e_kg"])
    per_scale, per_size_kg = numbers.scale_of(rows["kg_per_parcel"])
    total, spread = t("head.co2e", unit=scale.unit), t("head.range", unit=scale.unit)
    per, intensity = t("head.per_parcel", unit=per_scale.unit), t("head.intensity")
    data = pd.DataFrame(
        {
            head: names,
            t("head.parcels"): rows["parcels"].to_numpy(),
            total: rows["co2e_kg"].to_numpy() / size_kg,
            spread: numbers.ranges(scale, rows["low_kg"], rows["high_kg"]),
            per: rows["kg_per_parcel"].to_numpy() / per_size_kg,
            intensity: rows["kg_per_tonne_km"].to_numpy() * 1000,
        }
    )
    formats = {
        t("head.parcels"): numbers.count,
        total: numbers.masses(scale),
        per: numbers.masses(per_scale),
        intensity: numbers.number,
    }
    parts.table(
        data, key, formats, t("part.alt", finding=head, measure=t("carriers.alt")), column_config=parts.right(spread)
    )
    parts.muted(t("carriers.quality_alt"))
    shares = {t(f"head.{each}"): rows[f"{each}_share"].to_numpy() for each in _SHARES}
    ratings = {t(f"head.{each}"): rows[each].to_numpy() for each in quality.RATINGS}
    data = pd.DataFrame({head: names, **shares, **ratings})
    if not (rows["rated_share"] == 1).all():
        data[t("head.rated")] = rows["rated_share"].to_numpy()
    formats = dict.fromkeys((*shares, t("head.rated")), numbers.share) | dict.fromkeys(ratings, numbers.rating)
    parts.table(data, f"{key}_quality", formats, t("part.alt", finding=head, measure=t("carriers.quality_alt")))


def _trend(found: carriers.Carriers, row: pd.Series, how: list[str]) -> None:
    rows = _mine(found.months, row)
    first, last = rows.iloc[0], rows.iloc[-1]
    name = plain(_name(row))
    values = {"carrier": name, "last": numbers.mass(last["kg_per_parcel"]), "month": numbers.month(last["month"])}
    if len(rows) == 1:
        finding = t("carriers.trend_one", **values)
    else:
        finding = t(
            "carriers.trend_finding",
            first=numbers.mass(first["kg_per_parcel"]),
            start=numbers.month(first["month"]),
            **values,
        )
    parts.chart(_per_parcel(rows), finding, t("carriers.trend_measure"), "carrier_trend")
    scale, size_kg = numbers.scale_of(rows["co2e_kg"])
    per_scale, per_size_kg = numbers.scale_of(rows["kg_per_parcel"])
    total, per = t("head.co2e", unit=scale.unit), t("head.per_parcel", unit=per_scale.unit)
    data = pd.DataFrame(
        {
            t("head.month"): rows["month"],
            t("head.parcels"): rows["parcels"],
            total: rows["co2e_kg"] / size_kg,
            per: rows["kg_per_parcel"] / per_size_kg,
            t("head.range", unit=per_scale.unit): numbers.ranges(
                per_scale, rows["low_per_parcel_kg"], rows["high_per_parcel_kg"]
            ),
        }
    )
    formats = {t("head.parcels"): numbers.count, total: numbers.masses(scale), per: numbers.masses(per_scale)}
    parts.foot("carrier_trend", [*how, t("how.months"), t("carriers.how_trend")], data, formats, download=rows)


def _per_parcel(rows: pd.DataFrame) -> alt.Chart:
    """Draw what a parcel makes, month by month, as columns with their ranges."""
    scale, size_kg = numbers.scale_of(rows["kg_per_parcel"])
    data = pd.DataFrame(
        {
            "month": rows["month"],
            "value": rows["kg_per_parcel"] / size_kg,
            "low": rows["low_per_parcel_kg"] / size_kg,
            "high": rows["high_per_parcel_kg"] / size_kg,
            "colour": look().accent,
            "label": [
                t(
                    "carriers.tip",
                    mass=numbers.ranged(each.kg_per_parcel, each.low_per_parcel_kg, each.high_per_parcel_kg),
                    parcels=numbers.count(each.parcels),
                )
                for each in rows.itertuples()
            ],
        }
    )
    months = list(data["month"])
    top = data[["value", "high"]].max(axis=1).max()
    broad = {"size": 64} if len(months) < 5 else {}
    base = alt.Chart(data).encode(
        x=alt.X(
            "month:O",
            title=None,
            axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap=True, labelExpr=charts.month_labels(months)),
        ),
        y=alt.Y(
            "value:Q",
            title=f"{t('carriers.axis')} ({scale.unit})",
            scale=alt.Scale(domain=[0, top * 1.1 or 1]),
            axis=alt.Axis(tickCount=5, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("month:O", title=t("axis.month")),
            alt.Tooltip("label:N", title=t("axis.value")),
        ],
    )
    bars = base.mark_bar(stroke=look().ink, strokeWidth=1, **broad).encode(color=alt.Color("colour:N", scale=None))
    ranged = bool(data["high"].notna().any())
    marks = charts.range_marks(base, "y", **broad) if ranged else ()
    return charts.dressed(alt.layer(bars, *marks).properties(height=260))


def _services(found: carriers.Carriers, row: pd.Series, organisation: dict, how: list[str]) -> None:
    rows = _mine(found.services, row)
    parts.section(t("carriers.services", carrier=plain(_name(row))), t("carriers.services_measure"))
    names = [parts.label(organisation, "services", each) for each in rows["service"]]
    _card(rows, t("head.service"), names, "carrier_services")
    parts.foot("carrier_services", [*how, t("network.how_intensity"), t("how.data_types")], download=rows)


def _targets(found: carriers.Carriers, row: pd.Series, organisation: dict) -> None:
    services = list(_mine(found.services, row)["service"])
    mine, whole = carriers.targets(organisation, row["carrier"], services), carriers.whole_targets(organisation)
    parts.section(t("carriers.targets"), t("carriers.targets_measure"))
    lines = []
    for each in mine:
        base_kg = carriers.year_kg(str(each["covers"]), int(each["base_year"]))
        values = {
            "covers": plain(parts.label(organisation, "services", each["covers"])),
            "year": each["year"],
            "base": each["base_year"],
            "share": numbers.share(each["reduction_share"]),
        }
        if base_kg is None:
            lines.append(t("carriers.target_no_base", **values))
        else:
            goal_kg = base_kg * (1 - each["reduction_share"])
            lines.append(t("carriers.target", base_mass=numbers.mass(base_kg), goal=numbers.mass(goal_kg), **values))
    if not mine:
        lines.append(t("carriers.no_target", carrier=plain(_name(row))))
    lines += [
        t(
            "carriers.whole_target",
            year=each["year"],
            base=each["base_year"],
            share=numbers.share(each["reduction_share"]),
        )
        for each in whole
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))


def _more(found: carriers.Carriers, row: pd.Series, organisation: dict) -> None:
    """Say what the ledger holds of the carrier's own figures, and the way by which more of them come in."""
    parts.section(t("carriers.more"), t("carriers.more_measure"))
    rows = _mine(found.services, row)
    setups = organisation.get("services") or {}
    data = pd.DataFrame(
        {
            t("head.service"): [parts.label(organisation, "services", each) for each in rows["service"]],
            t("carriers.head_share"): rows["reported_share"].to_numpy(),
            t("carriers.head_status"): [_status(setups.get(each) or {}) for each in rows["service"]],
        }
    )
    parts.table(data, "reported", {t("carriers.head_share"): numbers.share}, t("carriers.more_measure"))
    st.markdown("\n".join(f"{number}. {t(f'carriers.way_{number}')}" for number in (1, 2, 3)))
    st.code(t("carriers.example"), language="yaml")
    left, right = st.columns(2)
    parts.link("views/setup.py", t("setup.nav"), ":material/settings:", left)
    parts.link("views/import_orders.py", t("import.nav"), ":material/upload_file:", right)
    parts.foot("reported", [t("carriers.how_reported"), t("carriers.how_verified")], download=rows)


def _status(setup: dict) -> str:
    reported = setup.get("reported")
    if not reported:
        return t("carriers.not_taken")
    return t(
        "carriers.taken",
        source=reported.get("source") or numbers.ABSENT,
        boundary=reported.get("boundary") or "WTW",
        status=reported.get("verification") or numbers.ABSENT,
    )


page()
