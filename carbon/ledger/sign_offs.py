"""Who signed for which assumption or factor, read from a file of their own, and whether that still holds.

They are no part of the organisation file: people sign after the run, and a run's organisation must not change by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from carbon import documents
from carbon.errors import InputError
from carbon.ledger.subjects import FACTOR, KINDS, Subject

#: A rule of thumb of the GHG Protocol Corporate Standard (2004), chapter 10: what moves the total by more misleads.
MATERIAL_SHARE = 0.05

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class SignOff(BaseModel):
    """One signature under one subject.

    Attributes
    ----------
    subject : str
        As `carbon sign-offs` prints it, such as ``factor:desnz_2025.electricity.grid``.
    edition : str or None
        Of a factor's source when it was signed; a factor needs it.
    value : str or None
        Number and unit when it was signed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: _Text
    edition: _Text | None = None
    value: _Text | None = None
    who: _Text
    when: date
    note: _Text

    @field_validator("edition", "value", mode="before")
    @classmethod
    def _as_text(cls, given):
        return f"{given:.9g}" if isinstance(given, int | float) and not isinstance(given, bool) else given

    @model_validator(mode="after")
    def _consistent(self):
        kind, _, rest = self.subject.partition(":")
        if kind not in KINDS or not rest:
            raise InputError(
                "unknown kind of subject",
                found=self.subject,
                expected=" or ".join(f"{each}:…" for each in KINDS),
                mend="copy it from `carbon sign-offs`",
            )
        if (kind == FACTOR) != (self.edition is not None):
            raise InputError(
                "a factor is signed with its edition, anything else without one",
                found=f"{self.subject}, edition {self.edition or 'not given'}",
                expected="edition: as `carbon sign-offs` prints it" if kind == FACTOR else "no key 'edition'",
            )
        if self.when > date.today():
            raise InputError(
                "signed in the future", found=f"{self.when:%Y-%m-%d}", expected="a day up to today, YYYY-MM-DD"
            )
        return self


class SignOffs(BaseModel):
    """A file of sign-offs.

    Attributes
    ----------
    material_share : float
        What rests on at least this share of emissions (of parcels, for fallbacks) is listed until it is signed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    material_share: Annotated[float, Field(gt=0, le=1)] = MATERIAL_SHARE
    sign_offs: tuple[SignOff, ...] = ()

    @model_validator(mode="after")
    def _once(self):
        seen: set[tuple[str, str]] = set()
        for each in self.sign_offs:
            if (each.subject, each.who) in seen:
                raise InputError(
                    f"{each.who} signed twice for one subject",
                    found=each.subject,
                    expected="one entry for each person and subject",
                    mend="keep the newer one",
                )
            seen.add((each.subject, each.who))
        return self


def read_sign_offs(path: Path | str) -> SignOffs:
    """Read a file of sign-offs.

    Raises
    ------
    InputError
        If it cannot be read, or says something else; the message names file, line and key.
    """
    return documents.validate(SignOffs, documents.read(path) or {}, str(path))


class Lapse(StrEnum):
    """Why a sign-off holds no longer."""

    GONE = "gone"
    EDITION = "edition"
    VALUE = "value"


@dataclass(frozen=True)
class Checked:
    """A sign-off against what the ledger holds now.

    Attributes
    ----------
    subject : Subject or None
        None where no figure rests on it any more.
    lapse : Lapse or None
        None while it holds.
    """

    signed: SignOff
    subject: Subject | None
    lapse: Lapse | None


@dataclass(frozen=True)
class Review:
    """Sign-offs and what is material without one.

    Attributes
    ----------
    checked : tuple of Checked
        As in the file.
    open : tuple of Subject
        Material, and no sign-off of theirs holds; the largest share first.
    material : int
        How many subjects are material.
    """

    checked: tuple[Checked, ...]
    open: tuple[Subject, ...]
    material: int
    material_share: float

    @property
    def holding(self) -> int:
        """Return how many sign-offs hold."""
        return sum(each.lapse is None for each in self.checked)


def review(found: Sequence[Subject], given: SignOffs | None = None) -> Review:
    """Return which sign-offs hold, and what is material without one.

    Parameters
    ----------
    found : sequence of Subject
        Of the period that is reported.
    given : SignOffs, optional
        Nobody signed where it is left out.
    """
    given = given or SignOffs()
    known = {each.key: each for each in found}
    checked = tuple(_checked(each, known.get(each.subject)) for each in given.sign_offs)
    held = {each.signed.subject for each in checked if each.lapse is None}
    material = [each for each in found if each.share >= given.material_share]
    return Review(
        checked, tuple(each for each in material if each.key not in held), len(material), given.material_share
    )


def _checked(signed: SignOff, subject: Subject | None) -> Checked:
    if subject is None:
        return Checked(signed, None, Lapse.GONE)
    if not _same(signed.edition, subject.edition):
        return Checked(signed, subject, Lapse.EDITION)
    # A factor's edition stands for its values where those are not given; what the merchant states has no edition.
    needs_value = subject.kind != FACTOR or signed.value is not None
    if needs_value and not _same(signed.value, subject.value):
        return Checked(signed, subject, Lapse.VALUE)
    return Checked(signed, subject, None)


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").split() == (other or "").split()


def sign_off_text(found: Iterable[Subject]) -> str:
    """Return subjects as entries to fill in: what is signed, without who, when and note."""
    entries = [
        {"subject": each.key}
        | ({"edition": each.edition} if each.edition else {})
        | ({"value": each.value} if each.value else {})
        | {"who": "", "when": "", "note": ""}
        for each in found
    ]
    return documents.file_text({"sign_offs": entries})
