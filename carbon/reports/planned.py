"""The measures of the organisation file as an ESG report tells them: what each saves on what the former left."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from carbon.reports.context import Measure
from carbon.reports.words import Words
from carbon.roi import apply_in_sequence, measures_of


def planned_measures(
    organisation: Any,
    ledger_folder: Path | str,
    period: str | None,
    words: Words,
    factors: Iterable[Path | str] = (),
) -> tuple[Measure, ...]:
    """Return the measures that apply to a ledger with what they save in a year, in their order.

    Parameters
    ----------
    organisation : Organisation
        Without a block ``measures`` it has none.

    Raises
    ------
    RoiError
        If money has no currency, or the ledger has nothing in the period.
    """
    if organisation.measures is None:
        return ()
    considered = measures_of(organisation, ledger_folder, period, factors=factors)
    steps = apply_in_sequence(considered.applicable, considered.baseline)
    return tuple(Measure(words(f"roi.measures.{each.measure.key}.name"), each.saved_kg) for each in steps)
