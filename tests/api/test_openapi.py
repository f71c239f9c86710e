"""The OpenAPI document covers all endpoints, and only those that exist."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import resolve

from tests.contracts import CONTRACTS, TENANT, WRITES
from tests.openapi import shape_of

# The statuses of each operation, without those that all operations have.
OPERATIONS = {
    "post /api/auth/token/": {"200", "401", "403"} | WRITES,
    "post /api/auth/logout/": {"204", "401", "403"},
    "get /api/me/": {"200", "401"},
    "patch /api/me/": {"200", "401", "403"} | WRITES,
    "post /api/me/password/": {"204", "401", "403"} | WRITES,
    "get /api/me/sessions/": {"200", "401", "404"},
    "delete /api/me/sessions/{id}/": {"204", "401", "403", "404"},
    "get /api/me/tokens/": {"200", "401", "404"},
    "post /api/me/tokens/": {"201", "401", "403"} | WRITES,
    "delete /api/me/tokens/{id}/": {"204", "401", "403", "404"},
    "post /api/me/organization/": {"200"} | TENANT | WRITES,
    "get /api/members/": {"200", "404"} | TENANT,
    "patch /api/members/{id}/": {"200", "404"} | TENANT | WRITES,
    "delete /api/members/{id}/": {"204", "404"} | TENANT,
    "post /api/members/{id}/offer-ownership/": {"202", "404"} | TENANT,
    "get /api/organization/": {"200"} | TENANT,
    "patch /api/organization/": {"200"} | TENANT | WRITES,
    "get /api/organization/keys/": {"200", "404"} | TENANT,
    "post /api/organization/keys/": {"201"} | TENANT | WRITES,
    "delete /api/organization/keys/{id}/": {"204", "404"} | TENANT,
    "post /api/organization/keys/{id}/rotate/": {"201", "404"} | TENANT | WRITES,
    "get /api/organization/audit/": {"200", "404"} | TENANT,
    "post /api/organization/accept-ownership/": {"200", "404", "410"} | TENANT,
    "get /api/invitations/": {"200", "404"} | TENANT,
    "post /api/invitations/": {"201"} | TENANT | WRITES,
    "delete /api/invitations/{id}/": {"204", "404"} | TENANT,
    "post /api/invitations/{id}/resend/": {"200", "404"} | TENANT,
    "post /api/invitations/accept/": {"200", "404", "410"} | TENANT | WRITES,
    "get /api/webhooks/": {"200", "404"} | TENANT,
    "post /api/webhooks/": {"201"} | TENANT | WRITES,
    "get /api/webhooks/{id}/": {"200", "404"} | TENANT,
    "patch /api/webhooks/{id}/": {"200", "404"} | TENANT | WRITES,
    "delete /api/webhooks/{id}/": {"204", "404"} | TENANT,
    "get /api/webhooks/{id}/deliveries/": {"200", "404"} | TENANT,
    "post /api/webhooks/{id}/rotate/": {"200", "404"} | TENANT | WRITES,
    "post /api/webhooks/{id}/redeliver/": {"202", "404"} | TENANT | WRITES,
}
for contract in CONTRACTS.values():
    OPERATIONS |= contract.operations


def test_the_document_is_valid_and_generated_without_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file=/dev/null")

    assert "arning" not in capsys.readouterr().err


def test_every_endpoint_is_documented(openapi: dict[str, Any]) -> None:
    methods = {"get", "post", "put", "patch", "delete"}

    documented = {
        f"{method} {path}"
        for path, operations in openapi["paths"].items()
        for method in methods & operations.keys()
    }

    assert documented == OPERATIONS.keys()


def test_every_documented_endpoint_exists(openapi: dict[str, Any]) -> None:
    for path in openapi["paths"]:
        assert resolve(path.replace("{id}", "1")).url_name is not None, path


@pytest.mark.parametrize(
    ("operation", "keys"),
    [
        ("post /api/auth/token/", {"token", "expiry", "user", "organization"}),
        ("get /api/me/", {"id", "email", "name", "organization", "organizations"}),
        ("patch /api/me/", {"id", "email", "name", "organization", "organizations"}),
    ],
)
def test_the_keys_of_a_response_are_documented(
    openapi: dict[str, Any], operation: str, keys: set[str]
) -> None:
    assert shape_of(openapi, operation) == keys


@pytest.mark.parametrize(("operation", "more"), OPERATIONS.items(), ids=OPERATIONS)
def test_the_statuses_of_each_operation_are_documented(
    openapi: dict[str, Any], operation: str, more: set[str]
) -> None:
    method, path = operation.split()

    responses = openapi["paths"][path][method]["responses"]

    assert responses.keys() == {"400", "406", "429", "503"} | more


@pytest.mark.parametrize(
    ("status", "header"),
    [("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")],
)
def test_the_headers_of_errors_are_documented(
    openapi: dict[str, Any], status: str, header: str
) -> None:
    headers = openapi["components"]["responses"][status]["headers"]

    assert headers.keys() == {header, "X-Request-ID"}


def test_signing_in_is_documented(openapi: dict[str, Any]) -> None:
    schemes = openapi["components"]["securitySchemes"].values()

    assert {scheme["name"] for scheme in schemes} == {"Authorization", "__Host-sessionid"}


def test_the_documentation_loads_nothing_from_other_sites(client: Client) -> None:
    response = client.get("/api/docs/")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert "https://" not in response.text


def test_the_document_is_available_as_json(client: Client, openapi: dict[str, Any]) -> None:
    assert client.get("/api/schema/?format=json").json() == openapi
