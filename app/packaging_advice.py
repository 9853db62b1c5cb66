"""What reusable boxes, own containers and other materials would change: shown of an advice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import numbers, parts, session
from app import wide_charts as wide
from app.reading import packaging
from app.text import plain, t
from carbon import Advice

_USES_SHOWN = 60


def damage_risk() -> float | None:
    """Ask how much more often a parcel without shipment packaging is damaged, as a share."""
    percent = st.number_input(
        t("advice.risk"),
        value=None,
        min_value=0.0,
        max_value=100.0,
        step=0.1,
        key="damage_risk",
        help=t("advice.risk_help"),
    )
    return None if percent is None else percent / 100


def show(found: Advice) -> None:
    """Show from how many uses boxes are better, which articles could go without, and other materials."""
    parts.muted(t("advice.of", looked=numbers.count(found.looked_at), orders=numbers.count(found.orders)))
    for each in found.reuse:
        _reuse(each)
    _own(found)
    _swaps(found)


def _reuse(each) -> None:
    organisation = session.current_runs()[0].organisation
    name = plain(parts.label(organisation, "packages", each.package))
    if each.result is None:
        parts.section(t("reusing.nothing", package=name))
        return
    co2e = each.result.co2e
    finding = (
        t("reusing.never", package=name)
        if co2e.uses is None
        else t("reusing.finding", package=name, uses=numbers.count(co2e.uses), stated=numbers.count(each.stated_uses))
    )
    most = min(_USES_SHOWN, max(2 * (co2e.uses or 10), 10))
    scale, size_kg = numbers.scale_of([co2e.single_use, co2e.making + co2e.per_trip])
    uses = range(1, most + 1)
    reused = [packaging.per_trip_kg(co2e, use, each.stated_loss_rate) / size_kg for use in uses]
    rows = [
        (use, kg, t("reusing.reusable"), t("reusing.tip", uses=use, mass=numbers.mass(kg * size_kg)))
        for use, kg in zip(uses, reused, strict=True)
    ]
    rows += [(use, co2e.single_use / size_kg, t("reusing.single"), numbers.mass(co2e.single_use)) for use in (1, most)]
    data = pd.DataFrame(rows, columns=["x", "y", "series", "tip"])
    marked = data[(data["x"] == co2e.uses) & (data["series"] == t("reusing.reusable"))].assign(label=t("reusing.even"))
    drawn = wide.lines(
        data, t("reusing.axis"), t("reusing.per_trip", unit=scale.unit), step=True, zero=True, marked=marked
    )
    parts.chart(drawn, finding, t("reusing.measure", orders=numbers.count(each.orders)), f"reuse_{each.package}")
    how = [t("reusing.how", loss=numbers.share(each.stated_loss_rate)), plain(co2e.why)]
    if each.result.money is not None:
        how.append(f"{plain(each.result.money.unit)}: {plain(each.result.money.why)}")
    parts.foot(f"reuse_{each.package}", how, download=data[["series", "x", "y"]])


def _own(found) -> None:
    rows = [each for each in found.own if each.sku.saved_co2e_kg > 0]
    if not rows:
        parts.section(t("own_box.none"))
        return
    parts.section(t("own_box.title", count=numbers.count(len(rows))), t("own_box.measure"))
    saved = [each.sku.saved_co2e_kg for each in rows]
    scale, size_kg = numbers.scale_of(saved)
    head, all_head = t("head.saved_parcel", unit=scale.unit), t("head.saved_all")
    data = pd.DataFrame(
        {
            t("head.article"): [each.sku.key for each in rows],
            t("head.parcels"): [each.sku.parcels for each in rows],
            head: [kg / size_kg for kg in saved],
            all_head: [
                numbers.mass(
                    each.sku.parcels * each.sku.saved_co2e_kg if each.net_co2e_kg is None else each.net_co2e_kg
                )
                for each in rows
            ],
            t("head.most_risk"): [each.most_risk_co2e for each in rows],
        }
    )
    formats = {t("head.parcels"): numbers.count, head: numbers.masses(scale), t("head.most_risk"): numbers.share}
    parts.table(data, "own_box", formats, t("own_box.measure"), column_config=parts.right(all_head))
    parts.foot("own_box", [t("own_box.how"), t("own_box.how_risk")], download=data)


def _swaps(found) -> None:
    offers = [
        (each, offer) for each in found.swaps for offer in each.offers
        if offer.swap.rank is not None and offer.swap.saved_co2e_kg > 0
    ]  # fmt: skip
    if not offers:
        return
    offers.sort(key=lambda pair: -pair[1].swap.saved_co2e_kg * pair[0].parcels / pair[0].uses)
    parts.section(t("swap.title"), t("swap.measure"))
    organisation = session.current_runs()[0].organisation
    data = pd.DataFrame(
        {
            t("head.package"): [parts.label(organisation, "packages", each.package) for each, _ in offers],
            t("head.region"): [each.region for each, _ in offers],
            t("head.material"): [
                f"{offer.material.replace('_', ' ')}, {numbers.share(offer.swap.option.recycled_content)}"
                for _, offer in offers
            ],
            t("head.saved"): [numbers.mass(offer.swap.saved_co2e_kg) for _, offer in offers],
            t("head.saved_ends"): [_ends(offer) for _, offer in offers],
            t("head.clear"): [t("swap.yes") if offer.difference.clear else t("swap.no") for _, offer in offers],
        }
    )
    right = parts.right(t("head.saved"), t("head.saved_ends"))
    parts.table(data, "swaps", alt=t("swap.measure"), column_config=right)
    parts.foot("swaps", [t("swap.how")], download=data)


def _ends(offer) -> str:
    low_kg, high_kg = offer.difference.low_kg, offer.difference.high_kg
    return numbers.ABSENT if low_kg is None else numbers.ends(offer.swap.saved_co2e_kg, -high_kg, -low_kg)
