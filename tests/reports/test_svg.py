"""Drawings as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from reportlab.graphics.shapes import Circle, Drawing, Ellipse, Group, Line, Path, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import HexColor

from carbon.errors import ReportError
from carbon.reports import charts, fonts
from carbon.reports.svg import svg
from tests.reports.test_charts import charts_of, leaves

INK = HexColor("#1C2430")


def parsed(drawing: Drawing, description: str = "d") -> ElementTree.Element:
    """Return a drawing's SVG as a tree."""
    fonts.register()
    return ElementTree.fromstring(str(svg(drawing, key="k", title="t", description=description)))


def test_shapes_stand_where_the_drawing_has_them():
    """Proves places, counted from the top, colours to the digit, opacity, dashes and the width of texts."""
    drawing = Drawing(200, 100)
    drawing.add(Rect(10, 20, 30, 40, fillColor=HexColor("#DDAA33"), fillOpacity=0.25, strokeColor=None))
    drawing.add(Line(0, 0, 200, 100, strokeColor=INK, strokeWidth=0.75, strokeDashArray=[2, 3]))
    drawing.add(Group(Circle(50, 50, 5, fillColor=INK, strokeColor=INK, strokeWidth=1)))
    drawing.add(Polygon([0, 0, 10, 0, 10, 10], fillColor=INK, strokeColor=None))
    drawing.add(PolyLine([0, 0, 10, 10, 20, 0], strokeColor=INK, strokeWidth=2))
    drawing.add(String(5, 10, "12 & 3", fontName=fonts.STRONG, fontSize=8, fillColor=INK))
    root = parsed(drawing)
    rect, line, circle, polygon, polyline, text = root[2:]
    assert root.attrib["viewBox"] == "0 0 200 100"
    assert (rect.attrib["x"], rect.attrib["y"], rect.attrib["height"]) == ("10", "40", "40")
    assert (rect.attrib["fill"], rect.attrib["fill-opacity"]) == ("#ddaa33", "0.25")
    assert (line.attrib["d"], line.attrib["stroke-dasharray"]) == ("M0 100L200 0", "2 3")
    assert (circle.attrib["cx"], circle.attrib["cy"], circle.attrib["r"]) == ("50", "50", "5")
    assert polygon.attrib["points"] == "0,100 10,100 10,90" and polyline.attrib["points"] == "0,100 10,90 20,100"
    wide = fonts.pdfmetrics.stringWidth("12 & 3", fonts.STRONG, 8)
    assert text.text == "12 & 3" and float(text.attrib["textLength"]) == pytest.approx(wide, abs=0.01)
    assert (text.attrib["y"], text.attrib["class"]) == ("90", "strong")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_shape_of_every_chart_is_drawn(language):
    """Proves that the page's charts are the PDF's: as many lines, dots, rectangles and words, the words the same."""
    for chart in charts_of(language):
        drawing = charts.draw(chart, 482.0)
        marks = list(leaves(drawing))
        root = parsed(drawing, chart.alt)
        assert root[1].text == chart.alt
        drawn = [each.tag for each in root.iter()]
        paths = "".join(
            each.attrib["d"] for each in root.iter() if each.attrib.get("fill") == "none" and each.tag == "path"
        )
        shapes = [each for each in root.iter() if each.tag == "path" and each.attrib["fill"] != "none"]
        assert len(shapes) == sum(isinstance(mark, Path) for mark in marks)
        assert paths.count("L") == sum(isinstance(mark, Line) for mark in marks)
        assert paths.count("h0") + drawn.count("circle") == sum(isinstance(mark, Circle) for mark in marks)
        assert drawn.count("rect") == sum(isinstance(mark, Rect) for mark in marks)
        assert [each.text for each in root.iter() if each.tag == "text"] == [
            mark.text for mark in marks if isinstance(mark, String)
        ]


def test_a_user_text_is_text():
    """Proves that a name with markup stays a name, in labels and in the description."""
    drawing = Drawing(10, 10)
    fonts.register()
    drawing.add(String(0, 0, "</text><script>", fontName=fonts.REGULAR, fontSize=8, fillColor=INK))
    root = parsed(drawing, "<b>&")
    assert [each.tag for each in root] == ["title", "desc", "text"] and root[1].text == "<b>&"


def test_an_unknown_shape_is_refused():
    """Proves that no shape of a drawing can be missing from the page without anybody noticing."""
    drawing = Drawing(10, 10)
    drawing.add(Ellipse(5, 5, 2, 1))
    with pytest.raises(ReportError, match="no SVG for the shape Ellipse"):
        svg(drawing, key="k", title="t", description="d")
