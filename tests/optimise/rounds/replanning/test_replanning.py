"""A day on a straight road, re-planned: worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.problem import Break, Network, Objective, Traffic
from carbon.optimise.rounds.replanning.changes import CHANGE_COLUMNS, Kind
from carbon.optimise.rounds.replanning.deciding import worth_of
from carbon.optimise.rounds.replanning.files import day_csv
from carbon.optimise.rounds.verifying import verify
from carbon.optimise.rounds.words import COLUMNS
from tests.house.source import ROOT
from tests.optimise.rounds.days import H, van
from tests.optimise.rounds.replanning.by_now import ROAD, again, at, kinds, legs_of, planned, road, stop, written

#: By the plan 1 - 2 - 3 - 4 from 8:00: s1 is reached at 8:08:20 and left at 8:13:20, s2 reached at 8:21:40, left at 8:26:40.
DAY = road(*(stop(each) for each in (1, 2, 3, 4)))
PLAN = planned(DAY, [(1, 2, 3, 4)])
AT_SECOND = 8 * H + 23 * 60


def test_nothing_happened_so_nothing_changes(tmp_path):
    """Proves that a day that runs as planned is the plan: done legs, the leg under way, the rest, and the same kg and money."""
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path))
    assert legs_of(told, 1) == [
        ("s1", "done"), ("s2", "under_way"), ("s3", "planned"), ("s4", "planned"), ("depot", "planned"),
    ]  # fmt: skip
    assert told.changes == () and told.decision.changed == 0
    day = told.as_dict()["figures"]["day"]
    assert day["co2e_kg"] == pytest.approx(PLAN.co2e_kg, rel=1e-12) and day["money"] == pytest.approx(
        PLAN.money, rel=1e-12
    )
    assert [leg.figures.leave_s for leg in told.legs] == pytest.approx([leg.leave_s for leg in PLAN.duties[0].legs])


def test_a_vehicle_under_way_begins_where_its_leg_ends_with_what_it_has_left(tmp_path):
    """Proves place, time, range, hours, load and rest of a vehicle under way, and that the leg back to its depot is counted."""
    fleet = (van(count=2, longest_s=2 * H, range_km=50.0, rest=Break(600.0, 9 * H, 9.5 * H)),)
    day = road(*DAY.stops, fleet=fleet)
    left = at(day, PLAN, AT_SECOND, tmp_path).left
    idle, own = left.problem.fleet
    assert idle.count == 1 and idle.shift == (AT_SECOND, 18 * H)
    assert (own.count, own.start, own.end, own.under_way) == (1, 2, 0, True)
    assert own.shift == (8 * H + 26 * 60 + 40, 10 * H) and own.driven_km == 10.0 and own.rest == fleet[0].rest
    assert own.co2e_kg_per_use == own.money_per_use == own.carried_kg == 0.0
    assert [left.problem.stops[each].id for each in own.on_board] == ["s3", "s4"]
    (home,) = left.homes
    assert left.problem.stops[home].vehicles == {own.id} and left.problem.stops[home].node == own.end


def test_goods_on_board_are_served_by_their_vehicle_alone(tmp_path):
    """Proves that a van at the depot, nearer and idle, takes the new order and not what is on board of another."""
    day = road(*(stop(each) for each in (4, 7)), fleet=(van(count=2),))
    later = replace(day, stops=(*day.stops, stop(1)))
    told = again(at(day, planned(day, [(7, 4)]), 8 * H + 60, tmp_path, now=later))
    assert ("s4", "planned") in legs_of(told, 1) and ("s1", "planned") not in legs_of(told, 1)
    assert kinds(told)["s1"] == "new" and told.changes[0].to_duty == 2
    assert verify(told.situation.left.problem, told.decision.plan) == []


def test_a_new_order_is_put_where_it_costs_least(tmp_path):
    """Proves that what is collected on the way joins the round between its neighbours, and the others keep their order."""
    collected = stop(6, delivery_kg=0.0, collection_kg=5.0, windows=((8 * H, 9 * H),))
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path, now=replace(DAY, stops=(*DAY.stops, collected))))
    assert [place for place, _ in legs_of(told, 1)] == ["s1", "s2", "s6", "s3", "s4", "depot"]
    assert kinds(told) == {"s6": "new"}
    ten = [each for each in again(told.situation, tell_min=3).changes if str(each.kind) == "time"]
    assert [each.stop for each in ten] == ["s3", "s4"] and ten[0].later_min == pytest.approx(5.0)


def test_what_is_withdrawn_stays_on_board_until_the_depot(tmp_path):
    """Proves that a stop gone from the file is not driven to, and its mass rides along, in load and energy."""
    gone = replace(DAY, stops=(*DAY.stops[:2], DAY.stops[3]))
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path, now=gone))
    assert [place for place, _ in legs_of(told, 1)] == ["s1", "s2", "s4", "depot"]
    assert kinds(told) == {"s3": "withdrawn"}
    assert [leg.figures.load_kg for leg in told.legs] == [40.0, 30.0, 20.0, 10.0]


def test_a_failed_delivery_is_tried_again_or_comes_back(tmp_path):
    """Proves that a delivery that failed is on board, that it is served again within its new window, or rides home."""
    failed = {"event": "failed", "time": "08:13", "stop": "s1"}
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path, failed))
    assert legs_of(told, 1)[0] == ("s1", "failed") and kinds(told)["s1"] == "comes_back"
    assert told.legs[-1].figures.load_kg == 10.0 and len(legs_of(told, 1)) == 5
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path, failed | {"again": "09:00-12:00"}))
    visits = [leg for leg in told.legs if leg.place == "s1"]
    assert [str(leg.state) for leg in visits] == ["failed", "planned"] and visits[1].figures.begin_s >= 9 * H
    assert kinds(told)["s1"] == "tried_again" and told.legs[-1].figures.load_kg == 0.0


def test_late_traffic_drops_what_cannot_be_kept_and_says_why(tmp_path):
    """Proves that a window that traffic breaks is told, and that its stop alone is dropped, with a reason, if nobody else can go."""
    day = road(stop(1), stop(2), stop(3, windows=((8 * H, 8.75 * H),)), stop(4))
    jam = replace(day, traffic=Traffic({"": (4.0,) * 24}))
    told = again(at(day, planned(day, [(1, 2, 3, 4)]), AT_SECOND, tmp_path, now=jam))
    assert any("s3" in text and "08:45" in text for text in told.situation.missed)
    (dropped,) = [each for each in told.changes if str(each.kind) == "dropped"]
    assert dropped.stop == "s3" and "duty 1 has it on board" in dropped.reason
    assert ("s4", "planned") in legs_of(told, 1)


def test_a_late_vehicle_is_back_after_its_shift_and_is_told(tmp_path):
    """Proves that a vehicle that can no longer be home in time still comes home, says so, and serves nobody on a detour."""
    day = road(*DAY.stops, fleet=(van(count=1, shift=(8 * H, 34_040.0)),))
    late = {"event": "late", "time": "08:22", "duty": "1", "late_min": 15}
    told = again(at(day, planned(day, [(1, 2, 3, 4)]), AT_SECOND, tmp_path, late))
    assert any("back" in text for text in told.situation.missed)
    assert [each.kind for each in told.changes if each.stop == "s4"] == ["dropped"]
    hopeless = again(at(day, planned(day, [(1, 2, 3, 4)]), AT_SECOND, tmp_path, late | {"late_min": 90}))
    assert any("at the earliest, after 09:27" in text for text in hopeless.situation.notes)
    assert legs_of(hopeless, 1)[-1] == ("depot", "planned")


def test_a_change_is_made_only_where_it_saves_enough(tmp_path):
    """Proves the threshold on both sides: 4 kg saved of some kilograms are taken at 1 kg and left at 50 kg."""
    zigzag = planned(DAY, [(1, 4, 2, 3)])
    here = at(DAY, zigzag, 8 * H + 10 * 60, tmp_path)
    small, large = (again(here, worth=text) for text in ("1 kg", "50 kg"))
    assert small.decision.changed == 1 and large.decision.changed == 0
    assert [place for place, _ in legs_of(large, 1)] == ["s1", "s4", "s2", "s3", "depot"] and large.changes == ()
    assert [place for place, _ in legs_of(small, 1)] in (
        ["s1", "s2", "s3", "s4", "depot"], ["s1", "s4", "s3", "s2", "depot"],
    )  # fmt: skip
    assert large.decision.too_little == 1
    saved = small.decision.kept.co2e_kg - small.decision.plan.co2e_kg
    assert large.decision.forgone_co2e_kg == pytest.approx(saved, rel=1e-9) and saved > 1.0
    assert {str(each.kind) for each in small.changes} <= {"order", "time"}


def test_worth_is_a_share_kilograms_or_money():
    """Proves what --worth may say, by the objective, and that anything else is one message."""
    assert worth_of("5%", Objective(), "EUR").of(200.0) == pytest.approx(10.0)
    assert worth_of("500 g", Objective(2.0, 1.0), "EUR").of(200.0) == pytest.approx(1.0)
    assert worth_of("3 EUR", Objective(0.0, 2.0), "EUR").of(200.0) == pytest.approx(6.0)
    for text in ("3 EUR", "much", "-1%", "5 km"):
        with pytest.raises(InputError, match="--worth"):
            worth_of(text, Objective(), "EUR")


def test_a_vehicle_seen_begins_there_and_may_turn_round(tmp_path):
    """Proves that a vehicle that was seen begins at that place now, and that what it has on board is open again in any order."""
    spot = "at 52.00000 13.00000"
    network = DAY.network
    x = [0.0, 5.0, 10.0, 15.0, 20.0, 6.0, 12.0, 30.0, 7.0]
    metres = 1000 * np.abs(np.subtract.outer(x, x))[None]
    wide = Network(network.latitude, network.longitude, (None,) * 9, metres, metres / 10, "line")
    seen = {"event": "seen", "time": "08:23", "duty": "1", "latitude": 52, "longitude": 13, "stop": "s2"}
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path, seen, now=replace(DAY, network=wide), spots=(spot,)))
    assert legs_of(told, 1)[:2] == [("s1", "done"), (spot, "seen")]
    leg = told.legs[1].figures
    assert leg.distance_m == 2000.0 and leg.leave_s == AT_SECOND and told.legs[2].figures.depart_s == AT_SECOND
    assert told.situation.left.problem.fleet[0].on_board and told.legs[2].place == "s2"


def test_a_vehicle_that_broke_down_keeps_its_goods(tmp_path):
    """Proves that they are dropped with that reason, that its later round is open to others, and that it drives no more."""
    day = road(*(stop(each) for each in (1, 2, 3, 4)), fleet=(van(count=2, reload_at=(0,), most_rounds=2),))
    broken = {"event": "broken down", "time": "08:20", "duty": "1"}
    told = again(at(day, planned(day, [(1, 2), (3, 4)]), AT_SECOND, tmp_path, broken))
    assert [state for _, state in legs_of(told, 1)] == ["done", "broken_down"]
    assert kinds(told) == {"s2": "dropped", "s3": "moved", "s4": "moved"}
    assert "broken down" in told.changes[0].reason
    assert told.legs[1].figures.distance_m == pytest.approx(5000 * 400 / 500)
    (tmp_path / "new.csv").write_text(day_csv(told), encoding="utf-8")
    later = again(at(day, tmp_path / "new.csv", AT_SECOND + 60, tmp_path))
    assert kinds(later) == {"s2": "not_served"}


def test_stops_driven_in_another_order_are_told_so(tmp_path):
    """Proves that the real order stays, with the network's km where the plan has none, and a skipped stop stays on board."""
    events = [
        {"event": "done", "time": "08:30", "stop": "s2"},
        {"event": "done", "time": "08:45", "stop": "s1"},
    ]
    told = again(at(DAY, PLAN, 8.75 * H, tmp_path, *events))
    assert legs_of(told, 1)[:2] == [("s2", "done"), ("s1", "done")]
    assert [leg.figures.distance_m for leg in told.legs[:2]] == [10_000.0, 5_000.0]
    assert told.legs[1].figures.leave_s == 8.75 * H
    skipped = {"event": "skipped", "time": "08:22", "stop": "s1"}
    told = again(at(DAY, PLAN, AT_SECOND, tmp_path, skipped))
    assert legs_of(told, 1)[0][0] == "s2" and ("s1", "planned") in legs_of(told, 1)


def test_a_vehicle_back_at_its_depot_begins_another_round(tmp_path):
    """Proves that rounds left, not those driven, limit it, and that its use is not counted twice."""
    day = road(stop(1), stop(2), fleet=(van(count=1, reload_at=(0,), reload_s=600.0, most_rounds=2),))
    plan = planned(day, [(1, 2)])
    now_s = plan.duties[0].legs[-1].arrive_s + 300.0
    later = replace(day, stops=(*day.stops, stop(3)))
    told = again(at(day, plan, now_s, tmp_path, now=later))
    new = next(leg for leg in told.legs if leg.place == "s3")
    assert (new.duty, new.round) == (1, 2) and new.figures.depart_s >= plan.duties[0].legs[-1].arrive_s + 600.0
    whole = told.as_dict()["figures"]["day"]["co2e_kg"]
    assert (
        whole == pytest.approx(plan.co2e_kg + told.decision.plan.co2e_kg) and told.decision.plan.duties[0].co2e_kg < 30
    )
    once = replace(later, fleet=(replace(day.fleet[0], most_rounds=1, reload_at=()),))
    assert kinds(again(at(day, plan, now_s, tmp_path, now=once))) == {"s3": "not_served"}


def test_a_day_may_be_re_planned_again_and_again(tmp_path):
    """Proves that the file that is written is a plan, that known events are not counted twice, and the day's sums stay."""
    failed = {"event": "failed", "time": "08:13", "stop": "s1", "again": "09:00-12:00"}
    late = {"event": "late", "time": "08:20", "duty": "1", "late_min": 10}
    first = again(at(DAY, PLAN, AT_SECOND, tmp_path, failed, late))
    path = tmp_path / "new.csv"
    path.write_text(day_csv(first), encoding="utf-8")
    second = again(at(DAY, path, AT_SECOND + 900, tmp_path, failed, late))
    assert second.changes == () and any("2 events" in text for text in second.situation.notes)
    one, other = (each.as_dict()["figures"]["day"] for each in (first, second))
    assert one == pytest.approx(other)


WRONG = {
    "an unknown stop": ([{"event": "done", "time": "08:10", "stop": "s9"}], "no such stop in the plan"),
    "an unknown duty": ([{"event": "late", "time": "08:10", "duty": "7", "late_min": 5}], "no such duty"),
    "an unknown event": ([{"event": "lost", "time": "08:10", "stop": "s1"}], "no such event"),
    "the future": ([{"event": "done", "time": "09:10", "stop": "s1"}], "lies in the future"),
    "done and failed": (
        [{"event": "done", "time": "08:10", "stop": "s1"}, {"event": "failed", "time": "08:12", "stop": "s1"}],
        "contradict each other",
    ),
    "done after it broke down": (
        [{"event": "broken_down", "time": "08:10", "duty": "1"}, {"event": "done", "time": "08:12", "stop": "s1"}],
        "contradict each other",
    ),
    "late by nothing": ([{"event": "late", "time": "08:10", "duty": "1"}], "how late"),
    "seen nowhere": ([{"event": "seen", "time": "08:10", "duty": "1"}], "where the vehicle was seen"),
    "again in the past": ([{"event": "failed", "time": "08:13", "stop": "s1", "again": "7-8"}], "in the past"),
    "a time that is none": ([{"event": "done", "time": "soon", "stop": "s1"}], "events file"),
    "another duty's stop": ([{"event": "done", "time": "08:13", "stop": "s1", "duty": "2"}], "is not of duty 2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_events_that_cannot_be_are_one_message(tmp_path, case):
    """Proves that each names what was found, what was expected, and the line."""
    events, said = WRONG[case]
    day = replace(DAY, fleet=(van(count=2),))
    plan = planned(day, [(1, 2)], [(3, 4)])
    with pytest.raises(InputError, match=said) as error:
        at(day, plan, AT_SECOND, tmp_path, *events)
    assert "events.csv" in str(error.value) and error.value.mend


def _doubled(row: str) -> str:
    cells = row.split(",")
    place = [key for key, _ in COLUMNS].index("energy")
    return ",".join([*cells[:place], str(2 * float(cells[place])), *cells[place + 1 :]])


EDITED = {
    "a row is gone": (lambda rows: rows[:2] + rows[3:], "not in order"),
    "two rows changed places": (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], "not in order"),
    "no way back": (lambda rows: rows[:-1], "does not come back"),
    "another energy": (lambda rows: [rows[0], *(_doubled(row) for row in rows[1:])], "is not what van uses"),
    "no column": (lambda rows: [row.split(",", 1)[1] for row in rows], "no column 'duty'"),
    "nothing": (lambda rows: rows[:1], "no row"),
}


@pytest.mark.parametrize("case", EDITED)
def test_a_plan_that_was_edited_is_one_message(tmp_path, case):
    """Proves that a plan whose legs do not follow from each other, or whose figures are not the fleet's, is refused."""
    change, said = EDITED[case]
    path = written(DAY, PLAN, tmp_path)
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    assert change(list(rows)) != rows
    path.write_text("\n".join(change(rows)), encoding="utf-8")
    with pytest.raises(InputError, match=said) as error:
        at(DAY, path, AT_SECOND, tmp_path)
    assert "plan.csv" in str(error.value)


def test_a_plan_of_another_day_or_fleet_is_one_message(tmp_path):
    """Proves that strange stops, vehicles and a day that is over are told, each with the way out."""
    strange = replace(DAY, stops=tuple(replace(each, id=f"x{each.id}") for each in DAY.stops))
    with pytest.raises(InputError, match="another day"):
        at(DAY, PLAN, AT_SECOND, tmp_path, now=strange)
    with pytest.raises(InputError, match="no such vehicle"):
        at(DAY, PLAN, AT_SECOND, tmp_path, now=replace(DAY, fleet=(van(id="truck"),)))
    with pytest.raises(InputError, match="more vehicles van than there are"):
        two = replace(DAY, fleet=(van(count=2),))
        at(two, planned(two, [(1, 2)], [(3, 4)]), AT_SECOND, tmp_path, now=DAY)
    with pytest.raises(InputError, match="nothing is left"):
        at(DAY, PLAN, 17 * H, tmp_path)
    with pytest.raises(InputError, match="gone from the stops file"):
        at(DAY, PLAN, AT_SECOND, tmp_path, now=replace(DAY, stops=(DAY.stops[0], *DAY.stops[2:])))


def test_what_was_dropped_and_served_after_all_is_done(tmp_path):
    """Proves that goods on board of a dropped stop are not taken for a new order, and that the driver may still deliver them."""
    day = road(stop(1), stop(2), stop(3, windows=((8 * H, 8.75 * H),)), stop(4))
    jam = replace(day, traffic=Traffic({"": (4.0,) * 24}))
    first = again(at(day, planned(day, [(1, 2, 3, 4)]), AT_SECOND, tmp_path, now=jam))
    path = tmp_path / "new.csv"
    path.write_text(day_csv(first), encoding="utf-8")
    idle = again(at(jam, path, AT_SECOND + 60, tmp_path, now=replace(jam, fleet=(van(count=2),))))
    assert kinds(idle)["s3"] == "not_served"
    served = {"event": "done", "time": "08:40", "stop": "s3"}
    second = again(at(jam, path, 8.7 * H, tmp_path, served))
    assert legs_of(second, 1)[2] == ("s3", "done") and "s3" not in kinds(second)
    assert second.legs[2].figures.distance_m == 5_000.0 and second.legs[3].figures.load_kg == 10.0


def test_the_documents_name_the_columns_and_kinds_of_changes():
    """Proves that the documented table is the code's."""
    text = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    table = text.split("<!-- changes: a test")[1].split("<!-- end of changes")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.M)) == CHANGE_COLUMNS
    assert set(re.findall(r"`(\w+)`", table)) == set(CHANGE_COLUMNS) | set(map(str, Kind))


@pytest.mark.parametrize(
    ("time", "state", "kept"),
    [("07:30", ["broken_down"], {"s1", "s2"}), ("08:10", ["done", "broken_down"], {"s2"}), ("08:43", None, set())],
)
def test_a_vehicle_may_break_down_where_it_stands(tmp_path, time, state, kept):
    """Proves that at its depot its goods are open to others, at a stop they stay on board, and that both are known later."""
    day = road(stop(1), stop(2), stop(3), stop(4), fleet=(van(count=2, reload_at=(0,), reload_s=600.0, most_rounds=2),))
    plan = planned(day, [(1, 2), (3, 4)])
    now_s = 8.75 * H
    told = again(at(day, plan, now_s, tmp_path, {"event": "broken_down", "time": time, "duty": "1"}))
    mine = [leg for leg in told.legs if leg.duty == 1]
    assert str(mine[-1].state) == "broken_down" and mine[-1].figures.distance_m >= 0.0
    if state is not None:
        assert [str(leg.state) for leg in mine] == state and mine[-1].figures.distance_m == 0.0
    others = {leg.place for leg in told.legs if leg.duty != 1 and not leg.is_depot}
    dropped = {name for name, kind in kinds(told).items() if kind == "dropped"}
    assert {"s3", "s4"} <= others and others | dropped | {leg.place for leg in mine if str(leg.state) == "done"} >= {
        "s1", "s2", "s3", "s4",
    }  # fmt: skip
    assert dropped == (kept if time != "07:30" else set())
    assert told.as_dict()["figures"]["done"]["stops"] == sum(
        str(leg.state) == "done" and not leg.is_depot for leg in mine
    )
    path = tmp_path / "new.csv"
    path.write_text(day_csv(told), encoding="utf-8")
    on = again(at(day, path, now_s + 60, tmp_path))
    assert all(duty.broken == (duty.number == 1) for duty in on.situation.duties)
    assert set(kinds(on).values()) <= {"not_served"} and set(kinds(on)) == dropped


def test_a_vehicle_that_leaves_late_leaves_no_earlier_later_on(tmp_path):
    """Proves that a delay before the departure holds, now and when the day is planned again."""
    day = road(*DAY.stops, fleet=(van(count=1, waiting_is_paid=False),))
    late = {"event": "late", "time": "07:40", "duty": "1", "late_min": 45}
    first = again(at(day, planned(day, [(1, 2, 3, 4)]), 7.7 * H, tmp_path, late))
    assert first.legs[0].figures.depart_s == 8.75 * H and str(first.legs[0].state) == "planned"
    path = tmp_path / "new.csv"
    path.write_text(day_csv(first), encoding="utf-8")
    second = again(at(day, path, 8.1 * H, tmp_path, late))
    assert second.legs[0].figures.depart_s == 8.75 * H and second.changes == ()


def test_an_order_cancelled_while_the_vehicle_drives_there_is_not_driven_to(tmp_path):
    """Proves the way out that the message names: where the vehicle is (seen), and the row gone."""
    gone = replace(DAY, stops=(DAY.stops[0], *DAY.stops[2:]))
    metres = 1000 * np.abs(np.subtract.outer([*ROAD, 7.0], [*ROAD, 7.0]))[None]
    wide = Network(DAY.network.latitude, DAY.network.longitude, (None,) * 9, metres, metres / 10, "line")
    seen = {"event": "seen", "time": "08:15", "duty": "1", "latitude": 52, "longitude": 13}
    spot = "at 52.00000 13.00000"
    told = again(at(DAY, PLAN, 8.25 * H, tmp_path, seen, now=replace(gone, network=wide), spots=(spot,)))
    assert [place for place, _ in legs_of(told, 1)] == ["s1", spot, "s3", "s4", "depot"]
    assert kinds(told)["s2"] == "withdrawn" and told.legs[-1].figures.load_kg == 10.0
