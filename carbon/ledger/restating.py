"""What a new run is for, and when one may restate another.

Late data (returns, carriers' corrections) are ordinary. The base year is restated only for structural change, method
change or corrected errors whose effect on it is above the threshold that the organisation states (GHG Protocol
Corporate Standard, chapter 5: each company states its own). A factor edition of another year than the parcels' is a
sensitivity and restates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from carbon.engine.block import IN_TOTAL
from carbon.engine.duplicates import DuplicateFinder
from carbon.errors import InputError
from carbon.ledger.manifest import ACTIVITY, Manifest, Purpose, Reason, counting, problem, runs_of
from carbon.ledger.part import RecordedIds
from carbon.ledger.period import Period
from carbon.ledger.runs import Runs
from carbon.terms import Stage

_COLUMNS = ["accounting", "stage", "month", "co2e_kg"]
#: Fields of `method` that change no amount, or that a run's purpose follows from.
_NOT_METHOD = {"edition", "pseudonymise_orders", "radiative_forcing"}
#: With these a run may hold fewer parcels than the one it restates.
_MAY_DROP = (Reason.STRUCTURAL_CHANGE, Reason.ERROR)


@dataclass(frozen=True)
class Aim:
    """What a new run is for.

    Attributes
    ----------
    purpose : Purpose
    restates : tuple of str
        The runs that it takes the place of.
    reason : Reason or None
        Why; late data where it is not said.
    """

    purpose: Purpose = Purpose.INVENTORY
    restates: tuple[str, ...] = ()
    reason: Reason | None = None

    @classmethod
    def of(cls, restates: str | Iterable[str] | None, reason: Reason | str | None, purpose: Purpose) -> Aim:
        """Check what a user asks for.

        Raises
        ------
        InputError
            If the reason is unknown or restates nothing, or a sensitivity is to restate something.
        """
        restates, expected = runs_of(restates), ", ".join(Reason)
        if reason is not None and reason not in set(Reason):
            raise InputError("unknown reason for restating", found=reason, expected=expected)
        if reason is not None and not restates:
            raise InputError(
                "a reason needs a run to restate", found=reason, expected="--restate RUN", mend="name the run"
            )
        if restates and purpose is Purpose.SENSITIVITY:
            raise InputError(
                "a sensitivity restates nothing: its factor edition is not that of the parcels' own years",
                found=f"--restate {' --restate '.join(restates)}",
                expected="no run to restate",
                mend="leave --restate out and compare both with `carbon diff`; an edition that reflects real change "
                "applies to its own period only",
            )
        return cls(purpose, restates, None if reason is None else Reason(reason))

    @property
    def effective_reason(self) -> Reason | None:
        """With what an unsaid one means."""
        return self.reason or Reason.LATE_DATA if self.restates else None

    def check_reason(self, ledger: Runs, organisation: Mapping[str, Any]) -> None:
        """Refuse what needs no result to be refused: a change that is not described, a base year restated without a word.

        Raises
        ------
        InputError, LedgerError
            With the way out.
        """
        if self.restates and self.reason is Reason.STRUCTURAL_CHANGE and not organisation.get("structural_changes"):
            raise InputError(
                "a structural change is not described",
                expected="structural_changes: [{date: 2026-03-01, kind: acquisition, what: ...}]",
                mend="say in the organisation file what was bought, sold, merged, outsourced or insourced",
            )
        year = organisation.get("base_year")
        if self.reason is None and year is not None and any(touches(ledger.run(run), year) for run in self.restates):
            raise InputError(
                f"this restates the base year {year}, and does not say why",
                expected=", ".join(Reason),
                mend="add --reason late_data where returns or carriers' figures came late; else name the change",
            )

    def check(self, ledger: Runs, files: Iterable[Path], activity: pa.Table, organisation: Mapping[str, Any]) -> None:
        """Refuse a restatement that loses parcels, or one of the base year that its policy does not cover.

        Parameters
        ----------
        files : iterable of Path
            The new run's footprints.
        activity : pyarrow.Table
            The new run's.
        organisation : mapping
            As in the manifest.

        Raises
        ------
        InputError, LedgerError
            With the way out; nothing is recorded then.
        """
        if not self.restates:
            return
        self.check_reason(ledger, organisation)
        old, reason = [ledger.run(run) for run in self.restates], self.effective_reason
        if reason not in _MAY_DROP:
            _refuse_loss(ledger, old, files)
        year = organisation.get("base_year")
        if year is None:
            return
        if reason is Reason.LATE_DATA:
            _refuse_other_method([each for each in old if touches(each, year)], year, organisation)
            return
        mine, theirs = _kg(activity, year), recorded_kg(ledger, old, year)
        if not mine and self.restates == (ledger.runs()[-1].run,):
            return  # what was recorded last is withdrawn: the base year is as it was before
        if mine or theirs:
            before = recorded_kg(ledger, counting(ledger.runs()), year)
            _apply_policy(reason, year, organisation, before, mine - theirs)


def purpose_of(edition: int | None, years: Iterable[int]) -> Purpose:
    """Return what a run with a chosen factor edition is for: other years' parcels make it a sensitivity."""
    other = edition is not None and set(years) != {edition}
    return Purpose.SENSITIVITY if other else Purpose.INVENTORY


def sensitivity_note(edition: int | None, years: Iterable[int]) -> str:
    """Return what every reader of a sensitivity must know."""
    of = ", ".join(map(str, sorted(set(years))))
    return f"sensitivity: parcels of {of} with the factor edition of {edition}; it counts in no inventory"


def _apply_policy(
    reason: Reason, year: int, organisation: Mapping[str, Any], before_kg: float, change_kg: float
) -> None:
    threshold = threshold_of(organisation)
    if threshold is None:
        raise InputError(
            f"this changes the base year {year}, and no threshold for restating it is stated",
            found=f"{change_kg:+,.3g} kg CO2e by {reason}",
            expected="restatement: {threshold: 0.05}",
            mend="state your policy's threshold in the organisation file; the GHG Protocol leaves it to each company",
        )
    share = abs(change_kg / before_kg) if before_kg else math.inf
    if share <= threshold:
        raise InputError(
            f"the base year {year} is not restated: the effect is not above the stated threshold",
            found=f"{change_kg:+,.6g} kg CO2e, {share:.3%} of {before_kg:,.6g} kg, by {reason}",
            expected=f"more than {threshold:.3%}",
            mend="leave the base year as it is, and count the new way from now on; small corrections are collected and "
            "restated together (--restate is repeatable) once they exceed it",
        )


def method_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the choices of method that differ between two organisation files, as in manifests."""
    before, after = old.get("method") or {}, new.get("method") or {}
    return [
        f"method.{name}: {before.get(name)} -> {after.get(name)}"
        for name in sorted({*before, *after} - _NOT_METHOD)
        if before.get(name) != after.get(name)
    ]


def _refuse_other_method(old: Sequence[Manifest], year: int, organisation: Mapping[str, Any]) -> None:
    """Late data do not change how a base year is counted."""
    changes = [each for manifest in old for each in method_changes(manifest.organisation, organisation)]
    if changes:
        raise InputError(
            f"this is more than late data: the base year {year} would be counted in another way",
            found="; ".join(dict.fromkeys(changes)),
            expected="the method choices of the run to restate",
            mend="put them back, or restate with --reason method_change",
        )


def _refuse_loss(ledger: Runs, old: Sequence[Manifest], files: Iterable[Path]) -> None:
    """A run that restates others holds their parcels, or says why they fell away."""
    finder, row, runs = DuplicateFinder(), 0, [each.run for each in old]
    finder.hold("new", RecordedIds(list(files)))
    for ids in ledger.parcel_ids(runs):
        finder.add(ids, np.arange(row, row + len(ids)))
        row += len(ids)
    lost = np.flatnonzero(finder.finish().held_by(np.arange(row)) == 0)
    if not lost.size:
        return
    some = _ids_at(ledger.parcel_ids(runs), lost[:3])
    raise problem(
        ledger.run_folder(runs[0]),
        f"{lost.size:,} of {row:,} parcels would no longer count: the new run does not hold them",
        "give the whole file again, with what came late in it; parcels that fell away on purpose are a structural "
        "change or an error: --reason structural_change, --reason error",
        found=f"a run without {', '.join(some)}{' ...' if lost.size > len(some) else ''}",
        expected="every parcel of what is restated",
    )


def _ids_at(pieces: Iterable[pa.Array], rows: np.ndarray) -> list[str]:
    found, first = [], 0
    for ids in pieces:
        inside = rows[(rows >= first) & (rows < first + len(ids))] - first
        found += ids.take(pa.array(inside)).to_pylist()
        first += len(ids)
    return found


def recorded_kg(ledger: Runs, manifests: Iterable[Manifest], year: int) -> float:
    """Return what runs hold of a year [kg CO2e]: delivery, location-based."""
    tables = (
        pq.read_table(ledger.file(each.run, ACTIVITY), columns=_COLUMNS) for each in manifests if touches(each, year)
    )
    return math.fsum(_kg(table, year) for table in tables)


def _kg(activity: pa.Table, year: int) -> float:
    return math.fsum(
        row["co2e_kg"]
        for row in activity.select(_COLUMNS).to_pylist()
        if row["accounting"] == IN_TOTAL and row["stage"] != Stage.PRODUCT and row["month"][:4] == str(year)
    )


def touches(manifest: Manifest, year: int) -> bool:
    """Whether a run may hold parcels of a year."""
    first, last = manifest.period.first_day, manifest.period.last_day
    whole = Period.from_text(str(year))
    return first is not None and last is not None and first <= whole.last_day and last >= whole.first_day


def threshold_of(organisation: Mapping[str, Any]) -> float | None:
    """Return the stated threshold, as a share of the base year's emissions."""
    return (organisation.get("restatement") or {}).get("threshold")
