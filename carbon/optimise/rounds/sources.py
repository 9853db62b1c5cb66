"""Where ways and traffic come from: a file, a server that is asked once and remembered, or great circle x circuity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from carbon.factors.registry import Registry
from carbon.optimise.rounds.network import Nodes, Ways, great_circle_ways, matrix_ways
from carbon.orders.stops import read_traffic

#: Called with (step, done, expected).
Progress = Callable[[str, int, int], None]


class Sources:
    """The server that is asked, opened where one is."""

    def __init__(self, cache: Path | str | None, timeout_s: float, progress: Progress):
        self._cache, self._timeout_s, self.progress, self._server = cache, timeout_s, progress, None

    @property
    def server(self):
        """The server, opened at the first question."""
        from carbon.optimise.rounds.server import Server  # few plans go online

        if self._server is None:
            self._server = Server(self._cache, self._timeout_s)
        return self._server

    def __enter__(self) -> Sources:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._server is not None:
            self._server.__exit__(*failure)


def ways_between(
    sources: Sources,
    nodes: Nodes,
    profiles: Sequence[str],
    registry: Registry,
    region: str,
    year: int,
    matrix: Path | str | None,
    osrm: str | None,
    fill_holes: bool,
    notes: list[str],
) -> Ways:
    """Return the ways between all places; where a server does not answer, what stands in, and a note."""
    if matrix is not None:
        fill = great_circle_ways(nodes, registry, region, year) if fill_holes else None
        ways = matrix_ways(matrix, nodes, fill)
    elif osrm is not None:
        from carbon.optimise.rounds.server import NoAnswer, server_ways

        try:
            ways = server_ways(sources.server, osrm, nodes, profiles, sources.progress)
        except NoAnswer as reason:
            ways = great_circle_ways(nodes, registry, region, year)
            notes.append(f"server {osrm}: {reason}: {ways.basis} stands in, at the vehicles' own speed")
    else:
        ways = great_circle_ways(nodes, registry, region, year)
    notes += ways.notes
    return ways


def traffic_on(sources: Sources, files: Sequence[Path | str], notes: list[str]) -> dict[str, tuple[float, ...]]:
    """Return the multipliers by zone and hour, of several files (traffic, weather) their products.

    Of a server that does not answer nothing counts, and a note says so.
    """
    each = [_one_traffic(sources, file, notes) for file in files]
    zones = dict.fromkeys(zone for multipliers in each for zone in multipliers)
    found = {}
    for zone in zones:
        # A file that does not name a zone holds for it what it says of all others.
        hours = [multipliers.get(zone) or multipliers.get("") for multipliers in each]
        found[zone] = tuple(math.prod(hour) for hour in zip(*filter(None, hours), strict=True))
    return found


def _one_traffic(sources: Sources, traffic: Path | str, notes: list[str]) -> dict[str, tuple[float, ...]]:
    if not str(traffic).startswith(("http://", "https://")):
        return read_traffic(traffic)
    from carbon.optimise.rounds.server import NoAnswer, traffic_of

    try:
        return traffic_of(sources.server, str(traffic))
    except NoAnswer as reason:
        notes.append(f"traffic {traffic}: {reason}: the plan reckons without traffic")
        return {}
