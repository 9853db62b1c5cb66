"""Many different pieces that must be supported: the lowest open surface takes the piece that covers it best.

Like the kernel, plain functions that run on lists as they stand and compiled on arrays. Where the kernel takes the next
piece and looks for its place, this takes the next place and looks for its piece: of hundreds there is one whose base
is nearly that of the top beneath, and little is left beside it that nothing can rest on.
"""

from __future__ import annotations

from carbon.optimise.placing.kernel import (
    BUCKETS,
    FAR,
    bears,
    cut_spaces,
    fill_edges,
    kinds_of,
    mark_beneath,
    next_random,
    rests_on,
)

#: How pieces are compared: by base; by base, little left beside; by volume; by base and half the height.
COVERS = 4
#: Tries that draw nothing.
PLAIN_COVERS = 3 * COVERS
#: A surface that refused so many pieces for their loads is done with.
UNBORNE = 40


def worth(rule, dx, dy, dz, rest_x, rest_y):
    """Return how good it is to cover a place with a piece that leaves such rests of it."""
    if rule == 0:
        return dx * dy
    if rule == 1:
        return dx * dy - min(rest_x * dy, rest_y * dx) // 2
    if rule == 2:
        return dx * dy * dz
    return dx * dy * (dz + dx + dy)


def weigh(number, seed, kind_count, loaded, bearing, weights):
    """Fill in how much each kind is liked in one try, in 1,024ths, and return the rule for comparing.

    Where loads are watched, what bears little is liked less, so that it comes late and lies high.
    """
    state = (seed * 7919 + number * 104729 + 12345) & 0x7FFFFFFF
    for _ in range(3):
        state = next_random(state)
    rule = number % COVERS
    spread = 0
    if number >= PLAIN_COVERS:
        spread = 128 << ((state >> 8) % 3)
        state = next_random(state)
    shy = (number // COVERS + 2) % 3
    for k in range(kind_count):
        weights[k] = 1024
        if spread > 0:
            state = next_random(state)
            weights[k] += (state >> 8) % spread - spread // 2
        if loaded and bearing[k] < 0:
            weights[k] >>= 3 * shy
        elif loaded and bearing[k] < 1e300:
            weights[k] >>= shy
    return rule


def covers(
    data, reals, kind_count, rows, pieces, box, share, loaded, room_kg, seed, begin, end, quantity,
    spaces, capacity, tails, laid, kind, loads, below, closed, heads, nexts, left, most, weights,
    best, best_kind, best_volume,
):  # fmt: skip
    """Fill a box anew in each try and return how many pieces the best try placed, 0 where none beats `best_volume`.

    Parameters
    ----------
    quantity : int sequence
        Pieces of each kind.
    """
    bearing = reals[kind_count : 2 * kind_count]
    px, py, pz, px2, py2, pz2 = laid
    qx, qy, qz, qx2, qy2, qz2 = best
    count = 0
    for number in range(begin, end):
        rule = weigh(number, seed, kind_count, loaded, bearing, weights)
        for k in range(kind_count):
            left[k] = quantity[k]
        placed = cover(
            data, reals, kind_count, rows, box, share, loaded, room_kg, rule, weights, most,
            spaces, capacity, laid, kind, loads, below, heads, nexts, left, closed,
        )  # fmt: skip
        volume = 0
        for j in range(placed):
            volume += (px2[j] - px[j]) * (py2[j] - py[j]) * (pz2[j] - pz[j])
        if volume > best_volume:
            best_volume = volume
            count = placed
            for j in range(placed):
                qx[j], qy[j], qz[j], qx2[j], qy2[j], qz2[j] = px[j], py[j], pz[j], px2[j], py2[j], pz2[j]
                best_kind[j] = kind[j]
        if placed == pieces:
            break
    return count


def lowest(placed, pz2, closed, floor):
    """Return the lowest top that is open, -1 for the floor, -2 for none."""
    if floor == 0:
        return -1
    at = -2
    for j in range(placed):
        if closed[j] == 0 and (at < 0 or pz2[j] < pz2[at]):
            at = j
    return at


def cover(
    data, reals, kind_count, rows, box, share, loaded, room_kg, rule, weights, most,
    spaces, capacity, laid, kind, loads, below, heads, nexts, left, closed,
):  # fmt: skip
    """Fill a box from below and return how many pieces lie in it.

    Parameters
    ----------
    share : int
        Thousandths of a base that must rest on something, above 0.
    most : int sequence
        Room for the most that a kind can be worth.
    left : int sequence
        How many pieces of each kind there are; what is not placed stays.
    """
    fill_edges(data, kind_count, rows)
    kinds = kinds_of(data, kind_count, rows)
    first, beyond, odx, ody, odz, edge_x, edge_y, edge_z = kinds
    masses, bearing = reals[:kind_count], reals[kind_count : 2 * kind_count]
    x1, y1, z1, x2, y2, z2 = spaces
    px, py, pz, px2, py2, pz2 = laid
    length, width, height = box
    for b in range(BUCKETS):
        heads[b] = -1
    for k in range(kind_count):
        most[k] = 0
        for o in range(first[k], beyond[k]):
            most[k] = max(most[k], worth(rule, odx[o], ody[o], odz[o], 0, 0) * weights[k])
    x1[0], y1[0], z1[0], x2[0], y2[0], z2[0] = 0, 0, 0, length, width, height
    count = 1
    placed = 0
    floor = 0
    in_box_kg = 0.0
    while True:
        top = lowest(placed, pz2, closed, floor)
        if top == -2:
            return placed
        low_x, low_y, high_x, high_y, z = 0, 0, length, width, 0
        if top >= 0:
            low_x, low_y, high_x, high_y, z = px[top], py[top], px2[top], py2[top], pz2[top]
        best, lie, which, to_x, to_y = -FAR, -1, -1, 0, 0
        unborne = 0
        for s in range(count):
            if z1[s] != z or x1[s] >= high_x or x2[s] <= low_x or y1[s] >= high_y or y2[s] <= low_y:
                continue
            ax, ay = max(x1[s], low_x), max(y1[s], low_y)
            free_x, free_y, free_z = x2[s] - ax, y2[s] - ay, z2[s] - z
            own_x, own_y = min(free_x, high_x - ax), min(free_y, high_y - ay)
            for k in range(kind_count):
                if left[k] == 0 or most[k] <= best or edge_z[k] > free_z or edge_x[k] > free_x or edge_y[k] > free_y:
                    continue
                if in_box_kg + masses[k] > room_kg or unborne > UNBORNE:
                    continue
                for o in range(first[k], beyond[k]):
                    dx, dy, dz = odx[o], ody[o], odz[o]
                    if dx > free_x or dy > free_y or dz > free_z:
                        continue
                    score = worth(rule, dx, dy, dz, max(own_x - dx, 0), max(own_y - dy, 0)) * weights[k]
                    if score <= best:
                        continue
                    if z > 0 and (dx > own_x or dy > own_y):
                        area = rests_on(ax, ay, z, dx, dy, px, py, px2, py2, pz2, heads, nexts)
                        if area * 1000 < share * dx * dy:
                            continue
                    if loaded and not bears(
                        ax, ay, z, dx, dy, dz, k, masses,
                        px, py, pz, px2, py2, pz2, kind, bearing, loads, below, placed,
                    ):  # fmt: skip
                        unborne += 1
                        continue
                    best, lie, which, to_x, to_y = score, o, k, ax, ay
        if lie < 0:
            if top < 0:
                floor = 1
            else:
                closed[top] = 1
            continue
        bx, by, bz = to_x + odx[lie], to_y + ody[lie], z + odz[lie]
        if loaded:
            mark_beneath(
                to_x, to_y, z, bx - to_x, by - to_y, bz - z, px, py, pz, px2, py2, pz2, below, placed
            )  # fmt: skip
            for j in range(placed):
                if below[j] == 1:
                    loads[j] += masses[which]
        px[placed], py[placed], pz[placed], px2[placed], py2[placed], pz2[placed] = to_x, to_y, z, bx, by, bz
        kind[placed] = which
        loads[placed] = 0.0
        closed[placed] = 0
        nexts[placed] = heads[bz % BUCKETS]
        heads[bz % BUCKETS] = placed
        in_box_kg += masses[which]
        left[which] -= 1
        placed += 1
        least_x, least_y, least_z = FAR, FAR, FAR
        for k in range(kind_count):
            if left[k] > 0:
                least_x, least_y, least_z = min(least_x, edge_x[k]), min(least_y, edge_y[k]), min(least_z, edge_z[k])
        if least_x == FAR:
            return placed
        count = cut_spaces(
            x1, y1, z1, x2, y2, z2, count, capacity, to_x, to_y, z, bx, by, bz, least_x, least_y, least_z
        )
