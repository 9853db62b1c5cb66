"""Standards as tables: what each asks for by datapoint, with its edition, and what of ours answers it.

A table in ``disclosures/`` is a profile of the report: its documents and their editions, its own framing words in both
languages, the sections it is made of, and its datapoints. Titles are worded by this project; ids are the standards'.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carbon import documents
from carbon.errors import InputError
from carbon.terms import Language

#: Units that a datapoint may ask for; `currency` is that of the organisation's revenue.
Unit = Literal[
    "t CO2e",
    "kg CO2e",
    "g CO2e",
    "kg CO2e/(t·km)",
    "t CO2e/currency",
    "kg CO2e/currency",
    "kg",
    "t",
    "kWh",
    "MWh",
    "GJ",
    "t·km",
    "%",
    "number",
    "text",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Both(_Part):
    """A text in both languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    def __call__(self, language: Language) -> str:
        """Return the text in a language."""
        return self.zh if language is Language.ZH else self.en


class Asked(_Part):
    """Something a reader asks for: filled by a fact, or left out for a reason.

    Attributes
    ----------
    filled_by : str or None
        A key of the facts.
    omitted : str or None
        A key below ``reasons`` of the texts.
    limits : tuple of str
        Keys below ``limits`` of the texts: where the fact is narrower than what is asked, which makes it partial.
    """

    id: str = Field(min_length=1)
    title: Both
    unit: Unit
    filled_by: str | None = None
    omitted: str | None = None
    limits: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self):
        if (self.filled_by is None) == (self.omitted is None):
            raise ValueError(f"{self.id}: either 'filled_by' or 'omitted' is needed, not both")
        return self


class Datapoint(Asked):
    """A datapoint of a document.

    Attributes
    ----------
    document : str
        Key of the document, whose edition belongs to the id.
    concept : str or None
        Name in the standard's own taxonomy.
    confirmed : bool
        Whether id and title were seen in a source; others are printed as to be confirmed.
    seen : str or None
        Where they were seen.
    """

    document: str
    concept: str | None = None
    note: Both | None = None
    confirmed: bool
    seen: str | None = None

    @model_validator(mode="after")
    def _evidence(self):
        if self.confirmed and not self.seen:
            raise ValueError(f"{self.id}: what is confirmed says where it was seen")
        return self


class Document(_Part):
    """One document of a standard.

    Attributes
    ----------
    edition : str
        Short, printed behind every id.
    """

    name: Both
    edition: str = Field(min_length=1)


class Edition(_Part):
    """Which documents are in force together, and how the report names them."""

    documents: tuple[str, ...] = Field(min_length=1)
    standards: Both
    foot: Both


class Standard(_Part):
    """A profile of the report.

    Attributes
    ----------
    sections : tuple of str
        Keys of sections, in order.
    compares : bool
        Whether the year before stands beside the year.
    statement : Both
        How the report stands to the standard, in the standard's own kind of words.
    """

    profile: str
    name: Both
    title: Both
    subject: Both
    statement: Both
    compares: bool = False
    sections: tuple[str, ...] = Field(min_length=1)
    default: str
    editions: dict[str, Edition] = Field(min_length=1)
    documents: dict[str, Document]
    datapoints: tuple[Datapoint, ...]

    @model_validator(mode="after")
    def _consistent(self):
        if self.default not in self.editions:
            raise ValueError(f"default edition '{self.default}' is none of {', '.join(self.editions)}")
        for key, edition in self.editions.items():
            for name in edition.documents:
                if name not in self.documents:
                    raise ValueError(f"edition {key} names document '{name}', which is not defined")
        seen: set[tuple[str, str]] = set()
        for point in self.datapoints:
            if point.document not in self.documents:
                raise ValueError(f"{point.id} names document '{point.document}', which is not defined")
            if (point.document, point.id) in seen:
                raise ValueError(f"{point.id} stands twice in document '{point.document}'")
            seen.add((point.document, point.id))
        return self

    def edition(self, key: str | None) -> str:
        """Return the key of an edition; the default where none is named.

        Raises
        ------
        InputError
            If the standard has no such edition.
        """
        if key is None:
            return self.default
        if key not in self.editions:
            raise InputError(
                f"profile {self.profile} has no such edition", found=key, expected=f"one of {', '.join(self.editions)}"
            )
        return key

    def points(self, edition: str) -> list[tuple[Document, list[Datapoint]]]:
        """Return the documents of an edition with their datapoints, in order."""
        return [
            (self.documents[name], [each for each in self.datapoints if each.document == name])
            for name in self.editions[edition].documents
        ]


class Kpi(Asked):
    """A key figure of the project's own list, with its definition."""

    definition: Both


class KpiGroup(_Part):
    """Key figures that belong together."""

    title: Both
    kpis: tuple[Kpi, ...] = Field(min_length=1)


class Kpis(_Part):
    """The project's own list of key figures."""

    groups: dict[str, KpiGroup]


class Concept(_Part):
    """A concept of a taxonomy: its data type, and whether it is of a day or a period."""

    type: str
    period: Literal["duration", "instant"]


class Concepts(_Part):
    """The part of a taxonomy that tables name, with its origin."""

    source: str
    licence: str
    entry_point: str
    concepts: dict[str, Concept]


#: Profiles in the order they are offered: a standard is a table of this name.
TABLES = ("ghg-protocol", "gri", "esrs", "vsme", "ifrs-s2", "china", "sasb", "transport", "secr")


def _path(name: str):
    return resources.files("carbon.reports") / "disclosures" / f"{name}.yaml"


@cache
def load(profile: str) -> Standard:
    """Return the standard of a profile.

    Raises
    ------
    InputError
        If there is no such profile, or its table is not as it should be.
    """
    if profile not in TABLES:
        raise InputError("unknown profile", found=profile, expected=f"one of {', '.join(TABLES)}")
    return _read(profile.replace("-", "_"), Standard)


@cache
def kpis() -> Kpis:
    """Return the list of key figures."""
    return _read("kpi", Kpis)


@cache
def vsme_concepts() -> Concepts:
    """Return the concepts of the VSME taxonomy that the table names."""
    return _read("vsme_concepts", Concepts)


def _read(name: str, model):
    with resources.as_file(_path(name)) as path:
        return documents.validate(model, documents.read(path), str(path))
