"""What is wrong with a request, as a problem document (RFC 9457): field, found, expected, mend."""

from __future__ import annotations

import json
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
#: How a message of the schema begins that says what is expected.
_WANTED = "Input should be "
#: As much of what was found as is sent back: of a request, and of what the engine says of a file.
_SHOWN, _TOLD = 100, 300


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
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method == "POST" and kind != "application/json":
            fault = Fault(
                field="content-type", problem="not the kind of body this takes", found=kind, expected="application/json"
            )
            return response(415, fault.problem, [fault])
        return response(422, "the request does not fit the schema", [_fault(each) for each in error.errors()])

    @application.exception_handler(InputError)
    async def _input(request: Request, error: InputError) -> Response:
        fault = Fault(
            field=error.where.column or "",
            problem=error.problem,
            found=None if error.found is None else str(error.found)[:_TOLD],
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


#: What a message of the schema's library means, by its kind; others say it themselves.
_MEANS = {
    "extra_forbidden": "no such field",
    "missing": "the field is missing",
    "json_invalid": "this is no JSON",
    "too_short": "there are too few",
    "too_long": "there are too many",
}


def _fault(error: dict[str, Any]) -> Fault:
    place = [each for each in error["loc"] if each != "body"]
    found = _shown(error.get("input"))
    _, wanted, expected = error["msg"].partition(_WANTED)
    kind, more = error["type"], error.get("ctx", {})
    mend = None
    if kind == "extra_forbidden":
        mend = "leave it out; /openapi.json lists the fields there are"
    elif kind == "missing":
        found, expected, mend = "nothing", "a value", "add it; /openapi.json says what it holds"
    elif kind == "json_invalid":
        found, expected = f"{more.get('error', 'other text')} at character {place[-1]}", "JSON"
    elif kind == "string_pattern_mismatch":
        wanted, expected = kind, f"text of the form {more['pattern']}"
    elif kind in ("too_short", "too_long"):
        expected = f"{more['min_length']} or more" if kind == "too_short" else f"{more['max_length']} or fewer"
    said = "the value cannot be used" if wanted else error["msg"].removeprefix("Value error, ")
    return Fault(
        field=_path(place) if kind != "json_invalid" else "",
        problem=_MEANS.get(kind, said),
        found=found,
        expected=expected or None,
        mend=mend,
    )


def _shown(value: object) -> str:
    """Return what was found as it was written, or what kind of thing it is."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return str(value)[:_SHOWN] if isinstance(value, str) else json.dumps(value, default=str)[:_SHOWN]


def _path(place: list[str | int]) -> str:
    """Return where a value stands, as the engine's own errors write it: ``lines[0].mass_kg``."""
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place).removeprefix(".")


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document in which every answer from 400 on is a problem document, and all that may come are named."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            statuses = {400, 413, 422, 429, 500, 503}
            statuses |= {401, 403} if "security" in operation else set()
            statuses |= {404, 406, 410} if "{" in path or path == "/demo" else set()
            statuses |= {415} if method == "post" else set()
            found = {status: answer for status, answer in operation["responses"].items() if int(status) < 400}
            wrong = {str(status): {"description": _TITLES[status], "content": content} for status in sorted(statuses)}
            for status in {"404", "410"} & wrong.keys() if path.startswith("/calculation/") else ():
                wrong[status]["content"] = content | {"text/html": {"schema": {"type": "string"}}}  # for people
            operation["responses"] = found | wrong
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    described = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= described.pop("$defs") | {"ProblemDocument": described}
    return document
