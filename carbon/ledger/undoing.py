"""Undoing a run: nothing is taken out of a ledger, so a new run takes its place and brings back what counted before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from carbon.ledger.manifest import ACTIVITY, ARTICLES, FACTORS, PLAN, Manifest, Reason, problem
from carbon.ledger.query import as_ledger
from carbon.ledger.store import Ledger

_KEPT = ("organisation", "organisation_sha256", "factor_release_sha256", "gwp_set", "input_name", "input_sha256",
         "fallbacks", "matches", "options")  # fmt: skip
_NO_FACTORS = json.dumps({"factors": [], "sources": {}})


def undo(folder: Ledger | Path | str, run: str) -> Manifest:
    """Record a run that takes the place of another: with the parcels of the run that it had restated, else with none.

    The undone run stays readable and counts no more; its parcels may be recorded again.

    Parameters
    ----------
    folder : path or Ledger
    run : str
        A run that counts.

    Returns
    -------
    Manifest
        Of the new run.

    Raises
    ------
    InputError
        If parcels of the base year would count no more and the organisation file states no threshold for restating it.
    LedgerError
        If there is no such run, it counts no more, lies in a closed period, or had restated several runs.
    """
    ledger = as_ledger(folder)
    undone = ledger.run(run)
    if len(undone.supersedes) > 1:
        raise problem(
            ledger.run_folder(run),
            f"this run restated {len(undone.supersedes)} runs, and one cannot bring several back",
            "restate it with their orders files",
        )
    before = ledger.run(undone.supersedes[0]) if undone.supersedes else None
    source = before or undone
    activity, plan = (pq.read_table(ledger.file(source.run, name)) for name in (ACTIVITY, PLAN))
    factors = ledger.file(source.run, FACTORS).read_text(encoding="utf-8") if before else _NO_FACTORS
    schema = pq.read_schema(ledger.footprint_files(source.run)[0])
    fields = source.model_dump(include=set(_KEPT))
    if before is None:
        activity, plan = activity.slice(0, 0), plan.slice(0, 0)
        fields |= {"fallbacks": {}, "matches": {}, "input_name": "", "input_sha256": ""}
    said = f"undoes run {run}" + (
        f": the parcels of run {before.run} count again" if before else ": its parcels count no more"
    )
    notes = [*(before.notes if before else ()), said]
    # Bringing back as many parcels is as ordinary as late data; what lets parcels go corrects an error, and the base year's
    # policy has its word.
    whole = before is not None and before.counts["footprints"] >= undone.counts["footprints"]
    with ledger.begin(schema, restates=run, reason=Reason.LATE_DATA if whole else Reason.ERROR) as writer:
        rows = 0
        for table in _parts(ledger, before.run) if before else ():
            writer.write(table.cast(schema))
            rows += table.num_rows
        record = {"activity": activity, "plan": plan, "factors_json": factors, "rows": rows, "durations_s": {}}
        with ExitStack() as open_files:
            if before is not None and ARTICLES in before.files:
                file = open_files.enter_context(pq.ParquetFile(ledger.file(before.run, ARTICLES)))
                record["articles"] = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
            return writer.finish(**record, notes=notes, **fields)


def _parts(ledger: Ledger, run: str) -> Iterator[pa.Table]:
    for path in ledger.footprint_files(run):
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)
