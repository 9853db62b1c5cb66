"""Data quality of figures: shares of data types (ISO 14083) and ratings of representativeness (PACT 3.0).

PACT 3.0 asks for three ratings from 1 to 5, weighted by emissions: technological, geographical and temporal
representativeness. They are the scores of the same names of the factor's pedigree, 1 best, made worse by how the factor
is used here: for a region or a year that it does not describe. Ratings speak of factors, not of amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carbon.factors.quality import INDICATORS, temporal_score
from carbon.terms import DataType, Match

#: The three of the pedigree's five scores that PACT 3.0 keeps, in its order.
RATINGS = ("technological", "geographical", "temporal")
#: Best and worst; PACT 3.0 refuses anything outside.
SCALE = (1, 5)

#: No better geographical score than this, by how the factor was found. The pedigree matrix gives 2 to the average of a
#: larger area that contains the region and 4 to an area with somewhat similar conditions, which is what a proxy is.
_GEOGRAPHICAL = {Match.PARENT: 2, Match.GLOBAL: 2, Match.PROXY: 4}


@dataclass(frozen=True)
class Rated:
    """What a rating is made from: one term's emissions, its factor's scores, and how the factor was found."""

    co2e_kg: float
    pedigree: Sequence[int] | None
    match: str
    edition_gap_years: int
    data_type: str


def rating(pedigree: Sequence[int] | None, match: str, edition_gap_years: int) -> tuple[int, int, int] | None:
    """Return the three ratings of a factor as it is used; None where it has no scores.

    Parameters
    ----------
    pedigree : five scores, 1 best
    match : str
        How the factor was found: another region's is worth less for this one.
    edition_gap_years : int
        Years between edition and activity: an old edition is worth no more than data of that age.
    """
    if pedigree is None or not len(pedigree):
        return None
    scores = dict(zip(INDICATORS, (int(score) for score in pedigree), strict=True))
    worst = {
        "technological": 1,
        "geographical": _GEOGRAPHICAL.get(Match(match), 1),
        "temporal": temporal_score(edition_gap_years),
    }
    technological, geographical, temporal = (max(scores[name], worst[name]) for name in RATINGS)
    return technological, geographical, temporal


def ratings(terms: Iterable[Rated]) -> dict[str, float | None]:
    """Return the ratings weighted by emissions, and the share of emissions that have them.

    Returns
    -------
    dict
        ``technological``, ``geographical``, ``temporal`` (1 to 5, None where nothing is rated) and ``rated_share``
        (None where there are no emissions).
    """
    sums, rated_kg, whole_kg = [0.0] * len(RATINGS), 0.0, 0.0
    for term in terms:
        weight = abs(term.co2e_kg)
        whole_kg += weight
        found = rating(term.pedigree, term.match, term.edition_gap_years)
        if found is not None:
            rated_kg += weight
            sums = [each + weight * score for each, score in zip(sums, found, strict=True)]
    best, worst = SCALE
    means = {
        name: min(max(each / rated_kg, best), worst) if rated_kg else None
        for name, each in zip(RATINGS, sums, strict=True)
    }
    return {**means, "rated_share": rated_kg / whole_kg if whole_kg else None}


def data_shares(terms: Iterable[Rated]) -> dict[str, float | None]:
    """Return the shares of primary, modelled and default data by emissions; None where there are none."""
    sums = dict.fromkeys((str(each) for each in DataType), 0.0)
    for term in terms:
        sums[str(term.data_type)] += abs(term.co2e_kg)
    whole_kg = sum(sums.values())
    return {name: value / whole_kg if whole_kg else None for name, value in sums.items()}
