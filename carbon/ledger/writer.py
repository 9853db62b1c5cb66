"""Writing one run: streamed, checked, and made visible by its manifest at the very end."""

from __future__ import annotations

import contextlib
import hashlib
import math
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import BaseFileLock
from pydantic import ValidationError

from carbon.engine.block import IN_TOTAL
from carbon.engine.kernel import RESULTS, TOTAL, stage_column
from carbon.engine.rejecting import CODED_SCHEMA, Reject, Rejects
from carbon.errors import LedgerError
from carbon.ledger.files import disk_error, literal_path, put, sha256_of, stage, sync
from carbon.ledger.manifest import (
    ACTIVITY,
    ARTICLES,
    FACTORS,
    FOOTPRINTS,
    NAME,
    PLAN,
    Days,
    Manifest,
    code_version,
    head_bytes,
    new_run_id,
    problem,
    user_name,
    utc_now,
    versions,
)
from carbon.ledger.part import Part, PartWriter, parquet_writer
from carbon.ledger.restating import Aim
from carbon.ledger.runs import Runs
from carbon.terms import Stage

_REPORT = "report this; nothing of this run was kept"
#: Columns of the articles that add up to the run's totals.
ARTICLE_SUMS = (TOTAL, stage_column(Stage.PRODUCT))
#: Agreement of sums that were added up in another order.
TOLERANCE = 1e-9


class RunWriter:
    """A run being written; holds the ledger's lock until it is finished or left.

    Leaving the context without `finish` removes everything. `Ledger.begin` makes one.

    Attributes
    ----------
    run : str
        Id that the run will have.
    """

    def __init__(
        self,
        ledger: Runs,
        schema: pa.Schema,
        lock: BaseFileLock,
        closed: set[str],
        aim: Aim,
        last_run: str | None,
        previous_sha256: str | None,
    ):
        self._created = utc_now()
        self.run = new_run_id(self._created, last_run)
        self._ledger, self._schema, self._lock, self._closed = ledger, schema, lock, closed
        self._aim, self._previous = aim, previous_sha256
        self._folder = ledger.run_folder(self.run)
        #: Writes parts from any thread or worker; `add` then takes what it returned.
        self.parts = PartWriter(ledger.folder, self._folder, schema, frozenset(closed))
        self._rejects_beside = self._folder / "rejects.parquet"
        self._footprints = self._rejects = 0
        self._reasons: Counter[str] = Counter()
        self._sums: dict[str, list[float]] = {name: [] for name in RESULTS if name in schema.names}
        self._days: list[date] = []
        self._files: dict[str, str] = {}
        self._reject_writer: pq.ParquetWriter | None = None
        self._ended = False
        self._folder.mkdir()
        try:
            (self._folder / FOOTPRINTS).mkdir()
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._ended:
            self._discard()
        self._lock.release()

    def write(self, table: pa.Table) -> None:
        """Add footprints as the next part.

        Raises
        ------
        LedgerError
            If a parcel lies in a closed period, a result is not finite, or the disk is full.
        """
        self.add(self.parts.write(len(self._files), table))

    def add(self, part: Part | None) -> None:
        """Take a part that `parts` has written; None where there was no row.

        Raises
        ------
        LedgerError
            If a part of that name was taken before.
        """
        if part is None:
            return
        if part.name in self._files:
            raise problem(self._folder / part.name, "was written twice", _REPORT)
        self._files[part.name] = part.sha256
        self._footprints += part.rows
        self._days += [part.first_day, part.last_day]
        for name, total in part.sums.items():
            self._sums[name].append(total)

    def footprint_files(self) -> list[str]:
        """Return the parts written so far, as DuckDB reads them."""
        return [literal_path(self._folder / name) for name in self._files]

    def reject(self, rejects: Iterable[Reject]) -> None:
        """Add refused rows."""
        columns = Rejects.of(rejects)
        if not len(columns):
            return

        def add() -> None:
            if self._reject_writer is None:
                self._reject_writer = parquet_writer(self._rejects_beside, CODED_SCHEMA)
            self._reject_writer.write_table(columns.table)

        self._guarded(self._rejects_beside, add)
        self._rejects += len(columns)
        self._reasons.update(columns.reasons())

    def finish(
        self,
        *,
        activity: pa.Table,
        plan: pa.Table,
        factors_json: str,
        articles: pa.RecordBatchReader | None = None,
        rows: int | None = None,
        **manifest_fields: Any,
    ) -> Manifest:
        """Write the rest, check, hash everything, and let the run exist.

        Parameters
        ----------
        activity, plan : pyarrow.Table
        factors_json : str
            From `Registry.as_json`.
        articles : pyarrow.RecordBatchReader, optional
            The run by month and article, where it has lines: `carbon.orders.by_article`.
        rows : int, optional
            Rows of the input; ``counts={"rows": n}`` says the same. One of them is needed.
        **manifest_fields
            Fields of `Manifest` that only the caller knows. Counts, period, totals, matches, files, hashes, id and
            time are filled in here; what the caller gives of counts and totals must agree.

        Raises
        ------
        LedgerError
            If rows in are not footprints + rejects, the totals disagree, or the disk is full.
        """
        counts = self._checked_counts(rows, manifest_fields.pop("counts", None))
        totals = self._checked_totals(manifest_fields.pop("totals_kg", None))
        for name, found in stage_sums(activity).items():
            if not agree(found, totals.get(stage_column(name), 0.0)):
                raise self._refused(f"activity of stage {name}", found, totals.get(stage_column(name)))
        reasons = dict(manifest_fields.pop("reject_reasons", None) or {})
        if reasons and reasons != dict(self._reasons):
            raise self._refused("reject reasons", reasons, dict(self._reasons))
        for name in ("run", "created_at", "files", "previous_manifest_sha256", "supersedes", "reason", "purpose"):
            manifest_fields.pop(name, None)
        started = perf_counter()
        self._aim.check(
            self._ledger,
            [self._folder / name for name in self._files],
            activity,
            manifest_fields.get("organisation", {}),
        )
        try:
            tables = {ACTIVITY: activity, PLAN: plan} | ({} if articles is None else {ARTICLES: articles})
            return self._finish(tables, factors_json, manifest_fields, counts, totals, started)
        except OSError as error:
            self._discard()
            raise disk_error(self._folder, error) from error
        except BaseException:
            self._discard()
            raise

    def _finish(self, tables, factors_json, fields, counts, totals, started: float) -> Manifest:
        if not self._files:
            self._files = dict([self.parts.write_empty()])
        if self._reject_writer is not None:
            self._reject_writer.close()
        for name, table in tables.items():
            if name == ARTICLES:
                self._write_articles(table, totals)
            else:
                pq.write_table(table, self._folder / name, compression="zstd")
        (self._folder / FACTORS).write_text(factors_json, encoding="utf-8", newline="\n")
        files = dict(sorted(self._files.items()))
        for name in files:
            sync(self._folder / name)
        sync(self._folder / FOOTPRINTS)
        self._leave_out_strays(set(files))
        for name in (*tables, FACTORS):
            sync(self._folder / name)
            files[name] = sha256_of(self._folder / name)
        if self._rejects:
            sync(self._rejects_beside)
            target = self._ledger.rejects_file(self.run)
            self._rejects_beside.replace(target)
            sync(target.parent)
            files[f"rejects/{self.run}.parquet"] = sha256_of(target)
        manifest = self._manifest(
            fields
            | {
                "counts": counts,
                "totals_kg": totals,
                "reject_reasons": dict(sorted(self._reasons.items())),
                "matches": fields.get("matches") or matches_of(tables[ACTIVITY]),
                "files": files,
                "durations_s": {**fields.get("durations_s", {}), "record": round(perf_counter() - started, 3)},
            }
        )
        content, head = manifest.to_bytes(), self._ledger.folder / "HEAD"
        stage(head, head_bytes(self.run, hashlib.sha256(content).hexdigest()))
        stage(self._folder / NAME, content)
        sync(self._folder)
        sync(self._folder.parent)
        put(self._folder / NAME)  # from here on the run exists
        self._ended = True
        with contextlib.suppress(OSError):  # the next writer lets HEAD follow
            put(head)
        return manifest

    def _write_articles(self, articles: pa.RecordBatchReader, totals: dict[str, float]) -> None:
        """Write what the lines carry as it comes, and check that it is all that the parcels have."""
        found: dict[str, list[float]] = {name: [] for name in ARTICLE_SUMS if name in totals}
        with pq.ParquetWriter(self._folder / ARTICLES, articles.schema, compression="zstd") as writer:
            for batch in articles:
                writer.write_batch(batch)
                for name, sums in found.items():
                    sums.append(pc.sum(batch[name]).as_py() or 0.0)
        for name, sums in found.items():
            if not agree(math.fsum(sums), totals[name]):
                raise self._refused(f"articles' {name}", math.fsum(sums), totals[name])

    def _manifest(self, fields: dict[str, Any]) -> Manifest:
        first = {
            "run": self.run,
            "created_at": f"{self._created:%Y-%m-%dT%H:%M:%S.%fZ}",
            "who": user_name(),
            "code_version": code_version(),
            "dependency_versions": versions(),
            "purpose": self._aim.purpose,
            "supersedes": self._aim.restates,
            "reason": self._aim.effective_reason,
            "previous_manifest_sha256": self._previous,
            "closings_sha256": next(reversed(self._ledger.closing_hashes()), None),
            "period": Days(first_day=min(self._days, default=None), last_day=max(self._days, default=None)),
        }
        try:
            made = Manifest(**first | fields)
            again = Manifest.model_validate_json(made.to_bytes())
        except (ValidationError, ValueError) as error:
            raise problem(self._folder / NAME, f"the manifest would not be valid: {error}", _REPORT) from error
        if again.to_bytes() != made.to_bytes():
            raise problem(self._folder / NAME, "the manifest would not read back as written", _REPORT)
        return again

    def _checked_counts(self, rows: int | None, given: dict[str, int] | None) -> dict[str, int]:
        given = dict(given or {})
        rows = given.get("rows", rows) if rows is None else rows
        if rows is None:
            raise LedgerError("finish() needs the number of input rows: rows=..., or counts={'rows': ...}")
        counts = {"rows": int(rows), "footprints": self._footprints, "rejects": self._rejects}
        if counts["rows"] != self._footprints + self._rejects:
            raise self._refused("rows", f"{rows} rows in", f"{self._footprints} footprints + {self._rejects} rejects")
        if any(counts.get(name, number) != number for name, number in given.items()):
            raise self._refused("counts", given, counts)
        return counts | {name: int(number) for name, number in given.items() if name not in counts}

    def _checked_totals(self, given: dict[str, float] | None) -> dict[str, float]:
        totals = {name: math.fsum(sums) for name, sums in self._sums.items()}
        for name, value in dict(given or {}).items():
            if name in totals and not agree(totals[name], value):
                raise self._refused(f"total of {name}", value, totals[name])
        return totals

    def _refused(self, what: str, found: object, expected: object) -> LedgerError:
        return problem(
            self._ledger.folder,
            f"the {what} do not add up; the run was not recorded",
            "report this: a ledger must add up",
            found=found,
            expected=str(expected),
        )

    def _leave_out_strays(self, known: set[str]) -> None:
        """Remove parts that nobody handed over: of a worker's attempt that was given up and repeated elsewhere."""
        for path in (self._folder / FOOTPRINTS).iterdir():
            if f"{FOOTPRINTS}/{path.name}" not in known:
                path.unlink()

    def _guarded(self, path: Path, action) -> None:
        try:
            action()
        except OSError as error:
            self._discard()
            raise disk_error(path, error) from error

    def _discard(self) -> None:
        """Leave nothing behind; closing a writer on a full disk may fail, too."""
        if self._ended:
            return
        self._ended = True
        if self._reject_writer is not None:
            with contextlib.suppress(Exception):
                self._reject_writer.close()
        # The manifest goes first: a kill in the middle of this must not leave a run without its files.
        with contextlib.suppress(OSError):
            (self._folder / NAME).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        for path in (self._ledger.rejects_file(self.run), self._ledger.folder / "HEAD.tmp"):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def stage_sums(activity: pa.Table) -> dict[Stage, float]:
    """Return what the activity adds up to by stage [kg CO2e], as far as it counts towards the total."""
    counted = activity.filter(pc.equal(activity["accounting"], IN_TOTAL)).select(["stage", "co2e_kg"])
    return {
        stage: math.fsum(counted.filter(pc.equal(counted["stage"], str(stage)))["co2e_kg"].to_numpy().tolist())
        for stage in Stage
    }


def agree(one: float, other: float) -> bool:
    """Whether two sums are the same to 1e-9 relative; what cancels to almost nothing agrees."""
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12)


def matches_of(activity: pa.Table) -> dict[str, int]:
    """Return parcel lines by match; the parts of one factor (WTT, TTW ...) count once."""
    keys = ["match", "block", "service", "month", "site", "factor_id", "wanted_region", "amount", "parcels"]
    cells = activity.select([*keys, "parameters"]).to_pylist()
    once = {(*(row[key] for key in keys), *row["parameters"]): row["parcels"] for row in cells}
    found: Counter[str] = Counter()
    for key, parcels in once.items():
        found[key[0]] += parcels
    return dict(sorted(found.items()))
