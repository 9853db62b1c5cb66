"""What is wrong with a request, as a problem document (RFC 9457): field, found, expected, mend."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from carbon.errors import CarbonError, InputError

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "bad request", 401: "no valid key", 403: "not allowed", 404: "not found", 405: "method not allowed",
    406: "not acceptable", 410: "gone", 413: "too large", 415: "unsupported media type", 422: "wrong input",
    429: "too many requests", 500: "the service failed", 503: "not ready",
}  # fmt: skip
#: As much of what was found as is sent back.
_SHOWN = 100


class Fault(BaseModel):
    """One thing that is wrong."""

    field: str
    problem: str
    found: str | None = None
    expected: str | None = None
    mend: str | None = None


class ProblemDocument(BaseModel):
    """A problem document."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: list[Fault] = []


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self, status: int, detail: str, errors: list[Fault] | None = None, headers: dict[str, str] | None = None
    ):
        self.status, self.detail, self.errors, self.headers = status, detail, errors or [], headers or {}
        super().__init__(detail)


def response(status: int, detail: str | None = None, errors: list[Fault] | None = None, headers: dict | None = None):
    """Return a problem document as a response."""
    document = ProblemDocument(title=_TITLES.get(status, "error"), status=status, detail=detail, errors=errors or [])
    return Response(orjson.dumps(document.model_dump()), status, headers, MEDIA_TYPE)


def install(application: FastAPI) -> None:
    """Let every error of an application end as a problem document."""

    @application.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return response(error.status, error.detail, error.errors, error.headers)

    @application.exception_handler(RequestValidationError)
    async def _schema(request: Request, error: RequestValidationError) -> Response:
        return response(422, "the request does not fit the schema", [_fault(each) for each in error.errors()])

    @application.exception_handler(InputError)
    async def _input(request: Request, error: InputError) -> Response:
        fault = Fault(
            field=error.where.column or "",
            problem=error.problem,
            found=None if error.found is None else str(error.found)[:_SHOWN],
            expected=error.expected,
            mend=error.mend,
        )
        return response(422, error.problem, [fault])

    @application.exception_handler(CarbonError)
    async def _failed(request: Request, error: CarbonError) -> Response:
        return response(503, "the service cannot compute this now")

    @application.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return response(error.status_code, str(error.detail) if error.detail else None, headers=error.headers)


def _fault(error: dict[str, Any]) -> Fault:
    place = [str(each) for each in error["loc"] if each != "body"]
    found = error.get("input")
    plain = found is None or isinstance(found, (str, int, float, bool))
    return Fault(
        field=".".join(place),
        problem=error["msg"],
        found=str(found)[:_SHOWN] if plain and found is not None else None,
        expected=error["type"],
    )
