"""The spreads of a block's terms at plan time, and what two blocks share of them.

A term is amount x coefficient times a product of lognormals (see `carbon.factors.spread.Spread`). Their moments are exact:

    m        = E[M]         = exp(sum over keys of (e**2 - e) * s**2 / 2)
    cov(M,N) = m * n * (exp(sum over shared keys of e * f * s**2) - 1)

with elasticities e and f and sigma s. Elasticities are taken at the plan's values, on the one-row sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carbon.activities import MODELS
from carbon.engine.block import Binding, Block
from carbon.engine.context import Context
from carbon.factors.spread import Spread, joined

_STEP = 1e-5


@dataclass(frozen=True)
class BlockSpreads:
    """What a block's bindings share of uncertainty.

    Attributes
    ----------
    kinds : list of tuple of Spread
        The different sets of spreads.
    kind : numpy.ndarray of int32, shape (bindings,)
        Which of them a binding has.
    mean, variance : numpy.ndarray, shape (kinds,)
        Of the multiplier.
    """

    kinds: list[tuple[Spread, ...]]
    kind: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    def of(self, binding: int) -> tuple[Spread, ...]:
        """Return the spreads of a binding."""
        return self.kinds[self.kind[binding]]

    @property
    def keys(self) -> set[str]:
        """Every key."""
        return {spread.key for kind in self.kinds for spread in kind}


def spreads_of(block: Block, context: Context) -> BlockSpreads:
    """Return the spreads of a block's bindings."""
    powers = _elasticities(block)
    weight = _weight_spreads(block, context)
    known: dict[tuple[Spread, ...], int] = {}
    kind = np.zeros(len(block.bindings), dtype=np.int32)
    for index, binding in enumerate(block.bindings):
        found = joined([*binding.match.spreads, *_argument_spreads(block, binding, index, powers, context), *weight])
        kind[index] = known.setdefault(found, len(known))
    kinds = list(known)
    mean = np.exp([_mean_log(spreads) for spreads in kinds])
    variance = mean**2 * np.expm1([sum((each.elasticity * each.sigma) ** 2 for each in spreads) for spreads in kinds])
    return BlockSpreads(kinds, kind, mean, variance)


def covariance(one: BlockSpreads, other: BlockSpreads) -> np.ndarray | None:
    """Return the covariance of multipliers, shape (kinds of one, kinds of other); None where nothing is shared."""
    shared = sorted(one.keys & other.keys)
    if not shared:
        return None
    exponent = _scores(one, shared) @ _scores(other, shared).T
    return np.outer(one.mean, other.mean) * np.expm1(exponent)


def _scores(spreads: BlockSpreads, keys: Sequence[str]) -> np.ndarray:
    position = {key: number for number, key in enumerate(keys)}
    scores = np.zeros((len(spreads.kinds), len(keys)))
    for row, kind in enumerate(spreads.kinds):
        for each in kind:
            if each.key in position:
                scores[row, position[each.key]] = each.elasticity * each.sigma
    return scores


def _mean_log(spreads: Sequence[Spread]) -> float:
    return sum((each.elasticity**2 - each.elasticity) * each.sigma**2 for each in spreads) / 2


def _argument_spreads(
    block: Block, binding: Binding, index: int, powers: dict[str, np.ndarray], context: Context
) -> list[Spread]:
    owner = "" if block.service is None else context.service_keys[block.service]
    found: list[Spread] = []
    for name, value in binding.values.items():
        spreads = value.spreads
        if not spreads and value.stated:
            spreads = stated(context, name, owner or f"{value.value:g}")
        found += [spread.raised(float(powers[name][index])) for spread in spreads]
    return found


def stated(context: Context, argument: str, owner: str) -> tuple[Spread, ...]:
    """Return the spread of a number that the organisation file states; none where stated numbers are taken as exact."""
    sigma = sigma_of(context, f"stated.{argument}")
    return (Spread(f"stated:{argument}:{owner}", sigma),) if sigma else ()


def sigma_of(context: Context, name: str) -> float:
    """Return the sigma of a row of ``factors/parameters/estimates.yaml``, 0 where there is none."""
    found = context.registry.parameter(name, context.organisation.country, context.years[-1])
    return max((spread.sigma for spread in found.spreads), default=0.0) if found is not None else 0.0


def _weight_spreads(block: Block, context: Context) -> list[Spread]:
    """The expected return rate, where no row says what came back."""
    if block.service is None or context.profile.has_returns:
        return []
    key = context.service_keys[block.service]
    rate = context.organisation.services[key].returns.rate
    if not rate:
        return []
    spreads = stated(context, "return_rate", key)
    powers = {"returned": 1.0, "kept": -rate / (1 - rate) if rate < 1 else 0.0}
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
        power = (logs[0] - logs[1]) / (np.log1p(_STEP) - np.log1p(-_STEP))
        # Rounding noise of the difference is no elasticity.
        found[name] = np.where(np.isfinite(power), np.round(power, 6), 0.0)
    return found
