"""The service against its own OpenAPI: whatever fits the schema, or does not, it neither fails nor answers another shape."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

_TAKEN = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def document(service):
    """Return the service's schema."""
    return schemathesis.openapi.from_asgi("/openapi.json", service.client.app)


def test_the_document_is_openapi_3_1(service):
    """Proves the version, that every path under /v1 wants a key, and that problem documents are described."""
    found = service.client.get("/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        for operation in methods.values():
            assert ("security" in operation) == (path.startswith("/v1/") and not path.endswith(".js")), path
    assert "ProblemDocument" in found["components"]["schemas"]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_is_asked_is_answered(document, service, mode):
    """Proves for requests drawn from the schema, valid or not, that none ends in a 5xx, and none in another shape."""
    paths = set()
    for found in document.get_all_operations():
        operation = found.ok()
        paths.add(operation.path)
        key = service.page_key if operation.path.endswith("/estimate") else service.server_key
        described = operation.definition.raw
        if mode is GenerationMode.NEGATIVE and not {"parameters", "requestBody"} & set(described):
            continue  # nothing that could be wrong
        drawn = operation.as_strategy(generation_mode=mode)
        _ask(drawn, {"authorization": f"Bearer {key}"})
    assert {"/v1/estimate", "/calculation/{name}", "/v1/orders/{order_id}/label"} <= paths


def _ask(drawn, headers: dict[str, str]) -> None:
    """Send drawn requests and check each answer."""

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=drawn)
    def asked(case) -> None:
        case.call_and_validate(headers=headers, checks=_TAKEN)

    asked()
