"""Many tries at one box: orders of the pieces, ways to lie and corners drawn anew, or mended where the last one failed.

Like the kernel, plain functions that run on lists as they stand and compiled on arrays. The draws of a try depend on
the seed and on its number alone, and what it mends on the tries before it: the first tries of a longer search are those
of a shorter one.
"""

from __future__ import annotations

from carbon.optimise.placing.exact import MOST, few_fit, lay_few, two_rest
from carbon.optimise.placing.kernel import RULES, attempt, fill_edges, kinds_of, next_random

#: Tries that start from the largest piece and draw nothing.
PLAIN = 4
#: After so many tries in vain, any four of the largest pieces are looked at exactly.
LOOK = 8
LARGEST = 8
FOUND, NOT_FOUND, IMPOSSIBLE = 1, 0, -1
#: So many tries draw everything anew. Then only one of so many does; the others mend it, each so often: what found no
#: place goes in earlier, which takes a third of the time, since what does not fit is seen sooner.
FREE, CHAIN, MENDED = 32, 32, 2


def draw(number, seed, pieces, base, first, beyond, sequence, chosen, keys):
    """Fill in the order of the pieces and how they are to lie for one try, and return the rule for corners."""
    for i in range(pieces):
        sequence[i] = base[i]
        chosen[i] = -1
    if number < PLAIN:
        if number == 0:
            return 4
        if number == 1:
            return 2
        return number - 2
    state = (seed * 7919 + number * 104729 + 12345) & 0x7FFFFFFF
    for _ in range(3):
        state = next_random(state)
    rule = (state >> 8) % RULES
    state = next_random(state)
    loose = (state >> 8) % 2
    state = next_random(state)
    share = (state >> 8) % 4
    alike = state
    reach = 256 * (1 + pieces // 2)
    for i in range(pieces):
        state = next_random(state)
        if loose == 1:
            keys[i] = state >> 8
        else:
            keys[i] = (pieces - i) * 256 + (state >> 8) % reach
    sort(pieces, sequence, keys)
    for i in range(pieces):
        state = next_random(state)
        if share == 3:
            k = sequence[i]
            way = next_random(next_random((alike + k * 7919) & 0x7FFFFFFF))
            chosen[i] = first[k] + (way >> 8) % (beyond[k] - first[k])
        elif (state >> 8) % 2 < share:
            k = sequence[i]
            state = next_random(state)
            chosen[i] = first[k] + (state >> 8) % (beyond[k] - first[k])
    return rule


def mend(number, seed, pieces, failed, rule, first, beyond, sequence, chosen):
    """Move the piece that found no place forward, draw some ways to lie anew, and return the rule for corners."""
    state = (seed * 7919 + number * 104729 + 54321) & 0x7FFFFFFF
    for _ in range(3):
        state = next_random(state)
    to = (state >> 8) % failed if failed > 0 else 0
    k, way = sequence[failed], chosen[failed]
    state = next_random(state)
    eighth = (state >> 8) % 8
    state = next_random(state)
    if eighth < 2:
        way = -1
    elif eighth < 5:
        way = first[k] + (state >> 8) % (beyond[k] - first[k])
    for i in range(failed, to, -1):
        sequence[i], chosen[i] = sequence[i - 1], chosen[i - 1]
    sequence[to], chosen[to] = k, way
    state = next_random(state)
    if (state >> 8) % 2 == 0:
        state = next_random(state)
        i = (state >> 8) % pieces
        k = sequence[i]
        state = next_random(state)
        if (state >> 8) % 3 == 0:
            chosen[i] = -1
        else:
            state = next_random(state)
            chosen[i] = first[k] + (state >> 8) % (beyond[k] - first[k])
    state = next_random(state)
    if (state >> 8) % 16 == 0:
        state = next_random(state)
        rule = (state >> 8) % RULES
    return rule


def sort(count, values, keys):
    """Sort values by falling keys (Shell's method: nothing to allocate)."""
    gap = count // 2
    while gap > 0:
        for i in range(gap, count):
            key, value = keys[i], values[i]
            j = i
            while j >= gap and keys[j - gap] < key:
                keys[j], values[j] = keys[j - gap], values[j - gap]
                j -= gap
            keys[j], values[j] = key, value
        gap //= 2


def find(
    data, reals, kind_count, rows, pieces, box, share, loaded, vetoed, seed, begin, end,
    spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts, sequence, chosen, keys, small,
):  # fmt: skip
    """Look for a place for every piece, from one try to another, and say whether it was found or cannot be.

    Parameters
    ----------
    data : int sequence
        Kinds (see `attempt`) one after the other, then the kind of every piece from the largest to the smallest.
    reals : float sequence
        Masses and bearings of the kinds.
    vetoed : bool
        Whether places may be refused for reasons unknown here.
    """
    fill_edges(data, kind_count, rows)
    kinds = kinds_of(data, kind_count, rows)
    first, beyond, odx, ody, odz, _, _, _ = kinds
    base = data[5 * kind_count + 3 * rows :]
    masses, bearing = reals[:kind_count], reals[kind_count : 2 * kind_count]
    free = share == 0 and not loaded
    if begin == 0:
        few = min(pieces, MOST)
        length, width, height = box
        if not few_fit(few, base, first, beyond, odx, ody, odz, length, width, height, small):
            return IMPOSSIBLE
        if few == pieces and (free or pieces == 1) and not vetoed:
            lay_few(few, base, odx, ody, odz, length, width, height, small, laid, kind)
            return FOUND
        if pieces == 2 and not vetoed:
            if two_rest(base, first, beyond, odx, ody, odz, box, share, masses, bearing, laid, kind):
                return FOUND
            return IMPOSSIBLE
    memory = small[0]
    placed, rule = memory[0], memory[1]
    for number in range(begin, end):
        if number == LOOK and pieces > MOST and not fours_fit(pieces, base, kinds, box, sequence, small):
            return IMPOSSIBLE
        for time in range(MENDED if number >= FREE else 1):
            if number < FREE or ((number - FREE) % CHAIN == 0 and time == 0):
                rule = draw(number, seed, pieces, base, first, beyond, sequence, chosen, keys)
            else:
                rule = mend(MENDED * number + time, seed, pieces, placed, rule, first, beyond, sequence, chosen)
            placed = attempt(
                sequence, chosen, pieces, rule, True, box, share, loaded, kinds, masses, bearing, 1e300,
                spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts,
            )  # fmt: skip
            if placed == pieces:
                return FOUND
    # Where the next tries of this search go on.
    memory[0], memory[1] = placed, rule
    return NOT_FOUND


def fours_fit(pieces, base, kinds, box, sequence, small):
    """Say whether any four of the largest pieces fit without the others."""
    first, beyond, odx, ody, odz, _, _, _ = kinds
    length, width, height = box
    count = min(pieces, LARGEST)
    for d in range(MOST - 1, count):
        for c in range(2, d):
            for b in range(1, c):
                for a in range(b):
                    sequence[0], sequence[1], sequence[2], sequence[3] = base[a], base[b], base[c], base[d]
                    if not few_fit(MOST, sequence, first, beyond, odx, ody, odz, length, width, height, small):
                        return False
    return True


def most(
    data, reals, kind_count, rows, pieces, box, share, loaded, room_kg, seed, begin, end,
    spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts, sequence, chosen, keys,
    best, best_kind, best_volume,
):  # fmt: skip
    """Look for as much volume as possible in one box and return how many pieces the best try placed.

    `best_volume` is what is to be beaten; where no try does, 0 is returned.
    """
    fill_edges(data, kind_count, rows)
    kinds = kinds_of(data, kind_count, rows)
    first, beyond, _, _, _, _, _, _ = kinds
    base = data[5 * kind_count + 3 * rows :]
    masses, bearing = reals[:kind_count], reals[kind_count : 2 * kind_count]
    px, py, pz, px2, py2, pz2 = laid
    qx, qy, qz, qx2, qy2, qz2 = best
    count = 0
    for number in range(begin, end):
        rule = draw(number, seed, pieces, base, first, beyond, sequence, chosen, keys)
        placed = attempt(
            sequence, chosen, pieces, rule, False, box, share, loaded, kinds, masses, bearing, room_kg,
            spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts,
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
