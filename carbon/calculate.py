"""The main job: load, plan, run in chunks, record. Read this first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import pyarrow as pa

from carbon import organisation as _organisation
from carbon.engine.duplicates import HeldBy
from carbon.engine.engines import Engine, engine_of
from carbon.engine.intake import Intake
from carbon.engine.plan import Plan, lay_ground
from carbon.engine.run import ChunkResult, ChunkRunner, Keep, Running, in_memory
from carbon.engine.sharing import shared_plan
from carbon.engine.spend_rates import spend_rates
from carbon.engine.survey import Recorded, Survey
from carbon.errors import InputError, OrdersError, Where
from carbon.factors.registry import Registry
from carbon.ledger import Ledger, Manifest
from carbon.ledger.manifest import Purpose
from carbon.ledger.restating import Aim, purpose_of, sensitivity_note
from carbon.orders.places import Places
from carbon.orders.pseudonym import key_from_environment
from carbon.orders.rejects import Rejects, rejects_table
from carbon.orders.rejects_file import RejectsFile
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation

#: Called with (step, parcels done, parcels expected) while a run is under way.
Progress = Callable[[str, int, int], None]


def _no_progress(step: str, done: int, expected: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Calculation:
    """What `calculate` returns.

    Attributes
    ----------
    manifest : Manifest or None
        Of the recorded run; None without a ledger.
    footprints, rejects : pandas.DataFrame or None
        Only where `collect` asks for them (always without a ledger).
    totals_kg : dict
        Sum of each result column [kg CO2e].
    recorded_in : HeldBy
        Earlier runs and how many of this input's parcels they hold; those are rejects here.
    notes : list of str
        What a reader of the results must know.
    """

    manifest: Manifest | None
    footprints: pd.DataFrame | None
    rejects: pd.DataFrame | None
    totals_kg: dict[str, float]
    counts: dict[str, int]
    notes: list[str]
    recorded_in: HeldBy


@dataclass(frozen=True)
class Job:
    """Everything loaded for a run, before anything is computed."""

    orders: OrdersInput
    organisation: Organisation
    registry: Registry
    places: Places
    engine: Engine


def load(
    orders: Any,
    organisation: Path | str | Organisation,
    *,
    factors: Iterable[Path | str] = (),
    mapping: Path | str | None = None,
    lines: Path | str | None = None,
    articles: Path | str | None = None,
    places: Path | str | None = None,
    geocoder: Any = None,
    engine: str = "local",
    edition: int | None = None,
) -> Job:
    """Read the set-up, the factor tables and the header of the orders.

    `engine` is ``local`` or ``spark``; `edition` takes the factors of that year, whatever the parcels' own.
    """
    setup = organisation if isinstance(organisation, Organisation) else _organisation.read(organisation)
    setup = setup.with_edition(edition)
    opened, known = OrdersInput.open(orders, mapping=mapping, lines=lines, articles=articles), Places(places, geocoder)
    registry = Registry.load(factors, gwp_set=setup.method.gwp_set)
    return Job(opened, setup, registry, known, engine_of(engine, opened, known))


def plan_of(
    job: Job, recorded: Recorded | None = None, progress: Progress = _no_progress, clock: Stopwatch | None = None
) -> tuple[Plan, Intake, Survey]:
    """Survey the orders, count what is shared, bind lanes, packages and sites to factors, prove the units.

    `recorded` are the parcel ids that earlier runs hold.
    """
    clock = clock or Stopwatch()
    key = key_from_environment() if job.organisation.method.pseudonymise_orders else None
    rows_done = 0

    def done(rows: int) -> None:
        nonlocal rows_done
        rows_done += rows
        progress("survey", rows_done, job.orders.row_estimate)

    found = job.engine.survey(job.registry, recorded, key, done)
    clock.lap("survey")
    if not found.profile.months:
        raise _NoUsableRow(
            "no usable row",
            found=f"{found.row_count} rows, all rejected",
            expected="at least one parcel",
            mend="look at the reasons with --rejects FILE",
            where=Where(job.orders.name),
        )
    ground = lay_ground(job.organisation, job.registry, found.profile, job.places)
    intake = Intake(found.duplicates, key)
    plan = shared_plan(ground, lambda draft: job.engine.totals(draft, intake))
    clock.lap("plan")
    return plan, intake, found


def calculate(
    orders: Any,
    organisation: Path | str | Organisation,
    *,
    ledger: Path | str | None = None,
    restate: str | Iterable[str] | None = None,
    reason: str | None = None,
    collect: bool | None = None,
    progress: Progress = _no_progress,
    rejects_file: Path | str | None = None,
    **inputs: Any,
) -> Calculation:
    """Compute the footprint of every parcel, and record it.

    Parameters
    ----------
    orders : path, pandas.DataFrame or pyarrow.Table
        The canonical table, or a foreign one with a `mapping`.
    organisation : path or Organisation
    ledger : path, optional
        Folder to record the run in; without it nothing is written and the footprints are returned.
    restate : str or iterable of str, optional
        Ids of the runs that this run replaces.
    reason : str, optional
        Why: ``late_data`` (the default), ``error``, ``method_change`` or ``structural_change``. The base year is
        restated only for the last three, above the threshold that the organisation states.
    collect : bool, optional
        Return all footprints as a DataFrame; default only without a ledger.
    rejects_file : path, optional
        Also write the rejects there, as CSV: whole, also where no row is usable, or not at all.
    **inputs
        `factors`, `mapping`, `lines`, `articles`, `places`, `geocoder`, `engine`, `edition`: see `load`. With an edition of other
        years than the parcels' the run is a sensitivity: recorded, labelled, and counted in no inventory.

    Returns
    -------
    Calculation

    Raises
    ------
    InputError
        If a file cannot be used as a whole; single bad rows become rejects.
    LedgerError
        If the run cannot be recorded; nothing is left half-written.
    """
    job = load(orders, organisation, **inputs)
    collect = ledger is None if collect is None else collect
    book = Ledger(ledger) if ledger is not None else None
    if restate is not None and book is None:
        raise InputError("restating needs a ledger", expected="--ledger DIR")
    aim = Aim.of(restate, reason, Purpose.INVENTORY)
    recorded = book.recorded(restate) if book is not None else None
    if book is not None:  # before a long survey, not after it
        aim.check_reason(book, job.organisation.model_dump(mode="json", by_alias=True))
    edition = job.organisation.method.edition
    clock = Stopwatch()
    with _Sink(collect, rejects_file) as sink:
        try:
            # Whether a chosen edition is the parcels' own is known after the survey; a sensitivity shares their parcels.
            plan, intake, found = plan_of(job, recorded if edition is None else None, progress, clock)
            purpose = purpose_of(edition, plan.profile.years)
            if edition is not None and purpose is Purpose.INVENTORY and recorded is not None:
                plan, intake, found = plan_of(job, recorded, progress, clock)
        except _NoUsableRow:
            for chunk in job.orders.chunks():
                sink.take_rejects(chunk.rejects)
            sink.complete()
            raise
        held = found.duplicates.held_counts()
        held.sizes = {each.run: each.counts["footprints"] for each in (book.current() if held else ())}
        if purpose is Purpose.SENSITIVITY:
            _check_edition(plan, edition)
            plan.context.note(sensitivity_note(edition, plan.profile.years))
        running = Running(plan)
        runner = ChunkRunner(plan, job.places, job.orders.has_lines)

        def results(keep: Keep) -> Iterator[ChunkResult]:
            done = 0
            for result in job.engine.results(runner, intake, keep):
                running.take(result)
                yield result
                done += result.row_count
                progress("calculate", done, found.row_count)

        if book is None:
            manifest = None
            for result in results(in_memory):
                sink.take(result, result.kept)
            sink.complete()
        else:
            with book.begin(runner.schema, restates=restate, reason=reason, purpose=purpose) as writer:
                for result in results(writer.parts.keeping(collect)):
                    part, table = result.kept
                    writer.add(part)
                    writer.reject(result.rejects)
                    sink.take(result, table)
                sink.complete()
                if sink.parcels == 0:
                    raise _nothing(job, running, held)
                record = _record(job, running, found)
                clock.lap("calculate")
                articles = None
                if job.orders.has_lines:
                    articles = job.orders.by_article(writer.footprint_files(), spend_rates(plan), intake.key)
                    clock.lap("articles")
                manifest = writer.finish(**record, articles=articles, durations_s=clock.laps_s)
    return Calculation(
        manifest,
        sink.footprints(runner.schema),
        sink.rejects_frame(),
        dict(running.totals_kg),
        {"rows": found.row_count, "footprints": sink.parcels, "rejects": found.row_count - sink.parcels},
        list(plan.context.notes),
        held,
    )


def _check_edition(plan: Plan, edition: int) -> None:
    """A year of which no factor is would only be a label."""
    dated = [
        binding.match.edition_gap_years
        for block in plan.blocks
        for binding in block.bindings
        if binding.factor.first.valid_from is not None
    ]
    if dated and min(dated) > 0:
        raise InputError(
            "no factor of these parcels is of that edition",
            found=str(edition),
            expected=f"a year with factors; the nearest lie {min(dated)} years away",
            mend="see `carbon factors list`",
        )


def _nothing(job: Job, running: Running, held: HeldBy) -> OrdersError:
    """No parcel got a footprint: nothing is recorded."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in running.reject_reasons.most_common())
    mend = "look at them with --rejects FILE"
    if held:
        reasons, mend = f"{reasons}; already counting: {held}", held.advice
    return OrdersError(
        "no parcel gets a footprint; nothing was recorded",
        found=reasons or "no rows",
        expected="at least one usable row",
        mend=mend,
        where=Where(job.orders.name),
    )


def _record(job: Job, running: Running, found: Survey) -> dict[str, Any]:
    """What the run's files and manifest say besides what the ledger itself knows."""
    setup, used = job.organisation, running.factor_ids()
    return {
        "activity": running.activity_table(),
        "plan": running.plan.table(),
        "factors_json": job.registry.as_json(used | job.registry.per_energy(used)),
        # By name: where they lie is nobody else's business, and their hashes tell them apart.
        "options": {
            "inputs": [{"name": Path(name).name, "sha256": found} for name, found in job.orders.hashes().items()],
            "edition": setup.method.edition,
        },
        "organisation": setup.model_dump(mode="json", by_alias=True),
        "input_name": Path(job.orders.name).name,
        "input_sha256": job.orders.sha256(),
        "organisation_sha256": setup.hash,
        "factor_release_sha256": job.registry.hash,
        "gwp_set": str(job.registry.gwp_set),
        "rows": found.row_count,
        "reject_reasons": dict(running.reject_reasons),
        "fallbacks": dict(running.fallbacks),
        "matches": running.matches(),
        "notes": list(running.plan.context.notes),
        "totals_kg": dict(running.totals_kg),
    }


class Stopwatch:
    """Times the steps of a run [s]."""

    def __init__(self) -> None:
        self.laps_s: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, step: str) -> None:
        """End a step."""
        now = perf_counter()
        self.laps_s[step], self._since = round(now - self._since, 3), now


class _NoUsableRow(OrdersError):
    """All rows were rejected as they were read."""


class _Sink:
    """Keeps what the caller wants: footprints and rejects in memory, rejects in a file."""

    def __init__(self, collect: bool, rejects_file: Path | str | None):
        self._collect, self._path = collect, rejects_file
        self._file: RejectsFile | None = None
        self._open = ExitStack()
        self._tables: list[pa.Table] = []
        self._rejects: list[Rejects] = []
        self.parcels = 0

    def __enter__(self) -> _Sink:
        if self._path is not None:
            self._file = self._open.enter_context(RejectsFile(self._path))
        return self

    def __exit__(self, *failure: object) -> None:
        self._open.__exit__(*failure)

    def take_rejects(self, rejects: Rejects) -> None:
        """Add rejects."""
        if self._file is not None:
            self._file.write(rejects)
        if self._collect:
            self._rejects.append(rejects)

    def take(self, result: ChunkResult, table: pa.Table | None) -> None:
        """Add one chunk."""
        self.parcels += result.footprint_count
        if table is not None:
            self._tables.append(table)
        self.take_rejects(result.rejects)

    def complete(self) -> None:
        """Say that every row was seen."""
        if self._file is not None:
            self._file.complete()

    def footprints(self, schema: pa.Schema) -> pd.DataFrame | None:
        """Return all footprints, None where they were not collected."""
        if not self._collect:
            return None
        return pa.concat_tables([schema.empty_table(), *self._tables], promote_options="default").to_pandas()

    def rejects_frame(self) -> pd.DataFrame | None:
        """Return all rejects, None where they were not collected."""
        return rejects_table(Rejects.joined(self._rejects)).to_pandas() if self._collect else None
