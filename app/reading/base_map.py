"""The organisation's own base map: a GeoJSON file beside the organisation file, which the organisation had approved.

None is shipped: how borders are drawn is a matter of law that differs by country.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from app import session
from carbon.errors import InputError, Where

NAME = "base_map.geojson"
_MOST_BYTES = 8 * 1024 * 1024
_SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")


def path() -> Path | None:
    """Return where the base map is, or would be; None without an organisation file."""
    organisation = session.settings().organisation
    return organisation.parent / NAME if organisation is not None else None


def read() -> dict[str, Any] | None:
    """Return the base map, or None where the organisation has none.

    Raises
    ------
    InputError
        If the file is no GeoJSON of features.
    """
    place = path()
    if place is None or not place.is_file():
        return None
    return _read(str(place), place.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(place: str, changed: int) -> dict[str, Any]:
    return checked(Path(place).read_bytes(), place)


def checked(content: bytes, name: str) -> dict[str, Any]:
    """Return GeoJSON of which every feature is drawable.

    Raises
    ------
    InputError
        If it is too large, or no FeatureCollection.
    """
    if len(content) > _MOST_BYTES:
        raise _wrong("the base map is too large", name, f"{len(content):,} bytes", f"at most {_MOST_BYTES:,} bytes")
    try:
        data = json.loads(content)
        features = data["features"]
        kinds = {str((feature.get("geometry") or {}).get("type")) for feature in features}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _wrong("this is no base map", name, "no FeatureCollection", "GeoJSON, a FeatureCollection") from None
    if unknown := kinds.difference(_SHAPES):
        raise _wrong("the base map cannot be drawn", name, ", ".join(sorted(unknown)), ", ".join(_SHAPES))
    return data


def attribution(data: dict[str, Any]) -> str:
    """Return whose map it is and its approval number: the file's member ``attribution``."""
    return str(data.get("attribution") or "")


def _wrong(problem: str, name: str, found: str, expected: str) -> InputError:
    return InputError(
        problem, found=found, expected=expected, mend=f"replace {NAME}, or remove it", where=Where(Path(name).name)
    )
