"""Packaging: sizes, empty space and materials of the ledger; better packing, carton sets, own containers, reuse."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from app import charts, guide, numbers, packaging_work, parts, session
from app import wide_charts as wide
from app.look import look
from app.reading import factors, packaging
from app.text import language, plain, t
from carbon.terms import Stage


def page() -> None:
    """Show the page."""
    if not session.head():
        st.title(t("packaging.title"), anchor=False)
        guide.nothing_yet()
        return
    title, picker = st.columns([3, 2], vertical_alignment="bottom")
    title.title(t("packaging.title"), anchor=False)
    with picker:
        period = parts.period()
    with st.spinner(t("work.reading")):
        used = packaging.used(period)
        inventory = session.read_inventory(period)
    if used.empty:
        st.info(t("overview.no_parcels"), icon=":material/info:")
        return
    organisation = session.current_runs()[0].organisation
    _sizes(used, inventory, organisation)
    _empty(used, inventory, organisation)
    _materials(inventory)
    packaging_work.show()


def _name(organisation: dict, package: object) -> str:
    return parts.label(organisation, "packages", package) if package else t("packaging.no_package")


def _sizes(used: pd.DataFrame, inventory: session.Inventory, organisation: dict) -> None:
    whole_kg = used["packaging_kg"].sum()
    first = used.iloc[0]
    finding = t(
        "packaging.finding",
        package=plain(_name(organisation, first["package"])),
        share=numbers.share(first["packaging_kg"] / whole_kg if whole_kg else 0.0),
        parcels=numbers.share(first["parcels"] / used["parcels"].sum()),
    )
    shown = used.head(12)
    bars = [(_name(organisation, row.package), row.packaging_kg, None, None) for row in shown.itertuples()]
    colour = look().stages[Stage.PACKAGING]
    parts.chart(wide.named(bars, [colour] * len(bars)), finding, t("packaging.measure"), "packages")
    scale, size_kg = numbers.scale_of(used["packaging_kg"])
    per_scale, per_size_kg = numbers.scale_of(used["packaging_kg"] / used["parcels"])
    mass_scale, mass_size_kg = numbers.scale_of(used["packaging_mass_kg"])
    head, per = t("head.co2e", unit=scale.unit), t("head.per_parcel", unit=per_scale.unit)
    mass = t("head.packaging_mass", unit=mass_scale.unit)
    data = pd.DataFrame(
        {
            t("head.package"): [_name(organisation, each) for each in used["package"]],
            t("head.size"): [_size(organisation, each) for each in used["package"]],
            t("head.parcels"): used["parcels"],
            head: used["packaging_kg"] / size_kg,
            per: used["packaging_kg"] / used["parcels"] / per_size_kg,
            mass: used["packaging_mass_kg"] / mass_size_kg,
            t("head.empty"): used["empty_share"],
        }
    )
    formats = {
        t("head.parcels"): numbers.count,
        head: numbers.masses(scale),
        per: numbers.masses(per_scale),
        mass: numbers.masses(mass_scale),
        t("head.empty"): numbers.share,
    }
    parts.table(data, "packages", formats, finding)
    held = inventory.stages.set_index("stage")
    ends = [held.loc[stage, ["co2e_kg", "low_kg", "high_kg"]] for stage in (Stage.PACKAGING, Stage.END_OF_LIFE)]
    how = [
        t("packaging.how_sizes"),
        *(
            t("packaging.how_stage", stage=parts.stage(stage), mass=numbers.ranged(*each))
            for stage, each in zip((Stage.PACKAGING, Stage.END_OF_LIFE), ends, strict=True)
        ),
        t("how.stages_packaging"),
        t("how.walk"),
    ]
    parts.foot("packages", how, download=used)


def _size(organisation: dict, package: object) -> str:
    """Return a package's inner size; of one that is like a shipped package, that one's, in round millimetres."""
    entry = (organisation.get("packages") or {}).get(package) or {}
    shipped = factors.registry().packages.get(entry.get("like") or "", {})
    inner = str(entry.get("inner") or shipped.get("inner") or "")
    sides = re.sub(r"\d+\.\d+", lambda each: f"{float(each[0]):.0f}", inner)
    return sides.replace("x", " × ") or numbers.ABSENT


def _empty(used: pd.DataFrame, inventory: session.Inventory, organisation: dict) -> None:
    if numbers.absent(inventory.empty_space_share):
        return
    rows = used[used["empty_share"].notna()].sort_values("empty_m3", ascending=False)
    parts.section(
        t("packaging.empty_finding", share=numbers.share(inventory.empty_space_share)), t("packaging.empty_measure")
    )
    shares = [(_name(organisation, row.package), row.empty_share) for row in rows.head(12).itertuples()]
    st.altair_chart(
        charts.share_bars(shares), theme=None, width="stretch", key="chart_empty", alt=t("packaging.empty_measure")
    )
    data = pd.DataFrame(
        {
            t("head.package"): [_name(organisation, each) for each in rows["package"]],
            t("head.empty"): rows["empty_share"],
            t("head.empty_m3"): rows["empty_m3"],
        }
    )
    formats = {t("head.empty"): numbers.share, t("head.empty_m3"): numbers.number}
    parts.foot("empty", [t("packaging.how_empty")], data, formats, download=rows)


def _materials(inventory: session.Inventory) -> None:
    rows = inventory.packaging_kg_by_material
    if rows.empty:
        return
    mass_kg = rows["mass_kg"].sum()
    recycled_kg = rows.loc[rows["source"] == "recycled", "mass_kg"].sum()
    parts.section(
        t("packaging.material_finding", share=numbers.share(recycled_kg / mass_kg if mass_kg else 0.0)),
        t("packaging.material_measure"),
    )
    scale, size_kg = numbers.scale_of(rows["co2e_kg"])
    mass_scale, mass_size_kg = numbers.scale_of(rows["mass_kg"])
    head, mass = t("head.co2e", unit=scale.unit), t("head.packaging_mass", unit=mass_scale.unit)
    data = pd.DataFrame(
        {
            t("head.material"): [_material(row) for row in rows.itertuples()],
            mass: rows["mass_kg"] / mass_size_kg,
            head: rows["co2e_kg"] / size_kg,
            t("head.per_mass"): rows["co2e_kg"] / rows["mass_kg"],
        }
    )
    formats = {mass: numbers.masses(mass_scale), head: numbers.masses(scale), t("head.per_mass"): numbers.number}
    parts.table(data, "materials", formats, t("packaging.material_measure"))
    parts.foot("materials", [t("packaging.how_materials"), t("how.walk")], download=rows)


def _material(row: object) -> str:
    return session.activity_name(f"packaging.{row.material}.{row.source}", language())


page()
