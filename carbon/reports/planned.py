"""The measures of the organisation file as an ESG report tells them: what each saves alone, and on what the former left."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from carbon.errors import RoiError
from carbon.reports.context import Measure
from carbon.reports.words import Words
from carbon.roi import Baseline, Considered, Step, abatement_curve, apply_in_sequence, measures_of, terms_of
from carbon.roi import Measure as Model


def planned_measures(
    organisation: Any,
    ledger_folder: Path | str,
    period: str | None,
    words: Words,
    factors: Iterable[Path | str] = (),
) -> tuple[Measure, ...]:
    """Return the measures that apply to a ledger with what they save in a year.

    They stand in the order of the abatement-cost curve, as in the ROI report; without a part `finance`, in that of the models.

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
    left, told = considered.baseline, []
    for model in _ordered(organisation, considered):
        alone, step = _step(model, considered.baseline), _step(model, left)
        saved_kg = 0.0 if step is None else step.saved_kg
        name = words(f"roi.measures.{model.key}.name")
        told.append(Measure(name, saved_kg, alone_kg=None if alone is None else alone.saved_kg))
        left = left if step is None else step.outcome.after
    return tuple(told)


def _ordered(organisation: Any, considered: Considered) -> list[Model]:
    if organisation.finance is None:
        return list(considered.applicable)
    baseline = considered.baseline
    curve = abatement_curve(considered.applicable, baseline, terms_of(organisation, baseline.currency, baseline.year))
    return [each.measure for each in (*curve.blocks, *curve.beside)]


def _step(model: Model, left: Baseline) -> Step | None:
    """Return what a measure does to a baseline; None where it finds nothing there to work on."""
    try:
        return apply_in_sequence((model,), left)[0]
    except RoiError:
        return None
