"""When a duty gets where: leg by leg for one departure, and for all departures at once.

A duty is a list of steps. Its return as a function of its departure never falls, and is made of straight pieces: kept as such,
the best departure is found exactly, whatever windows, rest and hours of traffic there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from carbon.optimise.rounds.problem import HOURS, Break

HOUR_S = 3600.0
#: A time is met that is missed by less: rounding.
SLACK_S = 1e-6


class Step(NamedTuple):
    """A leg and what follows at its end: a stop's service, or the reloading between two rounds.

    Attributes
    ----------
    seconds : float
        Of driving, without traffic.
    rates : tuple of float or None
        24 multipliers, one an hour.
    windows : tuple of (float, float)
    after_s : float
        Service or reloading.
    ready_s : float
        It goes on no earlier: what the next round delivers is ready.
    may_rest : bool
    """

    seconds: float
    rates: tuple[float, ...] | None
    windows: tuple[tuple[float, float], ...]
    after_s: float
    ready_s: float
    may_rest: bool
    is_stop: bool


#: Departures from, to; what they lead to at either end.
Piece = tuple[float, float, float, float]


def arrive(at_s: float, seconds: float, rates: Sequence[float]) -> float:
    """Return when who leaves now arrives, at the multiplier of each hour driven in [s]."""
    if seconds == math.inf:
        return seconds
    hour = int(at_s // HOUR_S)
    while True:
        rate = rates[hour % HOURS]
        room = (hour + 1) * HOUR_S - at_s
        if seconds * rate <= room:
            return at_s + seconds * rate
        seconds -= room / rate
        hour += 1
        at_s = hour * HOUR_S


def leave(at_s: float, seconds: float, rates: Sequence[float]) -> float:
    """Return when to leave so as to arrive at a time: `arrive` the other way round [s]."""
    hour = math.ceil(at_s / HOUR_S) - 1
    while True:
        rate = rates[hour % HOURS]
        room = at_s - hour * HOUR_S
        if seconds * rate <= room:
            return at_s - seconds * rate
        seconds -= room / rate
        at_s = hour * HOUR_S
        hour -= 1


def finish(steps: Sequence[Step], departure_s: float, rest: Break | None = None, rest_at: int = -1) -> float:
    """Return when a duty is back, resting at one step; infinite where a window or the rest's time is missed."""
    now = departure_s
    for number, (seconds, rates, windows, after_s, ready_s, *_) in enumerate(steps):
        now = now + seconds if rates is None else arrive(now, seconds, rates)
        if number == rest_at:
            if now > rest.latest_s + SLACK_S:
                return math.inf
            now = max(now, rest.earliest_s) + rest.duration_s
        if windows:
            for opens, closes in windows:
                if now <= closes + SLACK_S:
                    now = max(now, opens)
                    break
            else:
                return math.inf
        now += after_s
        if now < ready_s:
            now = ready_s
    return now


def resting_place(steps: Sequence[Step], departure_s: float, rest: Break) -> tuple[int, float]:
    """Return the step to rest at so as to be back first, and when that is; (-1, infinite) where there is none."""
    best, at = math.inf, -1
    for number, step in enumerate(steps):
        if step.may_rest:
            back = finish(steps, departure_s, rest, number)
            if back < best:
                best, at = back, number
    return at, best


def back_with_rest(steps: Sequence[Step], departure_s: float, rest: Break | None) -> tuple[float, int]:
    """Return when a duty is back, resting only if it must, and at which step (-1: none)."""
    back = finish(steps, departure_s)
    if rest is None or back <= rest.latest_s + SLACK_S or back == math.inf:
        return back, -1
    at, back = resting_place(steps, departure_s, rest)
    return back, at


def _at(piece: Piece, value: float) -> float:
    """Return the departure at which a piece has a value."""
    first, last, low, high = piece
    return first if high <= low else first + (value - low) * (last - first) / (high - low)


def _cut(piece: Piece, values: Sequence[float]) -> list[Piece]:
    """Return a piece cut where it has these values."""
    first, last, low, high = piece
    found = []
    for value in sorted(values):
        if low < value < high:
            at = _at((first, last, low, high), value)
            found.append((first, at, low, value))
            first, low = at, value
    found.append((first, last, low, high))
    return found


def _driven(pieces: list[Piece], seconds: float, rates: Sequence[float] | None) -> list[Piece]:
    if rates is None:
        return [(first, last, low + seconds, high + seconds) for first, last, low, high in pieces]
    found = []
    for piece in pieces:
        low, high = piece[2], piece[3]
        cuts = []
        if high > low:
            cuts = [hour * HOUR_S for hour in range(int(low // HOUR_S) + 1, int(high // HOUR_S) + 1)]
            early, late = arrive(low, seconds, rates), arrive(high, seconds, rates)
            cuts += [
                leave(hour * HOUR_S, seconds, rates)
                for hour in range(int(early // HOUR_S) + 1, int(late // HOUR_S) + 1)
            ]
        for first, last, begin, end in _cut(piece, cuts):
            found.append((first, last, arrive(begin, seconds, rates), arrive(end, seconds, rates)))
    return found


def _no_earlier(pieces: list[Piece], value: float) -> list[Piece]:
    return [
        (first, last, max(low, value), max(high, value))
        for piece in pieces
        for first, last, low, high in _cut(piece, (value,))
    ]


def _no_later(pieces: list[Piece], value: float) -> list[Piece]:
    found = []
    for piece in pieces:
        if piece[2] > value + SLACK_S:
            break
        if piece[2] >= value and piece[3] > piece[2]:
            # It begins at the limit and rises: its first departure alone.
            found.append((piece[0], piece[0], piece[2], piece[2]))
            break
        found.append(_cut(piece, (value,))[0])
    return found


def _windowed(pieces: list[Piece], windows: Sequence[tuple[float, float]]) -> list[Piece]:
    found = []
    for piece in pieces:
        for first, last, low, high in _cut(piece, [closes for _, closes in windows]):
            # A piece between two windows' ends lies in the later one, but for its very beginning.
            for opens, closes in windows:
                if low <= closes + SLACK_S and low < high and closes <= low:
                    found += _no_earlier([(first, first, low, low)], opens)
                if high <= closes + SLACK_S:
                    found += _no_earlier([(first, last, low, high)], opens)
                    break
    return found


def returns(
    steps: Sequence[Step], earliest_s: float, latest_s: float, rest: Break | None = None, rest_at: int = -1
) -> list[Piece]:
    """Return the return as a function of the departure, where it can be kept at all."""
    pieces: list[Piece] = [(earliest_s, latest_s, earliest_s, latest_s)]
    for number, (seconds, rates, windows, after_s, ready_s, *_) in enumerate(steps):
        pieces = _driven(pieces, seconds, rates)
        if number == rest_at:
            pieces = _no_earlier(_no_later(pieces, rest.latest_s), rest.earliest_s)
            pieces = _driven(pieces, rest.duration_s, None)
        if windows:
            pieces = _windowed(pieces, windows)
        if after_s:
            pieces = _driven(pieces, after_s, None)
        if ready_s > 0:
            pieces = _no_earlier(pieces, ready_s)
        if not pieces:
            break
    return pieces


def best_departure(
    steps: Sequence[Step],
    shift: tuple[float, float],
    longest_s: float,
    rest: Break | None,
    waiting_is_paid: bool,
) -> float | None:
    """Return the departure by which the paid hours are fewest, the latest of several; None: the duty cannot be kept.

    Where waiting is not paid, the earliest that can be kept.
    """
    begins, ends = shift
    if begins > ends:
        return None
    options = [(0.0, piece) for piece in returns(steps, begins, ends)]
    if rest is not None and any(piece[3] > rest.latest_s for _, piece in options):
        free = [(0.0, piece) for piece in _no_later([piece for _, piece in options], rest.latest_s)]
        after = max((piece[1] for _, piece in free), default=-math.inf)
        options = free
        for number, step in enumerate(steps):
            if step.may_rest:
                for first, last, low, high in returns(steps, begins, ends, rest, number):
                    if last > after:
                        start = max(first, after)
                        cut = (
                            low
                            if start == first or last == first
                            else low + (high - low) * (start - first) / (last - first)
                        )
                        options.append((rest.duration_s, (start, last, cut, high)))
    found: list[tuple[float, float]] = []
    for unpaid_s, whole in options:
        for piece in _no_later([whole], ends):
            for departure_s, back_s in _short_enough(piece, longest_s):
                found.append((back_s - departure_s - unpaid_s, departure_s))
    if not found:
        return None
    if not waiting_is_paid:
        return min(departure_s for _, departure_s in found)
    least = min(paid_s for paid_s, _ in found)
    return max(departure_s for paid_s, departure_s in found if paid_s <= least + SLACK_S)


def _short_enough(piece: Piece, longest_s: float) -> list[tuple[float, float]]:
    """Return the ends of the part of a piece that lasts no longer than it may, as departure and return."""
    first, last, low, high = piece
    before, after = low - first - longest_s, high - last - longest_s
    points = [(first, low), (last, high)]
    kept = [point for point, over in zip(points, (before, after), strict=True) if over <= SLACK_S]
    if (before > SLACK_S) != (after > SLACK_S):
        share = before / (before - after)
        kept.append((first + share * (last - first), low + share * (high - low)))
    return kept
