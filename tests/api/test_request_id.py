"""X-Request-ID: the caller's, or a new one for each request."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from config.urls import (  # noqa: F401 (Django looks for them here)
    handler400,
    handler403,
    handler404,
    handler500,
)


@pytest.mark.parametrize(
    ("url", "status"),
    [("/healthz", 200), ("/", 200), ("/api/items/", 401), ("/api/auth/token/", 405)],
)
def test_every_response_has_a_request_id(
    api_client: APIClient, db: None, url: str, status: int
) -> None:
    first: Any = api_client.get(url)
    second = api_client.get(url)

    assert first.status_code == status
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert first["X-Request-ID"] not in first.text


def test_the_request_id_of_the_caller_is_kept(api_client: APIClient) -> None:
    response = api_client.get("/healthz", headers={"X-Request-ID": "Order-17.b_2"})

    assert response["X-Request-ID"] == "Order-17.b_2"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<b>", "é", "a,b", "a\tb"])
def test_an_invalid_request_id_is_replaced(api_client: APIClient, given: str) -> None:
    response = api_client.get("/healthz", headers={"X-Request-ID": given})

    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32
