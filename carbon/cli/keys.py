"""`carbon keys`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, app, note, out, print_json
from carbon.cli.layout import table_of

keys = typer.Typer(help="Keys of the shops that may ask the label service.", no_args_is_help=True)
app.add_typer(keys, name="keys")

State = Annotated[Path, typer.Option("--state", help="Folder of the label service.")]
KeyId = Annotated[str, typer.Argument(metavar="ID", help="Of the key, as `carbon keys list` shows it.")]


@keys.command("create")
def create(
    shop: Annotated[str, typer.Argument(help="Name of the shop.")],
    state: State = Path("service"),
    scope: Annotated[
        list[str] | None, typer.Option(help="estimate (checkout pages), labels (orders, servers only); repeatable.")
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Web origin whose pages may use it, such as https://shop.example; repeatable."),
    ] = None,
    per_minute: Annotated[int, typer.Option(help="Requests it may make.")] = 600,
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown once."""
    from carbon.errors import InputError
    from carbon.labels.service.keys import KeyRing, Scope

    wanted = scope or [Scope.ESTIMATE]
    unknown = [each for each in wanted if each not in list(Scope)]
    if unknown:
        raise InputError("no such scope", found=unknown[0], expected=", ".join(Scope))
    made, text = KeyRing(state).create(shop, tuple(map(Scope, wanted)), tuple(origin or ()), per_minute)
    _told(made, text, as_json)


@keys.command("list")
def list_(state: State = Path("service"), as_json: AsJson = False) -> None:
    """Show the keys there are, without their secrets."""
    from carbon.labels.service.keys import KeyRing

    known = list(KeyRing(state).keys().values())
    if as_json:
        print_json([_plain(key) for key in known])
        return
    rows = [
        (
            key.id,
            key.shop,
            ", ".join(key.scopes),
            ", ".join(key.origins),
            key.created,
            key.expires or "never",
            f"{key.per_minute:,}",
        )
        for key in known
    ]
    out.print(table_of(("id", "shop", "scopes", "origins", "created", "expires", "per minute"), rows, left=6))


@keys.command("rotate")
def rotate(
    key_id: KeyId,
    state: State = Path("service"),
    overlap_hours: Annotated[float, typer.Option(min=0.0, help="How long the old one still holds.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Make a key like another one, which expires."""
    from carbon.labels.service.keys import KeyRing

    _told(*KeyRing(state).rotate(key_id, overlap_hours), as_json)


@keys.command("revoke")
def revoke(key_id: KeyId, state: State = Path("service"), as_json: AsJson = False) -> None:
    """Take a key away at once."""
    from carbon.labels.service.keys import KeyRing

    gone = KeyRing(state).revoke(key_id)
    if as_json:
        print_json(_plain(gone))
    else:
        note(f"revoked: {gone.id} of {gone.shop}")


def _told(made, text: str, as_json: bool) -> None:
    if as_json:
        print_json(_plain(made) | {"key": text})
        return
    out.print(text)
    note(f"key {made.id} of {made.shop}: {', '.join(made.scopes)}; it is not shown again")


def _plain(key) -> dict[str, object]:
    return {
        "id": key.id, "shop": key.shop, "scopes": list(key.scopes), "origins": list(key.origins),
        "per_minute": key.per_minute, "created": key.created, "expires": key.expires or None,
    }  # fmt: skip
