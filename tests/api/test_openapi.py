"""/api/schema/ and /api/docs/: what is documented exists, and what exists is documented."""

from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import resolve

from tenant_apps.orders.serializers import MAX_LINES

ENDPOINTS = {
    "/api/auth/token/": {"post"},
    "/api/auth/logout/": {"post"},
    "/api/me/": {"get"},
    "/api/me/organization/": {"post"},
    "/api/items/": {"get", "post"},
    "/api/items/{id}/": {"get", "put", "patch", "delete"},
    "/api/orders/": {"get", "post"},
    "/api/orders/{id}/": {"get"},
    "/api/orders/{id}/cancel/": {"post"},
    "/api/orders/{id}/fulfil/": {"post"},
    "/api/orders/priced/": {"get"},
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    document: dict[str, Any] = yaml.safe_load(response.content)
    return document


def test_is_valid_and_made_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file=/dev/null")

    assert "arning" not in capsys.readouterr().err


def test_documents_every_endpoint(document: dict[str, Any]) -> None:
    methods = {"get", "post", "put", "patch", "delete"}

    documented = {path: methods & item.keys() for path, item in document["paths"].items()}

    assert documented == ENDPOINTS


def test_documents_nothing_that_does_not_exist(document: dict[str, Any]) -> None:
    for path in document["paths"]:
        assert resolve(path.replace("{id}", "1")).url_name is not None, path


@pytest.mark.parametrize(
    ("path", "method", "status", "keys"),
    [
        (
            "/api/orders/priced/",
            "get",
            "200",
            {"count", "next", "previous", "grand_total", "results"},
        ),
        (
            "/api/orders/{id}/",
            "get",
            "200",
            {"id", "status", "placed_at", "user", "lines", "total"},
        ),
        ("/api/auth/token/", "post", "200", {"token", "expiry", "user", "organization"}),
        ("/api/me/", "get", "200", {"id", "email", "name", "organization", "organizations"}),
        ("/api/items/", "get", "200", {"count", "next", "previous", "results"}),
    ],
)
def test_documents_the_shape_of_the_answer(
    document: dict[str, Any], path: str, method: str, status: str, keys: set[str]
) -> None:
    content = document["paths"][path][method]["responses"][status]["content"]
    reference = content["application/json"]["schema"]["$ref"]

    shape = document["components"]["schemas"][reference.rpartition("/")[2]]

    assert shape["properties"].keys() == keys


@pytest.mark.parametrize(
    ("path", "method", "header"),
    [
        ("/api/orders/", "post", "Idempotency-Key"),
        ("/api/items/{id}/", "put", "If-Match"),
        ("/api/items/{id}/", "patch", "If-Match"),
        ("/api/items/{id}/", "delete", "If-Match"),
        ("/api/items/{id}/", "get", "If-None-Match"),
        ("/api/orders/", "get", "X-Organization"),
    ],
)
def test_documents_the_headers_that_it_heeds(
    document: dict[str, Any], path: str, method: str, header: str
) -> None:
    parameters = document["paths"][path][method]["parameters"]

    assert (header, "header") in {(each["name"], each["in"]) for each in parameters}


def test_documents_the_headers_that_it_sends(document: dict[str, Any]) -> None:
    answers = document["paths"]["/api/items/{id}/"]["get"]["responses"]
    placed = document["paths"]["/api/orders/"]["post"]["responses"]["201"]

    assert "304" in answers
    assert answers["200"]["headers"].keys() == {"ETag", "X-Request-ID"}
    assert placed["headers"].keys() == {"Idempotent-Replayed", "X-Request-ID"}


WRITES = {"413", "415"}
TENANT = {"401", "403", "409"}


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("post /api/auth/token/", {"200", "403"} | WRITES),
        ("post /api/auth/logout/", {"204", "401", "403"}),
        ("get /api/me/", {"200", "401"}),
        ("post /api/me/organization/", {"200"} | TENANT | WRITES),
        ("get /api/items/", {"200", "404"} | TENANT),
        ("post /api/items/", {"201"} | TENANT | WRITES),
        ("get /api/items/{id}/", {"200", "304", "404"} | TENANT),
        ("put /api/items/{id}/", {"200", "404", "412"} | TENANT | WRITES),
        ("patch /api/items/{id}/", {"200", "404", "412"} | TENANT | WRITES),
        ("delete /api/items/{id}/", {"204", "404", "412"} | TENANT),
        ("get /api/orders/", {"200", "404"} | TENANT),
        ("post /api/orders/", {"201", "422"} | TENANT | WRITES),
        ("get /api/orders/{id}/", {"200", "404"} | TENANT),
        ("post /api/orders/{id}/cancel/", {"200", "404"} | TENANT),
        ("post /api/orders/{id}/fulfil/", {"200", "404"} | TENANT),
        ("get /api/orders/priced/", {"200", "404"} | TENANT),
    ],
)
def test_documents_each_status_that_an_operation_answers_with(
    document: dict[str, Any], operation: str, more: set[str]
) -> None:
    method, path = operation.split()

    answers = document["paths"][path][method]["responses"]

    assert answers.keys() == {"400", "406", "429", "503"} | more


@pytest.mark.parametrize(
    ("status", "header"),
    [("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")],
)
def test_documents_the_headers_of_refusals(
    document: dict[str, Any], status: str, header: str
) -> None:
    headers = document["components"]["responses"][status]["headers"]

    assert headers.keys() == {header, "X-Request-ID"}


def test_documents_how_many_lines_an_order_has(document: dict[str, Any]) -> None:
    lines = document["components"]["schemas"]["NewOrderRequest"]["properties"]["lines"]

    assert (lines["minItems"], lines["maxItems"]) == (1, MAX_LINES)


def test_documents_how_to_sign_in(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"].values()

    assert {scheme["name"] for scheme in schemes} == {"Authorization", "__Host-sessionid"}


def test_money_is_documented_as_text(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["Item"]["properties"]["price"]["type"] == "string"


def test_has_pages_for_people(client: Client) -> None:
    response = client.get("/api/docs/")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert "https://" not in response.text  # Nothing is loaded from other sites.


def test_comes_as_json_as_well(client: Client, document: dict[str, Any]) -> None:
    assert client.get("/api/schema/?format=json").json() == document
