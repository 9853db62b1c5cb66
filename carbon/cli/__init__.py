"""The command line: one file a command, one place for errors."""

from __future__ import annotations

from carbon.cli.common import app, main
from carbon.cli import init
from carbon.cli import import_
from carbon.cli import footprints
from carbon.cli import calculate
from carbon.cli import estimate
from carbon.cli import pack
from carbon.cli import cartons
from carbon.cli import route
from carbon.cli import replan
from carbon.cli import advice
from carbon.cli import inventory
from carbon.cli import articles
from carbon.cli import explain
from carbon.cli import diff
from carbon.cli import verify
from carbon.cli import period
from carbon.cli import factors
from carbon.cli import report
from carbon.cli import sign_offs
from carbon.cli import audit
from carbon.cli import schema
from carbon.cli import application
from carbon.cli import serve
from carbon.cli import keys

__all__ = ["app", "main"]
