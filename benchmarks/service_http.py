"""The label service under load: `carbon serve` as a process of its own, asked by wrk over HTTP."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.conditions import Conditions
from benchmarks.measure import ROOT, BenchmarkError, Measure

GOAL_PER_S, GOAL_P99_MS, GOAL_COLD_MS, GOAL_START_S = 500, 50, 150, 2
_CARTS, _CONNECTIONS, _WAIT_S = 2_000, 8, 60.0
_WARM = {"country": "GB", "city": "London"}
_COLD = ("Leeds", "Bristol", "Cardiff", "Glasgow", "Plymouth", "Norwich", "Derby", "Exeter", "Swansea", "York")
#: wrk asks the carts of a file one after the other, and says what it found as JSON.
_SCRIPT = """
local carts, at = {{}}, 0
for line in io.lines("{carts}") do carts[#carts + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
request = function() at = at % #carts + 1; return wrk.format(nil, nil, nil, carts[at]) end
done = function(summary, latency, requests)
  io.write(string.format('\\n{{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "wrong": %d}}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.errors.status
    + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


def run(smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure one worker; in a smoke run nothing is said to hold."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchmarkError("wrk is absent: install it (Debian: wrk), or measure the options alone with --engine")
    conditions, holds = Conditions(), not smoke
    with tempfile.TemporaryDirectory(prefix="carbon-service-") as name, _service(Path(name)) as (url, key, start_s):
        folder = Path(name)
        say("warming up, then wrk")
        _until_prepared(url)
        answers = [_answer(url, key, _cart(_WARM, seed)) for seed in range(20)]
        carts = folder / "carts"
        carts.write_text("\n".join(json.dumps(_cart(_WARM, seed)) for seed in range(_CARTS)), encoding="utf-8")
        script = folder / "carts.lua"
        script.write_text(_SCRIPT.format(carts=carts, key=key), encoding="utf-8")
        seconds = 1 if smoke else 15
        figures = _loaded(wrk, script, url, seconds)
        say("HTTP alone")
        (folder / "answer").write_bytes(answers[-1])
        with _bare(folder) as (bare_url, _):
            bare = _loaded(wrk, script, bare_url, seconds)
        say("cold lanes")
        cold_ms = [_ask(url, key, _cart({"country": "GB", "city": each}, 1)) for each in _COLD[: 2 if smoke else None]]
    per_s, bare_per_s = (each["requests"] / each["seconds"] for each in (figures, bare))
    return [
        Measure("estimates a second, one worker, warm lane, three lines", per_s, "1/s", f"at least {GOAL_PER_S}",
                per_s >= GOAL_PER_S if holds else None),
        Measure("answers a second of HTTP alone: same framework and size, nothing computed", bare_per_s, "1/s"),
        Measure("time of an estimate / of HTTP alone", bare_per_s / per_s, "1"),
        Measure("half of them within", figures["p50_ms"], "ms"),
        Measure("99 of 100 within", figures["p99_ms"], "ms", f"below {GOAL_P99_MS}",
                figures["p99_ms"] < GOAL_P99_MS if holds else None),
        Measure("answers that were none", figures["wrong"], "1", "0", figures["wrong"] == 0),
        Measure("cold lane, slowest", max(cold_ms), "ms", f"below {GOAL_COLD_MS}",
                max(cold_ms) < GOAL_COLD_MS if holds else None),
        Measure("start to first answer", start_s, "s", f"below {GOAL_START_S}", start_s < GOAL_START_S if holds else None),
        *conditions.measures(),
    ]  # fmt: skip


def _until_prepared(url: str) -> None:
    """Wait until the service has laid the plans of all countries, which it does once it has started."""
    until_s = time.perf_counter() + _WAIT_S
    while time.perf_counter() < until_s:
        with urllib.request.urlopen(f"{url}/healthz", timeout=_WAIT_S) as answer:
            if json.load(answer)["prepared"]:
                return
        time.sleep(0.2)
    raise BenchmarkError(f"the service was not prepared within {_WAIT_S:g} s")


def _loaded(wrk: str, script: Path, url: str, seconds: int) -> dict[str, float]:
    """Return what wrk found."""
    command = [wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"{url}/v1/estimate"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^\{.*\}$", said.stdout, re.MULTILINE)
    if said.returncode or found is None:
        raise BenchmarkError(f"wrk failed: {(said.stderr or said.stdout)[-500:]}")
    return json.loads(found[0])


@contextmanager
def _service(folder: Path) -> Iterator[tuple[str, str, float]]:
    """Yield address, key and seconds from start to first answer of a service of the sample merchant."""
    _carbon("init", folder / "shop")
    made = _carbon("keys", "create", "bench", "--state", folder / "state", "--per-minute", 1_000_000, "--json")
    key = json.loads(made)["key"]
    command = (
        "carbon", "serve", "--organisation", folder / "shop" / "organisation.yaml", "--state", folder / "state",
        "--per-minute", 1_000_000,
    )  # fmt: skip
    with _started(folder, key, *command) as (url, start_s):
        yield url, key, start_s


@contextmanager
def _bare(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield address of a service that computes nothing."""
    environment = {"CARBON_BARE_ANSWER": str(folder / "answer")}
    with _started(
        folder, "", "uvicorn", "benchmarks.service_bare:application", "--no-access-log", **environment
    ) as found:
        yield found


@contextmanager
def _started(folder: Path, key: str, *arguments: object, **environment: str) -> Iterator[tuple[str, float]]:
    """Yield address and seconds from start to first answer of a module that serves on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", *arguments, "--port", port]
    began_s = time.perf_counter()
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [str(each) for each in command], cwd=ROOT, stdout=log, stderr=log, env=os.environ | environment
    )
    try:
        while True:
            try:
                _ask(url, key, _cart(_WARM, 0))
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None or time.perf_counter() - began_s > _WAIT_S:
                    raise BenchmarkError(
                        f"the service does not answer: {(folder / 'log').read_text()[-800:]}"
                    ) from None
                time.sleep(0.02)
        yield url, time.perf_counter() - began_s
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _carbon(*arguments: object) -> str:
    command = [sys.executable, "-m", "carbon", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise BenchmarkError(f"carbon {arguments[0]} failed: {done.stderr[-500:]}")
    return done.stdout


def _cart(destination: dict[str, str], seed: int) -> dict[str, Any]:
    """Return a cart of three lines, drawn."""
    draw = random.Random(seed)
    lines = [
        {"mass_kg": round(draw.uniform(0.1, 1.5), 3), "quantity": draw.randint(1, 2)}
        | {side: float(draw.randint(60, 240)) for side in ("length_mm", "width_mm", "height_mm")}
        for _ in range(3)
    ]
    return {"lines": lines, "destination": destination, "currency": "GBP", "goods_value": 49.9}


def _ask(url: str, key: str, cart: dict[str, Any]) -> float:
    """Ask once and return the milliseconds."""
    began_s = time.perf_counter()
    assert len(json.loads(_answer(url, key, cart))["options"]) >= 3
    return (time.perf_counter() - began_s) * 1000


def _answer(url: str, key: str, cart: dict[str, Any]) -> bytes:
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{url}/v1/estimate", json.dumps(cart).encode(), headers)
    with urllib.request.urlopen(request, timeout=_WAIT_S) as answer:
        return answer.read()
