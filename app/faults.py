"""Errors in the page's language: the library's sentences in Chinese; what other libraries find is told by its code and quoted."""

from __future__ import annotations

from app.said import said
from app.session import without_folder
from app.text import plain, t
from carbon.errors import FAULTS, CarbonError, Fault, InputError, Where

_LABELS = ("found", "expected", "mend", "detail")
_PARTS = ("", "_expected", "_mend")


def _text(fault: Fault, part: int) -> str | None:
    """Return what is wrong (0), what is expected (1) or the way out (2); None where there is none."""
    if not FAULTS[fault.code][part]:
        return None
    values = {name: plain(value) for name, value in fault.values.items()}
    return t(f"fault{_PARTS[part]}.{fault.code}", **values)


def _problem(error: CarbonError, text: str) -> str:
    fault = error.fault
    if fault is None:
        return plain(said(without_folder(text)))
    found = _text(fault, 0) or ""
    return t("error.and_more", problem=found, count=str(fault.more)) if fault.more else found


def lines_of(error: CarbonError, named: str = "", where: bool = True) -> list[str]:
    """Return an error as paragraphs: what is wrong, then where, found, expected and the way out as far as they are known.

    Parameters
    ----------
    named : str
        The field that it stands at, in the page's language.
    where : bool
        Whether the file and line are told.
    """
    if not isinstance(error, InputError):
        return _of_work(error)
    fault = error.fault
    expected, mend = (_text(fault, 1), _text(fault, 2)) if fault else (_plain(error.expected), _plain(error.mend))
    if fault is not None and error.mend != fault.told(2):
        mend = _plain(error.mend)
    parts = [
        ("where", _where(error.where) if where else None),
        ("found", _plain(error.found, filled=True)),
        ("expected", expected),
        ("mend", mend),
        ("detail", f"“{plain(fault.detail)}”" if fault is not None and fault.detail else None),
    ]
    told = [_labelled(key, value) for key, value in parts if value]
    problem = _problem(error, error.problem)
    return [f"**{t('error.said', label=plain(named), text=problem) if named else problem}**", *told]


def _labelled(key: str, value: str) -> str:
    return t("error.said", label=t(f"error.{key}"), text=value)


def _plain(value: object, filled: bool = False) -> str | None:
    return None if value is None else plain(said(without_folder(value), filled))


def _where(place: Where) -> str:
    """Return a place in a file: its name, line and key as far as they are known."""
    parts = [
        plain(without_folder(place.file)) if place.file else None,
        t("error.line", row=place.row) if place.row is not None else None,
        t("error.key", key=plain(place.column)) if place.column else None,
    ]
    return t("error.comma").join(part for part in parts if part)


def _of_work(error: CarbonError) -> list[str]:
    first, *rest = [line.strip() for line in without_folder(error).splitlines()]
    fault = error.fault
    if fault is not None:
        first = first.removesuffix(fault.told(0) or "")
        rest = [line for line in rest if not line.startswith("mend:")]
    lines = [f"**{plain(first)}{_text(fault, 0)}**" if fault else f"**{plain(said(first))}**"]
    for line in rest:
        key, _, value = line.partition(":")
        told = plain(said(value.strip(), filled=key == "found"))
        lines.append(_labelled(key, told) if key in _LABELS else plain(said(line)))
    if fault is not None and (mend := _text(fault, 2)):
        lines.append(_labelled("mend", mend))
    return lines
