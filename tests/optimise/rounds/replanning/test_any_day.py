"""Random days with everything at once, re-planned at random times after random events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.plan import Duty, Round
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.rounds.recounting import recount
from carbon.optimise.rounds.replanning.files import day_csv
from carbon.optimise.rounds.verifying import verify
from carbon.optimise.routing import plan_rounds
from tests.optimise.rounds.replanning.by_now import again, at
from tests.optimise.rounds.test_verified_plans import day

OBJECTIVE = Objective(1.0, 0.3)


def _began(seed: int) -> tuple[Problem, Problem, object, float, np.random.Generator]:
    """Return the day as it was planned, as it is now (orders new and withdrawn), its plan, and a moment of it."""
    draw = np.random.default_rng(1_000 + seed)
    now = day(seed, most=16)
    new = int(draw.integers(0, 3))
    before = replace(now, stops=now.stops[: len(now.stops) - new])
    plan = plan_rounds(before, OBJECTIVE, iterations=40, seed=seed)
    first = min(each.legs[0].depart_s for each in plan.duties)
    last = max(each.legs[-1].arrive_s for each in plan.duties)
    return before, now, plan, float(np.floor(draw.uniform(first, last) / 60) * 60), draw


@pytest.mark.parametrize("seed", range(12))
def test_a_re_planned_day_keeps_every_rule(tmp_path, seed):
    """Proves that what is planned passes the verifier, each stop has one fate, goods stay on their vehicle, and it can go on."""
    before, now, plan, now_s, draw = _began(seed)
    begun = [leg for each in plan.duties for leg in each.legs if leg.stop is not None and leg.leave_s + 120 < now_s]
    events = []
    for leg in begun:
        name, time = before.stops[leg.stop].id, clock(np.ceil(leg.leave_s / 60) * 60)[:5]
        chance = draw.random()
        if chance < 0.2:
            until = now_s / 3600 + 4
            events.append(
                {"event": "failed", "time": time, "stop": name, "again": f"{int(now_s // 3600) + 1}-{int(until)}"}
            )
        elif chance < 0.3:
            events.append({"event": "failed", "time": time, "stop": name})
        elif chance < 0.4:
            events.append({"event": "skipped", "time": time, "stop": name})
    if draw.random() < 0.5:
        events.append({"event": "late", "time": clock(now_s)[:5], "duty": 1, "late_min": int(draw.integers(1, 40))})
    told = again(at(before, plan, now_s, tmp_path, *events, now=now), OBJECTIVE, seed=seed)
    left = told.situation.left
    for made in (told.decision.plan, told.decision.kept):
        assert verify(left.problem, made) == []
    fates = [leg.place for leg in told.legs if not leg.is_depot and str(leg.state) in ("done", "under_way", "planned")]
    fates += [each.stop for each in told.changes if str(each.kind) in ("dropped", "not_served", "comes_back")]
    assert sorted(fates) == sorted(stop.id for stop in now.stops)
    holders = {name: duty.number for duty in told.situation.duties for name in duty.on_board}
    for leg in told.legs:
        if leg.place in holders and str(leg.state) == "planned":
            assert leg.duty == holders[leg.place]
    path = tmp_path / "new.csv"
    path.write_text(day_csv(told), encoding="utf-8")
    on = again(at(now, path, now_s, tmp_path, *events), OBJECTIVE, worth="99%")
    left_out = {each.stop for each in told.changes if str(each.kind) in ("dropped", "not_served")}
    if not left_out & {leg.place for leg in on.legs}:  # another look found no place for them, either
        assert [each for each in on.changes if str(each.kind) not in ("not_served", "comes_back")] == []
        assert on.as_dict()["figures"]["day"] == pytest.approx(told.as_dict()["figures"]["day"], rel=1e-9)


@pytest.mark.parametrize("seed", range(20, 28))
def test_a_day_that_runs_as_planned_is_one_duty_by_the_rules(tmp_path, seed):
    """Proves that legs done and legs planned together are, by the verifier's own count, the whole day's duties: times, loads, kg."""
    _, day_, _, _, _ = _began(seed)
    plan = plan_rounds(day_, OBJECTIVE, iterations=40, seed=seed)
    middle = sorted(leg.depart_s for each in plan.duties for leg in each.legs)
    told = again(at(day_, plan, float(np.ceil(middle[len(middle) // 2])), tmp_path), OBJECTIVE, seed=seed)
    position = {stop.id: at for at, stop in enumerate(day_.stops)}
    depots = {name: node for node, name in day_.depots.items()}
    types = {each.id: at for at, each in enumerate(day_.fleet)}
    for duty in {leg.duty for leg in told.legs}:
        legs = [leg for leg in told.legs if leg.duty == duty]
        vehicle, rounds, start = types[legs[0].vehicle], [], day_.fleet[types[legs[0].vehicle]].start
        for number in range(1, legs[-1].round + 1):
            mine = [leg for leg in legs if leg.round == number]
            rounds.append(Round(start, tuple(position[leg.place] for leg in mine[:-1]), depots[mine[-1].place]))
            start = depots[mine[-1].place]
        rests = [at for at, leg in enumerate(legs) if leg.figures.rest_s]
        found = recount(day_, Duty(vehicle, tuple(rounds)), legs[0].figures.depart_s, rests[0] if rests else None)
        assert found.breaches == ()
        for mine, right in zip(legs, found.timed.legs, strict=True):
            for name in (
                "arrive_s",
                "begin_s",
                "leave_s",
                "distance_m",
                "load_kg",
                "load_m3",
                "energy",
                "co2e_kg",
                "money",
            ):
                assert getattr(mine.figures, name) == pytest.approx(getattr(right, name), rel=1e-9, abs=1e-9), (
                    duty,
                    name,
                )
    whole = told.as_dict()["figures"]["day"]
    if not told.changes:
        assert whole["co2e_kg"] == pytest.approx(plan.co2e_kg) and whole["money"] == pytest.approx(plan.money)
