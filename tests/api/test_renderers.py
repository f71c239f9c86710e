"""JSON is the same as DRF's, with money as text."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer as DRFRenderer
from rest_framework.test import APIClient

from shared_apps.api.renderers import JSONRenderer
from tests.conftest import ClientOf


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        {"text": "Ünï 漢 \u2028 \u2029 \x00 </script>", "list": [1, 2.5, True, None]},
        {"at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "on": date(2026, 1, 2)},
        {"id": UUID(int=7), 7: ErrorDetail("wrong", code="x"), "large": 2**70},
    ],
)
def test_json_is_the_same_as_drf_s(data: Any) -> None:
    assert JSONRenderer().render(data) == DRFRenderer().render(data)


def test_json_is_indented_on_request() -> None:
    accepted = "application/json; indent=4"

    assert JSONRenderer().render({"a": [1]}, accepted) == DRFRenderer().render({"a": [1]}, accepted)


@pytest.mark.parametrize(
    ("amount", "written"),
    [("5000.00", "5000.00"), ("0.00", "0.00"), ("1E+3", "1000"), ("0E-2", "0.00")],
)
@pytest.mark.parametrize("accepted", [None, "application/json; indent=2"])
def test_money_is_text(accepted: str | None, amount: str, written: str) -> None:
    assert f'"{written}"'.encode() in JSONRenderer().render([Decimal(amount)], accepted)


@pytest.mark.parametrize(
    ("accept", "query", "content_type"),
    [
        (None, "", "application/json"),
        ("*/*", "", "application/json"),
        ("*/*", "?format=api", "text/html; charset=utf-8"),
        ("text/html,*/*;q=0.1", "", "text/html; charset=utf-8"),
        ("text/html", "?format=json", "application/json"),
    ],
)
def test_json_is_the_default(
    client_of: ClientOf, bob: Any, accept: str | None, query: str, content_type: str
) -> None:
    client: APIClient = client_of(bob)
    headers = {"Accept": accept} if accept else {}

    response = client.get(f"/api/items/{query}", headers=headers)

    assert response["Content-Type"] == content_type
