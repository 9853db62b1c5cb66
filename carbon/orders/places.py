"""Places: coordinates and factor region for what a row says about origin and destination. The one door to geopy.

Best first, each labelled: the row's coordinates; the user's places file (postcode, then city); an online geocoder,
only if one is handed in; a city by name; the centre of a province of mainland China; the centre of a country. Of the last
two it is also known how far from the centre people live, so that distances to and from them are mean ones (`mean_km`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from carbon.documents import no_collector
from carbon.errors import OrdersError, Where
from carbon.orders import check, countries
from carbon.orders.areas import normal_postcode, postcode_area, postcode_areas
from carbon.orders.cities import Centre, cities
from carbon.orders.columns import Column
from carbon.orders.countries import PROVINCE_OF_POSTCODE
from carbon.orders.keyed import Keyed
from carbon.orders.mapping import Mapping
from carbon.orders.memo import Memo
from carbon.orders.rejects import REASONS
from carbon.orders.source import open_source

_NOWHERE = Centre(np.nan, np.nan, 0.0)
_PLACES_COLUMNS = ("country", "postcode", "city", "latitude", "longitude", "region")


class PlaceMatch(IntEnum):
    """How a place was found; the names are written to the ledger."""

    UNRESOLVED = 0
    COORDINATES = 1
    POSTCODE = 2
    GEOCODER = 3
    CITY = 4
    PROVINCE = 5
    COUNTRY = 6
    CITY_WITHOUT_COUNTRY = 7
    UNKNOWN_COUNTRY = 8


@dataclass(frozen=True)
class Resolved:
    """Places of a chunk.

    Attributes
    ----------
    latitude, longitude : numpy.ndarray of float64, shape (n,)
        [degree], NaN where unresolved.
    scatter_km : numpy.ndarray of float64, shape (n,)
        [km] How far from there the place is on average: 0 but for the centre of a province or country.
    region_codes : numpy.ndarray of int32, shape (n,)
        Index into `region_names`, -1 where unknown.
    region_names : list of str
        ISO 3166 country, province of mainland China, or the places file's own `region`; grows, never changes order.
    match : numpy.ndarray of uint8, shape (n,)
        `PlaceMatch` codes.
    area : pyarrow.Array of string
        Leading part of the postcode, else the city: all that may be kept of an address.
    spot : numpy.ndarray of int64, shape (n,)
        The same number for the same looked-up place, -1 for rows with coordinates of their own.
    generation : int
        Numbers of one generation may be compared.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    scatter_km: np.ndarray
    region_codes: np.ndarray
    region_names: list[str]
    match: np.ndarray
    area: pa.Array
    spot: np.ndarray
    generation: int

    def region(self) -> pa.DictionaryArray:
        """Return regions as an Arrow dictionary array."""
        indices = pa.array(self.region_codes, mask=self.region_codes < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.region_names, pa.string()))


class Places:
    """Resolves places; remembers what it has resolved.

    Parameters
    ----------
    file : path, optional
        The user's places: CSV, Excel or Parquet with country, postcode, latitude, longitude and optional city, region.
        Several rows of one postcode count by their mean.
    geocoder : optional
        Asked when the file does not know a place: an object with geopy's ``geocode(query)``, or such a function
        (for instance geopy's RateLimiter). Nothing goes online without it.
    """

    def __init__(self, file: Path | str | None = None, geocoder: Any = None):
        self._postcodes: dict[tuple[str, str], tuple[float, float, str | None]] = {}
        self._towns: dict[tuple[str, str], tuple[float, float, str | None]] = {}
        self._lengths: dict[str, list[int]] = {}
        self._geocode: Callable | None = getattr(geocoder, "geocode", geocoder)
        self.notes: Counter[str] = Counter()
        self._memo = Memo()
        self._regions: list[str] = []
        self._region_index: dict[str, int] = {}
        self._lock = Lock()  # places remember what they found
        if file is not None:
            self._read(file)

    def resolve(self, country, postcode, city, latitude, longitude) -> Resolved:
        """Find the places of a chunk.

        Parameters
        ----------
        country, postcode, city : pyarrow.Array of string, or None
            Countries by ISO code, English or Chinese name.
        latitude, longitude : array of float, or None
            [degree], null or NaN where absent.
        """
        given = [each for each in (country, postcode, city, latitude, longitude) if each is not None]
        count = len(given[0]) if given else 0
        latitude, longitude = _floats(latitude, count), _floats(longitude, count)
        exact = np.isfinite(latitude) & np.isfinite(longitude)
        texts = [_texts(each, count) for each in (country, postcode, city)]
        told = exact & self._told_by_country(texts[0]) if exact.any() else exact
        with self._lock, no_collector():
            # rows with coordinates are keys of their own: what others search for must not change their region
            ids = self._memo.ids(Keyed(_blanked(texts, told), ~exact), self._find)
            latitude = np.where(exact, latitude, self._memo.latitude[ids])
            longitude = np.where(exact, longitude, self._memo.longitude[ids])
            scatter_km = np.where(exact, 0.0, self._memo.scatter_km[ids])
            region, match = self._memo.region[ids], self._memo.match[ids]
            area, generation = self._memo.area.take(pa.array(ids)), self._memo.generation
            match[exact & (match != PlaceMatch.UNKNOWN_COUNTRY)] = PlaceMatch.COORDINATES
            self._regions_by_nearest(exact, region, latitude, longitude)
        if told.any():
            plain = [_plain(text) for text in texts]
            own = pc.coalesce(postcode_areas(plain[0], plain[1]), plain[2])
            area = pc.if_else(pa.array(told), own, area)
        spot = np.where(exact, -1, ids)
        return Resolved(latitude, longitude, scatter_km, region, self._regions, match, area, spot, generation)

    def __getstate__(self) -> dict:
        """Workers elsewhere begin with an empty memory and a lock of their own."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_lock", "_memo")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._lock, self._memo = Lock(), Memo()

    def _told_by_country(self, country: pa.Array) -> np.ndarray:
        """Rows whose region follows from the country's code alone: no province, no region of the user's own."""
        if self._has_regions:
            return np.zeros(len(country), dtype=bool)
        coded = country if pa.types.is_dictionary(country.type) else country.dictionary_encode()
        plain = [
            text not in (None, "CN") and len(text) == 2 and text.isascii() for text in coded.dictionary.to_pylist()
        ]
        codes = coded.indices.fill_null(len(plain)).to_numpy(zero_copy_only=False)
        return np.array([*plain, False], dtype=bool)[codes]

    def _regions_by_nearest(
        self, exact: np.ndarray, region: np.ndarray, latitude: np.ndarray, longitude: np.ndarray
    ) -> None:
        """Fill the country of coordinates without one, and the province of those in mainland China."""
        china = self._region_index.get("CN", -2)
        rows = np.flatnonzero(exact & ((region == -1) | (region == china)))
        if not len(rows):
            return
        nearest, inverse = np.unique(cities().nearest(latitude[rows], longitude[rows]), return_inverse=True)
        codes = []
        for index in nearest.tolist():
            codes.append(self._region(cities().province(index) or cities().country[index]))
        filled = np.array(codes, dtype=np.int32)[inverse]
        provincial = np.array([self._regions[code].startswith("CN-") for code in codes], dtype=bool)[inverse]
        use = (region[rows] == -1) | provincial
        region[rows[use]] = filled[use]

    def _region(self, name: str) -> int:
        if name not in self._region_index:
            self._region_index[name] = len(self._regions)
            self._regions.append(name)
        return self._region_index[name]

    def _find(self, country: str | None, postcode: str | None, city: str | None, search: bool) -> tuple:
        """Return latitude, longitude, scatter [km], region code, match and area of one place."""
        area = postcode_area(country, postcode) or city
        code = None
        if country is not None:
            code = self._memo.country(country)
            if code is None:
                return np.nan, np.nan, 0.0, -1, PlaceMatch.UNKNOWN_COUNTRY, area
        own = self._own(code, postcode, city)
        if own is not None:
            latitude, longitude, region, owner = own
            return (
                latitude,
                longitude,
                0.0,
                self._region(region or self._province(owner, postcode, city) or owner),
                PlaceMatch.POSTCODE,
                area,
            )
        region = self._province(code, postcode, city) or code
        if not search:
            return np.nan, np.nan, 0.0, -1 if region is None else self._region(region), PlaceMatch.UNRESOLVED, area
        centre, match, region = self._search(code, region, postcode, city)
        return *centre, -1 if region is None else self._region(region), match, area

    def _search(self, code, region, postcode, city) -> tuple[Centre, PlaceMatch, str | None]:
        if self._geocode is not None and (postcode or city) and (spot := self._ask(code, postcode, city)):
            return Centre(*spot, 0.0), PlaceMatch.GEOCODER, region
        if city is not None:
            index = cities().find(code, city) if code else cities().find_anywhere(city)
            if index is not None:
                where = cities().province(index) or cities().country[index]
                label = PlaceMatch.CITY if code else PlaceMatch.CITY_WITHOUT_COUNTRY
                spot = Centre(float(cities().latitude[index]), float(cities().longitude[index]), 0.0)
                return spot, label, where if region in (None, code) else region
        if code is None:
            return _NOWHERE, PlaceMatch.UNRESOLVED, None
        centre = cities().centres.get(region)
        if region != code and centre is not None:
            return centre, PlaceMatch.PROVINCE, region
        centre = cities().centres.get(code)
        if centre is not None:
            return centre, PlaceMatch.COUNTRY, region
        return _NOWHERE, PlaceMatch.UNRESOLVED, region

    @staticmethod
    def _province(code: str | None, postcode: str | None, city: str | None) -> str | None:
        """Return the province of mainland China that a place's text or postcode names."""
        if code != "CN":
            return None
        if city and (province := cities().province_in(city)):
            return province
        digits = normal_postcode(postcode) if postcode else ""
        return PROVINCE_OF_POSTCODE.get(digits[:2]) if len(digits) == 6 and digits.isdigit() else None

    def _own(self, code: str | None, postcode: str | None, city: str | None) -> tuple | None:
        """Look in the user's places: the postcode, its leading parts of the lengths the file has, the city."""
        owner = code or (next(iter(self._lengths)) if len(self._lengths) == 1 else None)
        if owner is None:
            return None
        if postcode and owner in self._lengths:
            digits = normal_postcode(postcode)
            for length in self._lengths[owner]:
                if length <= len(digits) and (hit := self._postcodes.get((owner, digits[:length]))):
                    return *hit, owner
        if city and self._towns and (hit := self._towns.get((owner, countries.fold(city)))):
            return *hit, owner
        return None

    def _ask(self, code: str | None, postcode: str | None, city: str | None) -> tuple[float, float] | None:
        from geopy.exc import GeopyError  # loads every geocoder, and few runs ask one

        self.notes["geocoder_asked"] += 1
        try:
            spot = self._geocode(", ".join(part for part in (postcode, city, code) if part))
        except GeopyError:
            self.notes["geocoder_failed"] += 1
            return None
        return None if spot is None else (float(spot.latitude), float(spot.longitude))

    @cached_property
    def _has_regions(self) -> bool:
        return any(region for spots in (self._postcodes, self._towns) for _, _, region in spots.values())

    def _read(self, file: Path | str) -> None:
        source = open_source(file, Mapping())
        headers = {header.strip().casefold(): header for header in source.headers}
        missing = [name for name in ("country", "latitude", "longitude") if name not in headers]
        if missing or not headers.keys() & {"postcode", "city"}:
            raise OrdersError(
                "this is no places file",
                found=", ".join(source.headers[:12]),
                expected=", ".join(_PLACES_COLUMNS),
                mend=f"add {', '.join(missing) or 'postcode or city'}",
                where=Where(source.name),
            )
        known = [name for name in _PLACES_COLUMNS if name in headers]
        frames = [
            self._checked(raw, headers, known, source.name)
            for raw in source.batches([headers[name] for name in known], 131_072)
        ]
        table = pd.concat(frames, ignore_index=True)
        for column, rows, target in (
            ("postcode", table.postcode.notna(), self._postcodes),
            ("city", table.postcode.isna() & table.city.notna(), self._towns),
        ):
            means = (
                table[rows]
                .groupby(["country", column], sort=False)
                .agg({"latitude": "mean", "longitude": "mean", "region": "first"})
            )
            regions = [None if pd.isna(region) else str(region) for region in means["region"]]
            target.update(
                zip(
                    means.index,
                    zip(means.latitude.tolist(), means.longitude.tolist(), regions, strict=True),
                    strict=True,
                )
            )
        for owner, digits in self._postcodes:
            self._lengths.setdefault(owner, []).append(len(digits))
        self._lengths = {owner: sorted(set(lengths), reverse=True) for owner, lengths in self._lengths.items()}

    @staticmethod
    def _checked(raw, headers: dict[str, str], known: list[str], name: str) -> pd.DataFrame:
        """Return one batch of the places file; a wrong row is an error, because a wrong place is silent later."""
        problems = check.Problems(len(raw.rows))
        columns: dict[str, Any] = {}
        for key in _PLACES_COLUMNS:
            array = check.plain(raw.columns[headers[key]]) if key in known else pa.nulls(len(raw.rows), pa.string())
            if key in ("latitude", "longitude"):
                limit = 90 if key == "latitude" else 180
                column = Column(key, "number", "degree", True, -limit, limit, "", "")
                array = check.to_number(array, column, problems)
                problems.add(check.truth(pc.is_null(array)), key, "missing")
                check.check_bounds(array, column, problems)
            else:
                array = check.to_text(array, Column(key, "text", None, False, None, None, "", ""), problems)
            if key == "country":
                array = countries.to_iso2(array, key, problems.add)
                problems.add(check.truth(pc.is_null(array)), key, "missing")
            columns[key] = array.to_pandas()
        wrong = [(int(raw.rows[position]), *problem) for position, problem in problems.first.items()]
        wrong += [(row.row, None, row.reason) for row in raw.broken]
        if wrong:
            row, column, reason = min(wrong, key=lambda each: each[0])
            cell = raw.columns[headers[column]][int(np.flatnonzero(raw.rows == row)[0])].as_py() if column else None
            problem, _, mend = REASONS[reason]
            raise OrdersError(
                f"{problem} (data row {row}; {len(wrong)} such rows)",
                found=cell,
                mend=mend,
                where=Where(name, row + 1, column),
            )
        frame = pd.DataFrame(columns)
        frame["postcode"] = frame["postcode"].map(normal_postcode, na_action="ignore")
        frame["city"] = frame["city"].map(countries.fold, na_action="ignore")
        return frame


def _floats(array: Any, count: int) -> np.ndarray:
    if array is None:
        return np.full(count, np.nan)
    if isinstance(array, (pa.Array, pa.ChunkedArray)):
        return array.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return np.array(array, dtype=np.float64)


def _texts(array: Any, count: int) -> pa.Array:
    if array is None:
        return pa.nulls(count, pa.string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) and array.num_chunks else array
    if not isinstance(array, (pa.Array, pa.ChunkedArray)):
        array = pa.array(array, pa.string())
    return array if len(array) else pa.array([], pa.string())


def _blanked(texts: list[pa.Array], told: np.ndarray) -> list[pa.Array]:
    """Country, postcode and city without the parts that tell nothing more of rows with coordinates."""
    if not told.any():
        return texts
    mask, nothing = pa.array(told), pa.scalar(None, pa.string())
    return [texts[0], *(pc.if_else(mask, nothing, _plain(text)) for text in texts[1:])]


def _plain(text: pa.Array) -> pa.Array:
    return text.dictionary_decode() if pa.types.is_dictionary(text.type) else text
