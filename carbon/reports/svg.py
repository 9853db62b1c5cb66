"""A chart's drawing as SVG inside a page: the very shapes that the PDF shows.

reportlab's own SVG renderer drops opacity, rounds colours and positions and repeats ids, so shapes are written here. Every text
is given the width it was laid out with, so that another font than the PDF's neither overlaps nor leaves gaps.
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Path, Polygon, PolyLine, Rect, Shape, String
from reportlab.pdfbase import pdfmetrics

from carbon.errors import ReportError
from carbon.reports import fonts
from carbon.reports.flow import hexcode


def svg(drawing: Drawing, *, key: str, title: str, description: str) -> Markup:
    """Return a drawing as an ``svg`` element that is one picture to a screen reader.

    Parameters
    ----------
    key : str
        What its ids begin with; unique in the page.
    title, description : str
        Plain text.

    Raises
    ------
    ReportError
        If it holds a kind of shape that nobody has taught this file.
    """
    size = f"{_number(drawing.width)} {_number(drawing.height)}"
    body = "".join(_runs(_marks(drawing.contents, drawing.height)))
    return Markup(
        f'<svg viewBox="0 0 {size}" role="img" aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>{body}</svg>'
    )


def _number(value: float) -> str:
    """Return a length with two decimals at most: a hundredth of a point is not seen."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _point(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _marks(shapes: list[Shape], height: float) -> Iterator[tuple[str, str]]:
    """Yield (pen, path) of strokes and dots, which may be joined, and ("", element) of everything else.

    SVG counts from the top, a drawing from the bottom: heights are turned here and nowhere else.
    """
    for each in shapes:
        match each:
            case Group():
                yield from _marks(each.contents, height)
            case Line():
                yield (
                    _stroke(each),
                    f"M{_point(each.x1, height - each.y1)}L{_point(each.x2, height - each.y2)}",
                )
            case Circle() if each.strokeColor is None:
                # A stroke of no length with round ends is a dot; many of them are one path.
                pen = f'stroke="{hexcode(each.fillColor)}" stroke-width="{_number(2 * each.r)}" stroke-linecap="round"'
                yield pen, f"M{_point(each.cx, height - each.cy)}h0"
            case Rect():
                place = f'x="{_number(each.x)}" y="{_number(height - each.y - each.height)}"'
                size = f'width="{_number(each.width)}" height="{_number(each.height)}"'
                yield "", f"<rect {place} {size} {_fill(each)} {_stroke(each)}/>"
            case Circle():
                place = f'cx="{_number(each.cx)}" cy="{_number(height - each.cy)}" r="{_number(each.r)}"'
                yield "", f"<circle {place} {_fill(each)} {_stroke(each)}/>"
            case Polygon():
                yield "", f'<polygon points="{_points(each.points, height)}" {_fill(each)} {_stroke(each)}/>'
            case PolyLine():
                yield "", f'<polyline points="{_points(each.points, height)}" fill="none" {_stroke(each)}/>'
            case Path():
                yield "", f'<path d="{_path(each, height)}" {_fill(each)} {_stroke(each)}/>'
            case String():
                yield "", _text(each, height)
            case _:
                raise ReportError(f"no SVG for the shape {type(each).__name__}")


def _runs(marks: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Join strokes of one pen that follow each other into one path, and yield elements."""
    pen, path = "", ""
    for each, mark in marks:
        if path and each != pen:
            yield f'<path d="{path}" fill="none" {pen}/>'
            path = ""
        if each:
            pen, path = each, path + mark
        else:
            yield mark
    if path:
        yield f'<path d="{path}" fill="none" {pen}/>'


def _points(points: list[float], height: float) -> str:
    return " ".join(f"{_number(x)},{_number(height - y)}" for x, y in zip(points[0::2], points[1::2], strict=True))


def _path(path: Path, height: float) -> str:
    """Return a path's way: its operators take one, one, three and no points."""
    points = iter(zip(path.points[0::2], path.points[1::2], strict=True))
    way = []
    for operator in path.operators:
        letter, count = (("M", 1), ("L", 1), ("C", 3), ("Z", 0))[operator]
        way.append(letter + " ".join(_point(x, height - y) for x, y in (next(points) for _ in range(count))))
    return "".join(way)


def _fill(shape: Shape) -> str:
    if shape.fillColor is None:
        return 'fill="none"'
    opacity = getattr(shape, "fillOpacity", None)
    return f'fill="{hexcode(shape.fillColor)}"' + (f' fill-opacity="{_number(opacity)}"' if opacity is not None else "")


def _stroke(shape: Shape) -> str:
    if shape.strokeColor is None:
        return ""
    dashes = getattr(shape, "strokeDashArray", None)
    dashed = f' stroke-dasharray="{" ".join(map(_number, dashes))}"' if dashes else ""
    return f'stroke="{hexcode(shape.strokeColor)}" stroke-width="{_number(shape.strokeWidth)}"{dashed}'


def _text(string: String, height: float) -> str:
    wide = pdfmetrics.stringWidth(string.text, string.fontName, string.fontSize)
    strong = ' class="strong"' if string.fontName in fonts.STRONG_FILES else ""
    return (
        f'<text x="{_number(string.x)}" y="{_number(height - string.y)}" font-size="{_number(string.fontSize)}" '
        f'textLength="{_number(wide)}" lengthAdjust="spacingAndGlyphs" fill="{hexcode(string.fillColor)}"{strong}>'
        f"{escape(string.text)}</text>"
    )
