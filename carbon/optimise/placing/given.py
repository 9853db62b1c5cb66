"""Items as they are given: whether they can be packed at all, and what tells one from another."""

from __future__ import annotations

import math
from collections.abc import Sequence

from carbon.errors import InputError
from carbon.optimise.items import Item, Rotation


def validated(items: Sequence[Item]) -> Sequence[Item]:
    """Return items that can be packed; raise for one that has no size, no number or no mass.

    Raises
    ------
    InputError
        With the item's key.
    """
    for item in items:
        if min(item.size) < 1 or len(item.size) != 3:
            raise InputError(
                f"item {item.key} has no size", found=item.size,
                expected="three whole numbers of tenths of a millimetre, each 1 or more",
            )  # fmt: skip
        if not (0 <= item.mass_kg < math.inf) or item.top_load_kg != item.top_load_kg or item.quantity < 0:
            raise InputError(
                f"item {item.key} cannot be packed", found=f"{item.mass_kg} kg, {item.quantity} pieces",
                expected="a mass of 0 kg or more, a quantity of 0 or more",
            )  # fmt: skip
        if item.rotation is Rotation.BEST_FIT and not item.may_stand & {0, 1, 2}:
            raise InputError(
                f"item {item.key} may stand on no side", found=sorted(item.may_stand), expected="some of 0, 1 and 2"
            )
    return items


def sort_key(item: Item) -> tuple:
    """Return what tells an item from another one for the search, as something to sort by."""
    return (
        item.size, item.mass_kg, item.quantity, item.rotation.value, item.top_load_kg, item.together or "",
        item.together is None, item.kind or "", item.kind is None, tuple(sorted(item.apart_from)), item.temperature,
        tuple(sorted(item.may_stand)),
    )  # fmt: skip
