"""Names of activities in languages that publications do not speak, made of the words of their keys."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from carbon import documents

_FILE = "activity_words.yaml"
#: What follows these is a chemical's sign, the same everywhere.
_SIGNS = ("refrigerant", "gas")


@cache
def _languages() -> dict[str, Any]:
    with resources.as_file(resources.files("carbon.labels") / _FILE) as path:
        return documents.read(path)


@cache
def activity_name(activity: str, language: str) -> str | None:
    """Return an activity's name.

    Parameters
    ----------
    activity : str
        Key, such as ``road.van.class_3.diesel``.
    language : str
        As in ``texts/``.

    Returns
    -------
    str or None
        None where the language has the publications' own names, or no word for a part of the key: an own factor's.
    """
    known = _languages().get(language)
    if known is None:
        return None
    words = known["words"]
    if (whole := words.get(activity.replace(".", "_"))) is not None:
        return whole
    head, *rest = activity.split(".")
    parts = [words.get(head), *(words.get(each) or (each.upper() if head in _SIGNS else None) for each in rest)]
    return None if None in parts else known["between"].join(parts)
