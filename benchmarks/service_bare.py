"""What HTTP alone takes: the same framework, request and size of answer, and nothing computed. Started by uvicorn."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response

from carbon.labels.service.schema import EstimateRequest

application = FastAPI()
_ANSWER = Path(os.environ["CARBON_BARE_ANSWER"]).read_bytes()


@application.post("/v1/estimate")
async def estimate(asked: EstimateRequest) -> Response:
    """Return an answer that was made before."""
    return Response(_ANSWER, media_type="application/json")
