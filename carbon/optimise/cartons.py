"""The carton suite: which K sizes a shop should stock, what each further one is worth, and how sure that is.

history(...)            orders of one kind become one order and how often it occurs
candidate_sizes(...)    sizes that could be made             suites/sizes.py
fit_matrix(...)         what fits into what                  suites/fits.py
CartonCosts.matrix(...) kg CO2e or money                     suites/plain_costs.py
suite_problem(...)      what there is to choose from         suites/choice.py
best_set, curve         the choice, with a proven bound      here
polished(...)           sizes near the chosen ones           suites/polishing.py
compared, effects       against today's and stock sizes; by month or lane    suites/effects.py
package_entries         the set as `packages:` of organisation.yaml          suites/effects.py
carton_suite(...)       all of it, for a shop's own orders   suites/suite.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carbon.errors import InputError
from carbon.optimise.items import Item, Rotation
from carbon.optimise.suites.bound import Bound, lower_bound
from carbon.optimise.suites.choice import Outcome, SuiteProblem
from carbon.optimise.suites.one_core import on_one_core
from carbon.optimise.suites.search import Search

MOST_SIZES = 20
_SHAKEN = 10
_SHAKEN_AGAIN = 20
#: Sets that the shares of the linear relaxation are rounded to, of sizes that have more than this share.
_ROUNDED = 40
_CHOSEN = 1e-6
#: Of a curve's time, for each number of sizes in turn.
_FIRST_SHARE = 0.85
_FIRST_TIMES = 3


@dataclass(frozen=True, eq=False)
class History:
    """Orders of the past, equal ones once.

    Attributes
    ----------
    orders : tuple
        Items of each different order.
    times : array
        How often each occurred.
    order_of : array of int
        For each row of the history, its order.
    """

    orders: tuple[tuple[Item, ...], ...]
    times: np.ndarray
    order_of: np.ndarray


def history(rows: Iterable[tuple[Item, ...]]) -> History:
    """Take together orders that a packer cannot tell apart: the same pieces, whatever they are called.

    Parameters
    ----------
    rows : iterable
        Items of each order, one row each.
    """
    places: dict[tuple[Item, ...], int] = {}
    order_of = []
    for items in rows:
        pieces: dict[Item, int] = {}
        for item in items:
            kind = _nameless(item)
            pieces[kind] = pieces.get(kind, 0) + item.quantity
        merged = [replace(kind, quantity=number) for kind, number in pieces.items() if number]
        order_of.append(places.setdefault(tuple(sorted(merged, key=_rank)), len(places)))
    where = np.array(order_of, dtype=np.intp)
    return History(tuple(places), np.bincount(where, minlength=len(places)).astype(float), where)


def _nameless(item: Item) -> Item:
    """Return what a packer sees of a piece; which side of one that may lie any way is called length says nothing."""
    free = item.rotation is Rotation.BEST_FIT and len(item.may_stand) == 3
    return replace(item, key="", quantity=1, size=tuple(sorted(item.size, reverse=True)) if free else item.size)


def _rank(item: Item) -> tuple:
    return (
        item.size, item.mass_kg, item.quantity, item.rotation, item.top_load_kg, str(item.together), str(item.kind),
        sorted(item.apart_from), item.own_container, item.temperature, sorted(item.may_stand),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class CartonSet:
    """A set of sizes, and how far from the best one it can be.

    Attributes
    ----------
    count : int
        How many sizes were allowed.
    outcome : Outcome
        The set itself may have fewer: where a further size saves nothing, or would not reach its minimum.
    bound : Bound
    seconds : float
        Time taken.
    greedy_total, swap_total : float
        Cost after taking size by size, and after swapping: what each step of the search was worth.
    """

    count: int
    outcome: Outcome
    bound: Bound
    seconds: float
    greedy_total: float
    swap_total: float

    @property
    def gap(self) -> float:
        """How far above the proven bound the set's cost is, as a share of the bound."""
        return self.bound.gap(self.outcome.total)


@on_one_core
def best_set(
    problem: SuiteProblem,
    count: int,
    within: float = 0.005,
    seconds: float = 10.0,
    start: Sequence[int] = (),
    branch: bool = True,
    near: Bound | None = None,
) -> CartonSet:
    """Choose at most `count` sizes.

    Parameters
    ----------
    problem : SuiteProblem
    count : int
        Sizes that must stay included.
    within : float
        Gap that is small enough to stop.
    seconds : float
        Time after which no further step begins; the set and the bound reached by then hold.
    start : sequence of int
        Sizes of a set to begin with; the result is never worse, if it is admissible.
    branch : bool
        Whether to branch where the quicker bound leaves more than `within` open.
    near : Bound, optional
        Of another number of sizes, to begin with.

    Raises
    ------
    InputError
        If more sizes must stay than there may be, no size holds any order, or every size alone has fewer parcels than
        the minimum order quantity.
    """
    _check(problem, count)
    began = time.monotonic()
    deadline_s = began + seconds
    search = Search(problem)
    given = _admissible(problem, start, count)
    greedy = search.greedy(count, given.chosen if given is not None and near is not None else ())
    if greedy is None:
        most = float((problem.times @ np.isfinite(problem.cost)).max())
        raise InputError(
            "no size reaches the minimum order quantity",
            found=f"{problem.minimum:g} parcels wanted, at most {most:g} orders fit one size",
            expected="a minimum that at least one size reaches",
            mend="lower the minimum, or take a longer history",
        )
    swapped = search.improve(greedy, count, deadline_s)
    best = swapped
    if problem.minimum and near is None:
        slowly = search.step_by_step(count, deadline_s)
        best = slowly if slowly is not None and slowly.beats(best) else best
    if given is not None and near is None:
        given = search.improve(given, count, deadline_s)
        best = given if given.beats(best) else best
    if problem.minimum or problem.allowed_times(best):
        best = search.shake(best, count, _SHAKEN, deadline_s)
    bound = lower_bound(problem, best, count, within, deadline_s, branch=False, near=near)
    best = _better(problem, best, bound.found)
    if bound.relaxation is not None and best.total > bound.total * (1 + within / 10):
        shares = bound.relaxation.shares
        few = Search(problem, np.union1d(np.flatnonzero(shares > _CHOSEN), best.chosen))
        best = few.rounded(shares, best, count, _ROUNDED, deadline_s)
        best = search.improve(best, count, deadline_s)
    elif best.total > bound.total * (1 + within):
        few = Search(problem, np.union1d(bound.promising, best.chosen))
        best = few.shake(best, count, _SHAKEN_AGAIN, deadline_s, seed=1)
    if branch and best.total > bound.total * (1 + within):
        proven = lower_bound(problem, best, count, within, deadline_s, near=bound)
        bound = proven if proven.total > bound.total else bound
        best = _better(problem, best, proven.found)
    bound = replace(bound, total=min(bound.total, best.total))
    return CartonSet(count, best, bound, time.monotonic() - began, greedy.total, swapped.total)


def _admissible(problem: SuiteProblem, sizes: Sequence[int], count: int) -> Outcome | None:
    chosen = sorted({*sizes, *problem.stay})
    if not len(sizes) or len(chosen) > count:
        return None
    outcome = problem.outcome(chosen)
    return outcome if problem.admissible(outcome) else None


def _better(problem: SuiteProblem, best: Outcome, found: Sequence[int]) -> Outcome:
    """Take a set that the proof came upon, if it is better."""
    other = _admissible(problem, found, problem.cost.shape[1])
    return other if other is not None and other.beats(best) else best


def _check(problem: SuiteProblem, count: int) -> None:
    if count < max(len(problem.stay), 1):
        raise InputError(
            "more sizes must stay than there may be",
            found=f"{len(problem.stay)} that must stay, {count} allowed",
            expected=f"at least {max(len(problem.stay), 1)} sizes",
        )
    if not len(problem.housed):
        raise InputError(
            "no size holds any order",
            found=f"{len(problem.homeless)} orders, {problem.cost.shape[1]} sizes",
            expected="a size that holds at least one of them",
            mend="raise the board plant's largest sizes, or the cartons' highest load",
        )


@dataclass(frozen=True, eq=False)
class Step:
    """One point of the curve.

    Attributes
    ----------
    set : CartonSet
    gain : float or None
        What this further size saves; None for the first, and where it houses orders that had no size before.
    housed_times : float
        Orders that this further size houses.
    """

    set: CartonSet
    gain: float | None
    housed_times: float


@on_one_core
def curve(
    problem: SuiteProblem,
    most: int = MOST_SIZES,
    within: float = 0.01,
    seconds: float = 120.0,
    branch: bool = False,
    say: Callable[[int, int], None] | None = None,
) -> list[Step]:
    """Choose the best set for every number of sizes, from those that must stay (or one) to `most`.

    Each set begins with the one before it, so that the curve never rises; a bound for more sizes is one for fewer, too.

    Parameters
    ----------
    problem : SuiteProblem
    most : int
    within, branch
        As for `best_set`.
    seconds : float
        Of the whole curve; shared among what is left to do.
    say : callable, optional
        Told the number of sizes done, and of all, after each.
    """
    first = max(len(problem.stay), 1)
    _check(problem, most)
    began = time.monotonic()
    deadline_s, looked_s = began + seconds, began + _FIRST_SHARE * seconds
    sets: list[CartonSet] = []
    for count in range(first, most + 1):
        # The first ones take long, the others begin where these ended.
        left_s = max(looked_s - time.monotonic(), 0.0)
        share_s = left_s * min(_FIRST_TIMES / (most - count + 1), 1.0)
        before = sets[-1] if sets else None
        start, near = (before.outcome.chosen, before.bound) if before else ((), None)
        found = best_set(problem, count, within, share_s, start, branch, near)
        if before is not None and not found.outcome.beats(before.outcome):
            found = replace(found, outcome=before.outcome)
        sets.append(found)
        if say is not None:
            say(count - first + 1, most - first + 1)
    _from_above(problem, sets, deadline_s)
    _bounds_from_above(problem, sets)
    # What is farthest from its bound gets the time that is left.
    for place in sorted(range(len(sets)), key=lambda place: -sets[place].gap):
        if sets[place].gap > within and time.monotonic() < deadline_s:
            here, left_s = sets[place], deadline_s - time.monotonic()
            again = best_set(problem, here.count, within, left_s / 2, here.outcome.chosen, branch)
            sets[place] = _both(problem, here, again)
    _from_above(problem, sets, deadline_s)
    for place in range(1, len(sets)):
        if not sets[place].outcome.beats(sets[place - 1].outcome):
            sets[place] = replace(sets[place], outcome=sets[place - 1].outcome)
    _bounds_from_above(problem, sets)
    steps = []
    for before, found in zip([None, *sets[:-1]], sets, strict=True):
        housed = before.outcome.left_out_times - found.outcome.left_out_times if before else 0.0
        alike = before is not None and before.outcome.excess_times == found.outcome.excess_times
        gain = before.outcome.total - found.outcome.total if alike else None
        steps.append(Step(found, gain, housed))
    return steps


def _from_above(problem: SuiteProblem, sets: list[CartonSet], deadline_s: float) -> None:
    """Try each set with a size less in the place of the one before it, the last ones first."""
    search = Search(problem)
    for place in range(len(sets) - 2, -1, -1):
        if time.monotonic() >= deadline_s:
            return
        here, further = sets[place], sets[place + 1].outcome.chosen
        without = [_admissible(problem, set(further) - {size}, here.count) for size in further]
        known = [outcome for outcome in without if outcome is not None]
        if not known:
            continue
        best = search.improve(min(known, key=lambda outcome: outcome.rank), here.count, deadline_s)
        if best.beats(here.outcome):
            sets[place] = replace(here, outcome=best)


def _both(problem: SuiteProblem, one: CartonSet, other: CartonSet) -> CartonSet:
    """Take the better set and, where they are of the same problem, the higher bound."""
    outcome = other.outcome if other.outcome.beats(one.outcome) else one.outcome
    if one.outcome.excess_times != outcome.excess_times:
        return other
    bound = max(one.bound, other.bound, key=lambda bound: bound.total)
    return replace(other, outcome=outcome, bound=replace(bound, total=min(bound.total, outcome.total)))


def _bounds_from_above(problem: SuiteProblem, sets: list[CartonSet]) -> None:
    """Let a bound for more sizes be one for fewer, too."""
    for place in range(len(sets) - 2, -1, -1):
        here, further = sets[place], sets[place + 1]
        comparable = not any(each.outcome.excess_times for each in (here, further))
        if comparable and here.bound.total < further.bound.total:
            total = min(further.bound.total, here.outcome.total)
            sets[place] = replace(here, bound=replace(further.bound, total=total))
