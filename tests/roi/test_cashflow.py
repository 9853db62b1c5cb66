"""Finance: published examples, and what has no rate of return."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.errors import OrganisationError
from carbon.organisation import Finance
from carbon.roi.cashflow import (
    NoRate,
    Terms,
    appraise,
    discounted_payback,
    grid_left,
    irr,
    mirr,
    npv,
    price_path,
    real_rate,
    to_horizon,
)
from carbon.roi.measure import Outcome
from carbon.units import parse_price
from tests.roi.measures import baseline

#: Microsoft support, "NPV function" (support.microsoft.com, examples 1 and 2), "IRR function" and "MIRR function" (their one example).
#: What Excel takes as the first year's end is our year 1.
LATER = [0, -10_000, 3_000, 4_200, 6_800]
SHOP = [-40_000, 8_000, 9_200, 10_000, 12_000, 14_500]
BUSINESS = [-70_000, 12_000, 15_000, 18_000, 21_000, 26_000]
BOAT = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000]

RATES = st.floats(-0.5, 1.0)
FLOWS = st.lists(st.floats(-1e6, 1e6).map(lambda each: round(each, 2)), min_size=2, max_size=30)


def terms(**changes) -> Terms:
    """Return terms of pounds over ten years at 7 %."""
    known = dict(
        currency="GBP", base_year=2025, horizon_years=10, discount_rate=0.07, finance_rate=0.07, reinvest_rate=0.07
    )
    return Terms(**{**known, **changes})


def outcome(cash, saved_kg=None) -> Outcome:
    """Return an outcome with these flows."""
    cash = np.asarray(cash, dtype=float)
    return Outcome(np.full(cash.shape[-1] - 1, 1000.0) if saved_kg is None else np.asarray(saved_kg), cash, baseline())


@pytest.mark.parametrize(("cash", "rate", "published"), [(LATER, 0.10, 1188.44), (SHOP, 0.08, 1922.06)])
def test_npv_of_microsofts_examples(cash, rate, published):
    """Proves that net present values are those that Microsoft's page on NPV prints, to the cent."""
    assert round(npv(np.array(cash), rate), 2) == published


@pytest.mark.parametrize(("years", "published"), [(4, -0.021), (5, 0.087), (2, -0.444)])
def test_irr_of_microsofts_example(years, published):
    """Proves that internal rates of return are those that Microsoft's page on IRR prints."""
    found, why = irr(np.array(BUSINESS[: years + 1]))
    assert why is None and round(found, 3) == published


@pytest.mark.parametrize(("years", "reinvested", "published"), [(5, 0.12, 0.13), (3, 0.12, -0.05), (5, 0.14, 0.13)])
def test_mirr_of_microsofts_example(years, reinvested, published):
    """Proves that modified rates of return are those that Microsoft's page on MIRR prints, in whole per cent."""
    found, why = mirr(np.array(BOAT[: years + 1]), 0.10, reinvested)
    assert why is None and round(found, 2) == published


@pytest.mark.parametrize(
    ("cash", "why"),
    [
        ([0, 5, 5], NoRate.NO_OUTLAY),
        ([-5, -1, 0], NoRate.NO_INCOME),
        ([-5, 10, -4], NoRate.SEVERAL_CHANGES),
        ([5, -1, -1], NoRate.INCOME_FIRST),
    ],
)
def test_no_rate_of_return_where_it_would_mean_nothing(cash, why):
    """Proves that a flow that does not turn once from outlay to income gets a reason in place of a rate."""
    assert irr(np.array(cash, dtype=float)) == (None, why)


@given(FLOWS, RATES)
def test_npv_of_many_flows_is_that_of_each(cash, rate):
    """Proves that the sum over draws and the library's function for one flow agree."""
    many = npv(np.array([cash, [2 * each for each in cash]]), rate)
    alone = npv(np.array(cash), rate)
    assert many == pytest.approx([alone, 2 * alone], rel=1e-9, abs=1e-3)


@given(FLOWS)
def test_a_rate_of_return_makes_the_value_nothing(cash):
    """Proves that wherever a rate is given, discounting by it leaves nothing."""
    found, _ = irr(np.array(cash))
    if found is not None and found > -0.9:
        assert npv(np.array(cash), found) == pytest.approx(0.0, abs=1e-6 * np.abs(cash).sum())


#: Ross, Westerfield, Jordan, Fundamentals of Corporate Finance, chapter 9, question "Calculating Discounted Payback": 14 %.
INFLOWS = [2_800, 3_700, 5_100, 4_300]
#: Table of discounted payback in the CFA reading on capital budgeting (12 %): -32,828.44 is left after 3 years, 38,131.08 come in the fourth.
CFA = [-200_000, 60_000, 80_000, 70_000, 60_000, 50_000]


@pytest.mark.parametrize(("cost", "published"), [(5_200, 1.96), (5_400, 2.03), (10_400, 3.65)])
def test_discounted_payback_of_a_textbook(cost, published):
    """Proves that discounted payback is the textbook's, to a hundredth of a year."""
    assert round(discounted_payback(np.array([-cost, *INFLOWS]), 0.14), 2) == published


def test_value_and_payback_of_the_cfa_table():
    """Proves that value and payback are those of the published table of discounted flows."""
    assert round(npv(np.array(CFA), 0.12), 2) == 33_673.98
    assert discounted_payback(np.array(CFA), 0.12) == pytest.approx(3 + 32_828.44 / 38_131.08, abs=1e-6)


def test_discounted_payback_by_hand():
    """Proves payback on a flow reckoned by hand: 100 at 10 %, of which 60/1.1 + 60/1.21 = 104.13, so 1 + 45.45/49.59 years."""
    assert discounted_payback(np.array([-100.0, 60, 60, 60]), 0.10) == pytest.approx(1 + (100 - 60 / 1.1) / (60 / 1.21))


def test_payback_counts_from_the_last_debt():
    """Proves that a battery replaced in year 3 moves payback behind it, and that a flow without outlay pays back at once."""
    assert discounted_payback(np.array([-10.0, 12, 0, -20, 30]), 0.0) == pytest.approx(3 + 18 / 30)
    assert discounted_payback(np.array([0.0, 1, 1]), 0.1) == 0.0
    assert discounted_payback(np.array([-10.0, 1, 1]), 0.1) is None


def test_nominal_rates_become_real():
    """Proves that real money at the real rate is worth what nominal money is at the nominal one."""
    nominal, inflation = 0.092, 0.04
    real_cash = np.array([-1000.0, 400, 400, 400])
    nominal_cash = real_cash * (1 + inflation) ** np.arange(4)
    assert real_rate(nominal, inflation) == pytest.approx(0.05)
    assert npv(real_cash, real_rate(nominal, inflation)) == pytest.approx(npv(nominal_cash, nominal))


def test_a_carbon_price_path_is_interpolated_and_deflated():
    """Proves that between years a price rises in a straight line, outside it stays, and a nominal one loses inflation."""
    path = {2026: parse_price("80 GBP/t", "t"), 2028: parse_price("120 GBP/t", "t")}
    assert price_path(path, "GBP", 2025, 4) * 1000 == pytest.approx([80, 100, 120, 120])
    assert price_path(path, "GBP", 2025, 4, 0.02)[2] * 1000 == pytest.approx(120 / 1.02**3)


def test_a_longer_life_leaves_a_residual_value():
    """Proves that of 900 for 9 years, 3 years after the horizon leave 300, and that a shorter life is not renewed."""
    flow = outcome([-900.0, *[200.0] * 9])
    saved_kg, cash = to_horizon(flow, terms(horizon_years=6))
    assert len(saved_kg) == 6 and cash[-1] == pytest.approx(200 + 300)
    saved_kg, cash = to_horizon(flow, terms(horizon_years=12))
    assert saved_kg[9:].tolist() == [0, 0, 0] and cash[10:].tolist() == [0, 0, 0]


def test_cost_per_kg_is_the_carbon_price_that_breaks_even():
    """Proves that at a constant carbon price of the abatement cost the value with carbon is zero."""
    flow = outcome([-9000.0, *[500.0] * 10])
    cost = appraise(flow, terms()).cost_per_kg
    assert cost > 0
    priced = appraise(flow, terms(carbon_price_per_kg=np.full(10, cost)))
    assert priced.npv < 0 and priced.npv_with_carbon == pytest.approx(0.0, abs=1e-6)


def test_money_is_converted():
    """Proves that every figure in money scales with the exchange rate, and no rate or mass does."""
    flow = outcome([-900.0, *[200.0] * 9])
    home, abroad = appraise(flow, terms()), appraise(flow, terms(cash_factor=1.25))
    assert abroad.npv == pytest.approx(1.25 * home.npv) and abroad.outlay == pytest.approx(1.25 * home.outlay)
    assert (abroad.irr, abroad.total_kg) == (pytest.approx(home.irr), home.total_kg)


@pytest.mark.parametrize("changes", [{"discount_rate": -1.0}, {"reinvest_rate": -2.0}, {"horizon_years": 0}])
def test_impossible_terms_are_refused(changes):
    """Proves that a rate of -100 % and a horizon of nothing are refused in one message that says what is expected."""
    with pytest.raises(OrganisationError, match=r"-100 %|no horizon") as caught:
        terms(**changes)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"discount_rate": -1}, "-100 %"),
        ({"discount_rate": 7}, "0.07 for 7 %"),
        ({"horizon_years": 0}, "1 to 60 years"),
        ({"horizon_years": 2.5}, "1 to 60 years"),
        ({"terms": "nominal"}, "inflation"),
        ({"currency": "XYZ"}, "known currency"),
        ({"carbon_price": {}}, "names no year"),
    ],
)
def test_the_organisation_file_is_checked(changes, said):
    """Proves that each impossible entry of `finance` is named with what is expected."""
    from carbon import documents

    with pytest.raises(OrganisationError) as caught:
        documents.validate(
            Finance, {"discount_rate": 0.07, "horizon_years": 10, **changes}, "o.yaml", OrganisationError
        )
    assert said in str(caught.value)


def test_the_grids_path_changes_what_its_electricity_saves():
    """Proves by hand that the grid's part of savings follows its path year by year, and that a measure that begins later meets the later grid."""
    path = grid_left({2027: 0.8, 2030: 0.5}, 2025, 10)
    assert path == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    # A van saves 1,000 kg of diesel and uses 400 kg of electricity; a lamp saves 300 kg of electricity.
    van = replace(outcome([0.0] * 11, np.full(10, 600.0)), grid_kg=np.full(10, -400.0))
    lamp = replace(outcome([0.0] * 5, np.full(4, 300.0)), grid_kg=np.full(4, 300.0))
    by_path = terms(grid_left=path)
    assert to_horizon(van, by_path)[0] == pytest.approx(1000 - 400 * path)
    assert to_horizon(lamp, by_path)[0] == pytest.approx([270, 240, 210, 180, *[0] * 6])
    assert to_horizon(van, by_path, 7)[0] == pytest.approx([1000 - 400 * each for each in path[3:]])
    assert to_horizon(van, terms())[0] == pytest.approx(600.0)
    assert appraise(van, by_path).total_kg == pytest.approx(10_000 - 400 * path.sum())
    draws = replace(van, saved_kg=np.full((3, 10), 600.0), grid_kg=np.full((3, 10), -400.0), cash=np.zeros((3, 11)))
    assert to_horizon(draws, by_path)[0] == pytest.approx(np.tile(1000 - 400 * path, (3, 1)))
