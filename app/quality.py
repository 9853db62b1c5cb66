"""What the overview says about data quality, ranges, what makes them, and what better data would change."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import charts, numbers, parts, session
from app.text import language, named, plain, t
from carbon.terms import DataType, Stage

RATINGS = ("technological", "geographical", "temporal")


def how_ranges(inventory: session.Inventory) -> list[str]:
    """Return how the ranges were made and what is not in them, or why there are none."""
    if numbers.absent(inventory.total_low_kg):
        return [t("how.no_ranges")]
    return [drawn(inventory), t("how.ranges_outside")]


def drawn(of: object) -> str:
    """Return how ranges were drawn, of anything that says its draws and seed."""
    return t("how.ranges", draws=numbers.count(of.draws), seed=of.seed)


def show(inventory: session.Inventory) -> None:
    """Show data types, and shares and ratings by stage and by category."""
    quality = inventory.quality
    kinds = [(named("data_type", str(each)), quality.get(str(each), 0.0)) for each in DataType]
    data = pd.DataFrame(
        {t("head.data_type"): [name for name, _ in kinds], t("head.share"): [value for _, value in kinds]}
    )
    finding = t("quality.finding", share=numbers.share(quality.get("primary", 0.0)))
    parts.chart(charts.share_bars(kinds), finding, t("quality.measure"), "quality")
    lines = [t("how.data_types"), t("how.matches")]
    for flag, mass_kg in inventory.incomplete.items():
        lines.append(t("how.incomplete", flag=named("flag", flag), mass=numbers.mass(mass_kg)))
    if inventory.co2_only_kg:
        lines.append(t("how.co2_only", mass=numbers.mass(inventory.co2_only_kg)))
    lines += [
        t("how.match", match=named("match", each.match), share=numbers.share(each.share))
        for each in inventory.matches.itertuples()
    ]
    parts.foot("quality", lines, data, {t("head.share"): numbers.share})
    whole = {f"{each}_share": quality.get(str(each)) for each in DataType} | dict(inventory.ratings)
    stages = inventory.stages
    apart = stages["stage"] == Stage.PRODUCT
    # The total stands under the delivery stages, before the product that is no part of it.
    rows = pd.concat([stages[~apart], pd.DataFrame([whole | {"stage": "total"}]), stages[apart]], ignore_index=True)
    names = [t("scopes.total") if each == "total" else parts.stage(each) for each in rows["stage"]]
    _table(rows, t("head.stage"), names, "quality_stages", t("quality.stages"), 130)
    scopes = inventory.scopes
    names = [*map(part, scopes.itertuples()), t("scopes.total")]
    rows = pd.concat([scopes, pd.DataFrame([whole])], ignore_index=True)
    _table(rows, t("head.part"), names, "quality_scopes", t("quality.categories"), 316)
    parts.foot("ratings", [t("how.data_types"), t("how.ratings"), t("how.rated")])


def part(row) -> str:
    """Return the name of a scope, or of a category of scope 3, of a row of the inventory's scopes."""
    return session.category_name(row.category, language()) if row.category else t(f"part.{row.scope}")


def _table(rows: pd.DataFrame, head: str, names: list[str], key: str, alt: str, width: int) -> None:
    """Show shares of data types and ratings of some rows."""
    shares = {t(f"head.{each}"): rows[f"{each}_share"] for each in DataType}
    ratings = {t(f"head.{each}"): rows[each] for each in RATINGS}
    data = pd.DataFrame({head: names, **shares, **ratings})
    if not (rows["rated_share"] == 1).all():
        data[t("head.rated")] = rows["rated_share"]
    formats = dict.fromkeys((*shares, t("head.rated")), numbers.share) | dict.fromkeys(ratings, numbers.rating)
    parts.muted(alt)
    parts.table(data, key, formats, alt, column_config={head: st.column_config.Column(width=width)})


def ranges(inventory: session.Inventory) -> None:
    """Show which factors and parameters make most of the total's variance."""
    found = session.causes(inventory, language())
    if not found:
        return
    _, first, share = found[0]
    finding = t("causes.finding", share=numbers.share(share), cause=plain(first))
    drawn = charts.cause_bars([(name, share) for _, name, share in found])
    parts.chart(drawn, finding, t("causes.measure"), "causes")
    lines = [*how_ranges(inventory), t("how.variance")]
    lines += [t("how.cause", cause=plain(name), code=plain(key)) for key, name, _ in found if key != "other"]
    data = pd.DataFrame(
        {t("head.name"): [name for _, name, _ in found], t("head.share"): [share for *_, share in found]}
    )
    parts.foot("causes", lines, data, {t("head.share"): numbers.share}, download=inventory.variance)


def gaps(inventory: session.Inventory) -> None:
    """Show the worst data gaps, each with what better data would change."""
    found = session.gaps(inventory, language())
    if numbers.absent(inventory.total_low_kg):
        return
    parts.section(t("gaps.title"), t("gaps.measure"))
    if not found:
        st.info(t("gaps.none"), icon=":material/info:")
        return
    lines = [
        f"{number}. {plain(text)} :small[:gray[· {t('gaps.concerned', mass=numbers.mass(co2e_kg))}]]"
        for number, (text, _, co2e_kg, _) in enumerate(found, 1)
    ]
    st.markdown("\n".join(lines))
    parts.foot("gaps", [t("how.gaps"), *how_ranges(inventory)], download=inventory.gaps)
