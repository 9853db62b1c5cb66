"""Parcels of the ledger: the heaviest of a choice, those of an id, and what articles and product categories add up to."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import session
from carbon import ArticleTotals, Period, article_totals, connect, find


def highest(
    period: str | None = None, service: str = "", region: str = "", limit: int = 25
) -> tuple[pd.DataFrame, int]:
    """Return the parcels with the highest delivery footprint, and how many there are, of a period, a service and a destination."""
    return _highest(str(session.settings().ledger), session.head(), period, service, region, limit)


def file_of(period: str | None, service: str, region: str, limit: int) -> Callable[[], bytes]:
    """Return what makes a CSV file of the heaviest parcels of a choice when it is asked for, which is outside any session."""
    folder, head = str(session.settings().ledger), session.head()
    # Not held: a file is long, and seldom asked for twice.
    read = _highest.__wrapped__
    return lambda: session.csv_of(read(folder, head, period, service, region, limit)[0])


def told() -> tuple[list[str], list[str]]:
    """Return the services and the destination regions that the ledger's parcels have."""
    return _told(str(session.settings().ledger), session.head())


@st.cache_data(show_spinner=False, max_entries=16)
def _told(folder: str, head: str) -> tuple[list[str], list[str]]:
    with connect(folder, cells=session.cells()) as connection:
        names = ("service", "destination_region")
        found = [
            connection.execute(f"SELECT DISTINCT {name}::VARCHAR FROM cells ORDER BY 1").fetchall() for name in names
        ]
    return tuple([text for (text,) in each if text] for each in found)


#: What a list of parcels shows of each; runs of earlier versions recorded no ranges.
_SHOWN = "parcel_id, order_id, shipped_on::VARCHAR AS shipped_on, service::VARCHAR AS service, destination, COLUMNS('^(total|low|high)_co2e_kg$')"


@st.cache_data(show_spinner=False, max_entries=64)
def _highest(
    folder: str, head: str, period: str | None, service: str, region: str, limit: int
) -> tuple[pd.DataFrame, int]:
    asked = {name: text for name, text in (("service", service), ("destination_region", region)) if text}
    where = f"WHERE {' AND '.join(f'{name} = ${name}' for name in asked)}" if asked else ""
    with connect(folder, period=period, cells=session.cells()) as connection:
        [(count,)] = connection.execute(
            f"SELECT coalesce(sum(parcels), 0)::BIGINT FROM cells {where}", asked
        ).fetchall()
        rows = connection.execute(
            f"SELECT {_SHOWN} FROM footprints {where} ORDER BY total_co2e_kg DESC, parcel_id LIMIT $most",
            {**asked, "most": limit},
        ).df()
    return rows, int(count)


def found(text: str) -> pd.DataFrame:
    """Return parcels whose parcel or order id is, or begins with, a text."""
    return _found(str(session.settings().ledger), session.head(), text.strip())


@st.cache_data(show_spinner=False, max_entries=256)
def _found(folder: str, head: str, text: str) -> pd.DataFrame:
    return pd.DataFrame(find(folder, text))


#: Articles that are read to be shown and downloaded: a shop may have a million.
_ARTICLES = 5_000


def articles(period: str | None) -> ArticleTotals:
    """Return the articles with the most emissions of a period, and what all of them add up to."""
    return _articles(str(session.settings().ledger), session.head(), period)


@st.cache_resource(show_spinner=False, max_entries=16)
def _articles(folder: str, head: str, period: str | None) -> ArticleTotals:
    return article_totals(folder, period, limit=_ARTICLES, cells=session.cells())


def categories(period: str | None) -> pd.DataFrame:
    """Return product categories of a period, most emissions first: category, parcels, co2e_kg (delivery), product_kg."""
    rows = _categories(str(session.settings().ledger), session.head())
    if period is not None:
        rows = rows[rows["month"].isin(Period.from_text(period).months())]
    found = rows.groupby("category", as_index=False)[["parcels", "co2e_kg", "product_kg"]].sum()
    return found.sort_values(["co2e_kg", "category"], ascending=[False, True], ignore_index=True)


@st.cache_data(show_spinner=False, max_entries=8)
def _categories(folder: str, head: str) -> pd.DataFrame:
    with connect(folder) as connection:
        return connection.execute(
            "SELECT month::VARCHAR AS month, coalesce(category::VARCHAR, '') AS category, count(*) AS parcels, "
            "sum(total_co2e_kg) AS co2e_kg, sum(product_co2e_kg) AS product_kg FROM footprints GROUP BY ALL ORDER BY ALL"
        ).df()
