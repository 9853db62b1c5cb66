"""Distances: geodesics on the WGS 84 ellipsoid, and sea routes on an offline network."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
from pyproj import Geod

from carbon.errors import OrdersError

_WGS84 = Geod(ellps="WGS84")


def great_circle_km(latitude_1, longitude_1, latitude_2, longitude_2) -> np.ndarray:
    """Return the shortest distance over the ellipsoid [km], for arrays or single values.

    Parameters
    ----------
    latitude_1, longitude_1, latitude_2, longitude_2 : array_like, shape (n,)
        [degree], WGS 84; NaN where a place is unknown.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        [km], NaN where an end is unknown.

    Notes
    -----
    Karney (2013), Algorithms for geodesics, J. Geodesy 87, 43-55, as implemented by PROJ. It is what ISO 14083
    calls the great circle distance, on the ellipsoid instead of the sphere (up to 0.6 % apart).
    """
    ends = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (longitude_1, latitude_1, longitude_2, latitude_2))
    )
    known = np.isfinite(ends).all(axis=0)
    result_km = np.full(ends[0].shape, np.nan)
    if known.any():
        # contiguous copies: pyproj writes its results into them
        parts = [np.array(end[known], dtype=np.float64) for end in ends]
        result_km[known] = _WGS84.inv(*parts, inplace=True)[2] / 1000.0
    return result_km


def mean_km(great_circle_km: np.ndarray, scatter_1_km: np.ndarray, scatter_2_km: np.ndarray) -> np.ndarray:
    """Return the mean distance between places of which only an area is known [km].

    Parameters
    ----------
    great_circle_km : array_like, shape (n,)
        [km] Between the centres of the areas.
    scatter_1_km, scatter_2_km : array_like, shape (n,)
        [km] How far from its centre each place is on average; 0 where it is known.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        [km]

    Notes
    -----
    The square root of the sum of the squares. It is exact from the centre itself and from far away, and between two places
    of one area that lie around its centre as in a normal distribution (whose mean distances from the centre and from each other are as 1 to
    the square root of 2). Against the mean over all cities of GeoNames, weighted by inhabitants, it is within a few percent
    (Coventry to Britain, Leipzig to Germany, two places within China), and a quarter high from a metropolis to its own country
    (London, Paris), where many parcels stay in town. The centre alone is nine tenths low from Coventry to Britain.
    """
    return np.sqrt(np.square(great_circle_km) + np.square(scatter_1_km) + np.square(scatter_2_km))


def sea_route_km(origin: tuple[float, float], destination: tuple[float, float]) -> float:
    """Return the length [km] of the shortest sea route between two places.

    Parameters
    ----------
    origin, destination : (latitude, longitude)
        [degree]; the nearest points of the sea network are taken.

    Raises
    ------
    OrdersError
        If a place is missing or outside the globe.

    Notes
    -----
    searoute's network; Suez and Panama are open, the Northwest Passage is closed.
    """
    for name, (latitude, longitude) in (("origin", origin), ("destination", destination)):
        known = latitude is not None and longitude is not None
        if not known or not (abs(latitude) <= 90 and abs(longitude) <= 180):  # NaN fails here, too
            raise OrdersError(
                f"the {name} of a sea route has no place",
                found=f"latitude {latitude}, longitude {longitude}",
                expected="coordinates",
                mend="give the port's coordinates or city",
            )
    ends = (float(origin[0]), float(origin[1]), float(destination[0]), float(destination[1]))
    return _sea_route_km(*(min(ends, ends[2:] + ends[:2])))  # the same both ways


@lru_cache(maxsize=65_536)
def _sea_route_km(latitude_1: float, longitude_1: float, latitude_2: float, longitude_2: float) -> float:
    import searoute  # loads its network on import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        route = searoute.searoute(
            [longitude_1, latitude_1], [longitude_2, latitude_2], units="km", restrictions=["northwest"]
        )
    return float(route.properties["length"])
