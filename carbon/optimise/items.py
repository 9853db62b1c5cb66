"""What is packed, and what it is packed into.

Lengths are whole tenths of a millimetre, so that whether something fits is exact: an item is rounded up to the next
tenth, the inside of a box down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

#: Length, width, height [tenth of a millimetre].
Size = tuple[int, int, int]

TENTHS_PER_M = 10_000
AMBIENT = "ambient"
#: A length is taken as the tenth it was meant to be: 8 in are 2,032 tenths, not 2,033, whatever the last bit says.
_SLACK_TENTHS = 1e-6


class Rotation(StrEnum):
    """Which ways an item may lie."""

    BEST_FIT = "best_fit"
    THIS_WAY_UP = "this_way_up"
    NEVER = "never"


@dataclass(frozen=True)
class Item:
    """Pieces of one kind in an order.

    Attributes
    ----------
    key : str
        The SKU.
    size : Size
        Of one piece in its sales packaging.
    mass_kg : float
        Of one piece.
    quantity : int
    rotation : Rotation
    top_load_kg : float
        Most mass that may rest on a piece, everything above it counted; 0 for nothing on top.
    together : str or None
        Pieces of all items that name the same group go into one parcel.
    kind, apart_from : str or None, frozenset of str
        Two items share no parcel where one's kind is in the other's `apart_from`.
    own_container : bool
        Whether a piece may ship in its sales packaging alone.
    temperature : str
        Pieces of different classes share no parcel, and go only into boxes of their class.
    may_stand : frozenset of int
        Edges of `size` that may stand vertical where the rotation is "best fit": 0 length, 1 width, 2 height.
    """

    key: str
    size: Size
    mass_kg: float
    quantity: int = 1
    rotation: Rotation = Rotation.BEST_FIT
    top_load_kg: float = math.inf
    together: str | None = None
    kind: str | None = None
    apart_from: frozenset[str] = frozenset()
    own_container: bool = False
    temperature: str = AMBIENT
    may_stand: frozenset[int] = frozenset({0, 1, 2})

    @property
    def volume_m3(self) -> float:
        """Of one piece."""
        return math.prod(self.size) / TENTHS_PER_M**3


@dataclass(frozen=True)
class Box:
    """A package as a packer sees it.

    Attributes
    ----------
    key : str
        Of the package in the organisation's catalogue.
    inner, outer : Size
        Height is vertical. Of a flexible package (mailer, bag): length and width lying flat and empty, and the
        thickness it may be filled to.
    tare_kg, max_load_kg : float
        Mass when empty, and of what it may hold.
    flexible : bool
        It closes around its content: with thickness h inside, h is lost of length and of width.
    supply : int or None
        How many there are; None for any number.
    temperatures : frozenset of str
    """

    key: str
    inner: Size
    outer: Size
    tare_kg: float = 0.0
    max_load_kg: float = math.inf
    flexible: bool = False
    supply: int | None = None
    temperatures: frozenset[str] = frozenset({AMBIENT})

    @property
    def inner_m3(self) -> float:
        """Inner volume; of a flexible package the largest it can be."""
        length, width, height = self.inner
        if self.flexible:
            height = min(height, min(length, width) // 2)
            length, width = length - height, width - height
        return length * width * height / TENTHS_PER_M**3


@dataclass(frozen=True)
class Placement:
    """Where a piece lies.

    Attributes
    ----------
    item : int
        Position among the order's items.
    at : Size
        Its corner nearest to the box's left, front, bottom corner.
    size : Size
        As it lies: along the box's length, width and height.
    """

    item: int
    at: Size
    size: Size


@dataclass(frozen=True)
class Parcel:
    """A box and what lies in it, in the order in which it is put there.

    Attributes
    ----------
    inside : Size
        Room that was packed: the box's inner size, of a flexible package at the thickness it is filled to.
    """

    box: Box
    inside: Size
    placements: tuple[Placement, ...]

    def load_kg(self, items: tuple[Item, ...]) -> float:
        """Return the mass of the goods."""
        return math.fsum(items[each.item].mass_kg for each in self.placements)

    def goods_m3(self) -> float:
        """Return the volume of the goods."""
        return sum(math.prod(each.size) for each in self.placements) / TENTHS_PER_M**3


def outside_tenths(length_m: float) -> int:
    """Return the length of something that must fit, rounded up."""
    return math.ceil(length_m * TENTHS_PER_M - _SLACK_TENTHS)


def inside_tenths(length_m: float) -> int:
    """Return the length of a room that must hold something, rounded down."""
    return math.floor(length_m * TENTHS_PER_M + _SLACK_TENTHS)
