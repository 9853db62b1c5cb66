"""The spreads of a block's terms at plan time, and what two blocks share of them.

A term is amount x coefficient times a product of lognormals (see `carbon.factors.spread.Spread`), which is a lognormal M with

    median(M)      = exp(-sum over keys of e * s**2 / 2)
    var(ln M)      = sum over keys of e**2 * s**2
    cov(ln M, ln N) = sum over shared keys of e * f * s**2

for elasticities e and f and sigma s. Elasticities are taken at the plan's values, on the one-row sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from carbon.activities import MODELS
from carbon.engine.block import Binding, Block, Value
from carbon.engine.context import Context
from carbon.engine.stated import stated
from carbon.factors.spread import Spread, joined

_STEP = 1e-5
#: Arguments that cannot pass 1: their deviation is one of the odds, which moves the share p by 1 - p.
_SHARES = frozenset(
    ("load_share", "empty_share", "failure_share", "car_share", "charging_loss", "lighting_share", "led_share", "led_saving",
     "setpoint_saving", "write_off_share")
)  # fmt: skip
#: Arguments that say what a part of a package weighs; weighing the packaging replaces them.
CATALOGUE = frozenset(("component_kg", "density_kg_per_m3"))
#: Standard deviations from the middle to the ends of a 95 % range.
QUANTILE = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class BlockSpreads:
    """What a block's bindings share of uncertainty.

    Attributes
    ----------
    kinds : list of tuple of Spread
        The different sets of spreads.
    kind : numpy.ndarray of int, shape (bindings,) or (2 * bindings,)
        Which of them a binding has; of a block of packaging once more, for parcels whose packaging was weighed.
    sigma, median, below, above : numpy.ndarray, shape (kinds,)
        Of the multiplier: standard deviation of the logarithm, median, and how far the 2.5 % and the 97.5 % quantile
        lie from it.
    count : int
        Number of bindings.
    """

    kinds: list[tuple[Spread, ...]]
    kind: np.ndarray
    sigma: np.ndarray
    median: np.ndarray
    below: np.ndarray
    above: np.ndarray
    count: int

    @classmethod
    def of(cls, sets: Iterable[tuple[Spread, ...]], count: int | None = None) -> BlockSpreads:
        """Take the spreads of each binding, in order; `count` bindings, where they stand twice."""
        known: dict[tuple[Spread, ...], int] = {}
        kind = np.array([known.setdefault(found, len(known)) for found in sets], dtype=np.intp)
        kinds = list(known)
        median = np.exp([-sum(each.elasticity * each.sigma**2 for each in spreads) / 2 for spreads in kinds])
        sigma = np.sqrt([sum((each.elasticity * each.sigma) ** 2 for each in spreads) for spreads in kinds])
        return cls(kinds, kind, sigma, median, *reaches(median, sigma), len(kind) if count is None else count)

    def spreads(self, binding: int, weighed: bool = False) -> tuple[Spread, ...]:
        """Return the spreads of a binding."""
        return self.kinds[self.kind[binding + self.count * (weighed and len(self.kind) > self.count)]]

    def kind_of(self, chosen: np.ndarray | int, weighed: np.ndarray | None) -> np.ndarray | int:
        """Return the kind of each row, or the one of all rows."""
        if len(self.kinds) == 1:
            return 0
        return self.kind.take(
            chosen if weighed is None or len(self.kind) == self.count else chosen + self.count * weighed
        )

    @property
    def keys(self) -> set[str]:
        """Every key."""
        return {spread.key for kind in self.kinds for spread in kind}


def spreads_of(block: Block, context: Context) -> BlockSpreads:
    """Return the spreads of a block's bindings."""
    powers = _elasticities(block)
    weight = _weight_spreads(block, context)
    weighed = context.profile.has_weighed and "packaging_ratio" in block.columns.values()
    sets = [
        joined([*binding.match.spreads, *_argument_spreads(block, binding, index, powers, context, exact), *weight])
        for exact in ((frozenset(), CATALOGUE) if weighed else (frozenset(),))
        for index, binding in enumerate(block.bindings)
    ]
    return BlockSpreads.of(sets, len(block.bindings))


def reaches(median: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the 2.5 % and the 97.5 % quantile of lognormals lie from their medians."""
    return median * -np.expm1(-QUANTILE * sigma), median * np.expm1(QUANTILE * sigma)


def correlation(one: BlockSpreads, other: BlockSpreads) -> np.ndarray | None:
    """Return the correlation of the logarithms, shape (kinds of one, kinds of other); None where nothing is shared."""
    keys = sorted(one.keys | other.keys)
    if one.keys.isdisjoint(other.keys):
        return None
    return correlations(_scores(one, keys), _scores(other, keys))


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return correlations of logarithms from scores (elasticity x sigma) by key, each of shape (terms, keys)."""
    length = np.outer(np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1))
    return np.divide(one @ other.T, length, out=np.zeros_like(length), where=length > 0)


def _scores(spreads: BlockSpreads, keys: Sequence[str]) -> np.ndarray:
    position = {key: number for number, key in enumerate(keys)}
    scores = np.zeros((len(spreads.kinds), len(keys)))
    for row, kind in enumerate(spreads.kinds):
        for each in kind:
            if each.key in position:
                scores[row, position[each.key]] = each.elasticity * each.sigma
    return scores


def _argument_spreads(
    block: Block,
    binding: Binding,
    index: int,
    powers: dict[str, np.ndarray],
    context: Context,
    exact: frozenset[str],
) -> list[Spread]:
    owner = "" if block.service is None else context.service_keys[block.service]
    return [
        spread.raised(float(powers[name][index]))
        for name, value in binding.values.items()
        if name not in exact
        for spread in spreads_of_value(context, name, value, owner)
    ]


def spreads_of_value(context: Context, argument: str, value: Value, owner: str = "") -> tuple[Spread, ...]:
    """Return how far a number may be off that a model reads besides columns: its own spreads, or those of what is stated."""
    if value.spreads or not value.stated:
        return value.spreads
    return stated(context, argument, owner or f"{value.value:g}")


def catalogue_spreads(context: Context, values: Mapping[str, Value]) -> tuple[Spread, ...]:
    """Return how far the mass of a package's part may be off, which weighing the packaging replaces."""
    return joined(
        spread for name in sorted(CATALOGUE & values.keys()) for spread in spreads_of_value(context, name, values[name])
    )


def _weight_spreads(block: Block, context: Context) -> list[Spread]:
    """The expected return rate, where no row says what came back."""
    if block.service is None or context.profile.has_returns:
        return []
    key = context.service_keys[block.service]
    rate = context.organisation.services[key].returns.rate
    if not rate:
        return []
    spreads = stated(context, "return_rate", key)
    powers = {"returned": 1 - rate, "kept": -rate}
    return [spread.raised(powers[weight]) for weight in block.weights if weight in powers for spread in spreads]


def _elasticities(block: Block) -> dict[str, np.ndarray]:
    """Return d ln amount / d ln argument for each value argument, shape (bindings,), by central differences."""
    if not block.bindings:
        return {}
    model, values = MODELS[block.model], block.values
    columns = block.sample_columns()
    found = {}
    for name, numbers in values.items():
        logs = []
        for factor in (1 + _STEP, 1 - _STEP):
            moved = columns | values | {name: numbers * factor}
            with np.errstate(invalid="ignore", divide="ignore"):
                logs.append(np.log(np.abs(model.amounts(**moved)[block.output] + np.zeros(len(numbers)))))
        with np.errstate(invalid="ignore"):
            power = (logs[0] - logs[1]) / (np.log1p(_STEP) - np.log1p(-_STEP))
        if name in _SHARES:
            power = power * (1 - numbers)
        # Rounding noise of the difference is no elasticity.
        found[name] = np.where(np.isfinite(power), np.round(power, 6), 0.0)
    return found
