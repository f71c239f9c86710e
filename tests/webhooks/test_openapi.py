"""Webhooks in the OpenAPI document."""

from typing import Any

import pytest

from shared_apps.webhooks.events import registered
from tests.openapi import shape_of

WEBHOOK = {"id", "url", "events", "enabled", "failing_since", "created_at"}


@pytest.mark.parametrize(
    ("operation", "status", "keys"),
    [
        ("get /api/webhooks/", "200", {"count", "next", "previous", "results"}),
        ("post /api/webhooks/", "201", WEBHOOK | {"secret"}),
        ("get /api/webhooks/{id}/", "200", WEBHOOK),
        ("patch /api/webhooks/{id}/", "200", WEBHOOK),
        ("post /api/webhooks/{id}/rotate/", "200", WEBHOOK | {"secret"}),
        ("post /api/webhooks/{id}/redeliver/", "202", {"count"}),
        (
            "get /api/webhooks/{id}/deliveries/",
            "200",
            {"count", "next", "previous", "results"},
        ),
    ],
)
def test_the_keys_of_a_response_are_documented(
    openapi: dict[str, Any], operation: str, status: str, keys: set[str]
) -> None:
    assert shape_of(openapi, operation, status) == keys


def test_all_events_are_documented(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    items = schemas["WebhookRequest"]["properties"]["events"]["items"]
    name = items["$ref"].rpartition("/")[2]

    assert schemas[name]["enum"] == sorted(registered)
