"""One try: pieces put one after the other into maximal empty spaces of one box.

Plain functions on flat sequences of whole numbers. They run as they stand on lists, and compiled on arrays (see
`compiled.py`); both do the same arithmetic, so that both find the same packing.

A space is the largest cuboid that reaches as far as nothing stands in its way; spaces overlap one another. A piece
goes into the left, front, bottom corner of one of them, or of a top that it may rest on; every space it reaches into is cut into what remains of it.
"""

from __future__ import annotations

#: Which corner is taken. The three `LOW` fill up from one wall: left, front, bottom.
LOW_X, LOW_Y, LOW_Z, TIGHT, CORNER, SNUG = 0, 1, 2, 3, 4, 5
RULES = 6
#: Pieces are found by the height of their tops.
BUCKETS = 127
#: With so many pieces in a box, the first place found is taken.
MANY = 500
#: ... and after so many places refused the piece is given up.
REFUSED = 1000
#: ... of which one for its load is as much work as so many for its base.
LOAD_WORK = 20
FAR = 1 << 62


def next_random(state):
    """Return the next state of a linear congruential generator of 31 bits."""
    return (state * 1103515245 + 12345) & 0x7FFFFFFF


def kinds_of(data, kind_count, rows):
    """Return the kinds as `attempt` takes them."""
    k, r = kind_count, rows
    return (
        data[:k], data[k : 2 * k],
        data[2 * k : 2 * k + r], data[2 * k + r : 2 * k + 2 * r], data[2 * k + 2 * r : 2 * k + 3 * r],
        data[2 * k + 3 * r : 3 * k + 3 * r], data[3 * k + 3 * r : 4 * k + 3 * r], data[4 * k + 3 * r : 5 * k + 3 * r],
    )  # fmt: skip


def fill_edges(data, kind_count, rows):
    """Write down the smallest edge of each kind along each axis, where `kinds_of` looks for it."""
    to = 2 * kind_count + 3 * rows
    for axis in range(3):
        column = 2 * kind_count + axis * rows
        for k in range(kind_count):
            least = data[column + data[k]]
            for row in range(data[k] + 1, data[kind_count + k]):
                least = min(least, data[column + row])
            data[to + axis * kind_count + k] = least


def cut_spaces(x1, y1, z1, x2, y2, z2, count, capacity, bx1, by1, bz1, bx2, by2, bz2, least_x, least_y, least_z):
    """Cut a block out of all spaces and return how many there are then.

    Spaces in which no later piece can lie (`least_x` ... are the smallest edges of those) are left out, as are those
    inside another one, and those beyond the capacity.
    """
    kept = 0
    fresh = capacity
    limit = 2 * capacity
    for s in range(count):
        ax1, ay1, az1, ax2, ay2, az2 = x1[s], y1[s], z1[s], x2[s], y2[s], z2[s]
        if ax1 >= bx2 or bx1 >= ax2 or ay1 >= by2 or by1 >= ay2 or az1 >= bz2 or bz1 >= az2:
            if ax2 - ax1 >= least_x and ay2 - ay1 >= least_y and az2 - az1 >= least_z:
                x1[kept], y1[kept], z1[kept], x2[kept], y2[kept], z2[kept] = ax1, ay1, az1, ax2, ay2, az2
                kept += 1
            continue
        wide_x = ax2 - ax1 >= least_x
        wide_y = ay2 - ay1 >= least_y
        wide_z = az2 - az1 >= least_z
        if fresh + 6 > limit:
            continue
        if wide_y and wide_z:
            if bx1 - ax1 >= least_x:
                x1[fresh], y1[fresh], z1[fresh], x2[fresh], y2[fresh], z2[fresh] = ax1, ay1, az1, bx1, ay2, az2
                fresh += 1
            if ax2 - bx2 >= least_x:
                x1[fresh], y1[fresh], z1[fresh], x2[fresh], y2[fresh], z2[fresh] = bx2, ay1, az1, ax2, ay2, az2
                fresh += 1
        if wide_x and wide_z:
            if by1 - ay1 >= least_y:
                x1[fresh], y1[fresh], z1[fresh], x2[fresh], y2[fresh], z2[fresh] = ax1, ay1, az1, ax2, by1, az2
                fresh += 1
            if ay2 - by2 >= least_y:
                x1[fresh], y1[fresh], z1[fresh], x2[fresh], y2[fresh], z2[fresh] = ax1, by2, az1, ax2, ay2, az2
                fresh += 1
        if wide_x and wide_y:
            if bz1 - az1 >= least_z:
                x1[fresh], y1[fresh], z1[fresh], x2[fresh], y2[fresh], z2[fresh] = ax1, ay1, az1, ax2, ay2, bz1
                fresh += 1
            if az2 - bz2 >= least_z:
                x1[fresh], y1[fresh], z1[fresh], x2[fresh], y2[fresh], z2[fresh] = ax1, ay1, bz2, ax2, ay2, az2
                fresh += 1
    untouched = kept
    for c in range(capacity, fresh):
        cx1, cy1, cz1, cx2, cy2, cz2 = x1[c], y1[c], z1[c], x2[c], y2[c], z2[c]
        inside = False
        for s in range(untouched):
            if x1[s] <= cx1 and cx2 <= x2[s] and y1[s] <= cy1 and cy2 <= y2[s] and z1[s] <= cz1 and cz2 <= z2[s]:
                inside = True
                break
        if not inside:
            for s in range(capacity, fresh):
                if s == c:
                    continue
                if x1[s] <= cx1 and cx2 <= x2[s] and y1[s] <= cy1 and cy2 <= y2[s] and z1[s] <= cz1 and cz2 <= z2[s]:
                    same = (
                        x1[s] == cx1
                        and cx2 == x2[s]
                        and y1[s] == cy1
                        and cy2 == y2[s]
                        and z1[s] == cz1
                        and cz2 == z2[s]
                    )
                    if not same or s < c:
                        inside = True
                        break
        if not inside and kept < capacity:
            x1[kept], y1[kept], z1[kept], x2[kept], y2[kept], z2[kept] = cx1, cy1, cz1, cx2, cy2, cz2
            kept += 1
    return kept


def rests_on(x, y, z, dx, dy, px, py, px2, py2, pz2, heads, nexts):
    """Return the area of a base at height z that lies on the tops of placed pieces."""
    area = 0
    j = heads[z % BUCKETS]
    while j >= 0:
        if pz2[j] == z:
            wide = min(x + dx, px2[j]) - max(x, px[j])
            if wide > 0:
                deep = min(y + dy, py2[j]) - max(y, py[j])
                if deep > 0:
                    area += wide * deep
        j = nexts[j]
    return area


def mark_beneath(x, y, z, dx, dy, dz, px, py, pz, px2, py2, pz2, below, placed):
    """Mark the pieces that a new one would rest on, directly or through others; say False if one lies on its top.

    A piece never goes beneath another that stands already, so that supporters come earlier.
    """
    for j in range(placed):
        below[j] = 0
        if x < px2[j] and px[j] < x + dx and y < py2[j] and py[j] < y + dy:
            if pz2[j] == z:
                below[j] = 1
            elif pz[j] == z + dz:
                return False
    for j in range(placed - 1, 0, -1):
        if below[j] == 1 and pz[j] > 0:
            for i in range(j):
                if pz2[i] == pz[j] and px[i] < px2[j] and px[j] < px2[i] and py[i] < py2[j] and py[j] < py2[i]:
                    below[i] = 1
    return True


def bears(x, y, z, dx, dy, dz, k, masses, px, py, pz, px2, py2, pz2, kind, bearing, loads, below, placed):
    """Say whether a piece of kind k may lie here: all pieces beneath can bear its mass, and none is above it."""
    if not mark_beneath(x, y, z, dx, dy, dz, px, py, pz, px2, py2, pz2, below, placed):
        return False
    for j in range(placed):  # noqa: SIM110 -- a loop is what both CPython and numba do fastest
        if below[j] == 1 and loads[j] + masses[k] > bearing[kind[j]]:
            return False
    return True


def attempt(
    sequence, chosen, pieces, rule, whole, box, share, loaded, kinds, masses, bearing, room_kg,
    spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts,
):  # fmt: skip
    """Put pieces into the box one after the other and return how many lie in it.

    Parameters
    ----------
    sequence : int sequence
        Kind of each piece, in the order in which they are tried.
    chosen : int sequence
        Row of sizes that a piece is to lie in if it fits so, or -1 for any.
    whole : bool
        Stop at the first piece that finds no place.
    box : tuple of int
        Length, width, height.
    share : int
        Thousandths of a base that must rest on something; 0 for no such rule, which leaves pieces hanging.
    loaded : bool
        Whether a piece bears no more than its kind's `bearing`.
    kinds : tuple of int sequences
        First and beyond last row of sizes of each kind; sizes; smallest edge of each kind along each axis.
    laid : tuple of int sequences
        Where pieces begin and end, as they are placed; `kind` says which they are.
    """
    first, beyond, odx, ody, odz, edge_x, edge_y, edge_z = kinds
    x1, y1, z1, x2, y2, z2 = spaces
    px, py, pz, px2, py2, pz2 = laid
    tail_x, tail_y, tail_z = tails
    length, width, height = box
    for b in range(BUCKETS):
        heads[b] = -1
    tail_x[pieces], tail_y[pieces], tail_z[pieces] = FAR, FAR, FAR
    for i in range(pieces - 1, -1, -1):
        k = sequence[i]
        tail_x[i] = min(edge_x[k], tail_x[i + 1])
        tail_y[i] = min(edge_y[k], tail_y[i + 1])
        tail_z[i] = min(edge_z[k], tail_z[i + 1])
    x1[0], y1[0], z1[0], x2[0], y2[0], z2[0] = 0, 0, 0, length, width, height
    count = 1
    placed = 0
    for i in range(pieces):
        dead[sequence[i]] = 0
    in_box_kg = 0.0
    scale = length + width + height + 1
    for i in range(pieces):
        k = sequence[i]
        if dead[k] == 1 or in_box_kg + masses[k] > room_kg:
            continue
        best = FAR
        at = -1
        lie = -1
        to_x, to_y = 0, 0
        low, high = first[k], beyond[k]
        if chosen[i] >= 0:
            low = chosen[i]
            high = low + 1
        refused = 0
        while True:
            for s in range(count):
                if placed > MANY and (at >= 0 or refused > REFUSED):
                    break
                az = z1[s]
                top = -1
                while True:
                    if top < 0:
                        ax, ay = x1[s], y1[s]
                    else:
                        ax, ay = max(x1[s], px[top]), max(y1[s], py[top])
                    free_x, free_y, free_z = x2[s] - ax, y2[s] - ay, z2[s] - az
                    for o in range(low, high):
                        dx, dy, dz = odx[o], ody[o], odz[o]
                        if dx > free_x or dy > free_y or dz > free_z:
                            continue
                        if rule == LOW_X:
                            score = ((ax + dx) * scale + az) * scale + ay
                        elif rule == LOW_Y:
                            score = ((ay + dy) * scale + az) * scale + ax
                        elif rule == LOW_Z:
                            score = ((az + dz) * scale + ay) * scale + ax
                        elif rule == TIGHT:
                            score = min(free_x - dx, free_y - dy, free_z - dz) * scale + az + ay + ax
                        elif rule == CORNER:
                            score = (ax + dx + ay + dy + az + dz) * scale + dz
                        else:
                            score = (az * scale + ay + ax) * scale + min(free_x - dx, free_y - dy, free_z - dz)
                        if score >= best:
                            continue
                        if az > 0 and share > 0:
                            area = rests_on(ax, ay, az, dx, dy, px, py, px2, py2, pz2, heads, nexts)
                            if area * 1000 < share * dx * dy:
                                refused += 1
                                continue
                        if loaded and not bears(
                            ax, ay, az, dx, dy, dz, k, masses,
                            px, py, pz, px2, py2, pz2, kind, bearing, loads, below, placed,
                        ):  # fmt: skip
                            refused += LOAD_WORK
                            continue
                        best, at, lie, to_x, to_y = score, s, o, ax, ay
                    if az == 0 or share == 0 or (at >= 0 and placed > MANY):
                        break
                    # A corner over the edge of what is beneath carries nothing: the corners of the tops may.
                    top = heads[az % BUCKETS] if top < 0 else nexts[top]
                    while top >= 0 and (
                        pz2[top] != az or px[top] >= x2[s] or py[top] >= y2[s]
                        or px2[top] <= x1[s] or py2[top] <= y1[s] or (px[top] <= x1[s] and py[top] <= y1[s])
                    ):  # fmt: skip
                        top = nexts[top]
                    if top < 0:
                        break
            if at >= 0 or (low == first[k] and high == beyond[k]):
                break
            low, high = first[k], beyond[k]
        if at < 0:
            if whole:
                return placed
            dead[k] = 1
            continue
        ax, ay, az = to_x, to_y, z1[at]
        bx, by, bz = ax + odx[lie], ay + ody[lie], az + odz[lie]
        if loaded:
            mark_beneath(ax, ay, az, bx - ax, by - ay, bz - az, px, py, pz, px2, py2, pz2, below, placed)
            for j in range(placed):
                if below[j] == 1:
                    loads[j] += masses[k]
        px[placed], py[placed], pz[placed], px2[placed], py2[placed], pz2[placed] = ax, ay, az, bx, by, bz
        kind[placed] = k
        loads[placed] = 0.0
        nexts[placed] = heads[bz % BUCKETS]
        heads[bz % BUCKETS] = placed
        in_box_kg += masses[k]
        placed += 1
        if i + 1 < pieces:
            count = cut_spaces(
                x1, y1, z1, x2, y2, z2, count, capacity, ax, ay, az, bx, by, bz,
                tail_x[i + 1], tail_y[i + 1], tail_z[i + 1],
            )  # fmt: skip
    return placed
