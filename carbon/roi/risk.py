"""How sure a measure's value is: which input moves it most, where it breaks even, and what ten thousand draws say.

An input's range is its 5th and 95th percentile. It is read as

- lognormal where it is positive and its value is about the geometric middle of the range (within a tenth of the range's width in
  logarithms): prices, costs, consumptions;
- triangular otherwise, with the value as its peak and its ends such that a twentieth lies beyond low and high on either side. Draws
  of a share stay between 0 and 1, those of a quantity that cannot be negative at or above 0.

Inputs of several measures are one quantity, and get one draw, only where they are prices or properties (not shares or counts, and not
what a measure itself costs) and name, unit, source and all three numbers are equal; all others are independent. A draw depends on the
seed and the quantity alone, so that a further input changes no other one's draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Terms, carbon_cash, npv, to_horizon
from carbon.roi.measure import Input, Measure, Outcome, Values

DRAWS, SEED = 10_000, 2026
_TAIL = 0.05
#: Width of a lognormal range in standard deviations of its logarithm.
_WIDTH = 2 * float(norm.ppf(1 - _TAIL))
#: How far off the geometric middle a value may be, as a part of the range's width in logarithms.
_MIDDLE = 0.1
#: Values of an input at which a change of sign is looked for, ends included.
_STEPS = 65
_SHARES = ("1", "", "dimensionless", "share")
#: What a measure itself costs: equal numbers of two measures are a coincidence.
_OWN = ("investment", "running_cost")
#: Inputs whose draws are held: a measure is drawn several times a study, of every period and scenario alike.
_MOST_HELD = 256


@dataclass(frozen=True)
class Swing:
    """Net present value with one input at the ends of its range, all others at their values."""

    key: str
    low: float
    high: float
    npv_low: float
    npv_high: float

    @property
    def width(self) -> float:
        """How far the two are apart."""
        return abs(self.npv_high - self.npv_low)


@dataclass(frozen=True)
class BreakEven:
    """Value of an input at which the measure just pays; None where there is none between low and high."""

    key: str
    value: float | None
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Simulation:
    """What many draws of all inputs say.

    Attributes
    ----------
    npv, total_kg : numpy.ndarray, shape (draws,)
        Net present value [currency], and savings over the horizon [kg CO2e].
    """

    npv: np.ndarray
    total_kg: np.ndarray

    @property
    def percentiles(self) -> tuple[float, float, float]:
        """Return the 5th, 50th and 95th percentile of the net present value."""
        return tuple(float(each) for each in np.percentile(self.npv, [5, 50, 95]))

    @property
    def saved_percentiles_kg(self) -> tuple[float, float, float]:
        """Return the 5th, 50th and 95th percentile of the savings [kg CO2e]."""
        return tuple(float(each) for each in np.percentile(self.total_kg, [5, 50, 95]))

    @property
    def pays(self) -> float:
        """Return the share of draws with a positive net present value."""
        return float((self.npv > 0).mean())


def values_of(measure: Measure) -> dict[str, float]:
    """Return the inputs' own values."""
    return {key: each.value for key, each in measure.inputs.items()}


def worth_of(outcome: Outcome, terms: Terms, with_carbon: bool = False) -> np.ndarray | float:
    """Return the net present value of an outcome, one for each of its draws."""
    saved_kg, cash = to_horizon(outcome, terms)
    priced = carbon_cash(saved_kg, terms) if with_carbon else None
    return npv(cash if priced is None else cash + priced, terms.discount_rate)


def tornado(measure: Measure, baseline: Baseline, terms: Terms) -> tuple[Swing, ...]:
    """Return what each inexact input moves, the widest first."""
    found = []
    for key, each in measure.inputs.items():
        if each.low == each.high:
            continue
        ends = _worths(measure, baseline, terms, key, np.array([each.low, each.high]))
        found.append(Swing(key, each.low, each.high, float(ends[0]), float(ends[1])))
    return tuple(sorted(found, key=lambda swing: (-swing.width, swing.key)))


def break_evens(measure: Measure, baseline: Baseline, terms: Terms) -> tuple[BreakEven, ...]:
    """Return, for each inexact input, where between low and high the net present value is zero, nearest to its value.

    The range is searched in steps for changes of sign, so that a value that rises and falls again is not missed.
    """
    return tuple(
        BreakEven(
            key,
            _nearest_root(lambda points, key=key: _worths(measure, baseline, terms, key, points), each),
            each.low,
            each.high,
        )
        for key, each in measure.inputs.items()
        if each.low != each.high
    )


def _worths(measure: Measure, baseline: Baseline, terms: Terms, key: str, points: np.ndarray) -> np.ndarray:
    """Return the net present value at some values of one input, all others at their own."""
    outcome = measure.outcome(baseline, {**values_of(measure), key: points})
    return np.broadcast_to(worth_of(outcome, terms), points.shape)


def _nearest_root(worths: Callable[[np.ndarray], np.ndarray], given: Input) -> float | None:
    points = np.unique(np.append(np.linspace(given.low, given.high, _STEPS), given.value))
    points = points[(points >= given.low) & (points <= given.high)]
    heights = worths(points)
    roots = [float(each) for each in points[heights == 0]]
    roots += [
        brentq(lambda value: float(worths(np.array([value]))[0]), points[place], points[place + 1])
        for place in np.flatnonzero(heights[:-1] * heights[1:] < 0)
    ]
    return min(roots, key=lambda root: abs(root - given.value), default=None)


def simulate(
    measure: Measure,
    baseline: Baseline,
    terms: Terms,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    with_carbon: bool = False,
) -> Simulation:
    """Draw all inputs at once, many times, and return the values and savings that come of it.

    Parameters
    ----------
    draws, seed : int
    with_carbon : bool
        Whether savings are worth the internal carbon price.
    """
    outcome = measure.outcome(baseline, sample(measure, draws, seed))
    saved_kg, _ = to_horizon(outcome, terms)
    total_kg, worth = saved_kg.sum(axis=-1), worth_of(outcome, terms, with_carbon)
    return Simulation(np.broadcast_to(worth, (draws,)), np.broadcast_to(total_kg, (draws,)))


def simulate_all(
    measures: Sequence[Measure], baseline: Baseline, terms: Terms, *, draws: int = DRAWS, seed: int = SEED
) -> Simulation:
    """Draw the inputs of several measures, each on what the former left, and return their sums.

    What is left is known at the inputs' own values only: draws of one measure do not change the next one's baseline.
    """
    worth, total_kg, left = np.zeros(draws), np.zeros(draws), baseline
    for measure in measures:
        found = simulate(measure, left, terms, draws=draws, seed=seed)
        worth, total_kg = worth + found.npv, total_kg + found.total_kg
        left = measure.outcome(left, values_of(measure)).after
    return Simulation(worth, total_kg)


def sample(measure: Measure, draws: int, seed: int) -> Values:
    """Return draws of each inexact input of a measure, shape (draws,), and the value of each exact one."""
    return {
        key: each.value if each.low == each.high else drawn(each, draws, seed, measure.key)
        for key, each in measure.inputs.items()
    }


@lru_cache(maxsize=_MOST_HELD)
def drawn(given: Input, draws: int, seed: int, owner: str = "") -> np.ndarray:
    """Return draws of one input, shape (draws,), to be read only; `owner` is the measure whose it is, where it is not shared."""
    mine = owner if given.key in _OWN or given.unit in _SHARES else ""
    own = f"{mine}|{given.key}|{given.unit}|{given.source}|{given.value!r}|{given.low!r}|{given.high!r}"
    key = int.from_bytes(hashlib.sha256(own.encode()).digest()[:8], "big")
    found = quantile(given, np.random.default_rng([seed, key]).random(draws))
    found.flags.writeable = False
    return found


def is_lognormal(given: Input) -> bool:
    """Whether an input's range is read as lognormal rather than triangular."""
    if not 0 < given.low < given.high or not given.value > 0 or _is_share(given):
        return False
    width = np.log(given.high / given.low)
    return bool(abs(np.log(given.value**2 / (given.low * given.high))) / 2 <= _MIDDLE * width)


def _is_share(given: Input) -> bool:
    return given.unit in _SHARES and given.low >= 0 and given.high <= 1


def quantile(given: Input, part: np.ndarray) -> np.ndarray:
    """Return the values of an input below which given parts of it lie.

    Parameters
    ----------
    part : numpy.ndarray
        Between 0 and 1.
    """
    if given.low == given.high:
        return np.full_like(part, given.value)
    if is_lognormal(given):
        middle, sigma = np.log(given.low * given.high) / 2, np.log(given.high / given.low) / _WIDTH
        return np.exp(middle + sigma * norm.ppf(part))
    low, peak, high = triangle(given.low, given.value, given.high)
    rising = (peak - low) / (high - low)
    found = np.where(
        part <= rising,
        low + np.sqrt(part * (high - low) * (peak - low)),
        high - np.sqrt((1 - part) * (high - low) * (high - peak)),
    )
    if given.low >= 0:
        found = np.maximum(found, 0.0)
    return np.minimum(found, 1.0) if _is_share(given) else found


def triangle(low: float, peak: float, high: float) -> tuple[float, float, float]:
    """Return lowest value, peak and highest value of the triangle of which a twentieth lies below `low` and above `high`.

    A peak outside the range is moved to its nearer end.
    """
    peak = min(max(peak, low), high)
    below, above = peak - low, high - peak
    left, right = below + _TAIL * (high - low), above + _TAIL * (high - low)
    for _ in range(200):
        width = left + right
        left, right = below + np.sqrt(_TAIL * width * left), above + np.sqrt(_TAIL * width * right)
    return peak - float(left), peak, peak + float(right)
