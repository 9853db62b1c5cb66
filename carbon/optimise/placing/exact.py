"""Few pieces, exactly: does any arrangement of them fit, whatever carries them?

Two pieces that do not overlap are apart along some axis. For every pair an axis is chosen; pieces that are all apart
from one another along the same axis stand in a row there, and their edges must add up to no more than the box. For up
to four pieces this is also enough: every graph of four nodes can be put into a row-like order. So the search is over
orientations and over axes of pairs, and what it does not find does not exist.
"""

from __future__ import annotations

MOST = 4


def _axes_of_pair(a, b, odx, ody, odz, length, width, height):
    axes = 0
    if odx[a] + odx[b] <= length:
        axes = 1
    if ody[a] + ody[b] <= width:
        axes |= 2
    if odz[a] + odz[b] <= height:
        axes |= 4
    return axes


def _rows_of_three(a, b, c, odx, ody, odz, length, width, height):
    """Return the axes along which three pieces may all stand in one row."""
    axes = 0
    if odx[a] + odx[b] + odx[c] <= length:
        axes = 1
    if ody[a] + ody[b] + ody[c] <= width:
        axes |= 2
    if odz[a] + odz[b] + odz[c] <= height:
        axes |= 4
    return axes


def _three_fit(ab, ac, bc, row):
    """Say whether three pairs can each have an axis of theirs, one for all three only if they fit in a row."""
    if (ab & ac & bc & row) != 0:
        return True
    union = ab | ac | bc
    # Some two pairs must differ: impossible only if all have the same single axis.
    return not (union == 1 or union == 2 or union == 4)


def _four_fit(pairs, rows, row_of_four, axis):
    """Choose an axis for each of six pairs (01, 02, 12, 03, 13, 23) so that every row of three or four fits."""
    for a01 in (1, 2, 4):
        if (pairs[0] & a01) == 0:
            continue
        for a02 in (1, 2, 4):
            if (pairs[1] & a02) == 0:
                continue
            for a12 in (1, 2, 4):
                if (pairs[2] & a12) == 0:
                    continue
                if a01 == a02 and a02 == a12 and (rows[0] & a01) == 0:
                    continue
                for a03 in (1, 2, 4):
                    if (pairs[3] & a03) == 0:
                        continue
                    for a13 in (1, 2, 4):
                        if (pairs[4] & a13) == 0 or (a01 == a03 and a03 == a13 and (rows[1] & a01) == 0):
                            continue
                        for a23 in (1, 2, 4):
                            if (pairs[5] & a23) == 0 or (a02 == a03 and a03 == a23 and (rows[2] & a02) == 0):
                                continue
                            if a12 == a13 and a13 == a23 and (rows[3] & a12) == 0:
                                continue
                            same = a01 == a02 and a02 == a12 and a12 == a03 and a03 == a13 and a13 == a23
                            if same and (row_of_four & a01) == 0:
                                continue
                            axis[0], axis[1], axis[2] = a01, a02, a12
                            axis[3], axis[4], axis[5] = a03, a13, a23
                            return True
    return False


def few_fit(count, sequence, first, beyond, odx, ody, odz, length, width, height, small):
    """Say whether up to four pieces fit; `small` then holds how they lie and the axis of each pair.

    The orientations in `odx` ... are those that fit into the box at all, and the volumes fit, too.
    """
    lie, axis, pairs, rows, _, _ = small
    a = sequence[0]
    for i in range(6):
        axis[i] = 0
    for oa in range(first[a], beyond[a]):
        lie[0] = oa
        if count == 1:
            return True
        b = sequence[1]
        for ob in range(first[b], beyond[b]):
            lie[1] = ob
            ab = _axes_of_pair(oa, ob, odx, ody, odz, length, width, height)
            if ab == 0:
                continue
            if count == 2:
                axis[0] = ab & -ab
                return True
            c = sequence[2]
            for oc in range(first[c], beyond[c]):
                lie[2] = oc
                ac = _axes_of_pair(oa, oc, odx, ody, odz, length, width, height)
                bc = _axes_of_pair(ob, oc, odx, ody, odz, length, width, height)
                if ac == 0 or bc == 0:
                    continue
                row = _rows_of_three(oa, ob, oc, odx, ody, odz, length, width, height)
                if not _three_fit(ab, ac, bc, row):
                    continue
                pairs[0], pairs[1], pairs[2], rows[0] = ab, ac, bc, row
                if count == 3:
                    pairs[3], pairs[4], pairs[5], rows[1], rows[2], rows[3] = 1, 2, 4, 7, 7, 7
                    if _four_fit(pairs, rows, 7, axis):
                        axis[3], axis[4], axis[5] = 0, 0, 0
                        return True
                    continue
                d = sequence[3]
                for od in range(first[d], beyond[d]):
                    lie[3] = od
                    pairs[3] = _axes_of_pair(oa, od, odx, ody, odz, length, width, height)
                    pairs[4] = _axes_of_pair(ob, od, odx, ody, odz, length, width, height)
                    pairs[5] = _axes_of_pair(oc, od, odx, ody, odz, length, width, height)
                    if pairs[3] == 0 or pairs[4] == 0 or pairs[5] == 0:
                        continue
                    rows[1] = _rows_of_three(oa, ob, od, odx, ody, odz, length, width, height)
                    if not _three_fit(ab, pairs[3], pairs[4], rows[1]):
                        continue
                    rows[2] = _rows_of_three(oa, oc, od, odx, ody, odz, length, width, height)
                    if not _three_fit(ac, pairs[3], pairs[5], rows[2]):
                        continue
                    rows[3] = _rows_of_three(ob, oc, od, odx, ody, odz, length, width, height)
                    if not _three_fit(bc, pairs[4], pairs[5], rows[3]):
                        continue
                    four = 0
                    if odx[oa] + odx[ob] + odx[oc] + odx[od] <= length:
                        four = 1
                    if ody[oa] + ody[ob] + ody[oc] + ody[od] <= width:
                        four |= 2
                    if odz[oa] + odz[ob] + odz[oc] + odz[od] <= height:
                        four |= 4
                    if _four_fit(pairs, rows, four, axis):
                        return True
    return False


def _pair(i, j):
    """Return where the pair of i < j stands: 01, 02, 12, 03, 13, 23."""
    return j * (j - 1) // 2 + i


def lay_axis(count, axis, bit, edges, room, at, order, ends):
    """Put pieces that are apart along one axis behind one another there, and say whether they end inside the box.

    All orders are tried; the edges of pairs point from the earlier to the later piece.
    """
    orders = 1
    for i in range(2, count + 1):
        orders *= i
    for number in range(orders):
        rest = number
        for i in range(count):
            order[i] = i
        for i in range(count - 1, 0, -1):
            j = rest % (i + 1)
            rest //= i + 1
            order[i], order[j] = order[j], order[i]
        fits = True
        for i in range(count):
            piece = order[i]
            start = 0
            for j in range(i):
                other = order[j]
                pair = _pair(min(piece, other), max(piece, other))
                if axis[pair] == bit:
                    start = max(start, ends[other])
            at[piece] = start
            ends[piece] = start + edges[piece]
            if ends[piece] > room:
                fits = False
                break
        if fits:
            return True
    return False


def lay_few(count, sequence, odx, ody, odz, length, width, height, small, laid, kind):
    """Put pieces where `few_fit` found that they fit."""
    lie, axis, edges, at, order, ends = small
    px, py, pz, px2, py2, pz2 = laid
    for i in range(count):
        edges[i] = odx[lie[i]]
    lay_axis(count, axis, 1, edges, length, at, order, ends)
    for i in range(count):
        kind[i] = sequence[i]
        px[i], px2[i] = at[i], ends[i]
        edges[i] = ody[lie[i]]
    lay_axis(count, axis, 2, edges, width, at, order, ends)
    for i in range(count):
        py[i], py2[i] = at[i], ends[i]
        edges[i] = odz[lie[i]]
    lay_axis(count, axis, 4, edges, height, at, order, ends)
    for i in range(count):
        pz[i], pz2[i] = at[i], ends[i]


def two_rest(sequence, first, beyond, odx, ody, odz, box, share, masses, bearing, laid, kind):
    """Say whether two pieces fit side by side, or one on the other with its base supported; both ways of stacking."""
    length, width, height = box
    px, py, pz, px2, py2, pz2 = laid
    for turn in range(2):
        a, b = sequence[turn], sequence[1 - turn]
        for oa in range(first[a], beyond[a]):
            for ob in range(first[b], beyond[b]):
                x, y, z = 0, 0, 0
                common = min(odx[oa], odx[ob]) * min(ody[oa], ody[ob])
                if odx[oa] + odx[ob] <= length:
                    x = odx[oa]
                elif ody[oa] + ody[ob] <= width:
                    y = ody[oa]
                elif (
                    odz[oa] + odz[ob] <= height
                    and common * 1000 >= share * odx[ob] * ody[ob]
                    and masses[b] <= bearing[a]
                ):
                    z = odz[oa]
                else:
                    continue
                kind[0], kind[1] = a, b
                px[0], py[0], pz[0], px2[0], py2[0], pz2[0] = 0, 0, 0, odx[oa], ody[oa], odz[oa]
                px[1], py[1], pz[1] = x, y, z
                px2[1], py2[1], pz2[1] = x + odx[ob], y + ody[ob], z + odz[ob]
                return True
    return False
