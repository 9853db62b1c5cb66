"""YAML that repeats itself: anchors may be used, but not to make much of little."""

from __future__ import annotations

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
