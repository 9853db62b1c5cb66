"""What a planner answers: which vehicle serves which stops in which order; and what became of it, leg by leg."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Round:
    """One tour: from a depot's node over stops (positions in `Problem.stops`) to a depot's node."""

    start: int
    stops: tuple[int, ...]
    end: int


@dataclass(frozen=True)
class Duty:
    """What one vehicle does: its type (position in `Problem.fleet`) and its rounds, each beginning where the last ended.

    Attributes
    ----------
    departure_s : float or None
        When it leaves; None: as `costing` finds best.
    """

    vehicle: int
    rounds: tuple[Round, ...]
    departure_s: float | None = None

    @property
    def stops(self) -> tuple[int, ...]:
        """All stops, in the order they are served."""
        return tuple(stop for each in self.rounds for stop in each.stops)


class Why(StrEnum):
    """Why a stop is not served."""

    UNREACHABLE = "unreachable"
    TOO_HEAVY = "too_heavy"
    TOO_LARGE = "too_large"
    NO_SUCH_SKILL = "no_such_skill"
    FORBIDDEN_ZONE = "forbidden_zone"
    NO_VEHICLE_ACCEPTED = "no_vehicle_accepted"
    OUT_OF_RANGE = "out_of_range"
    OUT_OF_TIME = "out_of_time"
    NOT_BROUGHT = "not_brought"
    NOT_WORTH_IT = "not_worth_it"
    FLEET_TOO_SMALL = "fleet_too_small"
    NOT_FOUND = "not_found"


@dataclass(frozen=True)
class Unserved:
    """A stop that is not served, why, and what would serve it (words of `carbon.optimise.rounds.reasons`)."""

    stop: int
    why: Why
    would_serve: str


@dataclass(frozen=True)
class Leg:
    """From one node to the next, and what happens there.

    Attributes
    ----------
    stop : int or None
        Position of the stop it leads to; None: a depot.
    depart_s, arrive_s, begin_s, leave_s : float
        Leaving the last node, arriving, beginning to serve (after waiting or a rest), having served [s].
    rest_s : float
        Of the time between arriving and beginning, the driver's break.
    distance_m, load_kg, load_m3 : float
        Driven, with what on board.
    energy : float
        In the vehicle's `energy_unit`.
    """

    start: int
    end: int
    stop: int | None
    depart_s: float
    arrive_s: float
    begin_s: float
    leave_s: float
    rest_s: float
    distance_m: float
    load_kg: float
    load_m3: float
    energy: float
    co2e_kg: float
    money: float


@dataclass(frozen=True)
class Timed:
    """A duty with its legs and sums; legs of all its rounds after each other, `starts` where each round begins.

    What is paid for the vehicle's use and for its hours as a whole is in `money`, not in a leg.
    """

    duty: Duty
    legs: tuple[Leg, ...]
    starts: tuple[int, ...]
    distance_m: float
    empty_m: float
    paid_s: float
    energy: float
    co2e_kg: float
    money: float


@dataclass(frozen=True)
class RoundPlan:
    """Duties that the verifier has accepted, the stops left out, both figures, and what a reader should know."""

    duties: tuple[Timed, ...]
    unserved: tuple[Unserved, ...] = ()
    co2e_kg: float = 0.0
    money: float = 0.0
    notes: tuple[str, ...] = field(default=())
