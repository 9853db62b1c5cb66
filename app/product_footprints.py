"""Suppliers' product footprints, on the suppliers page: the articles, what was sent for them, keep it or go back."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import history, numbers, parts, refused, session
from app.reading import products
from app.text import t


def show() -> None:
    """Let an admin bring suppliers' footprints in."""
    parts.section(t("sent.title"), t("sent.measure"))
    if said := st.session_state.pop("sent_said", None):
        st.success(said, icon=":material/check_circle:")
    if session.settings().organisation is None:
        st.info(t("own_factors.no_organisation"), icon=":material/info:")
        return
    known = products.held()
    if known:
        parts.muted(t("sent.held", articles=numbers.count(known[0]), filled=numbers.count(known[1])))
    left, right = st.columns(2)
    given = parts.uploader(
        left, t("sent.file"), ["json"], "sent_footprints", t("sent.file_help"), accept_multiple_files=True
    )
    articles = parts.uploader(
        right, t("sent.articles_again" if known else "sent.articles"), ["csv"], "sent_articles", t("sent.articles_help")
    )
    st.download_button(
        t("sent.template"), products.TEMPLATE, file_name=products.ARTICLES, mime="text/csv", icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip
    table = products.path() if known else None
    if articles is not None:
        table = products.anew(session.keep_upload(articles, "articles"))
    if given and table is None:
        st.info(t("sent.no_articles"), icon=":material/info:")
    elif given:
        _look([session.keep_upload(each, f"sent_{number}") for number, each in enumerate(given)], table)
    history.show("articles", products.history(), products.restore)


def _look(sent: list[Path], articles: Path) -> None:
    found = products.look(sent, articles)
    articles_taken = numbers.count(found.taken["article"].nunique())
    st.markdown(
        t(
            "sent.counts",
            sent=numbers.count(found.sent),
            articles=articles_taken,
            rejects=numbers.count(len(found.rejects)),
        )
    )
    if len(found.taken):
        _taken(found)
    refused.show(found.rejects, "sent_rejects", t("sent.measure"))
    if len(found.taken) and st.button(t("sent.keep"), type="primary", icon=":material/playlist_add:"):
        products.keep(found.text)
        st.session_state["sent_said"] = t("sent.kept", count=articles_taken)
        st.rerun()


def _taken(found: products.Found) -> None:
    rows = found.taken.assign(
        declared=[
            f"{numbers.exact(float(each.amount))} {t(f'sent.unit_{each.unit}')}" for each in found.taken["declared"]
        ],
        **{name: [f"{each}" for each in found.taken[name]] for name in ("valid_from", "valid_to")},
    )
    heads = {
        "article": t("head.article"),
        "product": t("head.product"),
        "company": t("head.supplier"),
        "declared": t("head.declared"),
        "co2e_kg": t("head.declared_kg"),
        "pieces": t("head.in_piece"),
        products.VALUE: t("head.per_piece"),
        "primary_share": t("head.primary"),
        "valid_from": t("head.counts_from"),
        "valid_to": t("head.counts_to"),
    }
    formats = dict.fromkeys((heads["co2e_kg"], heads["pieces"], heads[products.VALUE]), numbers.exact)
    formats[heads["primary_share"]] = numbers.share
    parts.table(rows.rename(columns=heads), "sent_taken", formats, alt=t("sent.measure"))
    parts.muted(t("sent.counted"))
