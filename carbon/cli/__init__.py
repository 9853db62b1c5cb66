"""The command line: one file a command, one place for errors."""

from __future__ import annotations

# Each import registers its commands on `app`.
from carbon.cli import (
    application,
    calculate,
    estimate,
    explain,
    factors,
    import_,
    init,
    inventory,
    report,
    schema,
    verify,
)
from carbon.cli.common import app, main

__all__ = ["app", "main"]
