"""Geometric standard deviations from pedigree scores, and the spreads of what the registry found.

The variance of the logarithm is a basic variance plus one for each of the five scores; the numbers are
rows of ``factors/parameters/uncertainty.yaml``, none stands here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from carbon.factors.compiled import FactorSet
from carbon.factors.factor import Factor, Parameter
from carbon.factors.spread import Spread

INDICATORS = ("reliability", "completeness", "temporal", "geographical", "technological")
#: Years between data and use up to which the matrix gives the temporal scores 1 to 4 (below, not at).
_TEMPORAL_YEARS = (3, 6, 10, 15)
#: What a factor of the user's own is taken to be worth where its row says neither scores nor a deviation.
_OWN_FACTOR = "stated.factor"

_Parameters = Mapping[str, Sequence[Parameter]]


def gsd_of(row: Factor | Parameter, parameters: _Parameters) -> float | None:
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
    variance = _sigma(parameters, "uncertainty.basic") ** 2
    for indicator, score in zip(INDICATORS, row.pedigree, strict=True):
        variance += _sigma(parameters, f"uncertainty.{indicator}.{score}") ** 2
    return math.exp(math.sqrt(variance))


def temporal_score(gap_years: int) -> int:
    """Return the pedigree matrix's temporal score, 1 to 5, of data used `gap_years` outside their validity."""
    return 1 + sum(gap_years >= years for years in _TEMPORAL_YEARS)


def factor_spreads(factor: FactorSet, parameters: _Parameters, gap_years: int, proxy_gsd: float) -> Iterator[Spread]:
    """Yield a factor's own spread, that of standing in for another region, and that of its age.

    Parts of one factor (WTT, TTW, gases) err together: their sigmas are averaged by emissions.
    """
    weights = [(row.kg_per_canonical, _sigma_of(row, parameters)) for part in factor.parts for row in part.rows]
    whole = sum(weight for weight, _ in weights)
    sigma = sum(weight * sigma for weight, sigma in weights) / whole if whole else max(sigma for _, sigma in weights)
    yield Spread(f"factor:{factor.id}", sigma)
    if proxy_gsd > 1:
        yield Spread.of_gsd(f"proxy:{factor.activity}:{factor.region}", proxy_gsd)
    yield Spread(f"edition:{factor.id}", _sigma(parameters, f"uncertainty.temporal.{temporal_score(gap_years)}"))


def parameter_spreads(row: Parameter, parameters: _Parameters, gap_years: int, proxy_gsd: float) -> Iterator[Spread]:
    """Yield a parameter's own spread, that of standing in for another region, and that of its age."""
    yield Spread(f"parameter:{row.id}", _sigma_of(row, parameters))
    if proxy_gsd > 1:
        yield Spread.of_gsd(f"proxy:parameters.{row.parameter}:{row.region}", proxy_gsd)
    yield Spread(f"edition:{row.id}", _sigma(parameters, f"uncertainty.temporal.{temporal_score(gap_years)}"))


def _sigma_of(row: Factor | Parameter, parameters: _Parameters) -> float:
    gsd = gsd_of(row, parameters)
    if gsd is None:
        stated = parameters.get(_OWN_FACTOR, ())
        gsd = gsd_of(stated[0], parameters) if stated else None
    return math.log(gsd) if gsd is not None else 0.0


def _sigma(parameters: _Parameters, name: str) -> float:
    rows = parameters.get(name, ())
    return math.log(rows[0].value) if rows else 0.0
