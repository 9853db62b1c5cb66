"""Ranges of sums: known answers, correlation, order, pairing, size."""

from __future__ import annotations

import math
import time
from collections import namedtuple
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pytest

from carbon.engine.uncertainty import (
    DRAWS,
    OWN,
    Group,
    Terms,
    difference,
    matched,
    ranges,
    shares,
    simulate,
)

Spread = namedtuple("Spread", "key sigma elasticity")
_REACH = NormalDist().inv_cdf(0.975)
_SCHEMA = pa.schema(
    [
        ("co2e_kg", pa.float64()),
        ("own_kg2", pa.float64()),
        (
            "spreads",
            pa.list_(pa.struct([("key", pa.string()), ("sigma", pa.float64()), ("elasticity", pa.float64())])),
        ),
    ]
)


def _terms(*rows) -> Terms:
    return Terms.of_rows((value, spreads, own) for value, spreads, own in rows)


def _term(value: float, *spreads: tuple, own_kg2: float = 0.0):
    return value, [Spread(*each) for each in spreads], own_kg2


def _all(terms: Terms, **options):
    return ranges(terms, {"all": np.ones(len(terms), dtype=bool)}, **options)["all"]


def _drawn(terms: Terms, draws: int = 200_000) -> np.ndarray:
    return simulate(terms, [Group(np.ones(len(terms), dtype=bool))], draws=draws)[0]


def _moments(*rows: tuple) -> tuple[float, float]:
    """Return mean and variance of a sum by the closed forms, pair by pair."""
    mean, variance, known = 0.0, math.fsum(row[2] for row in rows), []
    for value, spreads, _ in rows:
        powers = {each.key: each.elasticity * each.sigma for each in spreads}
        known.append(
            (
                value * math.exp(sum((each.elasticity**2 - each.elasticity) * each.sigma**2 / 2 for each in spreads)),
                powers,
            )
        )
    for a, mine in known:
        mean += a
        variance += sum(
            a * b * math.expm1(sum(mine[key] * theirs.get(key, 0.0) for key in mine)) for b, theirs in known
        )
    return mean, variance


def _near(found: float, wanted: float, sigma: float, draws: int = DRAWS) -> bool:
    """Whether a drawn 2.5 % or 97.5 % quantile of a lognormal is within four standard errors of the true one."""
    density = math.exp(-(_REACH**2) / 2) / math.sqrt(2 * math.pi)
    error = sigma * wanted * math.sqrt(0.025 * 0.975 / draws) / density
    return abs(found - wanted) < 4 * error


@pytest.mark.parametrize("elasticity", [1.0, -1.0, 0.4, 2.0])
@pytest.mark.parametrize("sigma", [0.05, 0.3, 0.9])
def test_one_term_is_the_lognormal_it_is_said_to_be(sigma, elasticity):
    """Proves drawn and analytic quantiles and the mean of one term against closed forms, elasticity -1 included."""
    terms = _terms(_term(5.0, ("factor:a", sigma, elasticity)))
    found, spread = _all(terms), abs(elasticity) * sigma
    middle = 5.0 * math.exp(-elasticity * sigma**2 / 2)
    assert found.value_kg == 5.0
    assert _near(found.low_kg, middle * math.exp(-_REACH * spread), spread)
    assert _near(found.high_kg, middle * math.exp(_REACH * spread), spread)
    analytic = matched(terms)
    assert analytic.low_kg == pytest.approx(middle * math.exp(-_REACH * spread), rel=1e-9)
    assert analytic.high_kg == pytest.approx(middle * math.exp(_REACH * spread), rel=1e-9)
    mean = 5.0 * math.exp((elasticity**2 - elasticity) * sigma**2 / 2)
    drawn = _drawn(terms)
    assert abs(drawn.mean() - mean) < 5 * mean * math.sqrt(math.expm1(spread**2) / len(drawn))


def test_two_terms_that_share_a_key_add_up_in_full():
    """Proves that a shared factor scales a sum as a whole, and that a key that cancels leaves nothing."""
    shared = _terms(_term(2.0, ("factor:a", 0.3, 1.0)), _term(3.0, ("factor:a", 0.3, 1.0)))
    alone = _terms(_term(5.0, ("factor:a", 0.3, 1.0)))
    assert _all(shared).low_kg == pytest.approx(_all(alone).low_kg, rel=1e-12)
    assert _all(shared).high_kg == pytest.approx(_all(alone).high_kg, rel=1e-12)
    assert matched(shared).high_kg == pytest.approx(matched(alone).high_kg, rel=1e-12)
    kept = _terms(_term(5.0, ("parameter:a", 0.3, 1.0), ("parameter:a", 0.3, -1.0)))
    assert (_all(kept).low_kg, _all(kept).high_kg, matched(kept).high_kg) == (5.0, 5.0, 5.0)


def test_a_sum_of_many_terms_has_the_exact_mean_and_variance():
    """Proves drawn moments against exact ones where keys are shared, opposed, partial and independent, with own errors."""
    rows = [
        _term(2.0, ("factor:a", 0.3, 1.0), ("parameter:load", 0.2, -1.0)),
        _term(3.0, ("factor:a", 0.3, 1.0), ("parameter:round", 0.4, 1.0)),
        _term(1.5, ("factor:b", 0.5, 1.0), ("parameter:load", 0.2, -0.6)),
        _term(4.0, own_kg2=0.25),
    ]
    drawn, (mean, variance) = _drawn(_terms(*rows)), _moments(*rows)
    assert abs(drawn.mean() - mean) < 4 * math.sqrt(variance / len(drawn))
    # a lognormal's tail makes its variance harder to hit than a normal's
    assert abs(drawn.var() - variance) < 8 * variance * math.sqrt(2 / len(drawn))


def test_the_analytic_range_is_near_the_drawn_one():
    """Proves that a sum of unlike terms has nearly the same range by the rule for parcels and by drawing."""
    terms = _terms(
        _term(2.0, ("factor:a", 0.3, 1.0), ("parameter:load", 0.2, -1.0)),
        _term(3.0, ("factor:a", 0.3, 1.0), ("parameter:round", 0.4, 1.0)),
        _term(1.5, ("factor:b", 0.5, 1.0), ("parameter:load", 0.2, -0.6)),
    )
    analytic, found = matched(terms), _all(terms, draws=200_000)
    assert found.low_kg == pytest.approx(analytic.low_kg, rel=0.05)
    assert found.high_kg == pytest.approx(analytic.high_kg, rel=0.05)


def test_equal_parcels_do_not_average_away():
    """Proves that one parcel and a million equal ones have the same relative range, as rows and as one sum."""
    spreads = [("factor:van", 0.3, 1.0), ("parameter:stops", 0.25, -1.0)]
    one = _all(_terms(_term(0.4, *spreads)))
    summed = _all(_terms(_term(0.4e6, *spreads)))
    table = pa.table(
        {
            "co2e_kg": np.full(1_000_000, 0.4),
            "own_kg2": np.zeros(1_000_000),
            "spreads": pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(1_000_000, dtype=np.int32)),
                pa.array([[Spread(*each)._asdict() for each in spreads]], _SCHEMA.field("spreads").type),
            ).dictionary_decode(),
        }
    )
    many = _all(Terms.of_table(table))
    for found in (summed, many):
        assert found.low_kg / found.value_kg == pytest.approx(one.low_kg / one.value_kg, rel=1e-9)
        assert found.high_kg / found.value_kg == pytest.approx(one.high_kg / one.value_kg, rel=1e-9)


def test_own_errors_do_average_away():
    """Proves the other half: what is each parcel's own shrinks with the root of their number."""
    few, many = _terms(_term(1.0, own_kg2=0.01)), _terms(_term(10_000.0, own_kg2=0.01 * 10_000))
    assert _all(few).width_kg == pytest.approx(100 * _all(many).width_kg / 10_000, rel=1e-9)
    assert _all(few).width_kg == pytest.approx(2 * _REACH * 0.1, rel=0.05)


def _random(count: int, seed: int = 0) -> pa.Table:
    """Return a table of the kind a run has: factors by region, parameters by region, one value of many stated."""
    rng = np.random.default_rng(seed)
    factor, place, package = (rng.integers(0, top, count) for top in (40, 30, 60))
    rows = [
        {
            "co2e_kg": float(value),
            "own_kg2": float(own),
            "spreads": [
                Spread(f"factor:{a}", 0.1 + 0.01 * (a % 20), 1.0)._asdict(),
                Spread(f"parameter:circuity.{b}", 0.08, 1.0)._asdict(),
                Spread("parameter:load", 0.2, -1.0)._asdict(),
                Spread(f"stated:mass:{c}", 0.05, 0.7)._asdict(),
            ],
        }
        for value, own, a, b, c in zip(
            rng.lognormal(size=count), rng.random(count) * 0.01, factor, place, package, strict=True
        )
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def test_draws_do_not_depend_on_order_grouping_or_block():
    """Proves equality for shuffled rows, for rows taken apart, and of the first draws of a longer series."""
    table = _random(2_000)
    terms = Terms.of_table(table)
    order = np.random.default_rng(1).permutation(len(terms))
    shuffled = Terms.of_table(table.take(pa.array(order)))
    whole = _drawn(terms, 3_000)
    assert np.array_equal(whole, _drawn(shuffled, 3_000))
    assert np.allclose(_drawn(terms, 1_500), whole[:1_500], rtol=1e-12)
    half = np.arange(len(terms)) < 700
    apart = simulate(terms, [Group(half), Group(~half)], draws=3_000)
    assert np.allclose(apart.sum(axis=0), whole, rtol=1e-12)
    joined = terms.take(half) + terms.take(~half)
    assert np.allclose(_drawn(joined, 3_000), whole, rtol=1e-12)


def test_a_key_has_the_same_draws_in_every_table():
    """Proves that draws hang on seed and key alone, and that another seed gives others."""
    alone = _terms(_term(1.0, ("factor:van", 0.3, 1.0)))
    among = Terms.of_table(_random(50)) + alone
    last = np.arange(len(among)) == len(among) - 1
    assert np.array_equal(simulate(among, [Group(last)])[0], _drawn(alone, DRAWS))
    assert _all(alone).low_kg != _all(alone, seed=1).low_kg


def test_the_difference_of_a_run_with_itself_is_zero():
    """Proves exact zeros, whatever the order of the rows, own errors included."""
    table = _random(1_000)
    shuffled = table.take(pa.array(np.random.default_rng(2).permutation(1_000)))
    found = difference(Terms.of_table(table), Terms.of_table(shuffled))
    assert (found.value_kg, found.low_kg, found.high_kg, found.clear) == (0.0, 0.0, 0.0, False)


def test_what_two_options_share_leaves_their_difference():
    """Proves that options with the same van and different boxes differ more clearly than their own ranges suggest."""
    van = _term(0.5, ("factor:van", 0.4, 1.0), ("parameter:stops", 0.3, -1.0))
    small = _terms(van, _term(0.10, ("factor:board", 0.2, 1.0)))
    large = _terms(van, _term(0.16, ("factor:board", 0.2, 1.0)))
    found = difference(large, small)
    unpaired = math.hypot(_all(small).width_kg, _all(large).width_kg)
    assert found.value_kg == pytest.approx(-0.06) and found.clear
    assert found.width_kg < 0.1 * unpaired
    assert found.low_kg == pytest.approx(-0.06 * math.exp(-0.02 + 0.2 * _REACH), rel=0.02)
    other = _terms(van, _term(0.16, ("factor:paper", 0.9, 1.0)))
    assert not difference(other, small).clear


def test_own_errors_of_two_runs_are_independent():
    """Proves that a table with runs keeps their parcels' own errors apart, and one without does not."""
    table = pa.Table.from_pylist([{"co2e_kg": 1.0, "own_kg2": 0.01, "spreads": []}], schema=_SCHEMA)
    a, b = (table.append_column("run", pa.array([name])) for name in ("A", "B"))
    apart = difference(Terms.of_table(a), Terms.of_table(b))
    assert apart.width_kg == pytest.approx(2 * _REACH * 0.1 * math.sqrt(2), rel=0.05)
    assert difference(Terms.of_table(table), Terms.of_table(table)).width_kg == 0


def test_unknown_spreads_are_not_taken_for_none():
    """Proves that a row of an older run makes the range unknown, and that sums without it keep theirs."""
    terms = Terms.of_rows([(1.0, None, 0.0), (2.0, [Spread("factor:a", 0.2, 1.0)], 0.0), (0.0, None, 0.0)])
    found = ranges(
        terms, {"old": np.array([True, True, True]), "new": np.array([False, True, True]), "none": np.zeros(3, bool)}
    )
    assert (found["old"].value_kg, found["old"].low_kg, found["old"].width_kg) == (3.0, None, None)
    assert found["new"].low_kg < 2.0 < found["new"].high_kg
    assert (found["none"].low_kg, found["none"].high_kg) == (0.0, 0.0)
    assert difference(terms, terms).clear is None
    old = Terms.of_table(pa.table({"co2e_kg": [1.0]}))
    assert ranges(old, {"": np.array([True])})[""].low_kg is None


def test_shares_are_the_exact_variances():
    """Proves the shares against closed forms: alone, twice with different elasticities, opposed, and parcels' own."""
    rows = [
        _term(2.0, ("factor:a", 0.3, 1.0)), _term(3.0, ("factor:a", 0.3, -1.0)), _term(1.0, ("factor:b", 0.5, 1.0)),
        _term(4.0, own_kg2=0.09),
    ]  # fmt: skip
    mean, square = 3.0 * math.exp(0.09), 0.09
    first = 4.0 * math.expm1(square) + mean**2 * math.expm1(square) + 2 * 2.0 * mean * math.expm1(-square)
    wanted = {"factor:a": first, "factor:b": math.expm1(0.25), OWN: 0.09}
    whole = sum(wanted.values())
    found = shares(_terms(*rows))
    assert list(found) == ["factor:b", "factor:a", OWN]
    assert found == pytest.approx({key: value / whole for key, value in wanted.items()}, rel=1e-12)
    # no interaction here: the parts make up the whole variance
    assert _moments(*rows)[1] == pytest.approx(whole, rel=1e-12)
    assert shares(_terms(_term(1.0))) == {}


def test_exact_keys_take_their_part_of_the_range_away():
    """Proves that a group may be drawn as if some keys were known, for some rows only, with the same other draws."""
    terms = _terms(
        _term(2.0, ("factor:a", 0.3, 1.0), ("parameter:b", 0.5, 1.0)), _term(3.0, ("parameter:b", 0.5, 1.0)),
        _term(1.0, own_kg2=0.5),
    )  # fmt: skip
    every, first = np.ones(3, dtype=bool), np.array([True, False, False])
    found = simulate(
        terms,
        [
            Group(every, exact=every, keys=frozenset({"parameter:b"})),
            Group(every, exact=first, keys=frozenset({"parameter:b"})),
            Group(every, exact=every, own_exact=every),
        ],
    )
    own = _drawn(_terms(_term(1.0, own_kg2=0.5)), DRAWS)
    a = _drawn(_terms(_term(2.0, ("factor:a", 0.3, 1.0))), DRAWS)
    assert np.allclose(found[0], a + 3.0 + own, rtol=1e-12)
    assert np.allclose(found[1], a + own + _drawn(_terms(_term(3.0, ("parameter:b", 0.5, 1.0))), DRAWS), rtol=1e-12)
    assert np.allclose(found[2], 6.0, rtol=1e-12)


def test_a_hundred_million_parcels_cost_seconds():
    """Proves the size: 10,000 draws over the 100,000 rows that 100 million parcels leave, in fifty groups."""
    table = _random(100_000)
    begun = time.perf_counter()
    terms = Terms.of_table(table)
    month = np.arange(len(terms)) % 50
    found = ranges(terms, {name: month == name for name in range(50)})
    taken_s = time.perf_counter() - begun
    assert all(each.low_kg < each.value_kg < each.high_kg for each in found.values())
    assert taken_s < 60, taken_s


def test_activity_tables_are_compared_by_their_totals():
    """Proves that a difference of two tables leaves out product, market-based rows and what stands beside."""
    counted = {"accounting": "total", "stage": "last_mile", "spreads": [Spread("factor:van", 0.3, 1.0)._asdict()]}
    others = [{"stage": "product"}, {"accounting": "market_based"}, {"accounting": "beside"}]
    schema = _SCHEMA.append(pa.field("accounting", pa.string())).append(pa.field("stage", pa.string()))
    a, b = (
        pa.Table.from_pylist([{**counted, **more, "co2e_kg": kg, "own_kg2": 0.0} for more in ({}, *others)], schema)
        for kg in (2.0, 3.0)
    )
    assert difference(a, b).value_kg == 1.0
    assert difference(a, b).low_kg == pytest.approx(_all(_terms(_term(1.0, ("factor:van", 0.3, 1.0)))).low_kg)
