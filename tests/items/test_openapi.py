"""Items in the OpenAPI document, in addition to the contract."""

from typing import Any

import pytest

from tests.openapi import parameters_of, shape_of


def test_a_page_of_items_is_documented(openapi: dict[str, Any]) -> None:
    assert shape_of(openapi, "get /api/items/") == {"count", "next", "previous", "results"}


@pytest.mark.parametrize(
    ("operation", "header"),
    [
        ("put /api/items/{id}/", "If-Match"),
        ("patch /api/items/{id}/", "If-Match"),
        ("delete /api/items/{id}/", "If-Match"),
        ("get /api/items/{id}/", "If-None-Match"),
        ("get /api/items/", "X-Organization"),
    ],
)
def test_the_headers_of_a_request_are_documented(
    openapi: dict[str, Any], operation: str, header: str
) -> None:
    assert (header, "header") in parameters_of(openapi, operation)


def test_the_headers_of_a_response_are_documented(openapi: dict[str, Any]) -> None:
    responses = openapi["paths"]["/api/items/{id}/"]["get"]["responses"]

    assert responses["200"]["headers"].keys() == {"ETag", "X-Request-ID"}


def test_a_price_is_documented_as_text(openapi: dict[str, Any]) -> None:
    assert openapi["components"]["schemas"]["Item"]["properties"]["price"]["type"] == "string"
