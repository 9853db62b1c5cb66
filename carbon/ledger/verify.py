"""Checking a ledger from the bytes up: every hash, the chain, the counts and the sums."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carbon.engine.duplicates import DuplicateFinder
from carbon.engine.kernel import stage_column
from carbon.errors import CarbonError
from carbon.ledger.files import sha256_of
from carbon.ledger.findings import Finding
from carbon.ledger.manifest import (
    ACTIVITY,
    ARTICLES,
    FACTORS,
    FOOTPRINTS,
    NAME,
    RUN_ID,
    Manifest,
    counting,
    read_head,
    read_manifest,
)
from carbon.ledger.query import as_ledger
from carbon.ledger.store import Ledger
from carbon.ledger.writer import ARTICLE_SUMS, agree, stage_sums


@dataclass(frozen=True)
class Verification:
    """Result of `verify`.

    Attributes
    ----------
    head_sha256 : str
        Hash of the newest manifest: stands for the whole chain, and may be kept elsewhere.
    erased : list of str
        Rejects files that were erased, which is allowed.
    """

    ok: bool
    problems: list[Finding]
    runs: int
    head_sha256: str
    erased: list[str] = field(default_factory=list)


#: Called with (step, runs done, runs in all) while a ledger is checked.
Progress = Callable[[str, int, int], None]


def _no_progress(step: str, done: int, expected: int) -> None:
    """Show nothing."""


def verify(
    folder: Ledger | Path | str, *, head_sha256: str | None = None, progress: Progress = _no_progress
) -> Verification:
    """Recompute everything that can be recomputed.

    Parameters
    ----------
    folder : path or Ledger
    head_sha256 : str, optional
        A hash kept elsewhere (printed in a report); some run of the chain must have it.
    progress : callable, optional
        Called after each run; whatever it raises ends the check.

    Returns
    -------
    Verification
        With a finding for each problem; nothing is raised for a broken ledger.
    """
    ledger = as_ledger(folder)
    problems: list[Finding] = []
    erased: list[str] = []
    digests: dict[str, str] = {}
    manifests: dict[str, Manifest] = {}
    _check_names(ledger, problems)
    previous: str | None = None
    ids = ledger.run_ids()
    for position, run in enumerate(ids):
        progress("verify", position, len(ids))
        place = ledger.run_folder(run)
        digests[run] = sha256_of(place / NAME)
        try:
            manifest = read_manifest(place)
        except CarbonError as error:
            problems.append(_unreadable(place / NAME, error))
            previous = digests[run]
            continue
        manifests[run] = manifest
        if manifest.run != run:
            problems.append(Finding.of(place / NAME, "other_run", run=manifest.run))
        if manifest.previous_manifest_sha256 != previous:
            problems.append(Finding.of(place / NAME, "not_following"))
        previous = digests[run]
        problems += [
            Finding.of(place / NAME, "no_earlier_run", run=each)
            for each in manifest.supersedes
            if each not in manifests
        ]
        _check_files(ledger, manifest, problems, erased)
    progress("verify", len(ids), len(ids))
    restated = [each for manifest in manifests.values() for each in manifest.supersedes]
    problems += [
        Finding.of(ledger.folder, "restated_twice", run=run) for run in sorted(set(restated)) if restated.count(run) > 1
    ]
    _check_head(ledger, digests, manifests, problems)
    _check_once(ledger, [each.run for each in counting(manifests.values())], problems)
    try:
        closings = set(ledger.closing_hashes())
        problems += [
            Finding.of(ledger.folder / "closed.jsonl", "closings_lack", run=manifest.run)
            for manifest in manifests.values()
            if manifest.closings_sha256 is not None and manifest.closings_sha256 not in closings
        ]
    except CarbonError as error:
        problems.append(_unreadable(ledger.folder / "closed.jsonl", error))
    if head_sha256 is not None and head_sha256 not in digests.values():
        problems.append(Finding.of(ledger.folder, "no_such_hash", sha256=head_sha256))
    newest = digests[max(digests)] if digests else ""
    return Verification(not problems, problems, len(digests), newest, erased)


def _unreadable(path: Path, error: Exception) -> Finding:
    detail = str(error).split("\n")[0].removeprefix(f"{path}: ").removeprefix("cannot be read: ")
    return Finding.of(path, "unreadable", detail=detail)


def _check_names(ledger: Ledger, problems: list[Finding]) -> None:
    """A run's folder without its manifest is a killed writer's, unless another run needs it."""
    runs = ledger.folder / "runs"
    if not ledger.folder.is_dir():
        problems.append(Finding.of(ledger.folder, "no_folder"))
    elif not ledger.is_ledger():
        problems.append(Finding.of(ledger.folder, "no_ledger"))
    elif runs.is_dir():
        problems += [
            Finding.of(path, "strange_folder") for path in sorted(runs.iterdir()) if not RUN_ID.fullmatch(path.name)
        ]


def _check_head(
    ledger: Ledger, digests: dict[str, str], manifests: dict[str, Manifest], problems: list[Finding]
) -> None:
    try:
        named = read_head(ledger.folder)
    except CarbonError as error:
        problems.append(_unreadable(ledger.folder / "HEAD", error))
        return
    ids = sorted(digests)
    wanted = [(run, digests[run]) for run in ids[-1:]] or [None]
    # A writer killed between manifest and HEAD leaves HEAD one run behind; the next writer mends it.
    wanted.append((ids[-2], digests[ids[-2]]) if len(ids) > 1 else None)
    if named not in wanted:
        problems.append(Finding.of(ledger.folder / "HEAD", "not_newest"))


def _check_files(ledger: Ledger, manifest: Manifest, problems: list[Finding], erased: list[str]) -> None:
    place, intact = ledger.run_folder(manifest.run), True
    for name, digest in sorted(manifest.files.items()):
        rejects = name.startswith("rejects/")
        path = ledger.rejects_file(manifest.run) if rejects else place / name
        if not path.is_file():
            if rejects:
                erased.append(str(path))
            else:
                intact = False
                problems.append(Finding.of(path, "missing"))
        elif sha256_of(path) != digest:
            intact = intact and rejects
            problems.append(Finding.of(path, "changed"))
    expected = {place / name for name in manifest.files if not name.startswith("rejects/")} | {place / NAME}
    found = (path for path in sorted(place.rglob("*")) if not path.is_dir())
    problems += [Finding.of(path, "strange_file") for path in found if path not in expected]
    if intact:
        try:
            _check_sums(ledger, manifest, problems)
        except (OSError, pa.ArrowException, KeyError, ValueError, duckdb.Error) as error:
            problems.append(_unreadable(place, error))


def _check_sums(ledger: Ledger, manifest: Manifest, problems: list[Finding]) -> None:
    place, counts = ledger.run_folder(manifest.run), manifest.counts
    path, files = ledger.file(manifest.run, FOOTPRINTS), ledger.footprint_files(manifest.run)
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    if rows != counts["footprints"]:
        problems.append(Finding.of(path, "footprints_count", found=rows, stated=counts["footprints"]))
    if counts["rows"] != counts["footprints"] + counts["rejects"]:
        told = {name: counts[name] for name in ("rows", "footprints", "rejects")}
        problems.append(Finding.of(place / NAME, "rows_count", **told))
    if sum(manifest.reject_reasons.values()) != counts["rejects"]:
        problems.append(Finding.of(place / NAME, "reasons_count", rejects=counts["rejects"]))
    rejects = ledger.rejects_file(manifest.run)
    if rejects.is_file() and pq.read_metadata(rejects).num_rows != counts["rejects"]:
        problems.append(Finding.of(rejects, "rejects_count", rejects=counts["rejects"]))
    sums = _sums(files, list(manifest.totals_kg))
    for name, stated in manifest.totals_kg.items():
        if not agree(sums[name], stated):
            problems.append(Finding.of(path, "sum", name=name, found=sums[name], stated=stated))
    for stage, found in stage_sums(pq.read_table(ledger.file(manifest.run, ACTIVITY))).items():
        name = stage_column(stage)
        if name in sums and not agree(found, sums[name]):
            problems.append(Finding.of(place / ACTIVITY, "stage_sum", name=stage, found=found, stated=sums[name]))
    if ARTICLES in manifest.files:
        shared = _sums([ledger.file(manifest.run, ARTICLES)], [name for name in ARTICLE_SUMS if name in sums])
        for name, found in shared.items():
            if not agree(found, sums[name]):
                problems.append(Finding.of(place / ARTICLES, "stage_sum", name=name, found=found, stated=sums[name]))
    json.loads(ledger.file(manifest.run, FACTORS).read_bytes())


def _sums(files: list[Path], names: list[str]) -> dict[str, float]:
    """Add up columns, row group by row group."""
    parts: dict[str, list[float]] = {name: [] for name in names}
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=names):
                for name in names:
                    parts[name].append(pc.sum(batch[name]).as_py() or 0.0)
    return {name: math.fsum(values) for name, values in parts.items()}


def _check_once(ledger: Ledger, runs: list[str], problems: list[Finding]) -> None:
    """Every parcel counts once: no id stands twice among the runs that count."""
    finder = DuplicateFinder()
    try:
        row = 0
        for ids in ledger.parcel_ids(runs):
            finder.add(ids, np.arange(row, row + len(ids)))
            row += len(ids)
        twice = finder.finish()
    except (OSError, pa.ArrowException, CarbonError) as error:
        problems.append(Finding.of(ledger.folder, "footprints_unreadable", detail=error))
        return
    if len(twice.rows):
        problems.append(Finding.of(ledger.folder, "twice", parcels=len(twice.rows), example=twice.example))
