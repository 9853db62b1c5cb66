"""The network's flows, modes, carriers and sites, and where its places lie."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import streamlit as st

from app import session
from carbon import Network, PlaceMatch, Places, connect, network

#: How a flow's end was located: a point of the organisation file, a place found by name, or a country's centre.
EXACT, NAMED, COARSE, UNKNOWN = "exact", "named", "coarse", "unknown"
_FOUND = {
    PlaceMatch.POSTCODE: NAMED,
    PlaceMatch.CITY: NAMED,
    PlaceMatch.CITY_WITHOUT_COUNTRY: NAMED,
    PlaceMatch.PROVINCE: COARSE,
    PlaceMatch.COUNTRY: COARSE,
}


def read(period: str | None) -> Network:
    """Return the network of a period."""
    return _network(str(session.settings().ledger), session.head(), period)


@st.cache_resource(show_spinner=False, max_entries=32)
def _network(folder: str, head: str, period: str | None) -> Network:
    return network(folder, period, cells=session.cells())


def points(period: str | None) -> pd.DataFrame:
    """Return the flows with coordinates of both ends and how each was found.

    Returns
    -------
    pandas.DataFrame
        The flows' columns, from_longitude, from_latitude, to_longitude, to_latitude, from_match, to_match.
    """
    return _points(str(session.settings().ledger), session.head(), period)


@st.cache_data(show_spinner=False, max_entries=32)
def _points(folder: str, head: str, period: str | None) -> pd.DataFrame:
    flows = _network(folder, head, period).flows
    organisation = session.current_runs()[0].organisation
    starts = _located(flows["origin"], flows["origin_region"], organisation.get("sites") or {})
    ends = _located(flows["destination"], flows["destination_region"], {})
    return flows.join(starts.add_prefix("from_")).join(ends.add_prefix("to_"))


def _located(names: pd.Series, regions: pd.Series, sites: dict) -> pd.DataFrame:
    """Find places: a site's own coordinates, else postcode area or city in the region's country."""
    homes = [(sites.get(name) or {}).get("place") or {} for name in names]
    countries = [
        home.get("country") or (str(region)[:2] if isinstance(region, str) else None)
        for home, region in zip(homes, regions, strict=True)
    ]
    texts = [
        home.get("city") or (name if isinstance(name, str) and name else None)
        for home, name in zip(homes, names, strict=True)
    ]
    country, text = pa.array(countries, pa.string()), pa.array(texts, pa.string())
    found = _places().resolve(country, text, text, None, None)
    rows = []
    for home, longitude, latitude, match in zip(homes, found.longitude, found.latitude, found.match, strict=True):
        if home.get("latitude") is not None:
            rows.append((home["longitude"], home["latitude"], EXACT))
        else:
            rows.append((longitude, latitude, _FOUND.get(PlaceMatch(match), UNKNOWN)))
    return pd.DataFrame(rows, columns=["longitude", "latitude", "match"], index=names.index)


@st.cache_resource(show_spinner=False)
def _places() -> Places:
    return Places()


def heaviest(origin: str, destination: str, region: str, period: str | None) -> pd.DataFrame:
    """Return the parcels of a flow with the highest delivery footprint: parcel_id, service, total_co2e_kg."""
    return _heaviest(str(session.settings().ledger), session.head(), origin, destination, region, period)


@st.cache_data(show_spinner=False, max_entries=64)
def _heaviest(folder: str, head: str, origin: str, destination: str, region: str, period: str | None) -> pd.DataFrame:
    with connect(folder, period=period) as connection:
        return connection.execute(
            "SELECT parcel_id, service::VARCHAR AS service, total_co2e_kg FROM footprints WHERE "
            "coalesce(nullif(site, ''), origin) IS NOT DISTINCT FROM $origin AND destination IS NOT DISTINCT FROM "
            "$destination AND destination_region IS NOT DISTINCT FROM $region ORDER BY total_co2e_kg DESC, 1 LIMIT 5",
            {"origin": origin, "destination": destination, "region": region},
        ).df()
