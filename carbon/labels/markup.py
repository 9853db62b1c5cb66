"""The one place where labels become markup: templates that escape everything, and the subscript of CO2e."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment

#: Style sheets.
PAGES, DRAWINGS = "look.css", "label.css"
_CO2 = re.compile(r"CO2(?![0-9])")


@cache
def templates() -> Environment:
    """Return the environment: every value is escaped, and a name that is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("carbon.labels"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["co2"] = with_subscript
    made.filters["co2_svg"] = with_raised_baseline
    made.filters["breakable"] = breakable
    return made


def breakable(text: str) -> Markup:
    """Escape a key and let lines break behind its points and underscores."""
    return Markup(re.sub(r"([._;])(?=\w)", r"\1<wbr>", str(escape(text))))


def with_subscript(text: str) -> Markup:
    """Escape a text and set the 2 of CO2 as a subscript, in HTML."""
    return Markup(_CO2.sub("CO<sub>2</sub>", str(escape(text))))


def with_raised_baseline(text: str) -> Markup:
    """The same in SVG, where not every renderer knows subscripts: the 2 is small and low, what follows goes up again."""
    lowered = 'CO<tspan dy="0.25em" font-size="75%">2</tspan><tspan dy="-0.19em">&#8203;</tspan>'
    return Markup(_CO2.sub(lowered, str(escape(text))))


@cache
def css(name: str = PAGES) -> Markup:
    """Return a style sheet: that of pages, or of drawings."""
    text = (resources.files("carbon.labels") / "templates" / name).read_text(encoding="utf-8")
    return Markup("\n" + text)


@cache
def style_hash(name: str = PAGES) -> str:
    """Return a style sheet's source expression for a Content-Security-Policy: ``'sha256-...'``."""
    digest = hashlib.sha256(str(css(name)).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
