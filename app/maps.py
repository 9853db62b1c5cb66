"""Maps: points, arcs and a graticule, drawn offline. No tiles are fetched and no borders are shipped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import pydeck
import streamlit as st

from app.look import look
from app.reading import base_map
from app.text import plain, t

#: Room for what must be seen [pixel]: arcs bulge, names stand beside their points, and a tablet is narrower.
_HEIGHT, _WIDTH = 460, 620
#: Points and names lie over arcs, which rise from the ground.
_ON_TOP = {"depthCompare": "always", "depthTest": False}
#: Spacing of the graticule [degree] for a span of so many degrees or more.
_SPACING = ((120, 20), (40, 10), (15, 5), (6, 2), (2, 1), (0.8, 0.5), (0.3, 0.1), (0.1, 0.05), (0, 0.02))
_NARROWEST_DEGREE = 0.03
#: Names nearer to each other than this part of the span would run into one another.
_APART = 0.12


def show(layers: Sequence[pydeck.Layer], points: Iterable[tuple[float, float]], key: str, alt: str) -> None:
    """Show layers over the graticule, and over the organisation's own base map where it has one.

    Parameters
    ----------
    points : iterable of (longitude, latitude)
        What must be seen [degree].
    alt : str
        What the map shows, for those who cannot see it.
    """
    points = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    own = base_map.read()
    below = [_graticule(points), *([_own_map(own)] if own else [])]
    deck = pydeck.Deck(
        layers=[*below, *layers],
        initial_view_state=_view(points),
        views=[pydeck.View(type="MapView", controller=True)],
        map_provider=None,  # and no map_style: Streamlit would fetch one of its own in the place of None
        tooltip={
            "html": "{tip}",
            "style": {
                "backgroundColor": look().surface,
                "color": look().ink,
                "border": f"1px solid {look().line}",
                "fontSize": "12px",
            },
        },
    )
    st.pydeck_chart(deck, height=_HEIGHT, width="stretch", key=f"map_{key}", alt=alt)
    said = base_map.attribution(own) if own else ""
    st.markdown(f":small[:gray[{t('map.own', whose=plain(said)) if own else t('map.none')}]]")


def colour(token: str, opacity: float = 1.0) -> list[int]:
    """Return a colour such as ``#1F5FA8`` as deck.gl takes it."""
    return [*(int(token[place : place + 2], 16) for place in (1, 3, 5)), round(255 * opacity)]


def arcs(flows: pd.DataFrame, key: str) -> pydeck.Layer:
    """Return arcs between two points.

    Parameters
    ----------
    flows : pandas.DataFrame
        from_longitude, from_latitude, to_longitude, to_latitude [degree], width [pixel] and tip (HTML, escaped).
    """
    return pydeck.Layer(
        "ArcLayer",
        flows.to_dict("records"),
        id=f"arcs_{key}",
        get_source_position="[from_longitude, from_latitude]",
        get_target_position="[to_longitude, to_latitude]",
        get_source_color=colour(look().ink, 0.75),
        get_target_color=colour(look().accent, 0.85),
        get_width="width",
        get_height=0.25,
        great_circle=True,
        pickable=True,
        auto_highlight=True,
    )


def spots(rows: pd.DataFrame, key: str, fill: str | None = None, size: int = 7) -> pydeck.Layer:
    """Return points.

    Parameters
    ----------
    rows : pandas.DataFrame
        longitude, latitude [degree], tip (HTML, escaped) and, optionally, colour and radius [pixel].
    """
    return pydeck.Layer(
        "ScatterplotLayer",
        rows.to_dict("records"),
        id=f"spots_{key}",
        get_position="[longitude, latitude]",
        get_radius="radius" if "radius" in rows else size,
        radius_units="'pixels'",
        get_fill_color="colour" if "colour" in rows else colour(fill or look().accent),
        get_line_color=colour(look().ink),
        line_width_units="'pixels'",
        get_line_width=1.5,
        stroked=True,
        pickable=True,
        parameters=_ON_TOP,
    )


def names(rows: pd.DataFrame, key: str, points: Sequence[tuple[float, float]]) -> pydeck.Layer:
    """Return labels of points: longitude, latitude [degree] and name, most important first.

    A name that would run into one before it is left out; its point still tells it.
    """
    west, south, east, north = _span(points)
    apart = _APART * max(east - west, north - south, _NARROWEST_DEGREE)
    kept: list[dict[str, Any]] = []
    for row in rows.to_dict("records"):
        if all(math.dist((row["longitude"], row["latitude"]), (k["longitude"], k["latitude"])) > apart for k in kept):
            kept.append(row)
    return pydeck.Layer(
        "TextLayer",
        kept,
        id=f"names_{key}",
        get_position="[longitude, latitude]",
        get_text="name",
        get_size=13,
        get_color=colour(look().ink),
        get_pixel_offset=[0, -16],
        character_set="'auto'",
        font_family="'system-ui, sans-serif'",
        background=True,
        get_background_color=colour(look().background, 0.85),
        background_padding=[4, 2],
        parameters=_ON_TOP,
    )


def lines(rows: pd.DataFrame, key: str) -> pydeck.Layer:
    """Return polylines: path (list of [longitude, latitude]), colour, width [pixel] and tip (HTML, escaped)."""
    return pydeck.Layer(
        "PathLayer",
        rows.to_dict("records"),
        id=f"lines_{key}",
        get_path="path",
        get_color="colour",
        get_width="width",
        width_units="'pixels'",
        cap_rounded=True,
        joint_rounded=True,
        pickable=True,
    )


def _own_map(data: dict[str, Any]) -> pydeck.Layer:
    return pydeck.Layer(
        "GeoJsonLayer",
        data,
        id="own_map",
        stroked=True,
        filled=True,
        get_fill_color=colour(look().line, 0.35),
        get_line_color=colour(look().muted, 0.6),
        line_width_units="'pixels'",
        get_line_width=1,
        point_radius_units="'pixels'",
        get_point_radius=2,
    )


def _span(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """West, south, east, north [degree] of points."""
    if not points:
        return -180.0, -60.0, 180.0, 75.0
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _graticule(points: Sequence[tuple[float, float]]) -> pydeck.Layer:
    """Meridians and parallels, wide enough to move about in."""
    west, south, east, north = _span(points)
    span = max(east - west, north - south, _NARROWEST_DEGREE)
    step = next(size for wide, size in _SPACING if span >= wide)
    reach = max(span, 3 * step)
    first_x, last_x = max(-180.0, west - reach), min(180.0, east + reach)
    first_y, last_y = max(-80.0, south - reach), min(80.0, north + reach)
    ys = [min(last_y, first_y + (last_y - first_y) * part / 20) for part in range(21)]
    xs = [min(last_x, first_x + (last_x - first_x) * part / 40) for part in range(41)]
    paths = [[[x, y] for y in ys] for x in _ticks(first_x, last_x, step)]
    paths += [[[x, y] for x in xs] for y in _ticks(first_y, last_y, step)]
    return pydeck.Layer(
        "PathLayer",
        [{"path": path} for path in paths],
        id="graticule",
        get_path="path",
        get_color=colour(look().line),
        get_width=1,
        width_units="'pixels'",
        pickable=False,
    )


def _ticks(first: float, last: float, step: float) -> list[float]:
    start = math.ceil(first / step)
    return [number * step for number in range(start, math.floor(last / step) + 1)]


def _view(points: Sequence[tuple[float, float]]) -> pydeck.ViewState:
    """A view that holds all points: Web Mercator is 512 pixels wide at zoom 0."""
    west, south, east, north = _span(points)
    top, bottom = _mercator(north), _mercator(south)
    wide = max((east - west) / 360, _NARROWEST_DEGREE / 360)
    high = max((top - bottom) / (2 * math.pi), _NARROWEST_DEGREE / 360)
    zoom = min(math.log2(_WIDTH / 512 / wide), math.log2((_HEIGHT - 120) / 512 / high), 14)
    middle = math.degrees(2 * math.atan(math.exp((top + bottom) / 2)) - math.pi / 2)
    return pydeck.ViewState(longitude=(west + east) / 2, latitude=middle, zoom=max(0.3, zoom), pitch=0, bearing=0)


def _mercator(latitude: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(max(-80.0, min(80.0, latitude))) / 2))
