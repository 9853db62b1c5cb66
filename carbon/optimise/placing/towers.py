"""Very many pieces at once: towers of pieces, each lying wholly on the one beneath, set in rows on the floor.

Coarse and fast; it spares the search in boxes that are far from full.
"""

from __future__ import annotations

from carbon.optimise.placing.goods import Problem

#: Pieces from which towers are worth while.
FROM = 300
#: Pieces that are looked at for the next storey.
_LOOKED_AT = 200


def towers(found: Problem, room_kg: float) -> tuple[list[list[int]], list[int]]:
    """Set up towers until floor or pieces run out, and return where pieces begin and end, and their kinds."""
    sizes = _sizes(found)
    # The largest bases first: what comes later fits onto what came earlier.
    waiting = [
        kind for kind in sorted(range(len(sizes)), key=lambda kind: (sizes[kind][0], sizes[kind][1]), reverse=True)
        for _ in range(found.kinds[kind].quantity)
    ]  # fmt: skip
    laid: list[list[int]] = [[] for _ in range(6)]
    kinds: list[int] = []
    x = y = deep = 0
    in_box_kg = 0.0
    while waiting:
        dx, dy, _ = sizes[waiting[0]]
        if x + dx > found.room[0]:
            x, y, deep = 0, y + deep, 0
        if y + dy > found.room[1] or x + dx > found.room[0]:
            # Too deep for this row's place; something narrower may still stand here.
            narrower = next(
                (i for i, kind in enumerate(waiting[:_LOOKED_AT]) if _stands(sizes[kind], x, y, found.room)), None
            )
            if narrower is None:
                break
            waiting[0], waiting[narrower] = waiting[narrower], waiting[0]
            dx, dy, _ = sizes[waiting[0]]
        storeys, mass_kg = _tower(found, sizes, waiting, room_kg - in_box_kg)
        if not storeys:
            waiting.pop(0)
            continue
        in_box_kg += mass_kg
        z = 0
        for kind in storeys:
            for axis, (begin, edge) in enumerate(zip((x, y, z), sizes[kind], strict=True)):
                laid[axis].append(begin)
                laid[axis + 3].append(begin + edge)
            kinds.append(kind)
            z += sizes[kind][2]
        x, deep = x + dx, max(deep, dy)
    return laid, kinds


def _stands(size: tuple[int, int, int], x: int, y: int, room: tuple[int, int, int]) -> bool:
    return x + size[0] <= room[0] and y + size[1] <= room[1]


def _sizes(found: Problem) -> list[tuple[int, int, int]]:
    """Return how each kind lies: as flat as it may, its longer edge along the box."""
    count, rows = len(found.kinds), found.rows
    begin = 2 * count
    columns = [found.data[begin + axis * rows : begin + (axis + 1) * rows] for axis in range(3)]
    all_sizes = list(zip(*columns, strict=True))
    return [
        min(all_sizes[found.data[k] : found.data[count + k]], key=lambda size: (size[2], -size[0]))
        for k in range(count)
    ]


def _tower(found: Problem, sizes: list, waiting: list[int], room_kg: float) -> tuple[list[int], float]:
    """Take pieces for one tower out of those that wait, the lowest first, and return its mass, too."""
    base = found.kinds[waiting[0]]
    if base.mass_kg > room_kg:
        return [], 0.0
    storeys, height, mass_kg = [waiting[0]], sizes[waiting[0]][2], base.mass_kg
    bears_kg = base.bearing_kg
    dx, dy, _ = sizes[waiting[0]]
    taken = [0]
    for position in range(1, min(len(waiting), _LOOKED_AT)):
        if bears_kg <= 0 or height >= found.room[2]:
            break
        kind = waiting[position]
        size, piece = sizes[kind], found.kinds[kind]
        fits = size[0] <= dx and size[1] <= dy and height + size[2] <= found.room[2]
        if fits and piece.mass_kg <= bears_kg and mass_kg + piece.mass_kg <= room_kg:
            storeys.append(kind)
            taken.append(position)
            height += size[2]
            mass_kg += piece.mass_kg
            bears_kg = min(bears_kg - piece.mass_kg, piece.bearing_kg)
            dx, dy = size[0], size[1]
    for position in reversed(taken):
        waiting.pop(position)
    return storeys, mass_kg
