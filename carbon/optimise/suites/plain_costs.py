"""What an order costs in a carton, in kg CO2e or in money: a plain model for when nothing better is at hand.

It is additive: board, void fill, freight, tape, price. Any other matrix of costs of at least zero does as well; the
one that a lane's own factors give is to be preferred where it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from carbon.engine.packages import carton_mass
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.items import TENTHS_PER_M, Item, Size, outside_tenths
from carbon.optimise.suites.sizes import outer_of


@dataclass(frozen=True)
class Board:
    """Corrugated board.

    Attributes
    ----------
    grammage_kg_per_m2 : float
    thickness_m : float
    joint_m : float
        Manufacturer's joint.
    origin : str
        Where the figures are from.
    """

    grammage_kg_per_m2: float
    thickness_m: float
    joint_m: float
    origin: str = "given"

    @property
    def thickness(self) -> int:
        """Of the board [tenth of a millimetre]."""
        return outside_tenths(self.thickness_m)

    @property
    def joint(self) -> int:
        """Manufacturer's joint [tenth of a millimetre]."""
        return outside_tenths(self.joint_m)


def sourced_board(registry: Registry, region: str, year: int, flute: str = "c") -> Board:
    """Return board by the factor tables' parameters.

    Parameters
    ----------
    flute : str
        ``b`` or ``c`` (single wall) or ``bc`` (double wall).

    Raises
    ------
    FactorError
        If the tables do not know the flute.
    """
    wall = "double_wall" if len(flute) > 1 else "single_wall"
    grammage = registry.needed_parameter(f"packaging.board_grammage.{wall}", region, year)
    thickness = registry.needed_parameter(f"packaging.board_thickness.{flute}", region, year)
    joint = registry.needed_parameter("packaging.joint_allowance", region, year)
    origin = "; ".join(each.parameter.id for each in (grammage, thickness, joint))
    return Board(grammage.value, thickness.value * 1000, joint.value * 1000, origin)


@dataclass(frozen=True)
class CartonCosts:
    """What each part costs, all in the same unit: kg CO2e, or one currency.

    Attributes
    ----------
    board_cost_per_kg : float
        Of board, its end of life included.
    void_fill_cost_per_m3 : float
        Of filling, per volume of empty space.
    freight_cost_per_kg : float
        Of what is charged as mass: gross mass, or volumetric mass where that is more.
    freight_cost_per_m3 : float
        Of outer volume, where a lane is limited by volume.
    volumetric_kg_per_m3 : float
        Mass that is charged at least per outer volume; 0 where only mass is charged.
    tape_cost_per_m : float
    tape_overhang_m : float
        Length of tape beyond each end of a seam.
    price_per_carton : float
        Beyond its board.
    """

    board_cost_per_kg: float = 0.0
    void_fill_cost_per_m3: float = 0.0
    freight_cost_per_kg: float = 0.0
    freight_cost_per_m3: float = 0.0
    volumetric_kg_per_m3: float = 0.0
    tape_cost_per_m: float = 0.0
    tape_overhang_m: float = 0.0
    price_per_carton: float = 0.0

    def __post_init__(self):
        """Refuse what would make a cost fall where a box grows.

        Raises
        ------
        InputError
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 <= value < float("inf"):
                raise InputError(f"{each.name} is no cost", found=value, expected="0 or more")

    def of_cartons(self, sizes: Sequence[Size], board: Board) -> np.ndarray:
        """Return what each size costs whatever is in it: board, tape, price.

        A slotted carton has two seams along its length, taped with an overhang at both ends.
        """
        length_m, width_m, height_m = _metres(sizes)
        tare_kg = carton_mass(length_m, width_m, height_m, board.joint_m, board.grammage_kg_per_m2)
        tape_m = 2 * (length_m + 2 * self.tape_overhang_m)
        return self.board_cost_per_kg * tare_kg + self.tape_cost_per_m * tape_m + self.price_per_carton

    def matrix(
        self, orders: Sequence[tuple[Item, ...]], sizes: Sequence[Size], board: Board, fits: np.ndarray
    ) -> np.ndarray:
        """Return what a parcel of each order costs in each size.

        Parameters
        ----------
        orders : sequence
            Items of each order.
        sizes : sequence of Size
            Inner sizes.
        board : Board
        fits : array of bool, orders x sizes

        Returns
        -------
        array, orders x sizes
            Infinite where an order does not fit.
        """
        length_m, width_m, height_m = _metres(sizes)
        tare_kg = carton_mass(length_m, width_m, height_m, board.joint_m, board.grammage_kg_per_m2)
        outer_m3 = np.prod(_metres([outer_of(size, board.thickness) for size in sizes]), axis=0)
        goods_m3 = np.array([sum(item.volume_m3 * item.quantity for item in items) for items in orders])
        goods_kg = np.array([sum(item.mass_kg * item.quantity for item in items) for items in orders])
        empty_m3 = length_m * width_m * height_m - goods_m3[:, None]
        charged_kg = np.maximum(goods_kg[:, None] + tare_kg, outer_m3 * self.volumetric_kg_per_m3)
        cost = (
            self.of_cartons(sizes, board)
            + self.void_fill_cost_per_m3 * np.maximum(empty_m3, 0.0)
            + self.freight_cost_per_kg * charged_kg
            + self.freight_cost_per_m3 * outer_m3
        )
        return np.where(fits, cost, np.inf)


def _metres(sizes: Sequence[Size]) -> np.ndarray:
    return np.array(sizes, dtype=float).reshape(-1, 3).T / TENTHS_PER_M
