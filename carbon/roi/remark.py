"""Sentences that measures say: in English, and with a key and values by which a report says them in its own language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from carbon.errors import CarbonError, FactorError, RoiError


class Remark(str):
    """A sentence in English that knows what it says.

    Parameters
    ----------
    key : str
        Below ``roi.remarks`` of the reports' texts.
    text : str
        The same in English, with ``{names}`` of the values.
    **values : object
        Keys of the organisation file under ``service`` or ``package``, or numbers and words as they are printed.
    """

    key: str
    values: Mapping[str, Any]

    def __new__(cls, key: str, text: str, **values: object) -> Remark:
        """Make a sentence."""
        made = super().__new__(cls, text.format(**values))
        made.key, made.values = key, MappingProxyType(values)
        return made

    def __reduce__(self):
        """Return how a copy is made: values, too, which text alone would lose."""
        return _again, (self.key, str(self), dict(self.values))


def _again(key: str, said: str, values: dict[str, Any]) -> Remark:
    made = str.__new__(Remark, said)
    made.key, made.values = key, MappingProxyType(values)
    return made


class NotApplicable(RoiError):
    """A measure that a ledger or organisation file says too little for.

    Parameters
    ----------
    why : Remark
        In one sentence, with what to do; a report prints it, the command line prints the parts.
    """

    def __init__(self, why: Remark, problem: str, **parts: Any):
        super().__init__(problem, **parts)
        self.why = why


def why_of(error: CarbonError) -> Remark:
    """Return in one sentence why a measure does not apply."""
    if isinstance(error, NotApplicable):
        return error.why
    if isinstance(error, FactorError):
        # Its quoted word is the activity or parameter.
        name = error.problem.split("'")[1] if error.problem.count("'") > 1 else str(error.found or "")
        return Remark("no_factor", "no factor or parameter serves it: {name}", name=name)
    return Remark("other", "it cannot be reckoned: {problem}", problem=getattr(error, "problem", str(error)))
