"""Where the overview leads: what to do next, the way to the targets, and what carries most of the emissions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, parts, session, wide_charts
from app.reading import parcels, reports, roi
from app.said import said
from app.text import language, plain, t
from carbon.errors import CarbonError
from carbon.reports.over_time import target_path

#: Measures and data gaps that are worth naming first, and rows of what carries most.
_FIRST, _MOST = 3, 20
_OF_PARCELS = {"parcels": "head.parcels", "co2e_kg": "head.co2e", "kg_per_parcel": "head.per_parcel"}


def gaps(inventory: session.Inventory) -> None:
    """Name the worst data gaps."""
    st.markdown(f"**{t('next.gaps')}**")
    found = session.gaps(inventory, language())
    if numbers.absent(inventory.total_low_kg) or not found:
        parts.muted(t("gaps.none"))
        return
    st.markdown("\n".join(f"{place}. {plain(text)}" for place, (text, *_) in enumerate(found[:_FIRST], 1)))


def measures() -> None:
    """Name the best measures of the organisation file, by the abatement curve."""
    st.markdown(f"**{t('next.measures')}**")
    if not reports.has_measures():
        parts.muted(t("next.no_measures"))
        parts.link("views/setup.py", t("setup.nav"), ":material/settings:")
        return
    try:
        with st.spinner(t("next.reckoning")):
            blocks, currency = roi.best(_FIRST)
    except CarbonError as error:
        parts.muted(t("next.not_reckoned", why=plain(said(str(error).splitlines()[0]))))
        return
    if not blocks:
        parts.muted(t("next.no_effect"))
    lines, printed = [], roi.printed(None, language())
    for place, block in enumerate(blocks, 1):
        npv = block.appraisal.npv
        line = t(
            "next.worth" if npv >= 0 else "next.cost",
            measure=plain(roi.measure_name(block.measure.key, language())),
            mass=numbers.mass(block.width_kg),
            currency=plain(currency),
            amount=plain(printed.number(abs(npv))),
        )
        lines.append(f"{place}. {line}")
    st.markdown("\n".join(lines))
    parts.link("views/what_if.py", t("next.go"), ":material/query_stats:")


def glidepath(inventory: session.Inventory) -> None:
    """Show the way from the base year to the targets, with the years that the ledger holds whole."""
    path = target_path(inventory, inventory.organisation)
    if path is None:
        parts.section(t("glidepath.title"))
        st.info(t("glidepath.none"), icon=":material/info:")
        parts.link("views/setup.py", t("setup.nav"), ":material/settings:")
        return
    year, last_kg = path.wanted[-1]
    if path.away_kg is None:
        share = numbers.share(1 - last_kg / path.base_kg)
        finding = t("glidepath.to_go", year=year, share=share, mass=numbers.mass(last_kg))
    else:
        key = "glidepath.above" if path.away_kg > 0 else "glidepath.below"
        finding = t(key, year=path.reported[-1][0], mass=numbers.mass(abs(path.away_kg)))
    scale, size_kg = numbers.scale_of([path.base_kg])
    across = f"{t('axis.co2e')} ({scale.unit})"
    drawn = wide_charts.glidepath(path.wanted, path.reported, across, size_kg)
    parts.chart(drawn, finding, t("glidepath.measure"), "glidepath")
    known = dict(path.reported)
    years = sorted({*(each for each, _ in path.wanted), *known})
    on_path, reported = t("glidepath.path", unit=scale.unit), t("glidepath.reported", unit=scale.unit)
    rows = [(each, path.at(each), known.get(each)) for each in years]
    data = pd.DataFrame(
        {
            t("glidepath.year"): [str(each) for each in years],
            on_path: [kg / size_kg for _, kg, _ in rows],
            reported: [None if kg is None else kg / size_kg for *_, kg in rows],
        }
    ).astype({reported: float})
    exact = pd.DataFrame(rows, columns=["year", "path_kg", "reported_kg"])
    formats = dict.fromkeys((on_path, reported), numbers.masses(scale))
    parts.foot("glidepath", [t("how.glidepath"), t("how.glidepath_years")], data, formats, download=exact)


def leaders(inventory: session.Inventory, period: str | None) -> None:
    """Show the lanes, carriers, articles and product categories with the most emissions."""
    parts.section(t("leaders.title"), t("leaders.measure"))
    tabs = [t(f"leaders.{name}") for name in ("lanes", "carriers", "articles", "categories")]
    lanes, carriers, articles, categories = st.tabs(tabs)
    with lanes:
        _lanes(inventory)
    with carriers:
        _carriers(inventory)
    with articles:
        _articles(period)
    with categories:
        _categories(period)


def _lanes(inventory: session.Inventory) -> None:
    rows = inventory.lanes
    if rows.empty:
        st.info(t("lanes.none"), icon=":material/info:")
        return
    names = {
        t("head.from"): [parts.label(inventory.organisation, "sites", each) for each in rows["origin"]],
        t("head.to"): [session.place_name(each, language()) for each in rows["destination"]],
        t("head.service"): [parts.label(inventory.organisation, "services", each) for each in rows["service"]],
    }
    _ranked(rows, names, "lanes", t("leaders.lanes"), [t("how.lanes")], _OF_PARCELS)


def _carriers(inventory: session.Inventory) -> None:
    setups = inventory.organisation.get("services") or {}
    mine = [setups.get(each) or {} for each in inventory.services["service"]]
    names = [
        t("network.own") if each.get("party") == "own" else str(each.get("carrier") or t("network.no_carrier"))
        for each in mine
    ]
    rows = inventory.services.assign(carrier=names).groupby("carrier", as_index=False)[["parcels", "co2e_kg"]].sum()
    rows = rows.sort_values(["co2e_kg", "carrier"], ascending=[False, True], ignore_index=True)
    rows["kg_per_parcel"] = rows["co2e_kg"] / rows["parcels"]
    names = {t("head.carrier"): list(rows["carrier"])}
    _ranked(rows, names, "carriers", t("leaders.carriers"), [t("how.carriers")], _OF_PARCELS)


def _articles(period: str | None) -> None:
    found = parcels.articles(period)
    if not found.count:
        st.info(t("leaders.no_articles"), icon=":material/info:")
        parts.link("views/import_orders.py", t("import.nav"), ":material/upload_file:")
        return
    shown = [each if isinstance(each, str) else t("leaders.no_number") for each in found.articles["sku"]]
    more = {"product_kg": "leaders.product"} if found.product_kg else {}
    how = [t("how.articles")]
    if found.by_pieces_kg:
        how.append(t("how.articles_pieces", mass=numbers.mass(found.by_pieces_kg)))
    if found.unlined_parcels:
        count, mass = numbers.count(found.unlined_parcels), numbers.mass(found.unlined_kg)
        how.append(t("how.articles_unlined", parcels=count, mass=mass))
    if more:
        how.append(t("how.articles_product"))
    if found.product_shared_kg:
        how.append(t("how.articles_shared", mass=numbers.mass(found.product_shared_kg)))
    if found.count > len(found.articles):
        how.append(t("how.articles_most", shown=numbers.count(len(found.articles)), count=numbers.count(found.count)))
    columns = {
        "pieces": "head.pieces",
        "parcels": "head.parcels",
        "co2e_kg": "head.co2e",
        "kg_per_piece": "head.each_piece",
    }
    rows = found.articles.head(_MOST)
    names = {t("head.article"): shown[:_MOST]}
    _ranked(rows, names, "articles", t("leaders.articles"), how, columns | more, found.articles)


def _categories(period: str | None) -> None:
    rows = parcels.categories(period)
    rows["kg_per_parcel"] = rows["co2e_kg"] / rows["parcels"]
    shown = [each or t("leaders.no_category") for each in rows["category"]]
    more = {"product_kg": "leaders.product"} if rows["product_kg"].abs().sum() > 0 else {}
    names = {t("leaders.category"): shown}
    _ranked(rows, names, "categories", t("leaders.categories"), [t("how.categories")], _OF_PARCELS | more)


def _ranked(
    rows: pd.DataFrame,
    names: dict[str, list[str]],
    key: str,
    alt: str,
    how: list[str],
    columns: dict[str, str],
    download: pd.DataFrame | None = None,
) -> None:
    """Show what carries most: its names, and counts and masses by the titles of their columns."""
    data, formats = pd.DataFrame(names), {}
    for name, title in columns.items():
        if "kg" in name:
            scale, size_kg = numbers.scale_of(rows[name])
            head, show, values = t(title, unit=scale.unit), numbers.masses(scale), rows[name] / size_kg
        else:
            head, show, values = t(title), numbers.count, rows[name]
        data[head], formats[head] = values, show
    parts.table(data.head(_MOST), key, formats, alt)
    parts.foot(key, how, download=data if download is None else download)
