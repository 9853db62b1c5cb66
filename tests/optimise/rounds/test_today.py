"""Today's plan: read, worked out by the rules, or made by nearest neighbour; and what a plan changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.problem import Break
from carbon.optimise.rounds.today import BASIS, FIGURES, compare, nearest_neighbour, read_today, today_of
from carbon.optimise.rounds.verifying import verify
from tests.optimise.rounds.day import ANN, BEN, CLEO, DEPOT, SECOND, hand_made, network, problem, van


def _rows(text: str) -> list[dict[str, str]]:
    return [
        dict(zip(("duty", "vehicle", "sequence", "stop", "round"), line.split(), strict=False))
        for line in text.split(";")
    ]


def test_todays_plan_is_worked_out_by_the_rules(tmp_path):
    """Proves that a file in any order of rows, and a byte order mark, give the figures of the same plan made by hand."""
    path = tmp_path / "today.csv"
    path.write_text("\ufeffStop,Duty,Vehicle,Sequence\nben,A,van,2\nann,A,van,1\n", encoding="utf-8")
    today = read_today(problem(), path)
    assert today.basis == "given" and today.broken == ()
    (timed,) = today.plan.duties
    assert timed.duty.stops == (0, 1)
    assert (timed.co2e_kg, timed.money) == pytest.approx((13.72, 79.36), rel=1e-12)


def test_an_earlier_plan_is_read_as_it_was_written(tmp_path):
    """Proves that rows of the way back to a depot are passed over, unless a stop has that name."""
    path = tmp_path / "today.csv"
    path.write_text("duty,vehicle,round,sequence,stop\n1,van,1,1,ann\n1,van,1,2,ben\n1,van,1,3,hub\n", encoding="utf-8")
    assert read_today(problem(), path).plan.duties[0].duty.stops == (0, 1)
    named = problem(ANN, BEN, replace(CLEO, id="hub"))
    assert read_today(named, path).plan.duties[0].duty.stops == (0, 1, 2)


def test_a_comparison_is_the_difference_of_both():
    """Proves each figure by hand: the other way round 150 kg go 20 km and 120 kg come 10 km, so more fuel; no stop is lost."""
    today = today_of(problem(), _rows("A van 1 ben;A van 2 ann"))
    found = compare(hand_made(), today)
    # 20 x 0.115 + 10 x 0.112 + 10 x 0.102 = 4.44 l against 4.24 l
    assert found.difference["co2e_kg"] == pytest.approx(-0.6, rel=1e-9)
    assert found.difference["money"] == pytest.approx(-0.3, rel=1e-9)
    assert [found.difference[name] for name in ("distance_km", "empty_share", "vehicles", "unserved")] == [0, 0, 0, 0]
    assert found.as_dict("zh")["basis_text"] == BASIS["zh"]["given"]
    assert set(found.today) == set(FIGURES) and all(len(both) == 2 for both in FIGURES.values())


def test_what_today_leaves_out_or_breaks_is_told():
    """Proves that rules broken today are listed and counted, not refused, and missing stops are unserved."""
    day = problem(replace(ANN, windows=((0.0, 100.0),)), BEN, fleet=(van(shift=(28_800.0, 86_400.0)),))
    today = today_of(day, _rows("A van 1 ann"))
    assert [(each.rule, each.stop) for each in today.broken] == [(4, "ann")]
    assert [each.stop for each in today.plan.unserved] == [1]
    found = compare(hand_made(), today)
    assert found.broken_today == 1 and found.difference["unserved"] == -1


def test_rounds_of_a_duty_come_back_between():
    """Proves that a round column splits a duty, at its reload depot."""
    day = problem(fleet=(van(reload_at=(DEPOT,), most_rounds=2),))
    today = today_of(day, _rows("A van 1 ann 1;A van 1 ben 2"))
    assert today.broken == () and [each.stops for each in today.plan.duties[0].duty.rounds] == [(0,), (1,)]


@pytest.mark.parametrize(
    ("text", "problem_", "found"),
    [
        ("A van 1 anne", "no such stop", "anne"),
        ("A truck 1 ann", "no such vehicle", "truck"),
        ("A van one ann", "not a number", "one"),
        ("A van 1 ann;B van 1 ann", "stands in two rows", "lines 2 and 3"),
        ("A van 1 ann;A van 1 ben", "have the same place", "sequence 1"),
        ("A van 1 ann;A other 2 ben", "has two vehicles", "van and other"),
    ],
)
def test_a_wrong_row_says_where(text, problem_, found):
    """Proves that each mistake names line, column and what was found."""
    with pytest.raises(InputError, match=problem_) as error:
        today_of(problem(fleet=(van(), van(id="other"))), _rows(text))
    assert found in str(error.value) and "line " in str(error.value)


def test_where_no_way_leads_todays_plan_has_no_figures():
    """Proves that a hole of the matrix is named, rather than infinite kilograms shown."""
    holes = network()
    holes.distance_m[0, 1, 2] = holes.duration_s[0, 1, 2] = np.inf
    with pytest.raises(InputError, match="no way") as error:
        today_of(problem(network=holes), _rows("A van 1 ann;A van 2 ben"))
    assert "from node 1 to node 2" in str(error.value)


@pytest.mark.parametrize("text", ["", "duty,vehicle,stop\nA,van,ann\n"])
def test_a_file_without_rows_or_a_column_is_refused(tmp_path, text):
    """Proves the message for an empty file, a missing column and a file that is not there."""
    path = tmp_path / "today.csv"
    path.write_text(text, encoding="utf-8")
    for each in (path, tmp_path / "none.csv"):
        with pytest.raises(InputError, match="csv"):
            read_today(problem(), each)


def test_nearest_neighbour_takes_the_nearest_that_fits():
    """Proves the order near to far, that load closes the van, and that the next vehicle takes what is left."""
    day = problem(CLEO, BEN, ANN, fleet=(van(count=3, payload_kg=150.0),))
    today = nearest_neighbour(day)
    assert today.basis == "nearest_neighbour" and today.broken == ()
    names = [[day.stops[stop].id for stop in each.duty.stops] for each in today.plan.duties]
    assert names == [["ann", "ben"], ["cleo"]]


NARROW = {
    "window": problem(ANN, replace(BEN, windows=((0.0, 100.0),)), fleet=(van(shift=(28_800.0, 86_400.0)),)),
    "skill": problem(ANN, replace(BEN, skills=frozenset({"lift"}))),
    "range": problem(fleet=(van(range_km=39.0),)),
    "shift": problem(fleet=(van(shift=(28_800.0, 31_000.0)),)),
    "longest": problem(fleet=(van(longest_s=2_000.0),)),
    "depot": problem(ANN, replace(BEN, depot=SECOND)),
}


@pytest.mark.parametrize("case", NARROW)
def test_nearest_neighbour_keeps_every_rule(case):
    """Proves that what does not fit is left out and listed, and that the verifier accepts the rest."""
    today = nearest_neighbour(NARROW[case])
    assert [each.duty.stops for each in today.plan.duties] == [(0,)]
    assert [each.stop for each in today.plan.unserved] == [1]
    assert today.broken == () and verify(NARROW[case], today.plan) == []


def test_nearest_neighbour_reloads():
    """Proves that a van that may reload makes a second round, and that a late start can shorten a duty that waits."""
    day = problem(fleet=(van(payload_kg=100.0, reload_at=(DEPOT,), most_rounds=3, reload_s=600.0),))
    today = nearest_neighbour(day)
    assert [each.stops for each in today.plan.duties[0].duty.rounds] == [(0,), (1,)] and today.broken == ()
    waits = problem(replace(ANN, windows=((50_000.0, 51_000.0),)), fleet=(van(longest_s=2_000.0),))
    assert nearest_neighbour(waits).plan.unserved == ()


def test_nearest_neighbour_of_many_stops():
    """Proves that 120 stops with windows, rests and two kinds of vehicle give a plan that the verifier accepts."""
    stops = [
        replace(
            ANN, id=f"s{n}", node=1 + n % 4, delivery_kg=3.0 + n % 7, delivery_m3=0.01, parcels=(f"P{n}",),
            windows=((28_800.0 + 600 * (n % 30), 50_000.0),), skills=frozenset({"lift"} if n % 5 == 0 else ()),
        )
        for n in range(120)
    ]  # fmt: skip
    shift = (28_800.0, 64_800.0)
    fleet = (van(count=4, shift=shift, rest=Break(1_800.0, 36_000.0, 45_000.0)), van(id="lift", count=4, shift=shift, skills=frozenset({"lift"})))  # fmt: skip
    today = nearest_neighbour(problem(*stops, fleet=fleet))
    assert today.broken == () and not today.plan.unserved
    assert sorted(stop for each in today.plan.duties for stop in each.duty.stops) == list(range(120))
