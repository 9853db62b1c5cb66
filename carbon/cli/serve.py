"""`carbon serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import FactorFiles, OrganisationFile, app, note


@app.command("serve")
def serve_command(
    organisation: OrganisationFile = Path("organisation.yaml"),
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Ledger folder, for labels of orders.")] = None,
    items: Annotated[Path | None, typer.Option(help="Items file: mass and size of each sku.")] = None,
    factors: FactorFiles = None,
    places: Annotated[Path | None, typer.Option(help="Places file: postcodes with coordinates.")] = None,
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

    url = (public_url or f"http://{address}:{port}").rstrip("/")
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
    note(f"the label service answers at {url}" + (f"; the demo shop is {url}/demo" if demo else ""))
    uvicorn.run(
        application,
        host=address,
        port=port,
        access_log=False,
        ws="none",
        log_level="warning",
        server_header=False,
        proxy_headers=bool(trusted_proxy),
        forwarded_allow_ips=trusted_proxy or None,
    )
