"""Orders in the OpenAPI document, in addition to the contract."""

from typing import Any

import pytest

from tenant_apps.orders.serializers import MAX_LINES
from tests.openapi import parameters_of, shape_of


@pytest.mark.parametrize(
    ("operation", "keys"),
    [
        ("get /api/orders/priced/", {"count", "next", "previous", "grand_total", "results"}),
        ("get /api/orders/{id}/", {"id", "status", "placed_at", "user", "lines", "total"}),
    ],
)
def test_the_keys_of_a_response_are_documented(
    openapi: dict[str, Any], operation: str, keys: set[str]
) -> None:
    assert shape_of(openapi, operation) == keys


def test_the_headers_of_a_new_order_are_documented(openapi: dict[str, Any]) -> None:
    placed = openapi["paths"]["/api/orders/"]["post"]["responses"]["201"]

    assert ("Idempotency-Key", "header") in parameters_of(openapi, "post /api/orders/")
    assert placed["headers"].keys() == {"Idempotent-Replayed", "X-Request-ID"}


def test_the_number_of_lines_of_an_order_is_documented(openapi: dict[str, Any]) -> None:
    lines = openapi["components"]["schemas"]["NewOrderRequest"]["properties"]["lines"]

    assert (lines["minItems"], lines["maxItems"]) == (1, MAX_LINES)
