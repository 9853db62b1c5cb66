"""YAML that repeats itself: anchors may be used, but not to make much of little."""

from __future__ import annotations

import re
import time

import pytest

from carbon import documents
from carbon.errors import InputError


def _bomb(levels: int) -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        lines.append(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]")
    return "\n".join([*lines, f"name: *l{levels - 1}"])


@pytest.mark.parametrize("levels", [6, 40])
def test_a_document_that_grows_beyond_reason_is_refused(levels):
    """Proves that a few lines cannot take all time and memory, and that what was found is said."""
    before_s = time.process_time()
    with pytest.raises(InputError) as refused:
        documents.parse(_bomb(levels), "organisation.yaml")
    assert time.process_time() - before_s < 1
    assert "repeats itself too often" in str(refused.value) and "organisation.yaml" in str(refused.value)


def test_a_document_within_itself_is_refused():
    """Proves that a loop ends as an error, not as an endless walk."""
    with pytest.raises(InputError):
        documents.validate(_Named, documents.parse("name: &a [*a]", "x.yaml"), "x.yaml")


class _Named(documents.BaseModel):
    name: str


def test_anchors_keep_working():
    """Proves that what is repeated within reason reads as if it were written out, lines and merges included."""
    text = "base: &base {a: 1, b: 2}\nmore:\n" + "".join(f"  k{number}: *base\n" for number in range(50))
    found = documents.parse(text + "merged: {<<: *base, b: 3}\n", "x.yaml")
    assert found["more"]["k49"] == {"a": 1, "b": 2} and found["merged"] == {"a": 1, "b": 3}
    assert found["more"].line == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &a {x: 1, y: [1]}\nb: &b {<<: *a, x: 2, z: 3}\nc: {<<: *b, w: 4}", {"x": 2, "y": [1], "z": 3, "w": 4}),
        ("a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc: {<<: [*a, *b], z: 1}", {"x": 1, "y": 3, "z": 1}),
        ("c: {x: 2, <<: {x: 1, y: 3}}", {"x": 2, "y": 3}),
        ("a: &a {1: b}\nc: {<<: *a, 2: c}", {1: "b", 2: "c"}),
    ],
)
def test_what_is_written_wins_over_what_is_merged(text, expected):
    """Proves that a mapping's own values win over those it shares, also where what it shares shares in turn."""
    assert documents.parse(text, "x.yaml")["c"] == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &a 3\nc: {<<: *a}", "expected a mapping or list of mappings for merging"),
        ("a: &a {x: 1, x: 2}\nc: {<<: *a}", "line 1: key 'x' stands twice"),
        ("c: &c {<<: *c}", "line 1: not valid YAML"),
        ("? [a]\n: 1", "a key is a list or a mapping"),
    ],
)
def test_what_cannot_be_merged_or_be_a_key_is_refused(text, says):
    """Proves that odd keys end as a message with the line, not as a Python error."""
    with pytest.raises(InputError, match=re.escape(says)):
        documents.parse(text, "x.yaml")
