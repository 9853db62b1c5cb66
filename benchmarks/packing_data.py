"""Orders and boxes for the packing benchmark: read from a folder, or cut from boxes so that they fit exactly."""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import BenchmarkError
from carbon.optimise.items import Box, Item, Rotation, Size

CARTONISATION = "cartonisation_synthetic.json"
ORDERS, BOXES, EXPECTED = "boxpacker_orders.csv.gz", "boxpacker_boxes.csv", "boxpacker_expected.csv"
BEST_KNOWN = "br_best_known.csv"
_TENTHS_PER_MM = 10


@dataclass(frozen=True)
class Cartons:
    """Orders with the smallest single carton that holds each, proven; None where none does."""

    boxes: list[Box]
    orders: list[list[Item]]
    optimal: list[str | None]


@dataclass(frozen=True)
class Shipments:
    """Orders for several boxes, and how many BoxPacker uses: pieces turned freely, and kept flat."""

    boxes: list[Box]
    orders: dict[str, list[Item]]
    expected: dict[str, int]
    expected_flat: dict[str, int]


@dataclass(frozen=True)
class Loads:
    """Containers to fill; the best known share of each, where there is one."""

    name: str
    problems: list[tuple[list[Item], Box]]
    best_known_percent: list[float] = field(default_factory=list)


def read_cartons(path: Path) -> Cartons:
    """Read a file of the form of `cartonisation_synthetic.json`."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        products = {
            each["sku"]: Item(
                each["sku"],
                _mm(each["l_mm"], each["w_mm"], each["h_mm"]),
                each["weight_g"] / 1000,
                rotation=Rotation.THIS_WAY_UP if each["upright_only"] else Rotation.BEST_FIT,
            )
            for each in given["products"]
        }
        boxes = []
        for each in given["cartons"]:
            inner = _mm(each["l_mm"], each["w_mm"], each["h_mm"])
            boxes.append(Box(each["id"], inner, inner))
        orders = [[products[sku] for sku in each["skus"]] for each in given["orders"]]
        return Cartons(boxes, orders, [each["optimal_carton"] for each in given["orders"]])
    except (KeyError, TypeError, ValueError) as error:
        raise BenchmarkError(f"{path.name} is not a set of cartons and orders: {error!r}") from error


def read_shipments(folder: Path) -> Shipments:
    """Read BoxPacker's orders, boxes and results."""
    missing = [name for name in (ORDERS, BOXES, EXPECTED) if not (folder / name).exists()]
    if missing:
        raise BenchmarkError(f"BoxPacker's set needs {', '.join((ORDERS, BOXES, EXPECTED))}; missing: {missing}")
    try:
        orders: dict[str, list[Item]] = {}
        for row in _rows(folder / ORDERS):
            size = _mm(row["length_mm"], row["width_mm"], row["depth_mm"])
            orders.setdefault(row["order"], []).append(
                Item(row["item"], size, float(row["weight_g"]) / 1000, int(row["qty"]))
            )
        boxes = []
        for row in _rows(folder / BOXES):
            inner, outer = (
                _mm(row[f"{side}_length_mm"], row[f"{side}_width_mm"], row[f"{side}_depth_mm"])
                for side in ("inner", "outer")
            )
            tare_kg = float(row["empty_weight_g"]) / 1000
            # BoxPacker's limit is gross.
            boxes.append(Box(row["reference"], inner, outer, tare_kg, float(row["max_weight_g"]) / 1000 - tare_kg))
        expected = {row["order"]: row for row in _rows(folder / EXPECTED) if row["order"] in orders}
        if expected.keys() != orders.keys():
            raise BenchmarkError(f"{EXPECTED} has no line for {len(orders.keys() - expected.keys())} orders")
        return Shipments(
            boxes,
            orders,
            {order: int(row["boxes"]) for order, row in expected.items()},
            {order: int(row["boxes_flat_only"]) for order, row in expected.items()},
        )
    except (KeyError, ValueError) as error:
        raise BenchmarkError(f"BoxPacker's set cannot be read: {error!r}") from error


def read_loads(path: Path) -> Loads:
    """Read a file of the OR-Library's container loading problems."""
    try:
        numbers = iter([int(word) for word in path.read_text(encoding="utf-8").split()])
        problems = []
        for _ in range(next(numbers)):
            next(numbers), next(numbers)
            inner = (next(numbers), next(numbers), next(numbers))
            items = []
            for _ in range(next(numbers)):
                key, *edges, quantity = (next(numbers) for _ in range(8))
                stand = frozenset(axis for axis in range(3) if edges[2 * axis + 1])
                items.append(Item(str(key), (edges[0], edges[2], edges[4]), 1.0, quantity, may_stand=stand))
            problems.append((items, Box(path.stem, inner, inner)))
    except (StopIteration, ValueError, RuntimeError) as error:
        raise BenchmarkError(f"{path.name} is not a file of container loading problems") from error
    known: list[float] = []
    table = path.parent / BEST_KNOWN
    if table.exists():
        shares = {row["instance"]: float(row["utilisation_pct"]) for row in _rows(table)}
        names = [f"{path.name}_{number + 1}" for number in range(len(problems))]
        known = [shares[name] for name in names if name in shares]
    return Loads(path.stem, problems, known if len(known) == len(problems) else [])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _mm(*edges: object) -> Size:
    length, width, height = (round(float(edge) * _TENTHS_PER_MM) for edge in edges)
    return length, width, height


def cut(draw: random.Random, size: Size, pieces: int) -> list[Size]:
    """Cut a box into pieces by straight cuts through the largest piece left: they fit back exactly."""
    found = [size]
    while len(found) < pieces:
        found.sort(key=lambda each: each[0] * each[1] * each[2])
        largest = list(found.pop())
        axis = draw.choices(range(3), weights=largest)[0]
        at = round(largest[axis] * draw.uniform(0.25, 0.75))
        for edge in (at, largest[axis] - at):
            largest[axis] = edge
            found.append(tuple(largest))
    return found


def cut_cartons(orders: int, seed: int = 1) -> Cartons:
    """Cut orders from cartons, turn the pieces, and leave some too large for every carton.

    The carton that was cut is the smallest that has the volume; every larger one is at least a fifth larger.
    """
    draw = random.Random(seed)
    boxes = []
    for number in range(12):
        scale = 1.1**number
        inner = _mm(*(round(edge * scale) for edge in draw.sample((120, 150, 190), 3)))
        boxes.append(Box(f"S{number:02}", inner, inner))
    found, optimal = [], []
    for number in range(orders):
        box = draw.choice(boxes)
        pieces = [list(size) for size in cut(draw, box.inner, draw.randint(1, 8))]
        if number % 20 == 19:
            box = boxes[-1]
            pieces = [list(size) for size in cut(draw, box.inner, 4)] + [[100, 100, 100]]
        for piece in pieces:
            draw.shuffle(piece)
        found.append([Item(f"p{i}", tuple(piece), 0.1) for i, piece in enumerate(pieces)])
        optimal.append(None if number % 20 == 19 else box.key)
    return Cartons(boxes, found, optimal)


def cut_loads(problems: int, seed: int = 1) -> Loads:
    """Make containers with few kinds of pieces, whose volume is at most that of the container."""
    draw = random.Random(seed)
    inner = (587, 233, 220)
    found = []
    for _ in range(problems):
        items, left = [], inner[0] * inner[1] * inner[2]
        for kind in range(3):
            size = (draw.randint(60, 120), draw.randint(40, 80), draw.randint(25, 60))
            quantity = left // (3 - kind) // (size[0] * size[1] * size[2])
            left -= quantity * size[0] * size[1] * size[2]
            items.append(Item(str(kind), size, 1.0, quantity))
        found.append((items, Box("container", inner, inner)))
    return Loads("containers", found)


def varied_orders(orders: int, pieces: int, loaded: bool, seed: int = 1) -> Shipments:
    """Draw orders of pieces that all differ, 20 to 160 mm an edge, one in three to be kept upright.

    Parameters
    ----------
    loaded : bool
        Whether a quarter of the pieces bear nothing, and another 2 kg.
    """
    draw = random.Random(seed * 10_007 + pieces)
    sizes = {"s": (300, 200, 150), "m": (400, 300, 200), "l": (600, 400, 300), "xl": (600, 400, 400)}
    sizes["xxl"] = (800, 600, 500)
    found = {}
    for order in range(orders):
        found[str(order)] = items = []
        for number in range(pieces):
            size = _mm(*(draw.randint(20, 160) for _ in range(3)))
            density_kg_per_l = draw.uniform(0.2, 0.8)
            mass_kg = round(size[0] * size[1] * size[2] / 1e9 * density_kg_per_l, 3)
            rotation = draw.choice([Rotation.BEST_FIT, Rotation.BEST_FIT, Rotation.THIS_WAY_UP])
            bears_kg = draw.choice([0.0, 2.0, math.inf, math.inf])
            items.append(Item(f"p{number}", size, mass_kg, 1, rotation, top_load_kg=bears_kg if loaded else math.inf))
    return Shipments([Box(key, _mm(*size), _mm(*size)) for key, size in sizes.items()], found, {}, {})
