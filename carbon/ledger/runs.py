"""What writing and restating ask of a ledger: its runs and where their files are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from carbon.ledger.manifest import Manifest
from carbon.ledger.part import RecordedIds


class Runs(Protocol):
    """A ledger as those see it that it calls itself; `Ledger` is one."""

    folder: Path

    def runs(self) -> list[Manifest]:
        """Return every run, oldest first."""

    def run(self, run: str) -> Manifest:
        """Return a run."""

    def run_folder(self, run: str) -> Path:
        """Return a run's folder."""

    def file(self, run: str, name: str) -> Path:
        """Return a file of a run."""

    def rejects_file(self, run: str) -> Path:
        """Return the file of a run's rejects."""

    def parcel_ids(self, runs: Iterable[str]) -> RecordedIds:
        """Return the parcel ids of runs, in pieces."""

    def closing_hashes(self) -> list[str]:
        """Return the hash of each entry of the closings."""
