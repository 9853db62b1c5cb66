"""Which measures apply to a ledger, and what they do one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from carbon import organisation as _organisation
from carbon.errors import FactorError, RoiError
from carbon.factors.factor import Source
from carbon.factors.registry import Registry
from carbon.ledger import Ledger, Period
from carbon.organisation import Organisation
from carbon.roi.baseline import Baseline
from carbon.roi.inputs import Setup
from carbon.roi.measure import Measure, Outcome, Values
from carbon.roi.measures import MEASURES
from carbon.roi.reading import read_baseline
from carbon.roi.remark import NotApplicable, Remark, why_of


@dataclass(frozen=True)
class LeftOut:
    """A measure that does not apply, and why: what was found, expected and how to mend it."""

    key: str
    error: RoiError | FactorError

    @property
    def reason(self) -> str:
        """The error in words."""
        return str(self.error)

    @property
    def why(self) -> Remark:
        """The error in one sentence, which a report can say in its language."""
        return why_of(self.error)


@dataclass(frozen=True)
class Considered:
    """All measures of a ledger.

    Attributes
    ----------
    baseline : Baseline
        The year they start from.
    applicable : tuple of Measure
        In the order in which they are applied.
    left_out : tuple of LeftOut
        All the others.
    sources : mapping of str to Source
        Key to publication, of all that the registry cites.
    """

    baseline: Baseline
    applicable: tuple[Measure, ...]
    left_out: tuple[LeftOut, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)

    def measure(self, key: str) -> Measure:
        """Return an applicable measure.

        Raises
        ------
        RoiError
            If there is none of that key, or it does not apply.
        """
        for each in self.applicable:
            if each.key == key:
                return each
        for other in self.left_out:
            if other.key == key:
                raise other.error
        raise RoiError("no such measure", found=key, expected=", ".join(MEASURES), mend="name one of these")


@dataclass(frozen=True)
class Step:
    """A measure in a sequence: what it worked on, and what it did."""

    measure: Measure
    before: Baseline
    outcome: Outcome

    @property
    def saved_kg(self) -> float:
        """What its first year saves at the inputs' own values [kg CO2e]."""
        return self.before.total_kg - self.outcome.after.total_kg


def measures_of(
    organisation: Organisation | Path | str,
    ledger: Ledger | Path | str,
    period: Period | str | None = None,
    *,
    factors: Iterable[Path | str] = (),
) -> Considered:
    """Return the measures that apply to a ledger, and those that do not, with the reason.

    Parameters
    ----------
    organisation : Organisation or path
        Its `measures` say what the merchant knows of each; `costs.currency` is that of all money.
    ledger : Ledger or path
    period : Period or str, optional
        Whole months; the whole ledger by default.
    factors : iterable of path
        The merchant's own factor files.

    Returns
    -------
    Considered

    Raises
    ------
    RoiError
        If there is no currency, or the ledger has nothing in the period.
    """
    setup = organisation if isinstance(organisation, Organisation) else _organisation.read(organisation)
    baseline = read_baseline(ledger, period, currency_of(setup))
    return consider(setup, Registry.load(factors, gwp_set=setup.method.gwp_set), baseline)


def currency_of(organisation: Organisation) -> str:
    """Return the currency of all money.

    Raises
    ------
    RoiError
        If the organisation file gives none.
    """
    if organisation.costs is None:
        raise RoiError(
            "measures need a currency to be added up in",
            found="no 'costs' in the organisation file",
            expected="costs: {currency: GBP}",
            mend="add it",
        )
    return organisation.costs.currency


def consider(setup: Organisation, registry: Registry, baseline: Baseline) -> Considered:
    """Return the measures that apply to a baseline, and those that do not, with the reason."""
    base = Setup(setup, registry, baseline)
    applicable, left_out = [], []
    for key, model in MEASURES.items():
        try:
            if setup.measures is None or getattr(setup.measures, key) is None:
                raise NotApplicable(
                    Remark(
                        "not_considered", "not considered: add measures.{measure} to the organisation file", measure=key
                    ),
                    f"measure '{key}' is not considered",
                    found=f"no measures.{key} in the organisation file",
                    expected="what only the merchant knows of it (docs/roi.md)",
                    mend=f"add measures.{key}",
                )
            applicable.append(model(base))
        except (RoiError, FactorError) as error:
            left_out.append(LeftOut(key, error))
    return Considered(baseline, tuple(applicable), tuple(left_out), registry.sources)


def apply_in_sequence(
    measures: Sequence[Measure], baseline: Baseline, values: Mapping[str, Values] | None = None
) -> tuple[Step, ...]:
    """Apply measures one after the other, each on what the former left, so that no kilogram is saved twice.

    Parameters
    ----------
    measures : sequence of Measure
        In this order.
    baseline : Baseline
    values : mapping, optional
        Measure key to values of its inputs, numbers or draws; the inputs' own by default. What is left for the next
        measure is always at the inputs' own values.

    Returns
    -------
    tuple of Step
    """
    steps = []
    for each in measures:
        own = {key: np.float64(given.value) for key, given in each.inputs.items()}
        outcome = each.outcome(baseline, own | dict((values or {}).get(each.key, {})))
        steps.append(Step(each, baseline, outcome))
        baseline = outcome.after
    return tuple(steps)
