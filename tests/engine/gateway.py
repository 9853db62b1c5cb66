"""Spark's Java gateway for the tests, started by a process of its own.

PySpark starts it in a fork of the calling process, and such a child has died before it was Java where other tests had
left threads. Run as a module this starts it, prints the two variables that lead PySpark to it, and stops it at the
end of its input.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gateway() -> Iterator[dict[str, str]]:
    """Yield the environment in which PySpark uses a gateway that runs until the end of the block."""
    command = [sys.executable, "-m", "tests.engine.gateway"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline().strip() for _ in range(2)]
        yield dict(line.split("=", 1) for line in lines)


if __name__ == "__main__":
    from pyspark.java_gateway import launch_gateway

    made = launch_gateway()
    print(f"PYSPARK_GATEWAY_PORT={made.gateway_parameters.port}", flush=True)
    print(f"PYSPARK_GATEWAY_SECRET={made.gateway_parameters.auth_token}", flush=True)
    sys.stdin.read()
