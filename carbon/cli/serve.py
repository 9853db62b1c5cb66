"""`carbon serve`."""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbon.cli.common import FactorFiles, OrganisationFile, PlacesFile, app, note
from carbon.cli.signing_in import loopback
from carbon.errors import InputError

if TYPE_CHECKING:
    from socket import socket

#: As shoppers reach the service: links and QR codes of labels begin so.
_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


@app.command("serve")
def serve_command(
    organisation: OrganisationFile = Path("organisation.yaml"),
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Ledger folder, for labels of orders.")] = None,
    items: Annotated[Path | None, typer.Option(help="Items file: mass and size of each sku.")] = None,
    factors: FactorFiles = None,
    places: PlacesFile = None,
    state: Annotated[Path, typer.Option(help="The service's own folder: keys, secret, calculations.")] = Path(
        "service"
    ),
    address: Annotated[str, typer.Option(help="Address to listen on; the default is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8000,
    public_url: Annotated[
        str | None, typer.Option(help="By which shoppers reach it, such as https://label.shop.example.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None, typer.Option(help="Address of a proxy whose word on clients counts; repeatable.")
    ] = None,
    per_minute: Annotated[int, typer.Option(min=1, help="Requests of one address.")] = 600,
    keep_days: Annotated[float, typer.Option(min=0.0, help="How long an estimate's calculation can be seen.")] = 30.0,
    demo: Annotated[bool, typer.Option("--demo", help="Serve /demo, whose estimates need no key.")] = False,
) -> None:
    """Answer shops: footprints of delivery options at checkout, labels, and the page of each calculation."""
    import gc
    import logging

    from carbon.documents import no_collector

    listener = _bound(address, port)  # before the tables are read, so that a port that is taken is said at once
    host, port = f"[{address}]" if ":" in address else address, listener.getsockname()[1]
    url = _checked(public_url or f"http://{host}:{port}")
    with no_collector():  # what is loaded stays: looking for garbage in it costs a tenth of the start
        import uvicorn

        from carbon.labels.service.application import create_application
        from carbon.labels.service.settings import Settings

        application = create_application(
            Settings(
                organisation, state, ledger, items, tuple(factors or ()), places, url,
                per_minute=per_minute, keep_days=keep_days, demo=demo,
            )
        )  # fmt: skip
        gc.freeze()  # nor need requests pay for it
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    listener.listen()  # who reads the line below may ask
    note(f"the label service answers at {url}" + (f"; the demo shop is {url}/demo" if demo else ""))
    if not (public_url or loopback(address)):
        note(f"links of labels lead to {url}: name the address by which shoppers reach it with --public-url")
    # Ctrl-C and a polite kill end a service as they should: answers under way are finished, what is kept is written.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    config = uvicorn.Config(
        application,
        access_log=False,
        ws="none",
        log_level="warning",
        server_header=False,
        proxy_headers=bool(trusted_proxy),
        forwarded_allow_ips=trusted_proxy or None,
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listener])
    note("the label service has ended")


def _bound(address: str, port: int) -> socket:
    """Return a socket of an address that does not listen yet: who asks before the service is ready is told so at once."""
    from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket

    try:
        family, kind, protocol, _, where = getaddrinfo(address, port, type=SOCK_STREAM)[0]
        found = socket(family, kind, protocol)
        found.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        found.bind(where)
    except OSError as error:
        raise InputError(
            "the service cannot listen there",
            found=f"--address {address} --port {port}: {error.strerror or error}",
            expected="an address of this machine, and a port where nobody listens",
            mend="end what listens there, or name another port, such as --port 8001",
        ) from error
    return found


def _checked(public_url: str) -> str:
    """Return an address of the web without a slash at its end."""
    if not _URL.fullmatch(public_url):
        raise InputError(
            "not an address of the web",
            found=f"--public-url {public_url}",
            expected="such as https://label.shop.example",
        )
    return public_url.rstrip("/")
