"""Overview: totals, stages, trend, scopes, lanes, what was refused or assumed; quality and ranges by `app.quality`."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import charts, guide, next_steps, numbers, parts, quality, session
from app.text import language, named, plain, t
from carbon.terms import DELIVERY_STAGES, Language

#: Of a currency: emissions of a single pound or yuan are too small to be read.
_REVENUE = 1_000.0


def page() -> None:
    """Show the page."""
    if not session.head():
        guide.first_run()
        return
    runs = session.current_runs()
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    with picker:
        period = parts.period()
    with st.spinner(t("work.reading")):
        inventory = session.read_inventory(period)
    name = inventory.organisation.get("name_zh") if language() is Language.ZH else None
    title.title(plain(name or inventory.organisation.get("name") or t("overview.nav")), anchor=False)
    parts.muted(_subtitle(inventory), title)
    if not inventory.parcels:
        st.info(t("overview.no_parcels"), icon=":material/info:")
        return
    _headline(inventory, runs)
    measures = _next(inventory)
    if numbers.absent(inventory.total_low_kg):
        st.info(t("how.no_ranges"), icon=":material/info:")
    parts.muted(t("report.about"))
    st.page_link("views/reports.py", label=t("report.go"), icon=":material/description:")
    _stages(inventory)
    _trend(inventory)
    next_steps.glidepath(inventory)
    _scopes(inventory)
    next_steps.leaders(inventory, period)
    quality.show(inventory)
    quality.ranges(inventory)
    quality.gaps(inventory)
    _factors(inventory)
    _rows(inventory, runs)
    # Last, since what measures do is reckoned on all parcels: everything else is read meanwhile.
    with measures:
        next_steps.measures()


def _next(inventory: session.Inventory) -> DeltaGenerator:
    """Show what to do next, and return the place of the measures."""
    parts.section(t("next.title"), t("next.measure"))
    left, right = st.columns(2)
    measures = left.container(border=True, height="stretch")
    with right.container(border=True, height="stretch"):
        next_steps.gaps(inventory)
    parts.foot("next", [t("how.next"), t("what_if.how_curve"), t("how.gaps")])
    return measures


def _subtitle(inventory: session.Inventory) -> str:
    return t(
        "overview.subtitle",
        first=inventory.first_day or numbers.ABSENT,
        last=inventory.last_day or numbers.ABSENT,
        parcels=numbers.count(inventory.parcels),
        orders=numbers.count(inventory.orders),
    )


def _headline(inventory: session.Inventory, runs: list[session.Manifest]) -> None:
    per = inventory.intensities
    total = (inventory.total_kg, inventory.total_low_kg, inventory.total_high_kg)
    product = (inventory.product_kg, inventory.product_low_kg, inventory.product_high_kg)
    figures = [
        ("overview.total", total, "overview.total_help"),
        ("overview.per_parcel", _over(total, per.get("per_parcel_kg")), "overview.per_parcel_help"),
        ("overview.per_order", _over(total, per.get("per_order_kg")), "overview.per_order_help"),
        ("overview.product", product if inventory.product_kg else (None, None, None), "overview.product_help"),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, figure, help_text in figures:
            ends = numbers.ends(*figure)
            below = t("overview.range", range=ends) if ends else t("overview.no_range") if figure[0] else None
            st.metric(
                t(label),
                numbers.mass(figure[0]),
                below,
                delta_color="off",
                delta_arrow="off",
                help=t(help_text),
                border=True,
                width="stretch",
                height="stretch",
            )
    more = [
        t("overview.per_tonne_km", mass=numbers.mass(per.get("per_tonne_km_kg"))),
        t(
            "overview.per_revenue",
            mass=numbers.mass((per.get("per_revenue_kg") or 0.0) * _REVENUE),
            amount=f"{per.get('revenue_currency')}\u00a0{numbers.count(_REVENUE)}",
        ),
    ]
    shown = [
        text
        for text, name in zip(more, ("per_tonne_km_kg", "per_revenue_kg"), strict=True)
        if per.get(name) is not None
    ]
    if shown:
        parts.muted(" · ".join(shown))
    lines = [
        t("how.total"),
        t(
            "how.split",
            wtt=numbers.mass(inventory.wtt_kg),
            ttw=numbers.mass(inventory.ttw_kg),
            unsplit=numbers.mass(inventory.unsplit_kg),
        ),
    ]
    lines += [
        t("how.product"),
        t("how.gwp", sets=plain(", ".join(inventory.gwp_mix) or numbers.ABSENT)),
        *quality.how_ranges(inventory),
        t("how.offsets"),
    ]
    forcing = inventory.beside[inventory.beside["what"] == "radiative_forcing"]
    if len(forcing):
        lines.append(t("how.forcing", mass=numbers.mass(float(forcing["difference_kg"].sum()))))
    lines.append(t("how.iso_yes") if inventory.statement else t("how.iso_no", reason=plain(_reason(inventory))))
    lines += [parts.run_line(manifest) for manifest in runs if manifest.run in inventory.runs]
    lines.append(t("how.walk"))
    parts.foot("total", lines)


def _over(total: tuple[float | None, ...], value_kg: float | None) -> tuple[float | None, ...]:
    """Return the total and its range over a count, of which the quotient is known."""
    if value_kg is None or not total[0]:
        return (value_kg, None, None)
    return tuple(None if each is None else each * value_kg / total[0] for each in total)


def _reason(inventory: session.Inventory) -> str:
    return inventory.statement_reason_zh if language() is Language.ZH else inventory.statement_reason


def _stages(inventory: session.Inventory) -> None:
    stages_kg = inventory.stages_kg
    first = charts.leading(stages_kg)
    finding = (
        t("stages.finding", stage=parts.stage(first[0]), share=numbers.share(first[1])) if first else t("stages.none")
    )
    scale, size_kg = numbers.scale_of([stages_kg.get(each, 0.0) for each in DELIVERY_STAGES])
    head = t("head.co2e", unit=scale.unit)
    held = inventory.stages.set_index("stage")
    ends = {str(row.Index): (row.low_kg, row.high_kg) for row in held.itertuples() if not numbers.absent(row.high_kg)}
    known = [ends.get(each, (None, None)) for each in DELIVERY_STAGES]
    data = pd.DataFrame(
        {
            t("head.stage"): [parts.stage(each) for each in DELIVERY_STAGES],
            head: [stages_kg.get(each, 0.0) / size_kg for each in DELIVERY_STAGES],
            t("head.range", unit=scale.unit): numbers.ranges(scale, *zip(*known, strict=True)),
            t("head.share"): [
                stages_kg.get(each, 0.0) / inventory.total_kg if inventory.total_kg else None
                for each in DELIVERY_STAGES
            ],
        }
    )
    parts.chart(
        charts.stage_bars(stages_kg, ends), finding, t("stages.measure" if ends else "stages.measure_plain"), "stages"
    )
    how = [t("how.stages"), t("how.stages_packaging"), t("how.stages_transport"), t("how.stages_rest")]
    how += quality.how_ranges(inventory)[:1]
    parts.foot(
        "stages", how, data, {head: numbers.masses(scale), t("head.share"): numbers.share}, download=held.reset_index()
    )


def _trend(inventory: session.Inventory) -> None:
    months = inventory.months
    stages = [each for each in DELIVERY_STAGES if each in months]
    if months.empty or not stages:
        return
    totals_kg = months[stages].sum(axis=1)
    finding = (
        t(
            "trend.finding",
            month=numbers.month(str(totals_kg.idxmax())),
            mass=numbers.ranged(totals_kg.max(), *months.loc[totals_kg.idxmax(), ["low_kg", "high_kg"]], words=True),
        )
        if len(months) > 1
        else t("trend.one", month=numbers.month(str(months.index[0])))
    )
    scale, size_kg = numbers.scale_of([*totals_kg, inventory.total_kg])
    data = (months[stages] / size_kg).rename(columns=parts.stage).reset_index(names=t("head.month"))
    data[t("head.total", unit=scale.unit)] = (totals_kg / size_kg).to_numpy()
    formats = {name: numbers.masses(scale) for name in data.columns[1:]}
    data[t("head.range", unit=scale.unit)] = numbers.ranges(scale, months["low_kg"], months["high_kg"])
    measure = "trend.measure" if months["low_kg"].notna().any() else "trend.measure_plain"
    parts.chart(charts.month_columns(months), finding, t(measure), "months")
    how = [t("how.months"), *quality.how_ranges(inventory)[:1]]
    parts.foot("months", how, data, formats, download=months.reset_index())


def _scopes(inventory: session.Inventory) -> None:
    parts.section(t("scopes.title"), t("scopes.measure"))
    rows = inventory.scopes
    scale, size_kg = numbers.scale_of([*rows["co2e_kg"], inventory.total_kg])
    location, market = t("head.location", unit=scale.unit), t("head.market", unit=scale.unit)
    spread, market_spread = t("head.range", unit=scale.unit), t("head.market_range", unit=scale.unit)
    whole = {
        "co2e_kg": inventory.total_kg,
        "low_kg": inventory.total_low_kg,
        "high_kg": inventory.total_high_kg,
        "market_based_kg": inventory.market_total_kg,
        "market_low_kg": inventory.market_low_kg,
        "market_high_kg": inventory.market_high_kg,
    }
    names = [*map(quality.part, rows.itertuples()), t("scopes.total")]
    held, rows = rows, pd.concat([rows, pd.DataFrame([whole])], ignore_index=True)
    data = pd.DataFrame(
        {
            t("head.part"): names,
            location: rows["co2e_kg"] / size_kg,
            spread: numbers.ranges(scale, rows["low_kg"], rows["high_kg"]),
            market: rows["market_based_kg"] / size_kg,
            market_spread: numbers.ranges(scale, rows["market_low_kg"], rows["market_high_kg"]),
        }
    )
    show = numbers.masses(scale)
    columns = {t("head.part"): st.column_config.Column(width=318), **parts.right(spread, market_spread)}
    parts.table(data, "scopes", {location: show, market: show}, t("scopes.title"), column_config=columns)
    notes = [
        t(
            "how.market_note",
            site=plain(parts.label(inventory.organisation, "sites", site)),
            meter=plain(session.activity_name(meter, language())),
        )
        for site, meter in inventory.market_missing
    ]
    parts.foot(
        "scopes",
        [t("how.scopes"), t("how.scope2"), *notes, t("how.scope3"), *quality.how_ranges(inventory)[:1]],
        download=held,
    )


def _factors(inventory: session.Inventory) -> None:
    used = inventory.factors[~inventory.factors["activity"].str.startswith("product.")]
    rows = used.head(15)
    parts.section(
        t("factors.title"),
        t(
            "factors.measure",
            count=numbers.count(len(rows)),
            all=numbers.count(len(used)),
            factors=numbers.count(used["factor_id"].nunique()),
        ),
    )
    scale, size_kg = numbers.scale_of(rows["co2e_kg"])
    head = t("head.co2e", unit=scale.unit)
    # Publishers name their rows in English: a Chinese reader gets the activity's name; the id is the same.
    chinese = language() is Language.ZH
    names = [session.activity_name(each, language()) for each in rows["activity"]] if chinese else rows["name"]
    data = pd.DataFrame(
        {
            t("head.name"): names,
            head: rows["co2e_kg"] / size_kg,
            t("head.share"): rows["co2e_kg"] / (inventory.total_kg or 1.0),
            t("head.value"): rows["value"],
            t("head.unit"): rows["unit"].map(numbers.unit),
            t("head.boundary"): [session.boundary_name(each, language()) for each in rows["boundary"]],
            t("head.region_match"): [
                f"{region} · {named('match', match)}"
                for region, match in zip(rows["region"], rows["match"], strict=True)
            ],
            t("head.cited"): list(map(parts.cited, rows["title"], rows["edition"], rows["locator"])),
        }
    )
    parts.table(
        data,
        "factors",
        {t("head.value"): numbers.number, head: numbers.masses(scale), t("head.share"): numbers.share},
        t("factors.title"),
    )
    parts.foot("factors", [t("how.factors")], download=used)


def _rows(inventory: session.Inventory, runs: list[session.Manifest]) -> None:
    parts.section(t("rows.title"), t("rows.measure"))
    counts = {reason: each["count"] for reason, each in inventory.rejects.items()}
    st.markdown(f"**{t('rows.rejects', count=numbers.count(sum(counts.values())))}**")
    guide.reasons(counts, "overview")
    for manifest in runs:
        if manifest.run in inventory.runs and manifest.counts.get("rejects"):
            guide.rejects_download(manifest.run, manifest.input_name)
    st.markdown(f"**{t('rows.fallbacks')}**")
    data = pd.DataFrame(
        [(named("fallback", name), number) for name, number in inventory.fallbacks.items() if number],
        columns=[t("head.fallback"), t("head.parcels")],
    )
    if data.empty:
        parts.muted(t("rows.no_fallbacks"))
    else:
        parts.table(data, "fallbacks", {t("head.parcels"): numbers.count}, alt=t("rows.fallbacks"))
    parts.foot("rows", [t("how.rows")])


page()
