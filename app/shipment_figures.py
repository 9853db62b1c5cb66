"""The import of what a carrier reports for shipments, on the carriers page: look at it, and take the orders with it."""

from __future__ import annotations

import streamlit as st

from app import numbers, parts, refused, session
from app.reading import shipments
from app.text import plain, t


def show(carrier: str) -> None:
    """Let an admin bring a carrier's shipment footprints into an orders file."""
    parts.section(t("shipments.title", carrier=plain(carrier)), t("shipments.measure"))
    left, right = st.columns(2)
    given = parts.uploader(
        left,
        t("shipments.file"),
        ["json"],
        f"shipments_{carrier}",
        t("shipments.file_help"),
        accept_multiple_files=True,
    )
    orders = parts.uploader(
        right, t("shipments.orders"), ["csv"], f"shipments_orders_{carrier}", t("shipments.orders_help")
    )
    by = st.text_input(t("shipments.by"), "parcel_id", key="shipments_by", help=t("shipments.by_help"), max_chars=100)
    if not given or orders is None or not by.strip():
        return
    sent = [session.keep_upload(each, f"shipments_{number}") for number, each in enumerate(given)]
    found = shipments.look(sent, session.keep_upload(orders, "shipments_orders"), by.strip())
    st.markdown(
        t(
            "shipments.counts",
            sent=numbers.count(found.sent),
            taken=numbers.count(len(found.taken)),
            rejects=numbers.count(len(found.rejects)),
            filled=numbers.count(found.filled),
            rows=numbers.count(found.rows),
        )
    )
    if len(found.taken):
        heads = {
            "order": t("head.order"),
            "rows": t("head.rows"),
            "elements": t("head.elements"),
            "wtw_kg": t("head.wtw_kg"),
            "ttw_kg": t("head.ttw_kg"),
            "primary_share": t("head.primary"),
        }
        formats = dict.fromkeys((heads["wtw_kg"], heads["ttw_kg"]), numbers.exact)
        formats |= dict.fromkeys((heads["rows"], heads["elements"]), numbers.count)
        formats[heads["primary_share"]] = numbers.share
        parts.table(found.taken.rename(columns=heads), "shipments_taken", formats, alt=t("shipments.measure"))
    refused.show(found.rejects, "shipments_rejects", t("shipments.measure"), product="shipment", article="order")
    if len(found.taken):
        st.download_button(
            t("shipments.download"), found.orders, file_name=orders.name, mime="text/csv", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
        parts.muted(t("shipments.next"))
