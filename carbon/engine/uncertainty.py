"""Ranges of sums: seeded Monte Carlo over terms whose factors and shared parameters are drawn once per draw.

A term is a mass of CO2e times a product of lognormals, one for each spread: ``L = exp(sigma z - sigma**2 / 2)`` has
mean 1, because a published value is the mean of its distribution, and enters as ``L ** elasticity``. All terms share
one ``z`` per key, so equal parcels do not average away. A key's draws follow from seed and key alone: two runs, two
options or two tables see the same draws, and a difference between them is paired. What is each parcel's own (a weight
or place taken by fallback) is independent between parcels and enters as one normal a run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.block import IN_TOTAL
from carbon.engine.ranges import range_of_sum
from carbon.engine.signatures import Group, Signatures
from carbon.engine.uncertain import Terms
from carbon.factors.spread import Spread
from carbon.terms import Stage

__all__ = [
    "DRAWS",
    "OWN",
    "SEED",
    "Difference",
    "Group",
    "Range",
    "Terms",
    "difference",
    "ends",
    "matched",
    "multipliers",
    "ranges",
    "shares",
    "simulate",
    "variances",
]

#: Fixed, so that the same ledger gives the same range on every day and machine; printed in docs/method.md.
SEED = 14083
DRAWS = 10_000
LOW, HIGH = 0.025, 0.975
#: Signatures and draws held at once; constants, so that a result does not depend on the machine.
_SIGNATURES, _BLOCK = 4096, 1024
#: Of so many draws one says how far a tail reaches.
_SAMPLED = 16
#: The key under which parcels' own errors stand among the others.
OWN = "own"


@dataclass(frozen=True)
class Range:
    """A value with its 95 % range [kg CO2e]; the ends are None where a term's spread is not known."""

    value_kg: float
    low_kg: float | None
    high_kg: float | None

    @property
    def width_kg(self) -> float | None:
        """From end to end."""
        return None if self.low_kg is None else self.high_kg - self.low_kg


@dataclass(frozen=True)
class Difference(Range):
    """What changes from one set of terms to another, with the range of the paired difference.

    `clear` says whether that range leaves zero out; None where it is not known.
    """

    clear: bool | None = None


def ranges(
    terms: Terms, groups: Mapping[Hashable, Group | np.ndarray], *, seed: int = SEED, draws: int = DRAWS
) -> dict[Hashable, Range]:
    """Return the 95 % range of each group of terms.

    Parameters
    ----------
    terms : Terms
    groups : mapping
        Name to a Group, or to a mask of rows.
    seed, draws : int

    Returns
    -------
    dict
        Name to Range, in the order of `groups`. A sum of emissions does not fall below zero.
    """
    listed = [each if isinstance(each, Group) else Group(each) for each in groups.values()]
    made = simulate(terms, listed, seed=seed, draws=draws)
    found = {}
    for name, group, drawn in zip(groups, listed, made, strict=True):
        value = math.fsum(terms.value_kg[group.rows])
        if group.minus is not None:
            value -= math.fsum(terms.value_kg[group.minus])
        if np.isnan(drawn).any():
            found[name] = Range(value, None, None)
            continue
        low, high = (float(each) for each in np.quantile(drawn, [LOW, HIGH]))
        if group.minus is None and not (terms.value_kg[group.rows] < 0).any():
            low = max(low, 0.0)
        found[name] = Range(value, low, high)
    return found


def difference(a: Terms | pa.Table, b: Terms | pa.Table, *, seed: int = SEED, draws: int = DRAWS) -> Difference:
    """Return what changes from `a` to `b`, both drawn with the same numbers.

    What both share cancels in every draw, so that the range is that of what differs.

    Parameters
    ----------
    a, b : Terms or pyarrow.Table
        Of an activity table the rows of the total are taken: location-based delivery stages. Parcels' own errors are
        shared unless both have a column `run` with other names in it.
    """
    a, b = (each if isinstance(each, Terms) else _delivery(each) for each in (a, b))
    both = a + b
    second = np.arange(len(both)) >= len(a)
    found = ranges(both, {"": Group(second, minus=~second)}, seed=seed, draws=draws)[""]
    clear = None if found.low_kg is None else bool(found.low_kg > 0 or found.high_kg < 0)
    return Difference(found.value_kg, found.low_kg, found.high_kg, clear)


def _delivery(activity: pa.Table) -> Terms:
    counted = pc.and_(pc.equal(activity["accounting"], IN_TOTAL), pc.not_equal(activity["stage"], str(Stage.PRODUCT)))
    return Terms.of_table(activity.filter(counted))


def simulate(terms: Terms, groups: Sequence[Group], *, seed: int = SEED, draws: int = DRAWS) -> np.ndarray:
    """Return the draws of each group [kg CO2e], shape (groups, draws); NaN where a spread is not known."""
    gathered = Signatures(terms)
    weights, own = gathered.weights(groups)
    loadings, shift = gathered.loadings()
    sources = [_source(seed, key) for key in gathered.keys]
    own_sources = [_source(seed, f"{OWN}:{run}") for run in terms.runs]
    made = np.zeros((len(groups), draws))
    for first in range(0, draws, _BLOCK):
        block = slice(first, min(first + _BLOCK, draws))
        normal = _normal(sources, block)
        for start in range(0, loadings.shape[0], _SIGNATURES):
            part = slice(start, start + _SIGNATURES)
            multiplier = loadings[part] @ normal
            multiplier -= shift[part, None]
            np.exp(multiplier, out=multiplier)
            made[:, block] += weights[:, part] @ multiplier
        if own.any():
            made[:, block] += own @ _normal(own_sources, block)
    for position, group in enumerate(groups):
        used = group.rows if group.minus is None else group.rows | group.minus
        if (~terms.known[used] & (terms.value_kg[used] != 0)).any():
            made[position] = np.nan
    return made


def multipliers(sets: Sequence[Sequence[Spread]], *, seed: int = SEED, draws: int = DRAWS) -> np.ndarray:
    """Return what each of several sets of spreads multiplies its terms by, shape (sets, draws), drawn as `simulate` does."""
    keys = sorted({spread.key for spreads in sets for spread in spreads})
    place = {key: at for at, key in enumerate(keys)}
    loadings, shift = np.zeros((len(sets), len(keys))), np.zeros((len(sets), 1))
    for at, spreads in enumerate(sets):
        for each in spreads:
            loadings[at, place[each.key]] += each.elasticity * each.sigma
        shift[at] = math.fsum(each.elasticity * each.sigma**2 / 2 for each in spreads)
    return np.exp(loadings @ _normal([_source(seed, key) for key in keys], slice(0, draws)) - shift)


def ends(drawn: np.ndarray) -> tuple[float, float]:
    """Return the ends of the 95 % range of draws: those of `numpy.quantile`, found in the tails alone."""
    # What lies inside twice the share of a sample is not looked at.
    sample = np.sort(drawn[::_SAMPLED])
    below, above = (math.floor(2 * share * len(sample)) for share in (LOW, 1 - HIGH))
    low = _end(drawn[drawn <= sample[below]], LOW, len(drawn))
    high = _end(-drawn[drawn >= sample[-1 - above]], 1 - HIGH, len(drawn))
    return (
        _end(drawn.copy(), LOW, len(drawn)) if low is None else low,
        -(_end(-drawn, 1 - HIGH, len(drawn)) if high is None else high),
    )


def _end(tail: np.ndarray, share: float, count: int) -> float | None:
    """Return a quantile of `count` draws by the lowest of them; None where these are too few."""
    place = share * (count - 1)
    low = math.floor(place)
    if len(tail) < low + 2:
        return None
    tail.partition((low, low + 1))
    return float(tail[low] + (tail[low + 1] - tail[low]) * (place - low))


def variances(terms: Terms, groups: Sequence[Group]) -> np.ndarray:
    """Return each group's first-order variance [kg2]: what its keys make one by one, and the parcels' own."""
    gathered = Signatures(terms)
    weights, own = gathered.weights(groups)
    mean = weights * gathered.means()
    signature, key, loading = gathered.entries()
    keyed = [_series(key, each[signature], loading, len(gathered.keys)).sum() for each in mean]
    return np.array(keyed) + (own**2).sum(axis=1)


def shares(terms: Terms, rows: np.ndarray | None = None) -> dict[str, float]:
    """Return which share of a sum's variance each key makes, largest first; `OWN` stands for parcels' own errors.

    First-order: the variance of the expectation given the key, from the exact moments of the lognormals, over the
    sum of these variances.
    """
    terms = terms if rows is None else terms.take(rows)
    gathered = Signatures(terms)
    weights, own = gathered.weights([Group(np.ones(len(terms), dtype=bool))])
    mean = weights[0] * gathered.means()
    signature, key, loading = gathered.entries()
    variance = _series(key, mean[signature], loading, len(gathered.keys))
    found = {name: float(value) for name, value in zip(gathered.keys, variance, strict=True) if value > 0}
    if own.any():
        found[OWN] = float((own**2).sum())
    whole = math.fsum(found.values())
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: value / whole for name, value in ordered} if whole else {}


def matched(terms: Terms, carried_kg: float = 0.0) -> Range:
    """Return the range of a few terms by the rule that gives each parcel its own (see `carbon.engine.ranges`).

    `carried_kg` is what among them is packaging that others carry: it deviates, but is no part of the sum.
    """
    value_kg = math.fsum(terms.value_kg) - carried_kg
    if (~terms.known & (terms.value_kg != 0)).any():
        return Range(value_kg, None, None)
    gathered = Signatures(terms)
    weights, _ = gathered.weights([Group(np.ones(len(terms), dtype=bool))])
    loadings, _ = gathered.loadings()
    return Range(value_kg, *range_of_sum(weights[0], loadings.toarray(), gathered.means(), carried_kg))


def _series(group: np.ndarray, weight: np.ndarray, loading: np.ndarray, size: int) -> np.ndarray:
    """Return sum over i, j of w_i w_j (exp(a_i a_j) - 1) inside each group, by the exponential's series.

    Each power of the series is the square of one sum, so that no pair is ever formed.
    """
    total, power, order = np.zeros(size), weight.astype(float), 0
    steepest = float(np.abs(loading).max(initial=0.0)) ** 2
    while True:
        order += 1
        # w a**n / sqrt(n!), step by step, so that neither power nor factorial overflows
        power = power * (loading / math.sqrt(order))
        total += np.bincount(group, power, minlength=size) ** 2
        rest = np.bincount(group, np.abs(power), minlength=size) ** 2
        if order > 2 * steepest and (rest <= total * np.finfo(float).eps).all():
            return total


def _source(seed: int, key: str) -> np.random.Generator:
    """Return a key's own stream of numbers: the same in every run, table and option."""
    return np.random.default_rng([seed, int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")])


def _normal(sources: Sequence[np.random.Generator], block: slice) -> np.ndarray:
    made = np.empty((len(sources), block.stop - block.start))
    for source, line in zip(sources, made, strict=True):
        source.standard_normal(out=line)
    return made
