"""The command line: one file a command, one place for errors."""

from __future__ import annotations

from carbon.cli.common import app, main

# Each import registers its commands on `app`.
from carbon.cli import (  # noqa: F401, I001  isort: skip
    init, import_, calculate, estimate, inventory, explain, verify, factors, report, schema, application,
)

__all__ = ["app", "main"]
