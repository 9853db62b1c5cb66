"""Many pieces of few kinds: blocks of equal pieces, put into the corners of maximal empty spaces.

Like the kernel, plain functions that run on lists as they stand and compiled on arrays. A load is built block by
block; `complete` builds on greedily to the end, which tells how good a beginning is.
"""

from __future__ import annotations

from carbon.optimise.placing.kernel import FAR, cut_spaces, kinds_of

#: Numbers that describe a block: row of sizes, pieces along each axis.
PER_CHOICE = 4
#: Numbers that describe a block in its place: corner, row of sizes, pieces along each axis, kind.
PER_BLOCK = 8


def choose_space(spaces, count, box, upright):
    """Return the space nearest to a corner of the box, and which of its corners that is, as bits of the far sides.

    Where pieces must rest on something, blocks stand on the space's floor.
    """
    x1, y1, z1, x2, y2, z2 = spaces
    length, width, height = box
    best = FAR
    large = 0
    at = -1
    far = 0
    for s in range(count):
        to_x, to_y, to_z = x1[s], y1[s], z1[s]
        sides = 0
        if length - x2[s] < to_x:
            to_x = length - x2[s]
            sides = 1
        if width - y2[s] < to_y:
            to_y = width - y2[s]
            sides |= 2
        if not upright and height - z2[s] < to_z:
            to_z = height - z2[s]
            sides |= 4
        away = to_x + to_y + to_z
        volume = (x2[s] - x1[s]) * (y2[s] - y1[s]) * (z2[s] - z1[s])
        if away < best or (away == best and volume > large):
            best, large, at, far = away, volume, s, sides
    return at, far


def is_carried(x, y, z, dx, dy, share, odx, ody, odz, blocks, placed):
    """Say whether enough of one piece's base at height z lies on the tops of blocks."""
    area = 0
    for j in range(placed):
        b = j * PER_BLOCK
        o = blocks[b + 3]
        if blocks[b + 2] + odz[o] * blocks[b + 6] == z:
            wide = min(x + dx, blocks[b] + odx[o] * blocks[b + 4]) - max(x, blocks[b])
            deep = min(y + dy, blocks[b + 1] + ody[o] * blocks[b + 5]) - max(y, blocks[b + 1])
            if wide > 0 and deep > 0:
                area += wide * deep
    return area * 1000 >= share * dx * dy


def offer(spaces, s, far, kinds, kind_count, left, masses, room_kg, share, blocks, placed, width, choices, scores):
    """List the largest blocks for a space, the best first, and return how many there are (at most `width`)."""
    first, beyond, odx, ody, odz, _, _, _ = kinds
    x1, y1, z1, x2, y2, z2 = spaces
    free_x, free_y, free_z = x2[s] - x1[s], y2[s] - y1[s], z2[s] - z1[s]
    found = 0
    for k in range(kind_count):
        pieces = left[k]
        if pieces == 0:
            continue
        if masses[k] * pieces > room_kg:
            pieces = int(room_kg / masses[k])
            if pieces == 0:
                continue
        for o in range(first[k], beyond[k]):
            dx, dy, dz = odx[o], ody[o], odz[o]
            most_x, most_y, most_z = free_x // dx, free_y // dy, free_z // dz
            if most_x == 0 or most_y == 0 or most_z == 0:
                continue
            if share > 0 and z1[s] > 0:
                along, across = 0, 0
                for j in range(most_y):
                    y = y2[s] - (j + 1) * dy if (far & 2) != 0 else y1[s] + j * dy
                    row = 0
                    while row < most_x and (j == 0 or row < along):
                        x = x2[s] - (row + 1) * dx if (far & 1) != 0 else x1[s] + row * dx
                        if not is_carried(x, y, z1[s], dx, dy, share, odx, ody, odz, blocks, placed):
                            break
                        row += 1
                    if j == 0:
                        along = row
                    if row == 0 or row < along:
                        break
                    across += 1
                most_x, most_y = along, across
                if most_x == 0 or most_y == 0:
                    continue
            for way in range(6):
                if way < 2:
                    nx = min(most_x, pieces)
                    if way == 0:
                        ny = min(most_y, pieces // nx)
                        nz = min(most_z, pieces // (nx * ny))
                    else:
                        nz = min(most_z, pieces // nx)
                        ny = min(most_y, pieces // (nx * nz))
                elif way < 4:
                    ny = min(most_y, pieces)
                    if way == 2:
                        nx = min(most_x, pieces // ny)
                        nz = min(most_z, pieces // (nx * ny))
                    else:
                        nz = min(most_z, pieces // ny)
                        nx = min(most_x, pieces // (ny * nz))
                else:
                    nz = min(most_z, pieces)
                    if way == 4:
                        nx = min(most_x, pieces // nz)
                        ny = min(most_y, pieces // (nx * nz))
                    else:
                        ny = min(most_y, pieces // nz)
                        nx = min(most_x, pieces // (ny * nz))
                score = nx * dx * ny * dy * nz * dz
                known = False
                for i in range(found):
                    c = i * PER_CHOICE
                    if choices[c] == o and choices[c + 1] == nx and choices[c + 2] == ny and choices[c + 3] == nz:
                        known = True
                        break
                if known or (found == width and score <= scores[found - 1]):
                    continue
                if found < width:
                    found += 1
                i = found - 1
                while i > 0 and scores[i - 1] < score:
                    scores[i] = scores[i - 1]
                    for part in range(PER_CHOICE):
                        choices[i * PER_CHOICE + part] = choices[(i - 1) * PER_CHOICE + part]
                    i -= 1
                scores[i] = score
                c = i * PER_CHOICE
                choices[c], choices[c + 1], choices[c + 2], choices[c + 3] = o, nx, ny, nz
    return found


def put(spaces, count, capacity, s, far, choice, choices, kinds, kind_count, left, blocks, placed):
    """Put a chosen block into its corner of a space, and return how many spaces there are then."""
    _, beyond, odx, ody, odz, edge_x, edge_y, edge_z = kinds
    x1, y1, z1, x2, y2, z2 = spaces
    c = choice * PER_CHOICE
    o, nx, ny, nz = choices[c], choices[c + 1], choices[c + 2], choices[c + 3]
    dx, dy, dz = odx[o] * nx, ody[o] * ny, odz[o] * nz
    x = x2[s] - dx if (far & 1) != 0 else x1[s]
    y = y2[s] - dy if (far & 2) != 0 else y1[s]
    z = z2[s] - dz if (far & 4) != 0 else z1[s]
    k = 0
    while beyond[k] <= o:
        k += 1
    left[k] -= nx * ny * nz
    b = placed * PER_BLOCK
    blocks[b], blocks[b + 1], blocks[b + 2], blocks[b + 3] = x, y, z, o
    blocks[b + 4], blocks[b + 5], blocks[b + 6], blocks[b + 7] = nx, ny, nz, k
    least_x, least_y, least_z = FAR, FAR, FAR
    for k in range(kind_count):
        if left[k] > 0:
            least_x, least_y, least_z = min(least_x, edge_x[k]), min(least_y, edge_y[k]), min(least_z, edge_z[k])
    return cut_spaces(
        x1, y1, z1, x2, y2, z2, count, capacity, x, y, z, x + dx, y + dy, z + dz, least_x, least_y, least_z
    )  # fmt: skip


def drop_space(spaces, s, count):
    """Take a space out that nothing fits into."""
    x1, y1, z1, x2, y2, z2 = spaces
    for i in range(s, count - 1):
        x1[i], y1[i], z1[i] = x1[i + 1], y1[i + 1], z1[i + 1]
        x2[i], y2[i], z2[i] = x2[i + 1], y2[i + 1], z2[i + 1]
    return count - 1


def next_choices(data, reals, kind_count, rows, box, share, state, width, choices, scores):
    """Drop spaces in vain, and list the blocks for the next one; return their number, space, corner and spaces left.

    `state` holds spaces, their capacity, pieces left of each kind, blocks and what they may still weigh.
    """
    spaces, count, _, left, blocks, placed, room_kg = state
    kinds = kinds_of(data, kind_count, rows)
    while count > 0:
        s, far = choose_space(spaces, count, box, share > 0)
        found = offer(
            spaces, s, far, kinds, kind_count, left, reals, room_kg, share, blocks, placed, width, choices, scores
        )
        if found > 0:
            return found, s, far, count
        count = drop_space(spaces, s, count)
    return 0, 0, 0, 0


def take(data, kind_count, rows, state, s, far, choice, choices):
    """Put one block of those that `next_choices` listed, and return how many spaces there are then."""
    spaces, count, capacity, left, blocks, placed, _ = state
    kinds = kinds_of(data, kind_count, rows)
    return put(spaces, count, capacity, s, far, choice, choices, kinds, kind_count, left, blocks, placed)


def complete(data, reals, kind_count, rows, box, share, state, choices, scores):
    """Build on with the largest block each time, and return blocks placed and their volume beyond `state`'s."""
    spaces, count, capacity, left, blocks, placed, room_kg = state
    kinds = kinds_of(data, kind_count, rows)
    _, _, odx, ody, odz, _, _, _ = kinds
    volume = 0
    while count > 0:
        s, far = choose_space(spaces, count, box, share > 0)
        found = offer(
            spaces, s, far, kinds, kind_count, left, reals, room_kg, share, blocks, placed, 1, choices, scores
        )
        if found == 0:
            count = drop_space(spaces, s, count)
            continue
        count = put(spaces, count, capacity, s, far, 0, choices, kinds, kind_count, left, blocks, placed)
        o = choices[0]
        pieces = choices[1] * choices[2] * choices[3]
        volume += pieces * odx[o] * ody[o] * odz[o]
        room_kg -= pieces * reals[blocks[placed * PER_BLOCK + 7]]
        placed += 1
    return placed, volume
