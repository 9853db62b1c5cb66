"""The base year's figures side by side: before and after each run that restated it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from carbon.ledger.manifest import Reason, counting
from carbon.ledger.query import as_ledger
from carbon.ledger.restating import recorded_kg, threshold_of, touches
from carbon.ledger.store import Ledger


@dataclass(frozen=True)
class Restatement:
    """A base-year figure before and after a run that restates another [kg CO2e, delivery, location-based].

    Attributes
    ----------
    run, supersedes : str, tuple of str
        The new run and those that it restates.
    reason : Reason
        Why; `restates_base_year` says whether that is a reason to restate a base year, or ordinary late data.
    before_kg, after_kg : float
        Of the whole base year, over all runs that counted before and after.
    threshold_share : float or None
        As stated when the run was made.
    structural_changes : list of str
        What the organisation file said of them then, where they are the reason.
    """

    run: str
    supersedes: tuple[str, ...]
    created_at: str
    reason: Reason
    base_year: int
    before_kg: float
    after_kg: float
    threshold_share: float | None
    structural_changes: list[str] = field(default_factory=list)

    @property
    def change_share(self) -> float | None:
        """Change over the former figure; None where there was none."""
        return (self.after_kg - self.before_kg) / self.before_kg if self.before_kg else None

    @property
    def restates_base_year(self) -> bool:
        """Whether the policy was applied."""
        return self.reason is not Reason.LATE_DATA


def restatements(folder: Ledger | Path | str) -> list[Restatement]:
    """Return every change of the base year's figure by a run that restates others, oldest first.

    Parameters
    ----------
    folder : path or Ledger
    """
    ledger = as_ledger(folder)
    found, manifests = [], ledger.runs()
    for position, manifest in enumerate(manifests):
        year = manifest.organisation.get("base_year")
        old = [each for each in manifests[:position] if each.run in manifest.supersedes]
        if year is None or not old or not any(touches(each, year) for each in (manifest, *old)):
            continue
        found.append(
            Restatement(
                run=manifest.run,
                supersedes=manifest.supersedes,
                created_at=manifest.created_at,
                reason=manifest.reason or Reason.LATE_DATA,
                base_year=year,
                before_kg=recorded_kg(ledger, counting(manifests[:position]), year),
                after_kg=recorded_kg(ledger, counting(manifests[: position + 1]), year),
                threshold_share=threshold_of(manifest.organisation),
                structural_changes=[
                    str(each.get("what", "")) for each in manifest.organisation.get("structural_changes") or ()
                ]
                if manifest.reason is Reason.STRUCTURAL_CHANGE
                else [],
            )
        )
    return found
