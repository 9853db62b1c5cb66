"""Changing single values of a YAML file: comments, anchors and order stay; what is written reads back the same."""

from __future__ import annotations

import difflib
from datetime import date
from importlib import resources

import pytest

from carbon import documents, edited_text, file_text
from carbon.errors import InputError

TEXT = resources.files("carbon.sample").joinpath("organisation.yaml").read_text(encoding="utf-8")


def _changed(before: str, after: str) -> list[str]:
    return [each for each in difflib.ndiff(before.splitlines(), after.splitlines()) if each[0] in "+-"]


def test_only_the_value_changes():
    """Proves that one value of a file with comments and anchors is one line of difference."""
    after = edited_text(TEXT, [(("packages", "carton_m", "mass"), "300 g")])
    assert _changed(TEXT, after) == ["-     mass: 262 g", "+     mass: 300 g"]
    assert documents.parse(after, "")["packages"]["carton_l"]["mass"] == "560 g"


def test_values_are_added_and_taken_out():
    """Proves that missing mappings on the way are made, and that None takes a key out."""
    after = edited_text(TEXT, [(("restatement", "threshold"), 0.05), (("name_zh",), None)])
    data = documents.parse(after, "")
    assert data["restatement"] == {"threshold": 0.05} and "name_zh" not in data
    assert edited_text("", [(("name",), "New")]) == "name: New\n"


@pytest.mark.parametrize(
    "value", ["1e3", "no", "2025-01-01", "a: b # c", "港湾", "'\"", "  x", "- y", 1e-7, date(2025, 1, 2)]
)
def test_what_is_written_reads_back(value):
    """Proves that no text becomes a number, a date or a comment on the way, in an edited file and in a new one."""
    after = edited_text(TEXT, [(("sites", "coventry", "name"), value)])
    assert documents.parse(after, "")["sites"]["coventry"]["name"] == value
    assert documents.parse(file_text({"factors": [{"id": value}]}), "") == {"factors": [{"id": value}]}


def test_a_path_through_a_value_is_refused():
    """Proves that a value is not overwritten by what was to lie below it."""
    with pytest.raises(InputError, match="no part of the file"):
        edited_text(TEXT, [(("country", "code"), "GB")])
