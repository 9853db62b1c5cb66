"""What libraries find is told in words of ours, by a code that a page can tell in its language; their own words are quoted."""

from __future__ import annotations

import re
import string
from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from carbon import documents
from carbon.errors import FAULTS, InputError, Where


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = "x"


class _Sample(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: int = 1
    mass: float = 1.0
    yes: bool = True
    word: Literal["a", "b"] = "a"
    above: Annotated[float, Field(gt=0)] = 1
    code: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "AB"
    some: Annotated[list[int], Field(max_length=2)] = []
    inner: _Inner = _Inner()
    day: date = date(2025, 1, 1)
    name: Annotated[str, Field(min_length=1)] = "x"


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("count: many", "whole_number", "a whole number"),
        ("mass: heavy", "number", "a number"),
        ("yes: perhaps", "truth", "true or false"),
        ("word: c", "choice", "a, b"),
        ("above: -1", "bounds", "> 0.0"),
        ("code: abc", "form", "^[A-Z]{2}$"),
        ("some: 3", "list", "a list"),
        ("some: [1, 2, 3]", "length", "<= 2"),
        ("inner: 3", "mapping", "keys with values"),
        ("inner: {nome: x}", "unknown_key", None),
        ("day: someday", "date", "YYYY-MM-DD"),
        ("name: [1]", "text", "text"),
        ("name: ''", "length", ">= 1"),
        ("a: [1", "yaml", "YAML"),
        ("count: 1\ncount: 2", "key_twice", None),
        ("? [a]\n: 1", "odd_key", "a word or a number"),
    ],
)
def test_what_a_file_breaks_has_a_code_and_words_of_ours(text, code, expected):
    """Proves for each kind of fault that what is wrong, what is expected, where, and the way out are ours, and that the library's
    words stand in no other line than that which quotes them."""
    with pytest.raises(InputError) as caught:
        documents.validate(_Sample, documents.parse(text, "a.yaml"), "a.yaml")
    error = caught.value
    assert (error.fault.code, error.expected, bool(error.mend)) == (code, expected, True)
    assert error.where.file == "a.yaml" and error.where.row
    first, *rest = str(error).splitlines()
    ours = "\n".join(line for line in [first, *rest] if not line.startswith("  detail:"))
    assert not re.search("Input should|valid (string|number|integer)|while parsing|unable to parse", ours)


def test_every_fault_fills_its_texts():
    """Proves that each text has no place that its code does not fill, so that no message fails for want of a word."""
    known = {"key", "expected", "column", "columns", "near", "wanted"}
    for code, texts in FAULTS.items():
        places = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
        assert places <= known
        made = InputError.of(code, "said\nso", where=Where("a"), **dict.fromkeys(places, "x"))
        assert made.problem and "{" not in str(made) and '  detail:   "said so"' in str(made)


def test_a_file_of_the_ledger_that_cannot_be_read_is_told_alike(tmp_path):
    """Proves that a spoilt plan of a run ends as a message with the file, the way out and the library's words in quotes."""
    from carbon import explain
    from carbon.errors import LedgerError
    from tests.engine.small import parcel, run

    run([parcel()], ledger=tmp_path / "ledger")
    (plan,) = (tmp_path / "ledger").rglob("plan.parquet")
    plan.write_bytes(b"PAR1 and no more")
    with pytest.raises(LedgerError, match="a file of the ledger cannot be read") as caught:
        explain(tmp_path / "ledger", "P1")
    assert caught.value.fault.code == "ledger_file" and "carbon verify" in str(caught.value)
    assert f'  detail:   "{caught.value.fault.detail}"' in str(caught.value) and caught.value.fault.detail
