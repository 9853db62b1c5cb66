"""What the documents tell a user to type exists, and the public names are the listed ones."""

from __future__ import annotations

import re
import shlex
from functools import cache

import pytest

from tests.house.source import ROOT

#: The public names of `carbon`; a change here is a change of the interface.
PUBLIC_NAMES = {
    "carrier_table",
    "rejects_text",
    "supplier_footprints",
    "with_footprints",
    "with_kept",
    "with_shipments",
    "audit_sample",
    "read_sign_offs",
    "review",
    "sign_off_text",
    "subjects",
    "acting_as",
    "carrier_factors",
    "intensity_by",
    "user_name",
    "EditionEffect",
    "Network",
    "PlaceMatch",
    "Warehouses",
    "edited_text",
    "edition_effect",
    "file_text",
    "Carriers",
    "Cells",
    "carriers",
    "near_ids",
    "network",
    "undo",
    "warehouses",
    "DeliveryOptions",
    "CartPacker",
    "Cart",
    "ArticleTotals",
    "Articles",
    "article_totals",
    "Advice",
    "Calculation",
    "Comparison",
    "Estimate",
    "Explanation",
    "Finding",
    "Inventory",
    "Ledger",
    "Manifest",
    "ORDER_COLUMNS",
    "OrdersInput",
    "Organisation",
    "Packing",
    "Period",
    "Places",
    "Purpose",
    "Reason",
    "Registry",
    "Restatement",
    "Shipment",
    "Suite",
    "Verification",
    "advise",
    "calculate",
    "carton_plant",
    "carton_suite",
    "check_tables",
    "compare_tables",
    "connect",
    "diff",
    "estimate",
    "explain",
    "fallback_names",
    "find",
    "import_query",
    "inventory",
    "items_text",
    "lanes",
    "load",
    "neutral",
    "orders_text",
    "pack",
    "plan_of",
    "read_organisation",
    "reason_titles",
    "rejects_csv",
    "restatements",
    "route",
    "schema_of",
    "shipped_folder",
    "stops_text",
    "verify",
    "write_sample",
}

#: Commands that open something and stay open; they have no result to print as JSON.
LAUNCHERS = {"app", "serve"}

DOCUMENTS = sorted([*ROOT.glob("README.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "factors").glob("*.md")])

_FENCE = re.compile(r"^```(?:\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_CARBON = re.compile(r"^\$?\s*(?:[\w./-]*/bin/)?carbon\s+(?=[a-z-])(.*)$")
_MAKE = re.compile(r"^\$?\s*make\s+([a-z]+)\b(?!\s+\w+ )")


@cache
def _command():
    from typer.main import get_command

    from carbon.cli import app

    return get_command(app)


def _typed(text: str) -> list[str]:
    """Return what a document says to type: lines of fenced blocks, and inline code."""
    lines = [line for block in _FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    pieces = [*lines, *_INLINE.findall(_FENCE.sub("", text))]
    return [part.strip() for piece in pieces for part in re.split(r"&&|;|\s\|\s", piece) if part.strip()]


def _fault(typed: str) -> str | None:
    """Return what is wrong with a `carbon` command line: an unknown command or option."""
    match = _CARBON.match(typed)
    if not match:
        return None
    try:
        words = shlex.split(match[1], comments=True)
    except ValueError:
        words = match[1].split()
    command, path = _command(), "carbon"
    while words and getattr(command, "commands", None):
        # `carbon factors list|show` documents two commands at once.
        names = words.pop(0).split("|")
        if names[0].startswith("-"):
            return None
        unknown = [name for name in names if name not in command.commands]
        if unknown:
            return f"{path} has no command '{unknown[0]}'"
        command, path = command.commands[names[0]], f"{path} {names[0]}"
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }
    for word in words:
        for option in re.findall(r"^\[?(--?[a-z][\w-]*)", word):
            if option not in known:
                return f"'{path}' has no option '{option}'"
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_documented_commands_exist(path):
    """Proves that every `carbon …` a document shows is a command with these options, and every `make …` a target."""
    typed = _typed(path.read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong = [f"{line}: {fault}" for line in typed if (fault := _fault(line))]
    wrong += [
        f"make {match[1]}: no such target" for line in typed if (match := _MAKE.match(line)) and match[1] not in targets
    ]
    assert wrong == []


def test_the_readme_shows_the_two_commands_first():
    """Proves that the two commands stand on the README's first screen (40 lines)."""
    first = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    assert "make demo" in first and "make test" in first


def _leaves(command, path=()):
    if getattr(command, "commands", None):
        for name, inner in command.commands.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield " ".join(path), command


def test_every_command_speaks_json_and_explains_itself():
    """Proves that every command has --json, launchers apart, and a help text."""
    commands = dict(_leaves(_command()))
    no_json = [
        name for name, each in commands.items()
        if name not in LAUNCHERS and not any("--json" in parameter.opts for parameter in each.params)
    ]  # fmt: skip
    assert no_json == []
    assert [name for name, each in commands.items() if not each.help] == []


@pytest.mark.parametrize(
    "typed", ["carbon fly", "carbon calculate --no-such-option x", "$ .venv/bin/carbon factors paint"]
)
def test_the_command_check_finds_planted_faults(typed):
    """Proves that a wrong command or option in a document is found."""
    assert _fault(typed)


def test_public_names_are_the_listed_ones():
    """Proves that the public interface changes only on purpose, and that every name of it exists."""
    import carbon

    assert set(carbon.__all__) == PUBLIC_NAMES
    assert [name for name in carbon.__all__ if getattr(carbon, name, None) is None] == []
