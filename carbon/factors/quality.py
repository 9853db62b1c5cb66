"""Geometric standard deviations from pedigree scores.

The variance of the logarithm is a basic variance plus one for each of the five scores; the numbers are
rows of ``factors/parameters/uncertainty.yaml``, none stands here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from carbon.factors.factor import Factor, Parameter

INDICATORS = ("reliability", "completeness", "temporal", "geographical", "technological")


def gsd_of(row: Factor | Parameter, parameters: Mapping[str, Sequence[Parameter]]) -> float | None:
    """Return a row's geometric standard deviation.

    Published (or stated) values come first; otherwise the pedigree scores give it.

    Parameters
    ----------
    row : Factor or Parameter
    parameters : mapping
        Needs ``uncertainty.<indicator>.<score>`` and ``uncertainty.basic``, each a GSD contribution
        whose squared logarithm is added.

    Returns
    -------
    float or None
        At least 1; None where the row has neither a value nor scores.
    """
    if row.gsd is not None:
        return row.gsd
    if row.pedigree is None:
        return None
    variance = _log_variance(parameters, "uncertainty.basic")
    for indicator, score in zip(INDICATORS, row.pedigree, strict=True):
        variance += _log_variance(parameters, f"uncertainty.{indicator}.{score}")
    return math.exp(math.sqrt(variance))


def _log_variance(parameters: Mapping[str, Sequence[Parameter]], name: str) -> float:
    rows = parameters.get(name, ())
    return math.log(rows[0].value) ** 2 if rows else 0.0
