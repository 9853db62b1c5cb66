"""The label service as an application: what it holds, what stands before its routes, what it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI

from carbon.labels.service import estimates, pages, problems, recorded
from carbon.labels.service.guard import Guard
from carbon.labels.service.settings import Settings
from carbon.labels.service.state import Service
from carbon.ledger.manifest import code_version

_DESCRIPTION = "Footprints of delivery options at checkout, labels, and the page of each calculation."


def create_application(settings: Settings) -> FastAPI:
    """Return the service, ready to answer: tables and plan are loaded here, not by the first shopper.

    Raises
    ------
    InputError
        If the organisation, its items or its factors cannot be used.
    """
    service = Service(settings)

    @asynccontextmanager
    async def life(application: FastAPI) -> AsyncIterator[None]:
        service.prepare_soon()
        yield
        service.close()

    application = FastAPI(
        title="Carbon per Order: labels",
        description=_DESCRIPTION,
        version=code_version(),
        lifespan=life,
        docs_url=None,
        redoc_url=None,
    )
    application.state.service = service
    plain = application.openapi
    application.openapi = cache(lambda: problems.describe(plain()))
    problems.install(application)
    for part in (estimates, recorded, pages):
        application.include_router(part.router)
    application.add_middleware(
        Guard,
        meters=service.meters,
        rates=service.rates,
        most_bytes=settings.most_bytes,
        per_minute=settings.per_minute,
        allows_origin=service.allows_origin,
    )
    return application
