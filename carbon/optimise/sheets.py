"""The packer's step sheet: one self-contained SVG for each parcel, in English or Chinese.

Built as an element tree, so that text of users stays text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

from carbon.optimise.isometric import FRONT, RIGHT, TOP, Cuboid, back_to_front, behind, edges, faces, on_paper
from carbon.optimise.items import Item, Parcel, Placement, Rotation
from carbon.optimise.loads import Load

_ACCENT = "#1F5FA8"
_INK, _MUTED, _LINE, _WARN, _PAPER = "#1C2430", "#5A6472", "#D9DCE1", "#9A5B00", "#FFFFFF"
#: Faces of pieces that lie already, and of those that this step adds.
_LYING = {TOP: "#F4F5F7", FRONT: "#E6E9ED", RIGHT: "#D3D8DE"}
_ADDED = {TOP: "#BCD3EC", FRONT: "#8FB4DD", RIGHT: "#6C9BCE"}
_WIDTH, _MARGIN, _COLUMNS = 840, 24, 3
_PANEL, _GAP, _DRAWING, _CAPTION = 248, 24, 216, 92
#: More pieces than this are listed, not drawn; more steps than this are gathered.
_DRAWN, _STEPS = 400, 24
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_WORDS = {
    "en": {
        "title": "How to pack {order}",
        "parcel": "Order {order}",
        "of": ", parcel {number} of {count}",
        "package": "Package {package}",
        "inside": "inside {size}",
        "flexible": "filled to {size}",
        "pieces": "{count} pieces",
        "piece": "1 piece",
        "mass": "{goods} kg goods, {gross} kg packed",
        "empty": "{share} empty",
        "flagged": "more than half empty",
        "step": "Step {number}",
        "more": "{sku}, {count} pieces",
        "at": "from left {x}, front {y}, floor {z} mm",
        "flat": "as it stands",
        "turned": "turned",
        "side": "{edge} up",
        "edges": ("length", "width"),
        "up": "this way up",
        "bare": "nothing on top",
        "load": "at most {mass} kg on top",
        "fill": "Fill the empty space, then close and label.",
        "close": "Close and label.",
        "own": "Ship as it is: label the product's own box.",
        "many": "Too many pieces to draw; lay them in the order of the plan.",
        "desc": "{count} steps. Blue: what the step adds. Seen from the front, right and above.",
        "front": "front",
    },
    "zh": {
        "title": "{order} 装箱步骤",
        "parcel": "订单 {order}",
        "of": "，第 {number} 包，共 {count} 包",
        "package": "包装 {package}",
        "inside": "内尺寸 {size}",
        "flexible": "装填后 {size}",
        "pieces": "{count} 件",
        "piece": "1 件",
        "mass": "商品 {goods} kg，装箱后 {gross} kg",
        "empty": "空隙 {share}",
        "flagged": "空隙超过一半",
        "step": "第 {number} 步",
        "more": "{sku}，{count} 件",
        "at": "距左 {x}、前 {y}、底 {z} mm",
        "flat": "正放",
        "turned": "水平转向",
        "side": "{edge}朝上",
        "edges": ("长边", "宽边"),
        "up": "此面朝上",
        "bare": "上面不可放物",
        "load": "上面最多 {mass} kg",
        "fill": "填满空隙，封箱并贴标签。",
        "close": "封口并贴标签。",
        "own": "原箱直发：在商品原包装上贴标签。",
        "many": "件数过多，不作图；请按装箱方案的顺序摆放。",
        "desc": "共 {count} 步。蓝色为本步放入的商品；从前、右、上方看。",
        "front": "前",
    },
}


@dataclass(frozen=True)
class _Step:
    first: int
    last: int


def step_sheet(
    load: Load,
    parcel: Parcel,
    order: str,
    number: int = 1,
    count: int = 1,
    empty_share: float | None = None,
    language: str = "en",
    filled: bool = True,
    package: str | None = None,
) -> str:
    """Return the step sheet of a parcel as SVG.

    Parameters
    ----------
    load : Load
        What the placements name by position.
    order : str
        What the packer reads on the pick list.
    number, count : int
        Which parcel of how many of the order.
    empty_share : float, optional
        Shown, and flagged above one half.
    language : {"en", "zh"}
    filled : bool
        Whether the package takes filling.
    package : str, optional
        Its name in the sheet's language, printed before its key.
    """
    words = _WORDS[language]
    steps = _steps(parcel.placements) if len(parcel.placements) <= _DRAWN else []
    rows = -(-len(steps) // _COLUMNS)
    top = 132
    height = top + rows * (_DRAWING + _CAPTION + _GAP) + 56
    root = Tree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDTH} {height}", "width": str(_WIDTH),
            "height": str(height), "role": "img", "aria-labelledby": "title desc", "lang": language,
            "font-family": "system-ui, 'Noto Sans', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif",
            "fill": _INK, "font-size": "14",
        },
    )  # fmt: skip
    Tree.SubElement(root, "title", {"id": "title"}).text = _clean(words["title"].format(order=order))
    Tree.SubElement(root, "desc", {"id": "desc"}).text = words["desc"].format(count=len(steps))
    Tree.SubElement(root, "rect", {"width": str(_WIDTH), "height": str(height), "fill": _PAPER})
    _header(root, words, load, parcel, order, number, count, empty_share, package)
    if steps:
        picture = _Picture(parcel, words["front"])
        for position, step in enumerate(steps):
            x = _MARGIN + position % _COLUMNS * (_PANEL + _GAP)
            y = top + position // _COLUMNS * (_DRAWING + _CAPTION + _GAP)
            _panel(root, words, load, parcel, picture, step, position + 1, x, y)
    own = parcel.inside == parcel.placements[0].size and len(parcel.placements) == 1 and not parcel.box.flexible
    last = (
        words["many"]
        if not steps
        else words["own"]
        if own
        else words["fill"]
        if filled and not parcel.box.flexible
        else words["close"]
    )
    _text(root, _MARGIN, height - 28, last, 14)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Tree.tostring(root, encoding="unicode") + "\n"


def _header(
    root, words, load: Load, parcel: Parcel, order: str, number: int, count: int, empty_share, package: str | None
) -> None:
    of = words["of"].format(number=number, count=count) if count > 1 else ""
    _text(root, _MARGIN, 40, _fitted(words["parcel"].format(order=order) + of, 70), 16, weight="600")
    size = words["flexible" if parcel.box.flexible else "inside"].format(size=_size(parcel.inside))
    box = _text(root, _MARGIN, 68, _fitted(words["package"].format(package=package or parcel.box.key), 40), 14)
    if package:
        key = Tree.SubElement(box, "tspan", {"fill": _MUTED})
        key.text, key.tail = _clean(f"  {_fitted(parcel.box.key, 24)}"), " · " + size
    else:
        box.text += " · " + size
    pieces = words["piece"] if len(parcel.placements) == 1 else words["pieces"].format(count=len(parcel.placements))
    mass = words["mass"].format(goods=f"{load.mass_kg:.2f}", gross=f"{load.mass_kg + parcel.box.tare_kg:.2f}")
    line = _text(root, _MARGIN, 92, f"{pieces} · {mass}", 14)
    if empty_share is not None:
        line.text += " · " + words["empty"].format(share=f"{empty_share * 100:.0f} %")
        if empty_share > 0.5:
            mark = Tree.SubElement(line, "tspan", {"fill": _WARN})
            mark.text = f"  ▲ {words['flagged']}"
    _line(root, (_MARGIN, 108), (_WIDTH - _MARGIN, 108), _LINE)


def _panel(
    root, words, load: Load, parcel: Parcel, picture: _Picture, step: _Step, number: int, x: int, y: int
) -> None:
    group = Tree.SubElement(root, "g", {"transform": f"translate({x} {y})"})
    picture.draw(group, step, load.items)
    placement = parcel.placements[step.last]
    item = load.items[placement.item]
    count = step.last - step.first + 1
    same = {parcel.placements[at].item for at in range(step.first, step.last + 1)}
    Tree.SubElement(group, "circle", {"cx": "14", "cy": "16", "r": "14", "fill": _INK})
    _text(group, 14, 21, str(number), 14, _PAPER, anchor="middle", weight="600")
    label = item.key if len(same) == 1 else ", ".join(load.items[each].key for each in sorted(same))
    name = label if count == 1 else words["more"].format(sku=label, count=count)
    _text(group, 0, _DRAWING + 20, _fitted(name, 30), 14, weight="600")
    at = parcel.placements[step.first].at
    lines = [(words["at"].format(x=_mm(at[0]), y=_mm(at[1]), z=_mm(at[2])), _MUTED)]
    if len(same) == 1:
        lines = [(f"{_size(placement.size)}, {_orientation(words, item, placement)}", _MUTED), *lines]
        lines += [(mark, _WARN) for mark in _marks(words, item)]
    for row, (line, colour) in enumerate(lines):
        _text(group, 0, _DRAWING + 40 + 18 * row, _fitted(line, 42), 12, colour)


def _orientation(words, item: Item, placement: Placement) -> str:
    if placement.size == item.size:
        return words["flat"]
    if placement.size[2] == item.size[2]:
        return words["turned"]
    return words["side"].format(edge=words["edges"][0 if placement.size[2] == item.size[0] else 1])


def _marks(words, item: Item) -> list[str]:
    marks = [f"↑↑ {words['up']}"] if item.rotation is not Rotation.BEST_FIT else []
    if item.top_load_kg == 0:
        marks.append(f"▲ {words['bare']}")
    elif item.top_load_kg < float("inf"):
        marks.append(f"▲ {words['load'].format(mass=f'{item.top_load_kg:g}')}")
    return marks


class _Picture:
    """The package and its pieces on paper, scaled once for all steps."""

    def __init__(self, parcel: Parcel, front: str):
        self._inside, self._front = parcel.inside, front
        depth = parcel.inside[1]
        # A placement's second coordinate runs from front to back, a cuboid's towards the viewer.
        boxes = [
            Cuboid(
                number,
                (each.at[0], depth - each.at[1] - each.size[1], each.at[2]),
                (each.at[0] + each.size[0], depth - each.at[1], each.at[2] + each.size[2]),
            )
            for number, each in enumerate(parcel.placements)
        ]
        self._boxes, self._order = boxes, back_to_front(boxes)
        corners = [on_paper(tuple(b * s for b, s in zip(bits, parcel.inside, strict=True))) for bits in _BITS]
        left, right = min(x for x, _ in corners), max(x for x, _ in corners)
        high, low = min(y for _, y in corners), max(y for _, y in corners)
        self._scale = min((_PANEL - 8) / (right - left), (_DRAWING - 20) / (low - high))
        self._shift = (
            (_PANEL - (right - left) * self._scale) / 2 - left * self._scale,
            8 + (_DRAWING - 16 - (low - high) * self._scale) / 2 - high * self._scale,
        )

    def draw(self, group: Tree.Element, step: _Step, items: Sequence[Item]) -> None:
        """Draw the open package and what lies in it after a step."""
        length, width, height = self._inside
        floor = [(0, 0, 0), (length, 0, 0), (length, width, 0), (0, width, 0)]
        back = [(0, 0, 0), (length, 0, 0), (length, 0, height), (0, 0, height)]
        left = [(0, 0, 0), (0, width, 0), (0, width, height), (0, 0, height)]
        for wall in (floor, back, left):
            self._polygon(group, wall, "#FBFAF7", _LINE)
        shown = [part for part in self._order if part.number <= step.last]
        for part in shown:
            self._piece(group, part, _ADDED if part.number >= step.first else _LYING)
        for box in self._boxes[step.first : step.last + 1]:
            # What another piece hides is drawn through it.
            if any(behind(box, self._boxes[part.number]) for part in shown):
                for start, end in edges(box):
                    _line(group, self._at(start), self._at(end), _ACCENT, dash="1 3")
        rim = [(length, 0, height), (length, width, height), (0, width, height)]
        for ends in ((rim[0], rim[1]), (rim[1], rim[2]), (rim[1], (length, width, 0)), ((length, width, 0), (length, 0, 0)),
                     ((length, width, 0), (0, width, 0)), (rim[0], (length, 0, 0)), (rim[2], (0, width, 0))):  # fmt: skip
            _line(group, self._at(ends[0]), self._at(ends[1]), _MUTED, dash="3 3")
        x, y = self._at((length / 2, width, 0))
        _text(group, x - 8, y + 14, self._front, 12, _MUTED, anchor="end")

    def _piece(self, group: Tree.Element, part: Cuboid, tones: dict[int, str]) -> None:
        for axis, corners in faces(part):
            # The thin line in the face's own colour closes the seams that cuts and smoothing leave.
            self._polygon(group, corners, tones[axis], tones[axis], "0.4")
        for start, end in edges(part):
            _line(group, self._at(start), self._at(end), _INK)

    def _polygon(self, group, corners, fill: str, stroke: str, width: str = "1") -> None:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self._at, corners))
        Tree.SubElement(
            group, "polygon", {"points": points, "fill": fill, "stroke": stroke, "stroke-width": width, "stroke-linejoin": "round"}
        )  # fmt: skip

    def _at(self, point) -> tuple[float, float]:
        x, y = on_paper(point)
        return x * self._scale + self._shift[0], y * self._scale + self._shift[1]


_BITS = [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]


def _steps(placements: Sequence[Placement]) -> list[_Step]:
    """One step a piece; runs of one item as one where there are many; then as many as a step must take."""
    count = len(placements)
    if count <= _COLUMNS * 4:
        return [_Step(at, at) for at in range(count)]
    runs: list[_Step] = []
    for at, each in enumerate(placements):
        if runs and placements[runs[-1].first].item == each.item and placements[runs[-1].first].size == each.size:
            runs[-1] = _Step(runs[-1].first, at)
        else:
            runs.append(_Step(at, at))
    share = -(-len(runs) // _STEPS)
    return [
        _Step(part[0].first, part[-1].last) for part in (runs[at : at + share] for at in range(0, len(runs), share))
    ]


def _text(
    parent, x: float, y: float, text: str, size: int, fill: str = _INK, anchor: str = "start", weight: str = "400"
):
    made = Tree.SubElement(
        parent, "text",
        {"x": f"{x:g}", "y": f"{y:g}", "font-size": str(size), "fill": fill, "text-anchor": anchor, "font-weight": weight},
    )  # fmt: skip
    made.text = _clean(text)
    return made


def _line(parent, start, end, stroke: str, dash: str | None = None) -> None:
    ends = {name: f"{value:.1f}" for name, value in zip(("x1", "y1", "x2", "y2"), (*start, *end), strict=True)}
    more = {"stroke-dasharray": dash} if dash else {}
    Tree.SubElement(parent, "line", {**ends, "stroke": stroke, "stroke-width": "1", "stroke-linecap": "round", **more})


def _clean(text: str) -> str:
    """Return text without what XML cannot hold."""
    return _CONTROL.sub("", text)


def _fitted(text: str, most: int) -> str:
    """Return text of at most so many columns; a Chinese character takes two."""
    width = 0
    for at, sign in enumerate(text):
        width += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if width > most:
            return text[: max(at - 1, 0)] + "…"
    return text


def _size(size: tuple[int, int, int]) -> str:
    return " × ".join(_mm(each) for each in size) + " mm"


def _mm(tenths: int) -> str:
    return f"{tenths / 10:g}"
