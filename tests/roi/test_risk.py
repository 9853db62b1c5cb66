"""Risk: ranges of inputs, what moves a value, where it breaks even, and many draws."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.roi.cashflow import appraise
from carbon.roi.risk import (
    break_evens,
    drawn,
    is_lognormal,
    quantile,
    sample,
    simulate,
    simulate_all,
    tornado,
    triangle,
    values_of,
)
from tests.roi.measures import Cut, baseline, cut, number
from tests.roi.test_cashflow import terms

ENDS = np.array([0.05, 0.5, 0.95])


@given(st.floats(0.01, 1e4), st.floats(1.01, 20), st.floats(-0.09, 0.09))
def test_a_lognormal_range_has_its_percentiles(middle, ratio, off):
    """Proves that of a positive range about its geometric middle, 5 % and 95 % lie at its ends."""
    one = number("price", middle * ratio ** (2 * off), middle / ratio, middle * ratio, unit="GBP")
    assert is_lognormal(one)
    assert quantile(one, ENDS) == pytest.approx([one.low, middle, one.high], rel=1e-9)


@given(st.floats(-100, 100), st.floats(0.01, 50), st.floats(0.01, 50))
def test_a_triangular_range_has_its_percentiles(peak, below, above):
    """Proves that the triangle's ends are such that a twentieth lies beyond low and high, and its peak is the value."""
    low, _, high = triangle(peak - below, peak, peak + above)
    one = number("change", peak, peak - below, peak + above)
    if not is_lognormal(one) and one.low < 0:
        assert quantile(one, ENDS)[[0, 2]] == pytest.approx([one.low, one.high], rel=1e-6, abs=1e-6)
    assert low < peak - below and high > peak + above


def test_lopsided_ranges_and_shares_are_triangular():
    """Proves the rule that chooses: a share, a range with zero in it, or a value off the middle is no lognormal."""
    assert is_lognormal(number("price", 2, 1, 4, unit="GBP"))
    assert not is_lognormal(number("share", 0.2, 0.1, 0.4))
    assert not is_lognormal(number("price", 3.9, 1, 4, unit="GBP"))
    assert not is_lognormal(number("saving", 0, -1, 1, unit="GBP"))


def test_draws_of_a_share_stay_shares():
    """Proves that no draw of a share is below nothing or above everything."""
    found = drawn(number("share", 0.97, 0.4, 0.99), 10_000, 1)
    assert found.min() >= 0 and found.max() <= 1 and found.std() > 0.05


def test_one_draw_for_one_quantity():
    """Proves that equal inputs of two measures are drawn once, and that any difference makes them independent."""
    price = number("price", 2, 1, 4, unit="GBP")
    same = drawn(price, 10_000, 1)
    assert np.array_equal(same, drawn(replace(price), 10_000, 1))
    for change in ({"source": "another"}, {"high": 4.1}, {"key": "other"}, {"unit": "EUR"}):
        assert abs(np.corrcoef(same, drawn(replace(price, **change), 10_000, 1))[0, 1]) < 0.05


def test_shares_and_outlays_are_a_measures_own():
    """Proves that equal shares, or equal investments, of two measures are drawn apart, and equal prices together."""
    for key, unit, shared in (("share", "1", False), ("investment", "GBP", False), ("price", "GBP/kg", True)):
        each = number(key, 0.5, 0.3, 0.7, unit=unit)
        assert np.array_equal(drawn(each, 50, 1, "one"), drawn(each, 50, 1, "two")) == shared


def test_a_further_input_changes_no_other_draws():
    """Proves that the draws of a quantity depend on the seed and on itself alone."""
    one, other = cut("van", 0.3, 9_000, 0.1, wide=0.2), cut("van", 0.3, 7_000, 0.1, wide=0.3)
    other.inputs["van_share"] = one.inputs["van_share"]
    first, second = sample(one, 100, 7), sample(other, 100, 7)
    assert np.array_equal(first["van_share"], second["van_share"])
    assert not np.array_equal(first["van_outlay"], second["van_outlay"])
    assert not np.array_equal(first["van_share"], sample(one, 100, 8)["van_share"])


def test_the_tornado_is_each_input_alone():
    """Proves that ends are reckoned with the others at their values, the widest first, exact inputs left out."""
    measure = cut("van", 0.3, 9_000, 0.1, wide=0.2)
    found = tornado(measure, baseline(), terms())
    widest = found[0]
    by_hand = [
        appraise(measure.outcome(baseline(), {**values_of(measure), widest.key: end}), terms()).npv
        for end in (widest.low, widest.high)
    ]
    assert [widest.npv_low, widest.npv_high] == pytest.approx(by_hand)
    assert [each.width for each in found] == sorted((each.width for each in found), reverse=True)
    assert len(found) == 3
    assert tornado(cut("van", 0.3, 9_000, 0.1), baseline(), terms()) == ()


def test_break_even_is_where_the_value_is_nothing():
    """Proves that at the break-even value the measure is worth nothing, and that none is said where there is none."""
    measure = cut("van", 0.3, 12_000, 0.1, wide=0.5)
    found = {each.key: each for each in break_evens(measure, baseline(), terms())}
    outlay = found["van_outlay"]
    at = {**values_of(measure), "van_outlay": outlay.value}
    assert appraise(measure.outcome(baseline(), at), terms()).npv == pytest.approx(0.0, abs=1e-6)
    # 18,000 kg a year at 0.1 are 1,800 a year, times 7.0236 (ten years at 7 %).
    assert outlay.value == pytest.approx(1_800 * (1 - 1.07**-10) / 0.07)
    dear = break_evens(cut("van", 0.3, 1_000_000, 0.1, wide=0.5), baseline(), terms())
    assert [each.value for each in dear] == [None, None, None]


@dataclass(frozen=True)
class _Humped(Cut):
    """Worth something only in the middle of an input's range."""

    def outcome(self, baseline, values):
        share = np.asarray(values[self.share.key], dtype=float)
        return super().outcome(baseline, {**values, self.share.key: 0.5 - np.abs(share - 0.4) * 2})


def test_break_even_of_a_value_that_rises_and_falls():
    """Proves that two changes of sign inside the range are found though both ends are alike, the nearer one told."""
    measure = _Humped(
        "hump", number("s", 0.5, 0.05, 0.75), number("o", 12_000, unit="GBP"), number("p", 0.1, unit="GBP")
    )
    (found,) = break_evens(measure, baseline(), terms())
    needed = 12_000 / (6_000 * (1 - 1.07**-10) / 0.07)
    assert found.value == pytest.approx(0.4 + (0.5 - needed) / 2)


def test_many_draws_agree_with_their_closed_form():
    """Proves the simulation on a value that is lognormal in closed form: its percentiles, and the chance that it pays."""
    from scipy.stats import norm

    # Of 18,000 kg a year at a lognormal price over ten years, less an exact outlay.
    measure = Cut(
        "price", number("s", 0.3), number("o", 12_000, unit="GBP"), number("p", 0.1, 0.05, 0.2, unit="GBP/kg")
    )
    found = simulate(measure, baseline(), terms())
    years = (1 - 1.07**-10) / 0.07
    at = [18_000 * years * each for each in (0.05, 0.1, 0.2)]
    assert len(found.npv) == 10_000
    assert np.array(found.percentiles) + 12_000 == pytest.approx(at, rel=0.04)
    sigma = np.log(4) / (2 * norm.ppf(0.95))
    exact = 1 - norm.cdf(np.log(12_000 / (18_000 * years) / 0.1) / sigma)
    assert found.pays == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 10_000))
    assert np.array_equal(found.npv, simulate(measure, baseline(), terms()).npv)


def test_a_measure_without_inexact_inputs_is_certain():
    """Proves that exact inputs give every draw the measure's own value."""
    measure = cut("van", 0.3, 9_000, 0.1)
    found = simulate(measure, baseline(), terms(), draws=50)
    own = appraise(measure.outcome(baseline(), values_of(measure)), terms()).npv
    assert found.npv.shape == (50,) and found.npv == pytest.approx(own)


def test_measures_together_are_each_on_what_the_former_left():
    """Proves that two cuts of half each save three quarters, in every draw, and never the whole."""
    pair = [cut("one", 0.5, 0, 0.1), cut("two", 0.5, 0, 0.1)]
    found = simulate_all(pair, baseline(last_mile=1_000.0), terms(), draws=5)
    assert found.total_kg == pytest.approx(np.full(5, 750.0 * 10))
