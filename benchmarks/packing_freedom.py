"""More room, freedom or strength, and still no worse: how often packing loses an order that it found under tighter rules."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.measure import Measure
from carbon.optimise.items import Box, Item, Rotation, Size
from carbon.optimise.placing import Search, fit

#: Orders that fitted, for each column.
FITTED = 5_000
#: Support that a base needs, and whether pieces bear only so much.
COLUMNS = ((0.0, False), (0.0, True), (0.75, False), (0.75, True))
_FREER = {Rotation.NEVER: Rotation.THIS_WAY_UP, Rotation.THIS_WAY_UP: Rotation.BEST_FIT}
_BEARS_KG = (0.0, 1.0, 2.0, 5.0, math.inf)


def run(fitted: int, say: Callable[[str], None]) -> list[Measure]:
    """Draw orders until so many fitted in each column, permit more of them, and count what is lost."""
    measures = []
    for number, (share, loaded) in enumerate(COLUMNS):
        name = f"{'three quarters supported' if share else 'no support'}, {'loads' if loaded else 'no loads'}"
        say(f"{name}: {fitted:,} orders that fit")
        draw, search = random.Random(number), Search(support_share=share)
        asked, lost = Counter(), Counter()
        drawn = found = 0
        started = time.process_time()
        while found < fitted:
            items, size = drawn_order(draw, loaded)
            drawn += 1
            if fit(items, _box(size), search) is None:
                continue
            found += 1
            for change, more, room in permitted(draw, items, size):
                asked[change] += 1
                lost[change] += fit(more, _box(room), search) is None
        seconds = time.process_time() - started
        measures.append(Measure(f"{name}: orders drawn", drawn, "orders"))
        measures += [
            Measure(f"{name}: lost with {change}", 100 * lost[change] / asked[change], "%") for change in asked
        ]
        measures.append(Measure(f"{name}: own time", seconds, "s"))
    return measures


def drawn_order(draw: random.Random, loaded: bool) -> tuple[list[Item], Size]:
    """Return 5 to 12 pieces of 2 to 8 articles with mixed rules on turning, and a box that they fill to 55 to 90 %."""
    kinds = draw.randint(2, 8)
    counts = [1] * kinds
    for _ in range(draw.randint(max(5, kinds), 12) - kinds):
        counts[draw.randrange(kinds)] += 1
    items = [
        Item(
            str(i), tuple(draw.randint(300, 2500) for _ in range(3)), round(draw.uniform(0.1, 3), 2), count,
            rotation=draw.choice(list(Rotation)), top_load_kg=draw.choice(_BEARS_KG) if loaded else math.inf,
        )
        for i, count in enumerate(counts)
    ]  # fmt: skip
    volume = sum(math.prod(item.size) * item.quantity for item in items)
    edges = [draw.uniform(0.6, 1.6) for _ in range(3)]
    scale = (volume / draw.uniform(0.55, 0.9) / math.prod(edges)) ** (1 / 3)
    return items, tuple(int(edge * scale) for edge in edges)


def permitted(draw: random.Random, items: list[Item], size: Size) -> Iterator[tuple[str, list[Item], Size]]:
    """Yield what permits more than an order and a room do, each with its name."""
    axis = draw.randrange(3)
    yield "one edge of the box 0.1 mm longer", items, _longer(size, axis, lambda edge: edge + 1)
    for percent in (1, 5):
        yield f"{percent} % longer", items, _longer(size, axis, lambda edge, p=percent: int(edge * (1 + p / 100)))
    yield "each edge up to 10 % longer", items, tuple(int(edge * draw.uniform(1, 1.1)) for edge in size)
    tight = [at for at, item in enumerate(items) if item.rotation in _FREER]
    if tight:
        at = draw.choice(tight)
        yield "one article freer to turn", [_freer(each) if i == at else each for i, each in enumerate(items)], size
        yield "every article one step freer", [_freer(each) for each in items], size
    weak = [at for at, item in enumerate(items) if item.top_load_kg < math.inf]
    if weak:
        at = draw.choice(weak)
        stronger = replace(items[at], top_load_kg=items[at].top_load_kg + 1)
        yield "one article bears 1 kg more", [stronger if i == at else each for i, each in enumerate(items)], size
        yield "every article bears anything", [replace(each, top_load_kg=math.inf) for each in items], size
    at = draw.randrange(len(items))
    fewer = [
        replace(each, quantity=each.quantity - (i == at)) for i, each in enumerate(items) if each.quantity > (i == at)
    ]
    yield "one piece less", fewer, size


def _longer(size: Size, axis: int, change: Callable[[int], int]) -> Size:
    return tuple(change(edge) if i == axis else edge for i, edge in enumerate(size))


def _freer(item: Item) -> Item:
    return replace(item, rotation=_FREER.get(item.rotation, item.rotation))


def _box(size: Size) -> Box:
    return Box("box", size, size)
