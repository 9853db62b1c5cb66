"""Where the depots and pick-up points of a fleet file are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from carbon.errors import OrganisationError
from carbon.factors.registry import GLOBAL, Registry
from carbon.orders.places import PlaceMatch, Places
from carbon.organisation import Organisation, PlaceRef
from carbon.organisation.fleet import Fleet

#: How a place is found that is no place for a round.
COARSE = (PlaceMatch.COUNTRY, PlaceMatch.PROVINCE)


@dataclass(frozen=True)
class DepotPlace:
    """A depot of the fleet file, located; coordinates are NaN where only a matrix knows it."""

    key: str
    name: str
    site: str | None
    latitude: float
    longitude: float
    region: str
    zone: str | None


@dataclass(frozen=True)
class PointPlace:
    """A pick-up point of the fleet file, located as a depot is."""

    key: str
    latitude: float
    longitude: float
    zone: str | None


def depot_places(
    fleet: Fleet, organisation: Organisation | None, places: Places, registry: Registry, only_matrix: bool
) -> list[DepotPlace]:
    """Locate the depots.

    Raises
    ------
    OrganisationError
        If a depot is not found, or is known by its country alone and no matrix knows it.
    """
    refs: dict[str, PlaceRef] = {}
    for key, depot in fleet.depots.items():
        if depot.place is not None:
            refs[key] = depot.place
            continue
        if organisation is None or depot.site not in organisation.sites:
            known = ", ".join(organisation.sites) if organisation else "(no organisation file is given)"
            raise OrganisationError(
                f"depots.{key}.site is no site of the organisation file",
                found=depot.site,
                expected=known,
                mend="correct the name, name the file with --organisation, or give the depot's 'place'",
            )
        refs[key] = organisation.sites[depot.site].place
    made = []
    found = _located("depots", refs, organisation, places, only_matrix)
    for (key, depot), (latitude, longitude, region) in zip(fleet.depots.items(), found, strict=True):
        site = organisation.sites.get(depot.site) if organisation and depot.site else None
        region = depot.grid_region or (site.grid_region if site else None) or region or GLOBAL
        if region not in registry.regions and region != GLOBAL:
            raise OrganisationError(
                f"depots.{key}.grid_region is not a known region",
                found=region,
                expected="a code such as GB, CN-GD, US-EGRID-RFCW",
                mend="see factors/regions.yaml",
            )
        made.append(DepotPlace(key, depot.name or key, depot.site, latitude, longitude, region, depot.zone))
    return made


def point_places(
    fleet: Fleet, organisation: Organisation | None, places: Places, only_matrix: bool
) -> list[PointPlace]:
    """Locate the pick-up points; raises as `depot_places` does."""
    refs = {key: point.place for key, point in fleet.pickup_points.items()}
    found = _located("pickup_points", refs, organisation, places, only_matrix) if refs else []
    zones = [point.zone for point in fleet.pickup_points.values()]
    return [
        PointPlace(key, latitude, longitude, zone)
        for key, (latitude, longitude, _), zone in zip(refs, found, zones, strict=True)
    ]


def _located(
    what: str, refs: Mapping[str, PlaceRef], organisation: Organisation | None, places: Places, only_matrix: bool
) -> list[tuple[float, float, str | None]]:
    """Return latitude, longitude and region of each place."""
    country = organisation.country if organisation else None
    columns = {name: [getattr(ref, name) for ref in refs.values()] for name in PlaceRef.model_fields}
    columns["country"] = [each or country for each in columns["country"]]
    numbers = ("latitude", "longitude")
    found = places.resolve(
        **{name: pa.array(cells, pa.float64() if name in numbers else pa.string()) for name, cells in columns.items()}
    )
    regions, made = found.region().to_pylist(), []
    for at, key in enumerate(refs):
        latitude, longitude = float(found.latitude[at]), float(found.longitude[at])
        coarse = np.isnan(latitude) or PlaceMatch(int(found.match[at])) in COARSE
        if coarse and not only_matrix:
            raise OrganisationError(
                f"{what}.{key}: its place is not found",
                found=refs[key].model_dump_json(exclude_none=True),
                expected="coordinates, or a city and country that GeoNames knows",
                mend="add latitude and longitude",
            )
        made.append((np.nan, np.nan, regions[at]) if coarse else (latitude, longitude, regions[at]))
    return made
