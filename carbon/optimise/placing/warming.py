"""The compiled functions, loaded ahead: what each of several processes would spend its first seconds on."""

from __future__ import annotations

from carbon.optimise.items import Box, Item
from carbon.optimise.placing import compiled
from carbon.optimise.placing.fitting import fit
from carbon.optimise.placing.search import Search
from carbon.optimise.placing.splitting import split


def warm() -> None:
    """Pack an order that calls each of them, where there is a compiler at all."""
    if not compiled.is_available():
        return
    box = Box("box", (30, 20, 20), (30, 20, 20))
    for top_load_kg in (0.5, float("inf")):
        items = [Item("a", (10, 10, 9), 1.0, 9, top_load_kg=top_load_kg), Item("b", (9, 8, 7), 1.0, 6)]
        split(items, [box], Search(tries=20))
    # Nothing holds these, and nothing proves it: all tries are made.
    lost = [Item("a", (10, 10, 6), 1.0 + mass, 1) for mass in range(3)] + [Item("b", (9, 12, 9), 1.0, 3)]
    fit(lost, Box("box", (20, 20, 15), (20, 20, 15)), Search(tries=20))
