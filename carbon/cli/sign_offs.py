"""`carbon sign-offs`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, LedgerDir, SignOffsFile, app, note, print_json


@app.command("sign-offs")
def sign_offs_command(
    sign_offs: SignOffsFile = None,
    ledger: LedgerDir = Path("ledger"),
    period: Annotated[str | None, typer.Option(help="Such as 2025 or 2025-01..2025-06; default: everything.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Print entries for all that figures rest on, not only what is material.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check sign-offs against the ledger, and print entries to fill in for what is material and not signed."""
    from carbon import read_sign_offs, review, sign_off_text, subjects

    given = read_sign_offs(sign_offs) if sign_offs else None
    known = subjects(ledger, period)
    found = review(known, given)
    held = {each.signed.subject for each in found.checked if each.lapse is None}
    wanted = [each for each in known if each.key not in held] if every else found.open
    if as_json:
        print_json(
            {
                "sign_offs": [
                    each.signed.model_dump(mode="json") | {"holds": each.lapse is None, "lapse": each.lapse}
                    for each in found.checked
                ],
                "material_share": found.material_share,
                "material": found.material,
                "open": [asdict(each) for each in wanted],
            }
        )
        return
    for each in found.checked:
        state = "holds" if each.lapse is None else f"LAPSED: {_LAPSES[each.lapse].format(subject=each.subject)}"
        _comment(f"{each.signed.subject}, {each.signed.who}, {each.signed.when:%Y-%m-%d}: {state}")
    _comment(f"{len(found.open)} of {found.material} material subjects have no sign-off that holds")
    if wanted:
        note(
            "fill in who, when and note, and keep the entries in sign_offs.yaml beside the organisation file: --sign-offs FILE"
        )
        sys.stdout.write(sign_off_text(wanted))


def _comment(text: str) -> None:
    """Print a line that YAML reads over."""
    sys.stdout.write(f"# {' '.join(text.split())}\n")


_LAPSES = {
    "gone": "no figure of this period rests on it",
    "edition": "the edition is {subject.edition} now",
    "value": "the value is {subject.value} now",
}
