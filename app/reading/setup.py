"""The organisation file: read, changed at single values, checked by the library's own reader, saved with its history."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app import session
from app.access import needs
from app.people import Right
from app.reading import base_map, versions
from carbon import documents, edited_text, read_organisation
from carbon.errors import InputError, OrganisationError

Path_ = tuple[str | int, ...]
Change = tuple[Path_, Any]
NEW = "organisation.yaml"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file that was to be saved, and the field it stands at (empty where none is known)."""

    path: tuple[str, ...]
    error: InputError


def path() -> Path:
    """Return where the organisation file is, or would be."""
    return session.organisation_path()


def exists() -> bool:
    """Whether there is an organisation file."""
    return path().is_file()


def text() -> str:
    """Return the file's text."""
    return documents.read_text(path())


def data() -> dict[str, Any]:
    """Return the file as plain values; as far as it can be read, whatever its schema says."""
    found = documents.parse(text(), path().name)
    return found if isinstance(found, dict) else {}


def version_of(text: str) -> str:
    """Return a short name of a content, by which widgets of one version are told from those of another."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:10]


def check(text: str) -> Problem | None:
    """Return the first problem of a text, by the same reader as every calculation; None where there is none."""
    with tempfile.TemporaryDirectory(prefix="carbon-setup-") as made:
        place = Path(made) / path().name
        place.write_text(text, encoding="utf-8")
        try:
            read_organisation(place)
        except InputError as error:
            return _problem(error, made)
    return None


def _problem(error: InputError, folder: str) -> Problem:
    where = error.where
    named = type(where)(Path(where.file).name if where.file else None, where.row, where.column)
    column = where.column or ""
    # A rule over the whole file names its place in the sentence: `defaults.site names 'x'`.
    first = error.problem.split(" ")[0]
    dotted = column or (first if "." in first else "")
    error.problem = error.problem.replace(f"{folder}{os.sep}", "")
    return Problem(tuple(part for part in dotted.split(".") if part), error.at(named))


@needs(Right.MANAGE)
def change(changes: list[Change]) -> Problem | None:
    """Save some values of the file, if the whole is right afterwards; what stood there is kept."""
    before = text() if exists() else ""
    try:
        after = edited_text(before, changes)
    except InputError as error:
        return _problem(error, "")
    return put(after) if after != before else None


@needs(Right.MANAGE)
def put(text: str) -> Problem | None:
    """Save a whole file, if it is right; what stood there is kept."""
    found = check(text)
    if found is None:
        place = path()
        place.parent.mkdir(parents=True, exist_ok=True)
        versions.save(place, text)
    return found


def history() -> list[versions.Version]:
    """Return the versions of the file, newest first."""
    return versions.history(path())


@needs(Right.MANAGE)
def restore(version: versions.Version) -> None:
    """Bring a former version back, if it is still right by today's reader.

    Raises
    ------
    OrganisationError
        If it is not.
    """
    found = check(version.read())
    if found is not None:
        raise found.error if isinstance(found.error, OrganisationError) else OrganisationError(str(found.error))
    versions.restore(path(), version)


@needs(Right.MANAGE)
def copied(kind: str, key: str, new: str) -> Problem | None:
    """Add a site, package or service under a new key as a copy of another."""
    held = data().get(kind) or {}
    if new in held:
        taken = OrganisationError("this key is taken", found=new, expected="a key of its own")
        return Problem((kind,), taken)
    return change([((kind, new), plain_values(held[key]))])


def plain_values(value: Any) -> Any:
    """A copy without the reader's own classes, which know their lines."""
    if isinstance(value, dict):
        return {key: plain_values(each) for key, each in value.items()}
    return [plain_values(each) for each in value] if isinstance(value, list) else value


def at(tree: Any, path: Path_) -> Any:
    """Return a value of the file, None where there is none."""
    for key in path:
        if isinstance(tree, dict):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            return None
    return tree


def readings(rows: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return meter readings of a table as the file spells them; what the table does not show is carried over."""
    made = []
    for row in rows:
        kept = {name: value for name, value in row.items() if value not in (None, "", False) and value == value}
        parcels = kept.pop("parcels", None)
        old = next(
            (
                each
                for each in before
                if (each.get("activity"), each.get("from")) == (row.get("activity"), row.get("from"))
            ),
            {},
        )
        outbound = plain_values(old.get("outbound") or {})
        outbound = {name: each for name, each in outbound.items() if name != "parcels"}
        if parcels:
            outbound["parcels"] = parcels
        made.append(kept | ({"outbound": outbound} if outbound else {}))
    return made


# Base map -------------------------------------------------------------------------------------------


@needs(Right.MANAGE)
def save_base_map(content: bytes) -> None:
    """Make a file the organisation's base map.

    Raises
    ------
    InputError
        If it is no GeoJSON that can be drawn.
    """
    place = base_map.path()
    base_map.checked(content, base_map.NAME)
    if place is not None:
        versions.save(place, content.decode("utf-8"))


@needs(Right.MANAGE)
def remove_base_map() -> None:
    """Take the base map away; it stays among the versions."""
    place = base_map.path()
    if place is not None and place.is_file():
        versions.save(place, place.read_text(encoding="utf-8"))
        place.unlink()


@st.cache_data(show_spinner=False, max_entries=4)
def template() -> str:
    """Return the sample merchant's file, to begin with."""
    return session.sample_organisation().decode("utf-8")
