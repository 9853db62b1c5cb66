"""Tries whose draws belong to pieces: what an order that permits more draws is what the tighter one drew.

In `trying` a draw belongs to a place in the order of the pieces, so that with one piece less, or one that turns more
freely, all that follows is drawn anew, and what was found may be missed. Here a piece's draws depend on its edges, on
how many equal ones stand before it and on the number of the try, a way to lie on its own size; they stay when others
go, or when a rule is loosened. Chains of mending are short, since one piece that fails elsewhere makes the rest of a
chain another.

Like the kernel, plain functions that run on lists as they stand and compiled on arrays.
"""

from __future__ import annotations

from carbon.optimise.placing.kernel import FAR, RULES, attempt, fill_edges, kinds_of
from carbon.optimise.placing.trying import FOUND, NOT_FOUND, sort

#: So many tries begin with a drawn order and mend it.
LINKS = 8
#: What a doubled volume counts for beside a draw; see `names_of`.
OCTAVE = 64
#: Pieces that bear nothing, or little, come so much later.
LATE, LATER = 6_000, 12_000


def mix(a, b):
    """Return a number of 31 bits that two numbers make: the same two always the same, others another."""
    x = (a ^ (b * 40503 + 977)) & 0x7FFFFFFF
    x = ((x ^ (x >> 15)) * 0x2C1B3C6D) & 0x7FFFFFFF
    x = ((x ^ (x >> 12)) * 0x297A2D39) & 0x7FFFFFFF
    return x ^ (x >> 15)


def way_of(k, mark, first, beyond, odx, ody, odz):
    """Return the way to lie that comes first for a mark; a way that becomes allowed moves ahead of it or changes nothing."""
    way, least = -1, FAR
    for o in range(first[k], beyond[k]):
        rank = mix(mark, odx[o] * 31 + ody[o] * 1009 + odz[o] * 7919)
        if rank < least:
            way, least = o, rank
    return way


def draw_keyed(now, pieces, base, names, bulks, loaded, bearing, kinds, sequence, chosen, who, keys):
    """Fill in the order of the pieces and how they are to lie, and return the rule for corners."""
    first, beyond, odx, ody, odz, _, _, _ = kinds
    loose = mix(now, 2) % 3
    odds = mix(now, 3) % 4
    # Half of the orders put what bears little late: it lies high, and nothing must lie on it.
    shy = mix(now, 4) % 4 if loaded and mix(now, 5) % 4 > 1 else 0
    for i in range(pieces):
        who[i] = i
        own = mix(names[i], now)
        if loose == 0:
            keys[i] = own % 512
        elif loose == 1:
            keys[i] = bulks[i] + own % (2 * OCTAVE)
        else:
            keys[i] = bulks[i] + own % OCTAVE
        if shy > 0:
            bears_kg = bearing[base[i]]
            if bears_kg < 0:
                keys[i] -= LATER
            elif bears_kg < 1e300:
                if shy == 2:
                    keys[i] -= LATE
                elif shy == 3:
                    keys[i] -= mix(own, 9) % (4 * OCTAVE)
    sort(pieces, who, keys)
    for i in range(pieces):
        k = base[who[i]]
        own = mix(names[who[i]], now)
        sequence[i] = k
        chosen[i] = -1
        if mix(own, 6) % 3 < odds:
            chosen[i] = way_of(k, mix(own, 7), first, beyond, odx, ody, odz)
    return mix(now, 1) % RULES


def mend_keyed(now, pieces, failed, rule, names, kinds, sequence, chosen, who):
    """Move the piece that found no place forward, draw some ways to lie anew, and return the rule for corners."""
    first, beyond, odx, ody, odz, _, _, _ = kinds
    to = mix(now, 1) % 4096 * failed // 4096
    k, way, piece = sequence[failed], chosen[failed], who[failed]
    own = mix(names[piece], now)
    eighth = mix(own, 2) % 8
    if eighth < 2:
        way = -1
    elif eighth < 5:
        way = way_of(k, mix(own, 3), first, beyond, odx, ody, odz)
    for i in range(failed, to, -1):
        sequence[i], chosen[i], who[i] = sequence[i - 1], chosen[i - 1], who[i - 1]
    sequence[to], chosen[to], who[to] = k, way, piece
    if mix(now, 4) % 2 == 0:
        at, least = 0, FAR
        for i in range(pieces):
            rank = mix(names[who[i]], now + 77)
            if rank < least:
                at, least = i, rank
        if mix(least, 5) % 3 == 0:
            chosen[at] = -1
        else:
            chosen[at] = way_of(sequence[at], mix(least, 6), first, beyond, odx, ody, odz)
    if mix(now, 7) % 16 == 0:
        rule = mix(now, 8) % RULES
    return rule


def find_keyed(
    data, reals, kind_count, rows, pieces, box, share, loaded, seed, begin, end,
    spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts, sequence, chosen, keys, keyed,
):  # fmt: skip
    """Look for a place for every piece in tries `begin` to `end`, and say whether it was found.

    Of a chain what placed most volume before a piece found no place is mended, now and then the last one.

    Parameters
    ----------
    begin : int
        A multiple of `LINKS`.
    keyed : tuple of int sequences
        Names and bulks of the pieces from the largest to the smallest (`names_of`); room for which pieces stand in
        `sequence`, and for what is mended: its kinds, ways to lie and pieces.
    """
    fill_edges(data, kind_count, rows)
    kinds = kinds_of(data, kind_count, rows)
    first, _, odx, ody, odz, _, _, _ = kinds
    base = data[5 * kind_count + 3 * rows :]
    masses, bearing = reals[:kind_count], reals[kind_count : 2 * kind_count]
    names, bulks, who, kept_kinds, kept_ways, kept_who = keyed
    rule, kept_rule, failed, most_volume = 0, 0, 0, -1
    for number in range(begin, end):
        now = mix(seed, number)
        if number % LINKS == 0:
            rule = draw_keyed(
                now, pieces, base, names, bulks, loaded, bearing, kinds, sequence, chosen, who, keys
            )  # fmt: skip
            most_volume = -1
        else:
            for i in range(pieces):
                sequence[i], chosen[i], who[i] = kept_kinds[i], kept_ways[i], kept_who[i]
            rule = mend_keyed(now, pieces, failed, kept_rule, names, kinds, sequence, chosen, who)
        placed = attempt(
            sequence, chosen, pieces, rule, True, box, share, loaded, kinds, masses, bearing, 1e300,
            spaces, capacity, tails, laid, kind, loads, below, dead, heads, nexts,
        )  # fmt: skip
        if placed == pieces:
            return FOUND
        volume = 0
        for i in range(placed):
            o = first[sequence[i]]
            volume += odx[o] * ody[o] * odz[o]
        if volume >= most_volume or mix(now, 9) % 4 == 0:
            most_volume, failed, kept_rule = volume, placed, rule
            for i in range(pieces):
                kept_kinds[i], kept_ways[i], kept_who[i] = sequence[i], chosen[i], who[i]
    return NOT_FOUND
