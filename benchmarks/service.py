"""Delivery options of carts: warm lanes, cold lanes, the start of a process; in one core's own time, without HTTP."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.conditions import Conditions
from benchmarks.measure import Measure, run_python

#: What HTTP leaves of 500 estimates a second on one core.
GOAL_CARTS_PER_S, GOAL_COLD_MS, GOAL_START_S = 770, 150, 2
_ON = date(2025, 6, 17)
#: Where the sample merchant offers four options, and where more.
_WARM = {"country": "GB", "city": "London"}
_COLD = (
    "Leeds",
    "Bristol",
    "Cardiff",
    "Glasgow",
    "Plymouth",
    "Norwich",
    "Derby",
    "Exeter",
    "Swansea",
    "York",
    "Bath",
    "Hull",
)
_REGIONS = ({"country": "DE", "city": "Berlin"}, {"country": "US", "city": "Chicago"})


def run(smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure everything; in a smoke run nothing is said to hold."""
    conditions, holds = Conditions(), not smoke
    say("start of a process to its first answer")
    starts = [run_python("-m", "benchmarks.service") for _ in range(1 if smoke else 3)]
    own_s = median(start.said["own_s"] for start in starts)
    from carbon.estimate.options import Cart

    options, _ = _options()
    first_ms = _ms(lambda: options.of(_cart(Cart, _WARM, 1), _ON))
    say("warm lanes")
    carts_per_s, slowest_ms, count = _warm(options, Cart, 300 if smoke else 5000)
    say("cold lanes")
    places = _COLD[:2] if smoke else _COLD
    cold_ms = [_ms(lambda c=city: options.of(_cart(Cart, {"country": "GB", "city": c}, 2), _ON)) for city in places]
    regions_ms = [_ms(lambda p=place: options.of(_cart(Cart, p, 3), _ON)) for place in _REGIONS]
    return [
        Measure("options of a cart on a warm lane", count, "1"),
        _at_least("carts a second of one core's time, warm lane, three lines", carts_per_s, GOAL_CARTS_PER_S, holds),
        Measure("warm lane, the slowest of a hundred", slowest_ms, "ms"),
        _at_most("cold lane, its region's plan at hand, median", median(cold_ms), "ms", GOAL_COLD_MS, holds),
        _at_most("cold lane, its region's plan at hand, slowest", max(cold_ms), "ms", GOAL_COLD_MS, holds),
        Measure("first lane of another region, plan and city names included, slowest", max(regions_ms), "ms"),
        Measure("first lane of a process, tables of places and a plan included", first_ms, "ms"),
        _at_most("start to first answer, one core's time", own_s, "s", GOAL_START_S, holds),
        Measure("start to first answer, by the clock", median(start.seconds for start in starts), "s"),
        Measure("of it, imports", median(start.said["imports_s"] for start in starts), "s"),
        Measure("of it, organisation and factor tables", median(start.said["tables_s"] for start in starts), "s"),
        *conditions.measures(),
    ]


def _warm(options, cart_class: type, carts: int) -> tuple[float, float, int]:
    """Carts a second, the time that 99 of 100 stay below [ms], and options of a cart; each cart is another."""
    made = [_cart(cart_class, _WARM, seed) for seed in range(carts)]
    found = options.of(made[0], _ON)
    times_s = []
    for cart in made:
        begun_s = time.process_time()
        options.of(cart, _ON)
        times_s.append(time.process_time() - begun_s)
    return len(made) / sum(times_s), sorted(times_s)[int(0.99 * len(times_s))] * 1000, len(found)


def _options():
    """Return the sample merchant's options, and when its imports were done."""
    import carbon.sample
    from carbon import organisation as _organisation
    from carbon.estimate.options import DeliveryOptions
    from carbon.factors.registry import Registry

    imported_s = time.process_time()
    organisation = _organisation.read(Path(carbon.sample.__file__).parent / "organisation.yaml")
    return DeliveryOptions(organisation, Registry.load(gwp_set=organisation.method.gwp_set)), imported_s


def _cart(cart_class: type, destination: dict, seed: int):
    """Return a cart of three lines, drawn."""
    draw = random.Random(seed)
    lines = [
        {"mass_kg": round(draw.uniform(0.1, 1.5), 3), "quantity": draw.randint(1, 2)}
        | {side: draw.randint(60, 240) for side in ("length_mm", "width_mm", "height_mm")}
        for _ in range(3)
    ]
    return cart_class.of({"lines": lines, "destination": destination, "currency": "GBP", "goods_value": 49.9})


def _ms(work: Callable[[], Sequence]) -> float:
    begun_s = time.process_time()
    assert work(), "no option was found"
    return (time.process_time() - begun_s) * 1000


def _at_least(name: str, value: float, goal: float, holds: bool) -> Measure:
    return Measure(name, value, "1/s", f"at least {goal:,}", value >= goal if holds else None)


def _at_most(name: str, value: float, unit: str, goal: float, holds: bool) -> Measure:
    return Measure(name, value, unit, f"below {goal:,}", value < goal if holds else None)


def main() -> None:
    """Answer one cart and say what that took since the process began."""
    options, imported_s = _options()
    from carbon.estimate.options import Cart

    loaded_s = time.process_time()
    options.of(_cart(Cart, _WARM, 1), _ON)
    said = {"imports_s": imported_s, "tables_s": loaded_s - imported_s, "own_s": time.process_time()}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
