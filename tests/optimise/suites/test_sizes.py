"""Sizes that could be made, which orders fit them, and what they cost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from carbon.engine.packages import carton_mass
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.cartons import best_set, history
from carbon.optimise.checking import check
from carbon.optimise.items import Item, Rotation
from carbon.optimise.placing import Search, fit
from carbon.optimise.suites.choice import suite_problem
from carbon.optimise.suites.effects import compared, effects, package_entries
from carbon.optimise.suites.fits import by_blocks, by_packing, fit_matrix, one_piece
from carbon.optimise.suites.needs import needed_sizes
from carbon.optimise.suites.plain_costs import Board, CartonCosts, sourced_board
from carbon.optimise.suites.polishing import polished
from carbon.optimise.suites.sizes import PlantLimits, blank_of, candidate_sizes, nearby_sizes, outer_of
from carbon.optimise.suites.thinning import blank_m2
from carbon.organisation.packages import Package, sizes_m

LIMITS = PlantLimits((1000, 600, 200), (8000, 6000, 6000), grid=50, board=40, joint=508, blank=(30000, 15000))
#: Not compiled: what numba needs to begin would take longer than these few orders.
PLAIN, PLAIN_FREE = Search(compiled=False), Search(compiled=False, support_share=0)
BOARD = Board(0.4624, 0.004, 0.0508)


def drawn(seed: int, orders: int = 30, most: int = 4, rotation: Rotation = Rotation.BEST_FIT) -> list[tuple[Item, ...]]:
    """Orders of one to `most` kinds of pieces."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(orders):
        sides = rng.integers(300, 2500, (int(rng.integers(1, most + 1)), 3)).tolist()
        found.append(tuple(Item(f"s{i}", tuple(each), 0.2, 1 + i % 2, rotation) for i, each in enumerate(sides)))
    return found


def test_every_candidate_can_be_made_and_stock_is_kept():
    """Proves that candidates are on the grid and within the plant's limits, stock sizes untouched, and no size twice."""
    stock = [(3048, 2540, 2032), (9999, 9999, 9999)]
    sizes = candidate_sizes(drawn(1), [1] * 30, LIMITS, stock, most=60)
    assert len(sizes) == len(set(sizes)) <= 60 and set(stock) <= set(sizes)
    for size in set(sizes) - set(stock):
        assert LIMITS.allows(size) and all(each % 50 == 0 for each in size) and size[0] >= size[1]
        length, width = blank_of(size, LIMITS.joint)
        assert length <= 30000 and width <= 15000
    narrow = replace(LIMITS, blank=(9000, 4000))
    assert all(blank_of(size, 508) <= (9000, 4000) for size in candidate_sizes(drawn(1), [1] * 30, narrow))


def test_every_order_within_the_limits_has_a_tight_size():
    """Proves that without thinning each single piece has a candidate that exceeds it by less than a step of the grid."""
    orders = [(Item("a", (1503, 1210, 999), 1.0),), (Item("b", (2000, 900, 640), 1.0, rotation=Rotation.THIS_WAY_UP),)]
    sizes = candidate_sizes(orders, [1, 1], LIMITS)
    assert any(all(0 <= a - b < 50 for a, b in zip(sorted(size), (999, 1210, 1503), strict=True)) for size in sizes)
    assert (2000, 900, 650) in sizes


def test_of_equal_rooms_the_one_of_least_board_is_made():
    """Proves that where no order minds which side is up, the carton of least board comes, and all three otherwise."""
    free, upright = (Item("a", (2000, 1500, 1000), 1.0),), (Item("b", (500, 400, 300), 1.0, 1, Rotation.THIS_WAY_UP),)
    same = [size for size in candidate_sizes([free], [1], LIMITS) if sorted(size) == [1000, 1500, 2000]]
    rooms = [(2000, 1500, 1000), (2000, 1000, 1500), (1500, 1000, 2000)]
    assert same == [min(rooms, key=lambda size: blank_m2(size, 508))]
    both = candidate_sizes([free, upright], [1, 1], LIMITS)
    assert set(rooms) <= set(both)


def test_outer_size_and_board_follow_from_the_inner_size():
    """Proves the flute's part (a wall a side, two flaps above and below) and that board is weighed as the engine does."""
    assert outer_of((3000, 2000, 1500), 40) == (3080, 2080, 1660)
    assert blank_of((3000, 2000, 1500), 508) == (10508, 3500)
    area_m2 = blank_m2((3000, 2000, 1500), 508)
    assert area_m2 == pytest.approx(1.0508 * 0.35)
    assert area_m2 * 0.4624 == pytest.approx(float(carton_mass(0.3, 0.2, 0.15, 0.0508, 0.4624)))


@pytest.mark.parametrize("rotation", list(Rotation))
def test_rooms_an_order_is_said_to_need_do_hold_it(rotation):
    """Proves that each room named as needed really holds the pieces: a packer finds a way that the checker accepts."""
    for items in drawn(4, orders=8, most=2, rotation=rotation):
        for size in needed_sizes(items)[:2]:
            assert by_packing(lambda items, box: fit(items, box, PLAIN_FREE))(items, size) is not None, (items, size)


@pytest.mark.parametrize("rotation", list(Rotation))
def test_one_piece_fits_as_the_packer_says(rotation):
    """Proves that the rule for single pieces is exact, for pieces with edges that must not stand upright, too."""
    rng = np.random.default_rng(7)
    for number in range(40):
        edges = frozenset({0, 1, 2}) if number % 2 else frozenset({int(rng.integers(3))})
        item = Item("a", tuple(rng.integers(500, 1500, 3).tolist()), 1.0, rotation=rotation, may_stand=edges)
        rooms = [tuple(size) for size in rng.integers(700, 1700, (12, 3)).tolist()]
        packs = by_packing(lambda items, box: fit(items, box, PLAIN))
        assert one_piece(item, rooms).tolist() == [packs((item,), room) is not None for room in rooms]


def test_the_packer_is_asked_little_and_the_answer_is_whole():
    """Proves that the matrix is that of asking for every size, with few questions, and larger sizes never hold less."""
    orders = drawn(9, orders=12, most=3)
    sizes = candidate_sizes(orders, [1] * 12, LIMITS, most=60)
    asked = []

    def counting(items, room):
        asked.append(room)
        return room if by_blocks(items, [room])[0] else None

    matrix = fit_matrix(orders, sizes, counting)
    assert (matrix == np.array([by_blocks(items, sizes) for items in orders])).all()
    assert 0 < len(asked) < 0.4 * matrix.size
    rooms = np.sort(np.array(sizes), axis=1)
    larger = (rooms[:, None, :] <= rooms[None, :, :]).all(axis=2)
    assert not (matrix[:, :, None] & larger[None] & ~matrix[:, None, :]).any()


def test_what_an_order_takes_up_settles_smaller_sizes():
    """Proves that an order packed into a large size is known to fit every size that holds it as it lies, unasked."""
    asked = []

    def packs(items, room):
        asked.append(room)
        return (1000, 2000, 1000) if max(room) >= 2000 else None

    pair = (Item("a", (1000, 1000, 1000), 1.0, 2),)
    sizes = [(4000, 3000, 1900), (2500, 1000, 1000), (2000, 1000, 1900), (1000, 2000, 1000), (1900, 1900, 1000)]
    assert fit_matrix([pair], sizes, packs).tolist() == [[True, True, True, True, False]] and len(asked) == 2


def test_what_is_said_to_fit_is_packed_without_a_fault():
    """Proves that with the project's own packer every fit is a parcel that the independent checker accepts."""
    orders = drawn(11, orders=5, most=3)
    sizes = candidate_sizes(orders, [1] * 5, LIMITS, most=12)
    packed = []

    def packer(items, box):
        parcel = fit(items, box, PLAIN)
        if parcel is not None:
            packed.append(check(items, [parcel]))
        return parcel

    matrix = fit_matrix(orders, sizes, by_packing(packer))
    assert packed and all(faults == [] or faults == () for faults in packed) and matrix.any(axis=1).all()


def test_heavy_and_empty_orders():
    """Proves that an order above the cartons' load fits none, and one without pieces is refused by its number."""
    orders = [(Item("a", (500, 500, 500), 9.0),), (Item("a", (500, 500, 500), 9.0, 2),)]
    assert fit_matrix(orders, [(2000, 2000, 2000)], surely=by_blocks, max_load_kg=10).tolist() == [[True], [False]]
    with pytest.raises(InputError, match="no pieces") as caught:
        fit_matrix([orders[0], ()], [(2000, 2000, 2000)], surely=by_blocks)
    assert "order 2" in str(caught.value)


def test_blocks_refuse_what_they_do_not_look_at():
    """Proves that orders with rules on what may lie where are left to the packer."""
    fragile = (Item("a", (500, 500, 500), 1.0, 2, top_load_kg=0),)
    assert not by_blocks(fragile, [(5000, 5000, 5000)]).any()


def test_costs_add_up():
    """Proves each part of the cost by hand: board, filling, freight by volumetric mass, tape, price."""
    costs = CartonCosts(
        board_cost_per_kg=0.8,
        void_fill_cost_per_m3=15,
        freight_cost_per_kg=0.5,
        freight_cost_per_m3=2,
        volumetric_kg_per_m3=200,
        tape_cost_per_m=0.01,
        tape_overhang_m=0.05,
        price_per_carton=0.3,
    )
    orders = [(Item("a", (1000, 1000, 1000), 0.5, 2),), (Item("b", (1000, 1000, 1000), 9.0),)]
    cost = costs.matrix(orders, [(3000, 2000, 1500)], BOARD, np.array([[True], [True]]))
    board_kg = 1.0508 * 0.35 * 0.4624
    outer_m3 = 0.308 * 0.208 * 0.166
    fixed = 0.8 * board_kg + 2 * outer_m3 + 0.01 * 2 * (0.3 + 0.1) + 0.3
    assert cost[0, 0] == pytest.approx(fixed + 15 * (0.009 - 0.002) + 0.5 * max(1 + board_kg, 200 * outer_m3))
    assert cost[1, 0] == pytest.approx(fixed + 15 * (0.009 - 0.001) + 0.5 * (9 + board_kg))
    assert np.isinf(costs.matrix(orders, [(3000, 2000, 1500)], BOARD, np.zeros((2, 1), dtype=bool))).all()
    with pytest.raises(InputError, match="void_fill_cost_per_m3"):
        CartonCosts(void_fill_cost_per_m3=-1)


def test_board_is_sourced():
    """Proves that board comes from the factor tables, by name, in metres and kilograms."""
    registry = Registry.load()
    board = sourced_board(registry, "DE", 2024)
    assert (board.thickness, board.joint) == (40, 508) and board.grammage_kg_per_m2 == pytest.approx(0.4624)
    assert "board_grades" in board.origin
    assert sourced_board(registry, "DE", 2024, "bc").thickness == 70


def test_history_keeps_every_order():
    """Proves that orders a packer cannot tell apart become one with a weight, whatever name, sequence and turn."""
    a, b = Item("a", (300, 200, 100), 1.0), Item("b", (500, 400, 300), 2.0, 2)
    turned = replace(a, key="other", size=(100, 300, 200))
    split = (replace(b, quantity=1), turned, replace(b, quantity=1))
    upright = (replace(a, rotation=Rotation.THIS_WAY_UP), b)
    found = history([(a, b), (b, a), split, upright, (a,)])
    assert found.order_of.tolist() == [0, 0, 0, 1, 2] and found.times.tolist() == [3, 1, 1]
    assert sum(item.quantity for item in found.orders[0]) == 3


def test_effects_by_month_add_up_and_lose_nobody():
    """Proves that groups hold every row of the history, with the costs before and after, and those not comparable."""
    problem = suite_problem([[1.0, 3.0, 2.0], [math.inf, 4.0, 2.5], [math.inf, math.inf, 5.0]], [2, 2, 1], storage=0.25)
    before, after = problem.outcome([0, 1]), problem.outcome([2])
    order_of = np.array([0, 0, 1, 1, 2])
    found = effects(order_of, ["2026-01", "2026-02", "2026-01", "2026-02", "2026-02"], before, after)
    assert [(each.label, each.parcels, each.before, each.after, each.not_comparable) for each in found] == [
        ("2026-01", 2, 5.0, 4.5, 0),
        ("2026-02", 2, 5.0, 4.5, 1),
    ]
    whole = compared(problem, before, after)
    assert (whole.times, whole.before, whole.after, whole.only_after_times, whole.only_before_times) == (4, 10, 9, 1, 0)
    assert whole.saved == pytest.approx(sum(each.saved for each in found) + 0.25)
    with pytest.raises(InputError, match="label"):
        effects(order_of, ["x"], before, after)


def test_a_chosen_set_is_an_entry_of_the_organisation_file():
    """Proves that entries are packages as the organisation file has them, of exactly the chosen sizes."""
    orders = drawn(2, most=2)
    sizes = candidate_sizes(orders, [1] * 30, LIMITS, most=80)
    cost = CartonCosts(board_cost_per_kg=1, void_fill_cost_per_m3=20).matrix(
        orders, sizes, BOARD, fit_matrix(orders, sizes, surely=by_blocks)
    )
    found = best_set(suite_problem(cost), 4)
    chosen = [sizes[size] for size in found.outcome.chosen]
    entries = package_entries([*chosen, (1005, 800, 500)], common={"material": "corrugated_board"})
    assert len(entries) == len(chosen) + 1 and "carton_100_5x80x50" in entries
    read = {key: Package.model_validate(entry) for key, entry in entries.items()}
    assert {tuple(round(each * 10_000) for each in sizes_m(package.inner)) for package in read.values()} == {
        *chosen,
        (1005, 800, 500),
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grid": 0}, "not positive"),
        ({"most": (900, 6000, 6000)}, "below its smallest"),
        ({"board": -1}, "not positive"),
    ],
)
def test_impossible_limits_are_named(change, said):
    """Proves that limits which no carton can meet are refused."""
    with pytest.raises(InputError, match=said):
        replace(LIMITS, **change)


def test_polishing_never_makes_a_set_worse_and_finds_what_the_grid_left_out():
    """Proves that sizes nearby are made by the plant, that a coarse set gets better by them, and that the bound still holds."""
    orders = drawn(6, orders=40, most=1)
    costs = CartonCosts(board_cost_per_kg=1, void_fill_cost_per_m3=20)

    def cost_of(sizes):
        return costs.matrix(orders, sizes, BOARD, fit_matrix(orders, sizes, surely=by_blocks))

    sizes = [(3000, 3000, 3000), (2000, 2000, 2000), (2500, 2000, 1000), (2500, 2500, 2500)]
    problem = suite_problem(cost_of(sizes), stay=[0])
    before = best_set(problem, 3)
    assert all(LIMITS.allows(size) and size not in sizes for size in nearby_sizes(sizes, LIMITS, sizes))
    after = polished(sizes, problem, before, LIMITS, cost_of)
    assert after.sizes[: len(sizes)] == sizes and after.problem.cost.shape[1] == len(after.sizes)
    assert 0 in after.set.outcome.chosen and after.rounds >= 1
    assert after.set.outcome.left_out_times <= before.outcome.left_out_times
    assert after.set.outcome.total < 0.95 * before.outcome.total
    assert after.set.bound.total <= after.set.outcome.total
    assert after.problem.outcome(after.set.outcome.chosen).total == pytest.approx(after.set.outcome.total)
    still = polished(after.sizes, after.problem, after.set, LIMITS, cost_of, seconds=0)
    assert still.rounds == 0 and still.set is after.set


def test_polishing_takes_the_nearest_sizes_where_time_is_short():
    """Proves that a round looks at no more sizes than its time allows, the nearest ones first, and at none without time."""
    orders, asked = drawn(6, orders=20, most=1), []
    costs = CartonCosts(board_cost_per_kg=1, void_fill_cost_per_m3=20)

    def cost_of(sizes):
        asked.append(sizes)
        return costs.matrix(orders, sizes, BOARD, fit_matrix(orders, sizes, surely=by_blocks))

    sizes = [(3000, 3000, 3000), (2500, 2000, 1000)]
    problem = suite_problem(cost_of(sizes))
    before = best_set(problem, 2)
    polished(sizes, problem, before, LIMITS, cost_of, seconds=60, most_rounds=1, size_s=5.0)
    steps = [min(sum(abs(a - b) for a, b in zip(new, old, strict=True)) for old in sizes) for new in asked[1]]
    assert 0 < len(asked[1]) <= 6 and set(steps) == {LIMITS.grid}
    assert polished(sizes, problem, before, LIMITS, cost_of, seconds=60, size_s=40.0).rounds == 0 and len(asked) == 2


def test_thinning_keeps_what_good_sets_are_made_of():
    """Proves that the best sets of a fifth of the candidates cost hardly more than those of all of them."""
    orders = drawn(13, orders=80, most=1)
    costs = CartonCosts(board_cost_per_kg=1, void_fill_cost_per_m3=20)
    totals = []
    for most in (5000, 60):
        sizes = candidate_sizes(orders, [1] * 80, LIMITS, most=most)
        cost = costs.matrix(orders, sizes, BOARD, fit_matrix(orders, sizes, surely=by_blocks))
        totals.append((len(sizes), [best_set(suite_problem(cost), count).outcome for count in (2, 6)]))
    (many, all_sets), (few, few_sets) = totals
    assert few == 60 < many / 5
    for whole, thin in zip(all_sets, few_sets, strict=True):
        assert thin.left_out_times == whole.left_out_times == 0
        assert whole.total * (1 - 1e-9) <= thin.total <= whole.total * 1.03
