"""Errors in the page's language: what libraries find is told by its code, and their own words are only quoted."""

from __future__ import annotations

from app.session import without_folder
from app.text import plain, t
from carbon.errors import FAULTS, CarbonError, Fault, InputError

_PARTS = ("", "_expected", "_mend")


def _text(fault: Fault, part: int) -> str | None:
    """Return what is wrong (0), what is expected (1) or the way out (2); None where there is none."""
    if not FAULTS[fault.code][part]:
        return None
    values = {name: plain(value) for name, value in fault.values.items()}
    return t(f"fault{_PARTS[part]}.{fault.code}", **values)


def _problem(error: CarbonError, said: str) -> str:
    fault = error.fault
    if fault is None:
        return plain(said)
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
    head = f"{plain(named)}: " if named else ""
    if not isinstance(error, InputError):
        return _of_work(error)
    fault = error.fault
    expected, mend = (_text(fault, 1), _text(fault, 2)) if fault else (_plain(error.expected), _plain(error.mend))
    if fault is not None and error.mend != fault.told(2):
        mend = _plain(error.mend)
    parts = [
        ("where", _plain(str(error.where)) if where and str(error.where) else None),
        ("found", _plain(error.found)),
        ("expected", expected),
        ("mend", mend),
        ("detail", f"“{plain(fault.detail)}”" if fault is not None and fault.detail else None),
    ]
    told = [f"{t(f'error.{key}')}: {value}" for key, value in parts if value]
    return [f"**{head}{_problem(error, error.problem)}**", *told]


def _plain(value: object) -> str | None:
    return None if value is None else plain(without_folder(value))


def _of_work(error: CarbonError) -> list[str]:
    first, *rest = [line.strip() for line in without_folder(error).splitlines()]
    labels = {key: t(f"error.{key}") for key in ("found", "expected", "mend", "detail")}
    fault = error.fault
    if fault is not None:
        first = first.removesuffix(fault.told(0) or "")
        rest = [line for line in rest if not line.startswith("mend:")]
    lines = [f"**{plain(first)}{_problem(error, '') if fault else ''}**"]
    for line in rest:
        key, _, value = line.partition(":")
        lines.append(f"{labels[key]}: {plain(value.strip())}" if key in labels else plain(line))
    if fault is not None and (mend := _text(fault, 2)):
        lines.append(f"{labels['mend']}: {mend}")
    return lines
