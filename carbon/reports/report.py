"""What a report says, in order and in words, free of any renderer.

All text is plain: ``CO2e`` stands for the formula, which a renderer sets with a real subscript; text that
users wrote is never markup. PDF, HTML and the app render this one object, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from carbon.terms import Language


def language_tag(language: Language) -> str:
    """Return the BCP 47 tag of a report's language."""
    return _TAGS[language]


@dataclass(frozen=True)
class Number:
    """A figure as printed, and the value behind it in `unit`."""

    value: float
    text: str
    unit: str = ""


@dataclass(frozen=True)
class Missing:
    """A figure that is not reported, with the reason; never a zero."""

    text: str


@dataclass(frozen=True)
class Range:
    """The ends of a 95 % range as printed, and the values behind them in `unit`."""

    low: float
    high: float
    text: str
    unit: str = ""


class Link(str):
    """A text that leads to a section; a renderer without links prints the text."""

    key: str

    def __new__(cls, text: str, key: str) -> Link:
        """Return the text with the section's key."""
        made = super().__new__(cls, text)
        made.key = key
        return made


_TAGS = {Language.EN: "en-GB", Language.ZH: "zh-CN"}
_COMMAS = {Language.EN: ", ", Language.ZH: "，"}

Cell = str | Link | Number | Range | Missing


@dataclass(frozen=True)
class Column:
    """A column's head; `weight` is its width relative to the others."""

    title: str
    unit: str = ""
    weight: float = 1.0
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under heads.

    Attributes
    ----------
    title, subtitle : str
        The finding, then measure and unit.
    totals : int
        How many of the last rows are sums of those above.
    sums : tuple of int
        Places of other rows that are sums of those above.
    dense : bool
        Set small, for registers that are looked things up in.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    subtitle: str = ""
    totals: int = 0
    notes: tuple[str, ...] = ()
    dense: bool = False
    sums: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {len(row)} cells under {len(self.columns)} heads")


@dataclass(frozen=True)
class Bar:
    """One shape of a chart.

    Attributes
    ----------
    group : str
        The bar or column that it stands in.
    stage : str
        Names its colour and pattern; empty for what is no stage.
    low, high : float or None
        Ends of its 95 % range.
    role : str
        What the shape is, where a kind of chart has several: see the function that draws it.
    """

    group: str
    label: str
    stage: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    role: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture of figures, always with words for those who cannot see it and, once in a report, the table of its data.

    Attributes
    ----------
    kind : str
        ``bars`` (horizontal, one a stage or a part), ``columns`` (stacked by stage, one column a group), ``waterfall``
        (from one total to another), ``flows`` (from lanes to stages to categories), ``trend`` (a line with its band),
        ``glidepath`` (a target path and what was reported), ``heat`` (a grid of scores), ``signed`` (bars on both sides of
        zero), ``swings`` (`low` and `high` of a bar on both sides of `value`, which all share) or ``blocks`` (from `low` to
        `high` across, `value` up).
    totals : tuple of (group, text)
        What is printed over each column.
    ranges : tuple of (group, low, high)
        95 % range of each column's total; of blocks, how far ``up`` is drawn.
    ticks : tuple of (value, text)
        Marks of the vertical axis, from zero.
    """

    kind: str
    title: str
    subtitle: str
    alt: str
    bars: tuple[Bar, ...]
    table: Table | None
    totals: tuple[tuple[str, str], ...] = ()
    ranges: tuple[tuple[str, float, float], ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class KeyFigures:
    """A few large figures: label, figure or reason why there is none, note."""

    figures: tuple[tuple[str, Number | Missing, str], ...]


@dataclass(frozen=True)
class Definitions:
    """Terms and what they mean or are."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Notice:
    """Something a reader must not overlook; `word` says in text what the colour says."""

    word: str
    text: str


@dataclass(frozen=True)
class Subheading:
    """A heading inside a section."""

    text: str


Block = Text | Bullets | KeyFigures | Definitions | Notice | Subheading | Table | Chart


@dataclass(frozen=True)
class Section:
    """A numbered part of the report; `key` is what bookmarks and links point at."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    own_page: bool = False


@dataclass(frozen=True)
class Report:
    """The whole content.

    Attributes
    ----------
    head, foot : str
        What every page carries: merchant, period and run; method edition.
    cover : tuple of Block
    words : mapping
        The few words a renderer adds itself: contents, page, continued, data table.
    data : mapping
        The answers to the standard's datapoints, for machines; plain values.
    made_at : datetime or None
        When the newest run was made: the report's own date, so that the same run gives the same report.
    """

    profile: str
    language: Language
    title: str
    subtitle: str
    organisation: str
    period: str
    subject: str
    head: str
    foot: str
    cover: tuple[Block, ...]
    sections: tuple[Section, ...]
    words: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    made_at: datetime | None = None

    @property
    def name(self) -> str:
        """Title, merchant and period in one line, as a file is called."""
        return _COMMAS[self.language].join((self.title, self.organisation, self.period))

    def texts(self) -> Iterator[str]:
        """Return every text of the content, for checks of glyphs and words."""
        yield from _texts(replace(self, data={}))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _texts(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))
