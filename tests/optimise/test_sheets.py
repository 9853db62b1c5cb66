"""Step sheets: well-formed, user text as text, and a painter's order that is right."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as Tree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.optimise.isometric import Cuboid, back_to_front, behind, edges, faces, on_paper, overlap
from carbon.optimise.items import Box, Item, Rotation
from carbon.optimise.loads import Load
from carbon.optimise.output import file_name
from carbon.optimise.placing.fitting import fit
from carbon.optimise.placing.search import Search
from carbon.optimise.sheets import step_sheet

_SVG = "{http://www.w3.org/2000/svg}"
_EVIL = '<script>alert(1)</script> & "x" \x00\x0b end'


def _sheet(items: tuple[Item, ...], box: Box, **options) -> Tree.Element:
    parcel = fit(items, box, Search())
    assert parcel is not None
    return Tree.fromstring(step_sheet(Load(items), parcel, options.pop("order", "O1"), **options).split("\n", 1)[1])


def _text(root: Tree.Element) -> str:
    return "\n".join("".join(each.itertext()) for each in root.iter(f"{_SVG}text"))


_ITEMS = (
    Item("PAN", (2800, 2800, 1200), 2.2, 1, Rotation.THIS_WAY_UP),
    Item("BOWL", (1500, 1500, 1100), 0.9, 2, top_load_kg=0),
    Item("SHIRT", (2500, 1800, 500), 0.4, 3),
)
_BOX = Box("large", (4500, 3500, 3000), (4600, 3600, 3100), 0.56)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sheet_says_every_step(language):
    """Proves that each piece has a numbered step with its name, size, place and marks, in both languages."""
    root = _sheet(_ITEMS, _BOX, language=language, empty_share=0.61, number=2, count=3)
    text = _text(root)
    assert len(root.findall(f"{_SVG}g")) == 6 and all(f"\n{step}\n" in f"\n{text}\n" for step in range(1, 7))
    words = {"en": ["this way up", "nothing on top", "parcel 2 of 3", "61 % empty", "more than half empty", "from left"],
             "zh": ["此面朝上", "上面不可放物", "第 2 包", "空隙 61 %", "空隙超过一半", "距左"]}[language]  # fmt: skip
    assert all(word in text for word in [*words, "PAN", "BOWL", "SHIRT", "5.20 kg", "5.76 kg", "450 × 350 × 300 mm"])
    assert root.get("lang") == language and root.get("role") == "img"
    assert root.find(f"{_SVG}title").text and root.find(f"{_SVG}desc").text


@pytest.mark.parametrize(("language", "name"), [("en", "Large carton"), ("zh", "大号纸箱")])
def test_a_package_is_called_by_its_name(language, name):
    """Proves that the name stands first and the key beside it in muted type, and that one without a name keeps its key."""
    root = _sheet(_ITEMS, _BOX, language=language, package=name)
    line = next(each for each in root.iter(f"{_SVG}text") if name in (each.text or ""))
    key = line.find(f"{_SVG}tspan")
    assert key.text.strip() == "large" and key.get("fill") == "#5A6472" and line.get("fill") != key.get("fill")
    assert "450 × 350 × 300 mm" in key.tail
    bare = _sheet(_ITEMS, _BOX, language=language)
    (line,) = (each.text for each in bare.iter(f"{_SVG}text") if "450 × 350 × 300 mm" in (each.text or ""))
    assert "large" in line and name not in _text(bare)


def test_long_and_evil_names_stay_on_their_line():
    """Proves that a name that is too long is cut visibly, key and size standing beside it, and that it stays text."""
    root = _sheet(_ITEMS, Box("k" * 60, (4500, 3500, 3000), (4600, 3600, 3100), 0.56), package=_EVIL + "箱" * 60)
    (line,) = (each for each in root.iter(f"{_SVG}text") if "<script>" in (each.text or ""))
    shown = "".join(line.itertext())
    assert shown.count("…") == 2 and shown.endswith("450 × 350 × 300 mm") and len(shown) < 100
    assert not list(root.iter("script")) and "\x0b" not in shown


def test_user_text_stays_text():
    """Proves that names of articles, packages and orders never become markup, and that controls are dropped."""
    items = (Item(_EVIL, (1000, 800, 500), 1.0),)
    root = _sheet(items, Box(_EVIL, (2000, 2000, 2000), (2000, 2000, 2000)), order=_EVIL)
    assert not list(root.iter(f"{_SVG}script")) and not list(root.iter("script"))
    assert "<script>" in _text(root)
    assert {each.tag.removeprefix(_SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "rect", "g", "text", "tspan", "line", "polygon", "circle"
    }  # fmt: skip


def test_no_gradients_and_only_the_sizes_of_the_style():
    """Proves the look: flat tones, sizes 12, 14 and 16, nothing from elsewhere."""
    root = _sheet(_ITEMS, _BOX)
    assert {each.get("font-size") for each in root.iter(f"{_SVG}text")} <= {"12", "14", "16"}
    assert not any("href" in name or "url(" in value for each in root.iter() for name, value in each.attrib.items())


def test_many_pieces_are_gathered_into_few_steps():
    """Proves that 60 equal pieces make no 60 panels, and that very many are listed without drawings."""
    few = _sheet((Item("A", (500, 400, 300), 0.1, 60),), Box("b", (2000, 2000, 2000), (2000, 2000, 2000)))
    assert 1 <= len(few.findall(f"{_SVG}g")) <= 24
    many = _sheet((Item("A", (100, 100, 100), 0.01, 500),), Box("b", (1000, 1000, 1000), (1000, 1000, 1000)))
    assert len(many.findall(f"{_SVG}g")) == 0 and "Too many pieces" in _text(many)


def test_file_names_are_safe_and_stay_apart():
    """Proves that ids never become paths, and that two ids never share a file."""
    names = [file_name(text) for text in ("P1", "P-1_a", "../../etc/passwd", "a/b", "a_b", "a b", "单号", "x" * 300)]
    assert names[:2] == ["P1", "P-1_a"] and len(set(names)) == len(names)
    assert not any({"/", "\\", "."} & set(name) for name in names) and max(map(len, names)) < 100


def _cut_up(draw, low, high, depth, found):
    """Split a block into disjoint boxes by random cuts, and drop some."""
    axis = draw(st.integers(0, 2))
    if depth == 0 or high[axis] - low[axis] < 2:
        if draw(st.integers(0, 3)):
            found.append((tuple(low), tuple(high)))
        return
    at = draw(st.integers(low[axis] + 1, high[axis] - 1))
    middle_high, middle_low = list(high), list(low)
    middle_high[axis] = middle_low[axis] = at
    _cut_up(draw, low, middle_high, depth - 1, found)
    _cut_up(draw, middle_low, high, depth - 1, found)


def _nearest(parts, u, v):
    """The box that a line of sight meets first: the point (t + u, t + v, t) with the highest t."""
    best = None
    for part in parts:
        (x1, y1, z1), (x2, y2, z2) = part.low, part.high
        low, high = max(x1 - u, y1 - v, z1), min(x2 - u, y2 - v, z2)
        if low < high and (best is None or high > best[0]):
            best = (high, part.number)
    return None if best is None else best[1]


def _painted_last(order, u, v):
    """The box painted last where a line of sight meets the paper."""
    found = None
    for part in order:
        (x1, y1, z1), (x2, y2, z2) = part.low, part.high
        if max(x1 - u, y1 - v, z1) < min(x2 - u, y2 - v, z2):
            found = part.number
    return found


def _check(boxes):
    order = back_to_front(boxes)
    volume = sum((b - a) * (d - c) * (f - e) for (a, c, e), (b, d, f) in ((p.low, p.high) for p in order))
    assert volume == sum((b - a) * (d - c) * (f - e) for (a, c, e), (b, d, f) in ((p.low, p.high) for p in boxes))
    for one, other in itertools.combinations(range(len(order)), 2):
        assert not behind(order[other], order[one])
    span = range(-20, 21)
    for u, v in itertools.product(span, span):
        # Lines of sight through the middles of small triangles of paper meet no edge.
        line = u + 0.35, v + 0.15
        assert _painted_last(order, *line) == _nearest(boxes, *line)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_painted_last_is_what_is_seen(data):
    """Proves the painter's order by lines of sight: the box painted last there is the nearest one, for random packings."""
    found = []
    _cut_up(data.draw, [0, 0, 0], [9, 9, 9], 4, found)
    _check([Cuboid(at, low, high) for at, (low, high) in enumerate(found)])


def test_three_boxes_that_hide_each_other_in_a_circle():
    """Proves that a circle of three bars is cut and painted right, with edges only where the boxes have them."""
    bars = [
        Cuboid(0, (0, 2, 4), (9, 4, 6)), Cuboid(1, (2, 4, 0), (4, 6, 9)), Cuboid(2, (4, 0, 2), (6, 9, 4)),
    ]  # fmt: skip
    ring = [(0, 1), (1, 2), (2, 0)]
    assert all(behind(bars[a], bars[b]) for a, b in ring) or all(behind(bars[b], bars[a]) for a, b in ring)
    order = back_to_front(bars)
    assert len(order) > 3 and {part.number for part in order} == {0, 1, 2}
    _check(bars)
    for part in order:
        whole = bars[part.number]
        for start, end in edges(part):
            # An edge lies on two sides of the whole box, or it is the line of a cut.
            sides = sum(
                start[axis] == end[axis] and start[axis] in (whole.low[axis], whole.high[axis]) for axis in range(3)
            )
            assert sides >= 2
        assert len(faces(part)) + sum(side == 1 for _, side in part.cut) == 3


def test_paper_coordinates_agree_with_the_overlap_test():
    """Proves that boxes that do not overlap by the test of three directions lie apart on paper, too."""
    one, other = Cuboid(0, (0, 0, 0), (2, 2, 2)), Cuboid(1, (2, 0, 0), (4, 1, 1))
    apart = Cuboid(2, (6, 0, 0), (8, 2, 2))
    assert overlap(one, other) and not overlap(one, apart)
    assert max(on_paper(c)[0] for c in [(2, 0, 0), (2, 0, 2)]) < min(on_paper(c)[0] for c in [(6, 2, 0), (6, 2, 2)])
