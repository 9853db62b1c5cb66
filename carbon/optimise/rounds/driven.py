"""A vehicle type as what the costing reads in its innermost loop: plain lists and figures a metre."""

from __future__ import annotations

from array import array

import numpy as np

from carbon.optimise.rounds.problem import HOURS, Problem, VehicleType

M_PER_KM = 1000.0
#: Rows of a matrix from which on they are packed: a quarter of the memory, a little slower to read.
_PACKED = 1000


def rows_of(matrices: np.ndarray) -> list:
    """Return matrices as rows that are quick to read by single cells, equal ones only once."""
    made: list = []
    for place, matrix in enumerate(matrices):
        same = next((at for at in range(place) if np.array_equal(matrices[at], matrix)), None)
        if same is not None:
            made.append(made[same])
        elif len(matrix) < _PACKED:
            made.append(matrix.tolist())
        else:
            made.append([array("d", row.astype(np.float64).tobytes()) for row in matrix])
    return made


class Driven:
    """A vehicle type as plain lists, read in the innermost loop."""

    __slots__ = (
        "co2e_per_m", "co2e_per_m_kg", "depots", "distance", "duration", "energy_per_m", "energy_per_m_kg", "may",
        "money_per_m", "money_per_m_kg", "on_board", "plain", "rates", "type",
    )  # fmt: skip

    def __init__(self, problem: Problem, vehicle: VehicleType, foreign: set[int], distance: list, duration: list):
        self.type = vehicle
        self.distance, self.duration = distance, duration
        self.energy_per_m = vehicle.energy_per_km / M_PER_KM
        self.energy_per_m_kg = vehicle.energy_per_km_kg / M_PER_KM
        self.co2e_per_m = self.energy_per_m * vehicle.co2e_kg_per_energy
        self.co2e_per_m_kg = self.energy_per_m_kg * vehicle.co2e_kg_per_energy
        self.money_per_m = vehicle.money_per_km / M_PER_KM + self.energy_per_m * vehicle.money_per_energy
        self.money_per_m_kg = self.energy_per_m_kg * vehicle.money_per_energy
        self.on_board = frozenset(vehicle.on_board)
        self.may = [vehicle.serves(stop) and place not in foreign for place, stop in enumerate(problem.stops)]
        own = (1.0,) * HOURS if vehicle.speed is None else tuple(1 / speed for speed in vehicle.speed)
        rates = []
        for zone in problem.network.zone:
            hours = problem.traffic.of(zone)
            both = own if hours is None else tuple(a * b for a, b in zip(own, hours, strict=True))
            rates.append(None if all(rate == 1 for rate in both) else both)
        self.rates = rates
        self.plain = (
            all(each is None for each in rates)
            and vehicle.rest is None
            and vehicle.longest_s >= vehicle.shift[1] - vehicle.shift[0]
        )
