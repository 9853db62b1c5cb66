"""A small town of stops, its fleet, and a server of roads, for tests of what is read."""

from __future__ import annotations

import csv
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

COVENTRY = {"country": "GB", "latitude": 52.44, "longitude": -1.48}
VAN = {"count": 2, "depot": "main", "vehicle": "road.van.class_3.diesel", "payload": "900 kg", "speed": "36 km/hour"}
FLEET: dict[str, Any] = {
    "service_time": {"per_stop": "3 min", "per_parcel": "30 s"},
    "depots": {"main": {"place": COVENTRY}},
    "vehicles": {"van": VAN},
}


def write_fleet(folder: Path, fleet: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Write a fleet file; `changes` replace whole keys."""
    path = folder / "fleet.yaml"
    text = yaml.safe_dump((fleet or FLEET) | changes, sort_keys=False, default_flow_style=False)
    path.write_text(text, encoding="utf-8")
    return path


def stop(name: str = "A", **values: Any) -> dict[str, Any]:
    """Return a row of a stops file: 10 kg some kilometres from the depot."""
    row = {"stop_id": name, "country": "GB", "latitude": 52.5, "longitude": -1.5, "delivery_mass_kg": 10}
    return {key: value for key, value in (row | values).items() if value is not None}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as CSV; what a row lacks is empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def road_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres that the server of roads answers: longer to the east than back, so that directions cannot be mixed up."""
    east = other[0] - one[0]
    return round(abs(other[1] - one[1]) * 111_000 + abs(east) * (70_000 if east > 0 else 60_000), 1)


class _Roads(BaseHTTPRequestHandler):
    """Answers as an OSRM server does, or as its `mode` says."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        if server.mode == "slow":
            time.sleep(server.delay_s)
        if server.mode == "busy":
            return self._send(503, b"too many questions")
        if server.mode == "html":
            return self._send(200, b"<html>It works!</html>")
        if server.mode == "traffic":
            return self._send(200, b"zone,hour,multiplier\n,8,1.5\ncentre,8,2\n")
        address = urlsplit(self.path)
        parts = address.path.split("/")
        if parts[:3] != ["", "table", "v1"] or parts[3] not in ("driving", "cycling"):
            return self._send(400, json.dumps({"code": "InvalidUrl", "message": "URL string malformed"}).encode())
        spots = [tuple(map(float, each.split(","))) for each in parts[4].split(";")]
        query = {key: values[0] for key, values in parse_qs(address.query, separator="&").items()}
        rows, columns = (
            [int(at) for at in query[name].split(";")] if name in query else list(range(len(spots)))
            for name in ("sources", "destinations")
        )
        metres = [[self._way(spots[one], spots[other]) for other in columns] for one in rows]
        if server.mode == "no distances":
            metres = None
        seconds = [[None if each is None else each / 10 for each in line] for line in metres or []]
        answer = {
            "code": "Ok",
            "distances": metres,
            "durations": seconds,
            "sources": [{"distance": 9_000.0 if spots[at][0] > 3 else 4.0} for at in rows],
        }
        return self._send(200, json.dumps(answer).encode())

    def _way(self, one: tuple[float, float], other: tuple[float, float]) -> float | None:
        island = self.server.mode == "island"  # type: ignore[attr-defined]
        return None if island and (one[1] > 53) != (other[1] > 53) else road_m(one, other)

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *request: Any) -> None:
        """Whoever gave up waiting has gone: nothing to say."""


@contextmanager
def roads(mode: str = "up", delay_s: float = 1.5) -> Iterator[Any]:
    """Run a server of roads; yields it with `address` and the paths it was `asked`."""
    server: Any = _Server(("127.0.0.1", 0), _Roads)
    server.mode, server.delay_s, server.asked = mode, delay_s, []
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
