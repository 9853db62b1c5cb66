"""The append-only folder of runs: one writer at a time, a run whole or not at all, a parcel counted once."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from carbon.errors import InputError
from carbon.ledger.closing import Closing, refuse_closed
from carbon.ledger.files import disk_errors, replace, sha256_of
from carbon.ledger.manifest import (
    FOOTPRINTS,
    NAME,
    RUN_ID,
    Manifest,
    Purpose,
    Reason,
    counting,
    head_bytes,
    problem,
    read_head,
    read_manifest,
    runs_of,
)
from carbon.ledger.part import RecordedIds
from carbon.ledger.period import Period
from carbon.ledger.restating import Aim
from carbon.ledger.writer import RunWriter


class Ledger:
    """A ledger in a folder; an absent folder is an empty ledger.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self._closing = Closing(self.folder / "closed.jsonl")
        self._compared: list[str] | None = None

    # Reading --------------------------------------------------------------------------------------

    def is_ledger(self) -> bool:
        """Tell whether the folder is a ledger: a run was begun there, or a period closed."""
        return any((self.folder / name).exists() for name in ("runs", "HEAD", "closed.jsonl"))

    def run_ids(self) -> list[str]:
        """Return the ids of all runs that exist, oldest first; folders without a manifest are not runs."""
        try:
            found = [path.name for path in (self.folder / "runs").iterdir() if RUN_ID.fullmatch(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(run for run in found if (self.run_folder(run) / NAME).is_file())

    def runs(self) -> list[Manifest]:
        """Return every run's manifest, oldest first."""
        return [read_manifest(self.run_folder(run)) for run in self.run_ids()]

    def run(self, run: str) -> Manifest:
        """Return one run's manifest.

        Raises
        ------
        LedgerError
            If there is no such run, naming the newest ones.
        """
        ids = self.run_ids()
        if run not in ids:
            raise problem(
                self.folder,
                "there is no such run",
                "name one of these",
                found=run,
                expected=", ".join(ids[-3:]) or "no run yet",
            )
        return read_manifest(self.run_folder(run))

    def head(self) -> Manifest | None:
        """Return the newest run, or None."""
        ids = self.run_ids()
        return read_manifest(self.run_folder(ids[-1])) if ids else None

    def head_sha256(self) -> str:
        """Return the hash of the newest manifest, which stands for the whole chain; empty without a run."""
        ids = self.run_ids()
        return sha256_of(self.run_folder(ids[-1]) / NAME) if ids else ""

    def current(self) -> list[Manifest]:
        """Return the runs that count: those that no later run restates; sensitivities never do."""
        return counting(self.runs())

    def run_folder(self, run: str) -> Path:
        """Return the folder of a run."""
        return self.folder / "runs" / run

    def file(self, run: str, name: str) -> Path:
        """Return the path of one of a run's files."""
        return self.run_folder(run) / name

    def footprint_files(self, run: str) -> list[Path]:
        """Return the parts of a run's footprints, in order; runs of earlier versions have one file."""
        path = self.file(run, FOOTPRINTS)
        return [path] if path.is_file() else sorted(path.glob("*.parquet"))

    def rejects_file(self, run: str) -> Path:
        """Return where a run's rejects are, if it has any and they were not erased."""
        return self.folder / "rejects" / f"{run}.parquet"

    def recorded(self, restates: str | Iterable[str] | None = None) -> dict[str, RecordedIds]:
        """Return the runs that count with the parcel ids that they hold.

        Parameters
        ----------
        restates : str or iterable of str, optional
            Runs whose parcels are free, because the new run restates them.

        Raises
        ------
        LedgerError
            If such a run does not count, or lies in a closed period: before a long survey, not after it.
        """
        restates = runs_of(restates)
        self._check_restated(restates, self._closing.months())
        self._compared = self.run_ids()
        runs = [manifest.run for manifest in self.current() if manifest.run not in restates]
        return {run: self.parcel_ids([run]) for run in runs}

    def parcel_ids(self, runs: Iterable[str]) -> RecordedIds:
        """Return the parcel ids of runs."""
        return RecordedIds([path for run in runs for path in self.footprint_files(run)])

    # Periods --------------------------------------------------------------------------------------

    def closed_periods(self) -> list[Period]:
        """Return the closed periods, joined where they touch."""
        return self._closing.periods()

    def closing_history(self) -> list[dict[str, str]]:
        """Return every closing and re-opening: at, who, action, period, and why where it was said."""
        return self._closing.history()

    def closing_hashes(self) -> list[str]:
        """Return the hash of every decision on periods, oldest first."""
        return self._closing.hashes()

    def close(self, period: Period | str, why: str | None = None) -> None:
        """Close a period: no run may add or change parcels shipped in it."""
        self._set_closed("close", Period.from_text(period), why)

    def reopen(self, period: Period | str, why: str | None = None) -> None:
        """Open a closed period again; the file keeps that it was, and why.

        Raises
        ------
        InputError
            If a month of it is not closed.
        """
        self._set_closed("reopen", Period.from_text(period), why)

    def _set_closed(self, action: str, period: Period, why: str | None) -> None:
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked():
                closed = self._closing.months()
                if action == "reopen" and not closed.issuperset(period.months()):
                    known = ", ".join(each.label for each in self._closing.periods())
                    raise InputError(
                        "the period is not closed",
                        found=period.label,
                        expected=known or "a closed period; none is",
                        mend="name months that `carbon period list` shows",
                    )
                self._closing.add(action, period, why)

    # Writing --------------------------------------------------------------------------------------

    def begin(
        self,
        schema: pa.Schema,
        *,
        restates: str | Iterable[str] | None = None,
        reason: Reason | str | None = None,
        purpose: Purpose = Purpose.INVENTORY,
    ) -> RunWriter:
        """Start a run; use the result as a context manager, and end with its `finish`.

        Parameters
        ----------
        schema : pyarrow.Schema
            Of the footprints.
        restates : str or iterable of str, optional
            The runs that the new one takes the place of.
        reason : Reason or str, optional
            Why; late data where it is not said.
        purpose : Purpose
            A sensitivity counts nowhere, and closed periods do not keep it out.

        Raises
        ------
        InputError
            If the reason is unknown, or a sensitivity is to restate something.
        LedgerError
            If another process writes, a run to restate does not count, or it lies in a closed period.
        """
        aim = Aim.of(restates, reason, purpose)
        with disk_errors(self.folder):
            for name in ("runs", "rejects"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            lock = self._locked()
        try:
            self._remove_unfinished()
            self._mend_head()
            closed = set() if purpose is Purpose.SENSITIVITY else self._closing.months()
            self._check_restated(aim.restates, closed)
            ids = self.run_ids()
            if self._compared is not None and self._compared != ids:
                raise problem(
                    self.folder,
                    "another run was recorded while this one was prepared",
                    "run again: parcels must be compared with it, too",
                    found=ids[-1],
                )
            self._compared = None
            previous = sha256_of(self.run_folder(ids[-1]) / NAME) if ids else None
            with disk_errors(self.folder):
                return RunWriter(self, schema, lock, closed, aim, ids[-1] if ids else None, previous)
        except BaseException:
            lock.release()
            raise

    def _locked(self) -> FileLock:
        lock = FileLock(self.folder / ".lock", thread_local=False)
        try:
            lock.acquire(timeout=0.5)
        except Timeout:
            raise problem(
                self.folder,
                "another process is writing to this ledger",
                "wait until it has ended, or use another folder; the lock goes when that process goes",
            ) from None
        except NotImplementedError:
            raise problem(
                self.folder,
                "this disk knows no locks, so that two writers could not be told apart",
                "use a ledger on another disk, and copy it here",
            ) from None
        return lock

    def _check_restated(self, restates: Iterable[str], closed: set[str]) -> None:
        runs = self.runs() if restates else []
        for restated in restates:
            manifest = self.run(restated)
            after = next((each.run for each in runs if restated in each.supersedes), None)
            if after is not None:
                raise problem(
                    self.run_folder(restated),
                    "this run is already restated",
                    f"restate {after} instead",
                    found=restated,
                )
            if manifest.purpose is Purpose.SENSITIVITY:
                raise problem(
                    self.run_folder(restated),
                    "this run is a sensitivity and counts nowhere: there is nothing to restate",
                    "restate a run that counts, or calculate the sensitivity anew",
                    found=restated,
                )
            for path in self.footprint_files(restated) if closed else ():
                days = pq.read_table(path, columns=["shipped_on"])["shipped_on"]
                refuse_closed(self.folder, days, closed, restated)

    def _remove_unfinished(self) -> None:
        """Take away what a killed writer left: folders without a manifest, rejects and files without a run."""
        known = set(self.run_ids())
        for path in (self.folder / "runs").iterdir():
            if RUN_ID.fullmatch(path.name) and path.name not in known:
                shutil.rmtree(path, ignore_errors=True)
        for path in (self.folder / "rejects").glob("*.parquet"):
            if RUN_ID.fullmatch(path.stem) and path.stem not in known:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (self.folder / "HEAD.tmp").unlink(missing_ok=True)

    def _mend_head(self) -> None:
        """Let HEAD follow a run whose writer was killed between the manifest and HEAD."""
        ids = self.run_ids()
        if not ids:
            return
        newest = sha256_of(self.run_folder(ids[-1]) / NAME)
        named = read_head(self.folder)
        if named == (ids[-1], newest):
            return
        previous = self.run(ids[-1]).previous_manifest_sha256
        before = (ids[-2], sha256_of(self.run_folder(ids[-2]) / NAME)) if len(ids) > 1 else None
        if named != before or previous != (before[1] if before else None):
            raise problem(
                self.folder / "HEAD",
                "does not agree with the runs",
                "run `carbon verify`; nothing is added to a ledger that cannot be trusted",
            )
        with disk_errors(self.folder):
            replace(self.folder / "HEAD", head_bytes(ids[-1], newest))
