"""What may be wrong with a ledger, so that it can be told in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

#: Code -> what is wrong; braces are filled with values.
FINDINGS = MappingProxyType({
    "no_folder": "no such folder",
    "no_ledger": "no ledger, nothing was ever recorded here",
    "strange_folder": "not part of a ledger",
    "other_run": "names run {run}",
    "not_following": "does not follow the run before it; that manifest was changed, or a run is missing",
    "no_earlier_run": "supersedes {run}, which is not an earlier run",
    "restated_twice": "run {run} is restated twice",
    "closings_lack": "lacks decisions on periods that run {run} was made under",
    "no_such_hash": "no run has the hash {sha256}",
    "not_newest": "does not name the newest run by its hash",
    "missing": "is missing",
    "changed": "was changed",
    "strange_file": "does not belong to the run",
    "unreadable": "cannot be read: {detail}",
    "footprints_unreadable": "the footprints cannot be read: {detail}",
    "footprints_count": "{found} footprints, the manifest says {stated}",
    "rows_count": "{rows} rows are not {footprints} footprints + {rejects} rejects",
    "reasons_count": "the reject reasons do not add up to {rejects}",
    "rejects_count": "its rows are not the {rejects} rejects of the manifest",
    "sum": "{name} adds up to {found}, the manifest says {stated}",
    "stage_sum": "{name} adds up to {found}, the footprints to {stated}",
    "twice": "{parcels} parcels count more than once, such as {example}",
})  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a ledger; `str(finding)` is an English sentence.

    Attributes
    ----------
    where : str
        The file or folder.
    code : str
        Of `FINDINGS`.
    values : mapping
        What fills the places of its text.
    """

    where: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, where: Path | str, code: str, /, **values: object) -> Finding:
        """Return a finding, its values as text."""
        return cls(str(where), code, {name: str(value) for name, value in values.items()})

    def __str__(self) -> str:
        return f"{self.where}: {FINDINGS[self.code].format_map(self.values)}"
