"""Sizes that a shop may choose its cartons from, as packages of its organisation file: board, filling, price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carbon.engine.money import exchange_rate
from carbon.engine.packages import packages_of
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.decide import Order
from carbon.optimise.items import Size, inside_tenths
from carbon.optimise.suites.plain_costs import Board
from carbon.optimise.suites.sizes import PlantLimits, candidate_sizes, outer_of
from carbon.organisation import Organisation, Package
from carbon.organisation.packages import sizes_m
from carbon.units import Price


@dataclass(frozen=True)
class Plant:
    """What a board plant makes; lengths [tenth of a millimetre].

    The defaults are those of common case makers: a grid of 10 mm, no length below 80 mm, none above 800 mm.
    """

    least: Size = (1000, 800, 400)
    most: Size = (8000, 6000, 6000)
    grid: int = 100
    blank: tuple[int, int] = (32_000, 16_000)
    flute: str = "c"


def carton_plant(least: str, most: str, grid_mm: float, flute: str) -> Plant:
    """Return a plant's limits as a user writes them: ``"100x80x40 mm"``.

    Raises
    ------
    InputError
        If a size cannot be read, or the grid is finer than a tenth of a millimetre.
    """
    grid = round(grid_mm * 10)
    if grid < 1:
        raise InputError("the grid is too fine", found=f"{grid_mm} mm", expected="0.1 mm or more")
    return Plant(_size(least), _size(most), grid, flute=flute)


@dataclass(frozen=True)
class Column:
    """A size that may be chosen."""

    key: str
    package: Package
    size: Size
    stay: bool = False
    today: bool = False
    stock: bool = False


def is_carton(package: Package) -> bool:
    """Whether a package is a single-use box."""
    return package.kind == "box" and package.reuse is None


def template_of(setup: Organisation, drawn: Sequence[Order], like: str | None) -> Package:
    """Return the carton whose board, filling and extras new sizes get: the one named, else the most used of today's."""
    cartons = {key: each for key, each in setup.packages.items() if is_carton(each)}
    if like is not None:
        if like not in cartons:
            raise InputError("--like names no carton", found=like, expected=", ".join(cartons) or "(there is none)")
        return cartons[like]
    counts = {key: sum(order.today == key for order in drawn) for key in cartons}
    return cartons[max(counts, key=counts.get)] if cartons else Package()


def columns_of(
    setup, registry: Registry, drawn, template: Package, board: Board, plant: Plant, stay, candidates
) -> list[Column]:
    """Today's cartons, the stock sizes of the countries shipped from, and sizes that could be made."""
    found: dict[str, Column] = {}
    for key, package in setup.packages.items():
        inner = package.inner or registry.packages.get(package.like or "", {}).get("inner")
        if is_carton(package) and inner:
            found[key] = Column(key, package, _size(inner), key in stay, today=True)
    unknown = [key for key in stay if key not in found]
    if unknown:
        raise InputError("--stay names no carton", found=", ".join(unknown), expected=", ".join(found))
    countries = {setup.country, *(site.place.country for site in setup.sites.values())}
    for key, row in registry.packages.items():
        if row.get("kind") == "box" and row.get("inner") and row.get("region") in countries:
            made = template.model_copy(
                update={**_FRESH, "like": key, "inner": row["inner"], "name": row.get("name_en")}
            )
            found[f"stock_{key}"] = Column(f"stock_{key}", made, _size(row["inner"]), stock=True)
    sizes = candidate_sizes(
        [order.load.items for order in drawn], [1.0] * len(drawn), limits_of(plant, board),
        [each.size for each in found.values()], candidates + len(found),
    )  # fmt: skip
    have = {each.size for each in found.values()}
    return [*found.values(), *(made_column(size, template, board) for size in sizes if size not in have)]


def limits_of(plant: Plant, board: Board) -> PlantLimits:
    """Return what the plant makes of a board."""
    return PlantLimits(plant.least, plant.most, plant.grid, board.thickness, board.joint, plant.blank)


def made_column(size: Size, template: Package, board: Board) -> Column:
    """Return a size that could be made as a package: board, filling and extras of the template."""
    inner = "x".join(f"{each / 10:g}" for each in size)
    outer = "x".join(f"{each / 10:g}" for each in outer_of(size, board.thickness))
    names = {"name": f"Carton {inner} mm", "name_zh": f"纸箱 {inner} mm"}
    update = {**_FRESH, "inner": f"{inner} mm", "outer": f"{outer} mm", **names}
    return Column(f"carton_{inner.replace('.', '_')}", template.model_copy(update=update), size)


#: What a new size does not take over: its mass follows from its board.
_FRESH = {"mass": None, "like": None, "outer": None, "max_load": None, "stock": None, "sites": None, "services": None,
          "cost": None, "name": None, "name_zh": None}  # fmt: skip


def _size(text: str) -> Size:
    return tuple(inside_tenths(length) for length in sizes_m(text))


def with_costs(
    wide: Organisation, setup: Organisation, columns, registry: Registry, year: int
) -> tuple[Organisation, list[str]]:
    """Give new sizes a price: what today's cartons cost, as a straight line over their mass."""
    specs = {spec.key: spec.tare_kg for spec in packages_of(wide, registry, year)}
    priced = [(specs[key], each.cost) for key, each in setup.packages.items() if is_carton(each) and each.cost]
    if not priced or not columns:
        return wide, []
    currency = setup.costs.currency if setup.costs else priced[0][1].currency
    x = np.array([tare for tare, _ in priced])
    y = np.array([price.value * exchange_rate(price.currency, currency, year) for _, price in priced])
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum() if len(x) > 1 and np.ptp(x) else 0.0
    slope, packages = max(float(slope), 0.0), dict(wide.packages)
    base = max(float(y.mean() - slope * x.mean()), 0.0)
    for column in columns:
        value = base + slope * specs[column.key]
        packages[column.key] = column.package.model_copy(
            update={"cost": Price(f"{value:.4f} {currency}", currency, round(value, 4))}
        )
    note = f"prices of new sizes: {base:.2f} + {slope:.2f} x mass in kg [{currency}], from {len(priced)} of today's cartons"
    return wide.model_copy(update={"packages": packages}), [note]


def at_hand(setup: Organisation, drawn, columns: Sequence[Column]) -> np.ndarray:
    """Say which orders each size can be used for: today's cartons only where they are at hand."""
    found = np.ones((len(drawn), len(columns)), dtype=bool)
    for at, column in enumerate(columns):
        package = setup.packages.get(column.key)
        if package is None:
            continue
        most_kg = package.max_load.to("kg").magnitude if package.max_load is not None else math.inf
        for row, order in enumerate(drawn):
            here = package.sites is None or order.site in package.sites
            served = package.services is None or order.service in package.services
            warm = all(item.temperature in package.temperatures for item in order.load.items)
            found[row, at] = here and served and warm and order.load.mass_kg <= most_kg
    return found
