"""The flow chart: how emissions go from lanes to stages, and from stages to categories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reportlab.graphics.shapes import Drawing, Path

from carbon.reports import fonts
from carbon.reports.drawing import BASELINE, LABEL, LINE, colour_of, lines_of, shape, text
from carbon.reports.report import Bar, Chart

FIRST, SECOND = "first", "second"
#: Height of all flows together, width of a node, space between nodes [pt], opacity of a flow.
_HEIGHT, _THICK, _GAP, _OPACITY = 190.0, 9.0, 5.0, 0.35


@dataclass
class _Node:
    """A part of a column: where it stands, and where its next flow leaves and arrives."""

    name: str
    stage: str
    value: float
    words: list[str]
    top: float = 0.0
    height: float = 0.0
    out: float = 0.0
    into: float = 0.0


def flows(chart: Chart, width: float) -> Drawing:
    """Three columns of nodes and the flows between them.

    A bar of the role ``first`` is a flow from the lane `group` to the stage `label`, one of the role ``second`` from the stage
    `group` to the category `label`; `stage` gives both their colour. `totals` are the nodes' figures, by name.
    """
    left_room, right_room = 0.27 * width, 0.25 * width
    figures = dict(chart.totals)
    lanes = _nodes(chart.bars, FIRST, "group", figures, left_room)
    stages = _nodes(chart.bars, FIRST, "label", figures, 0.2 * width)
    ends = _nodes(chart.bars, SECOND, "label", figures, right_room)
    whole = sum(node.value for node in stages.values())
    columns = (lanes, stages, ends)
    for column in columns:
        for node in column.values():
            node.height = _HEIGHT * node.value / whole if whole else 0.0
    height = max((_stacked(column.values()) for column in columns), default=0.0) + 2
    drawing = Drawing(width, height)
    for column in columns:
        _place(list(column.values()), height)
    x = (left_room, 0.5 * (left_room + width - right_room) - 20, width - right_room - _THICK)
    pairs = ((FIRST, lanes, stages, x[0], x[1]), (SECOND, stages, ends, x[1], x[2]))
    for role, sources, targets, start, end in pairs:
        for bar in (each for each in chart.bars if each.role == role and each.value > 0):
            part = _HEIGHT * bar.value / whole
            source, target = sources[bar.group], targets[bar.label]
            drawing.add(
                _ribbon(start + _THICK, source.top - source.out, end, target.top - target.into, part, bar.stage)
            )
            source.out += part
            target.into += part
    for column, at in zip(columns, x, strict=True):
        for node in column.values():
            drawing.add(shape(at, node.top - node.height, _THICK, max(node.height, 0.4), node.stage, BASELINE))
            _label(drawing, node, at, column is lanes)
    return drawing


def _nodes(bars: Iterable[Bar], role: str, end: str, figures: dict[str, str], room: float) -> dict[str, _Node]:
    """Return the nodes at one end of some flows, in the order in which they come."""
    found: dict[str, _Node] = {}
    for bar in (each for each in bars if each.role == role):
        name = getattr(bar, end)
        stage = bar.stage if role == FIRST and end == "label" else ""
        node = found.setdefault(
            name, _Node(name, stage, 0.0, lines_of(f"{name} {figures.get(name, '')}".strip(), room - 8))
        )
        node.value += bar.value
    return {name: node for name, node in found.items() if node.value > 0}


def _slot(node: _Node) -> float:
    return max(node.height, len(node.words) * LINE + 1)


def _stacked(nodes: Iterable[_Node]) -> float:
    slots = [_slot(node) + _GAP for node in nodes]
    return sum(slots)


def _place(nodes: list[_Node], height: float) -> None:
    """Put a column's nodes one under the other, spread over the height, each in the middle of its slot."""
    free = (height - sum(map(_slot, nodes))) / max(len(nodes), 1)
    y = height - free / 2
    for node in nodes:
        node.top = y - (_slot(node) - node.height) / 2
        y -= _slot(node) + free


def _label(drawing: Drawing, node: _Node, x: float, before: bool) -> None:
    middle = node.top - node.height / 2 - 3
    for place, line in enumerate(node.words):
        y = middle + ((len(node.words) - 1) / 2 - place) * LINE
        at = x - 5 if before else x + _THICK + 5
        weight = fonts.STRONG if node.stage else fonts.REGULAR
        drawing.add(text(at, y, line, size=LABEL, weight=weight, anchor="end" if before else "start"))


def _ribbon(x: float, top: float, right: float, end: float, part: float, stage: str) -> Path:
    """Return a flow between two edges, as thick at both ends."""
    middle = (x + right) / 2
    path = Path(fillColor=colour_of(stage), fillOpacity=_OPACITY, strokeColor=None)
    path.moveTo(x, top)
    path.curveTo(middle, top, middle, end, right, end)
    path.lineTo(right, end - part)
    path.curveTo(middle, end - part, middle, top - part, x, top - part)
    path.closePath()
    return path
