"""Ways from an OSRM-compatible server, and traffic from a URL. The one door to the network.

Answers are kept on disk, so that the same question is asked once. A server that is down, slow or overloaded has no say:
the caller takes its labelled fallback. An answer that is no OSRM table is an error, because it is another service.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3.util.retry import Retry

from carbon.errors import InputError, OrdersError, Where
from carbon.optimise.rounds.network import Nodes, Ways
from carbon.orders.stops import read_traffic

#: Half the number of places that a server takes in one question by its default.
_BLOCK = 50
#: A place so far from the nearest road is not on the map the server knows: in the sea, or in another country.
_OFF_ROAD_M = 5_000.0
_KEPT, _TRAFFIC_KEPT = timedelta(days=30), timedelta(minutes=5)
_BUSY = (429, 500, 502, 503, 504)


class NoAnswer(Exception):
    """The server is down, slow or overloaded; says which."""


class Server:
    """Asks over HTTP: timeouts, a few repetitions, answers kept on disk.

    Parameters
    ----------
    cache : path, optional
        File of kept answers; the user's cache folder otherwise.
    timeout_s : float
        For a connection, and between two pieces of an answer.
    retries : int
        Repetitions where the server is down or busy.
    """

    def __init__(self, cache: Path | str | None = None, timeout_s: float = 20.0, retries: int = 2):
        self._timeout_s = timeout_s
        self._cache = cache
        try:
            self._session = CachedSession(
                str(cache) if cache is not None else "carbon_per_order_routes",
                backend="sqlite",
                use_cache_dir=cache is None,
                expire_after=_KEPT,
                allowable_codes=(200,),
                stale_if_error=False,
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unkept(error) from None
        retry = Retry(
            total=retries,
            backoff_factor=0.3,
            status_forcelist=_BUSY,
            allowed_methods=("GET",),
            raise_on_status=False,
            respect_retry_after_header=False,  # a server that asks for an hour is one that does not answer
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *failure: object) -> None:
        self._session.close()

    def _unkept(self, error: Exception) -> InputError:
        return InputError(
            "answers of servers cannot be kept on disk",
            found=str(error)[:160],
            expected="a file that can be written, or none yet",
            mend="name another one with --cache",
            where=Where(None if self._cache is None else str(self._cache)),
        )

    def get(self, url: str, params: dict[str, str] | None = None, kept: timedelta = _KEPT) -> requests.Response:
        """Return an answer, one that is not older than `kept`.

        Raises
        ------
        NoAnswer
            If there is none.
        """
        try:
            answer = self._session.get(url, params=params, timeout=self._timeout_s, expire_after=kept)
        except requests.Timeout:
            raise NoAnswer(f"no answer within {self._timeout_s:g} s") from None
        except requests.ConnectionError as error:
            slow = "timed out" in str(error)
            raise NoAnswer(f"no answer within {self._timeout_s:g} s" if slow else "it cannot be reached") from None
        except sqlite3.Error as error:
            raise self._unkept(error) from None
        except requests.RequestException as error:
            raise OrdersError(
                "this address cannot be asked", found=str(error)[:160], expected="http:// or https://", where=Where(url)
            ) from None
        if answer.status_code in _BUSY:
            raise NoAnswer(f"it answers {answer.status_code} {answer.reason}")
        return answer


#: Called with (step, questions answered, questions asked in all).
Progress = Callable[[str, int, int], None]


def server_ways(
    server: Server,
    url: str,
    nodes: Nodes,
    profiles: Sequence[str],
    progress: Progress = lambda step, done, expected: None,
) -> Ways:
    """Ask an OSRM-compatible server for all ways between nodes.

    Parameters
    ----------
    url : str
        Of the server, such as ``http://localhost:5000``.
    profiles : sequence of str
        Of the server, such as ``driving``.

    Raises
    ------
    NoAnswer
        If the server does not answer.
    OrdersError
        If what answers is no OSRM table service, or does not know the profile.
    """
    distance_m: dict[str, np.ndarray] = {}
    duration_s: dict[str, np.ndarray | None] = {}
    notes: list[str] = []
    for profile in dict.fromkeys(profiles):
        metres, seconds, off_road_m = _table(server, url.rstrip("/"), nodes, profile, progress)
        lost = np.flatnonzero(off_road_m > _OFF_ROAD_M)
        for at in lost.tolist():
            metres[at, :] = metres[:, at] = seconds[at, :] = seconds[:, at] = np.inf
            metres[at, at] = seconds[at, at] = 0.0
            notes.append(
                f"{nodes.names[at]} lies {off_road_m[at] / 1000:.0f} km from the nearest road the server knows "
                f"({profile}): in the sea, or outside its map? there is no way to it"
            )
        distance_m[profile], duration_s[profile] = metres, seconds
    return Ways(distance_m, duration_s, f"server {url}", tuple(notes))


def _table(
    server: Server, url: str, nodes: Nodes, profile: str, progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = len(nodes)
    metres, seconds, off_road_m = np.zeros((count, count)), np.zeros((count, count)), np.zeros(count)
    blocks = [np.arange(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]
    for number, rows in enumerate(blocks):
        for columns in blocks:
            same = rows is columns
            asked = rows if same else np.concatenate([rows, columns])
            spots = ";".join(f"{nodes.longitude[at]:.5f},{nodes.latitude[at]:.5f}" for at in asked.tolist())
            params = {"annotations": "distance,duration"}
            if not same:
                params["sources"] = ";".join(map(str, range(len(rows))))
                params["destinations"] = ";".join(str(len(rows) + at) for at in range(len(columns)))
            address = f"{url}/table/v1/{profile}/{spots}"
            answer = _answer(server.get(address, params), f"{url}/table/v1/{profile}")
            at = np.ix_(rows, columns)
            metres[at] = _matrix(answer, "distances", len(rows), len(columns), url)
            seconds[at] = _matrix(answer, "durations", len(rows), len(columns), url)
            if same:
                snapped = [_snap_m(each) for each in answer.get("sources") or []]
                off_road_m[rows] = snapped if len(snapped) == len(rows) else 0.0
        progress(f"ways ({profile})", (number + 1) * len(blocks), len(blocks) ** 2)
    np.fill_diagonal(metres, 0.0)
    np.fill_diagonal(seconds, 0.0)
    return metres, seconds, off_road_m


def _snap_m(source: Any) -> float:
    distance = source.get("distance") if isinstance(source, dict) else None
    return float(distance) if isinstance(distance, (int, float)) else 0.0


def _answer(response: requests.Response, where: str) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or answer.get("code") != "Ok":
        said = answer.get("message") or answer.get("code") if isinstance(answer, dict) else response.text[:120]
        raise OrdersError(
            "this is no answer of an OSRM table service",
            found=f"{response.status_code}: {said}",
            expected="code Ok, with distances and durations",
            mend="check the address (such as http://localhost:5000) and the vehicles' 'profile' in the fleet file",
            where=Where(where),
        )
    return answer


def _matrix(answer: dict[str, Any], name: str, rows: int, columns: int, url: str) -> np.ndarray:
    """Return one matrix of an answer; null is no way."""
    try:
        values = np.array(answer.get(name), dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (rows, columns) or (values < 0).any():
        raise OrdersError(
            f"the server's '{name}' are no table of what was asked",
            found=f"shape {values.shape}",
            expected=f"shape ({rows}, {columns}), nothing below zero",
            mend="use a server of OSRM 5.23 or later, which gives distances, too",
            where=Where(url),
        )
    return np.where(np.isnan(values), np.inf, values)


def traffic_of(server: Server, url: str) -> dict[str, tuple[float, ...]]:
    """Read a traffic file (CSV) from a URL.

    Raises
    ------
    NoAnswer
        If there is no answer.
    OrdersError
        If the answer is no traffic file.
    """
    answer = server.get(url, kept=_TRAFFIC_KEPT)
    if answer.status_code != 200:
        raise OrdersError(
            "there is no traffic file at this address",
            found=f"{answer.status_code} {answer.reason}",
            expected="CSV with zone, hour, multiplier",
            where=Where(url),
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traffic.csv"
        path.write_bytes(answer.content)
        try:
            return read_traffic(path)
        except OrdersError as error:
            raise error.at(Where(url, error.where.row, error.where.column)) from None
