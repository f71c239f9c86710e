"""Values that cannot be stored or computed with are errors of their field."""

import json
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIClient

from config.urls import (  # noqa: F401 (Django looks for them here)
    handler400,
    handler403,
    handler404,
    handler500,
)
from shared_apps.api.handler import exception_handler
from shared_apps.users.models import User
from tests.conftest import SessionOf
from tests.items.fixtures import DESK_ID

JSON = "application/json"


@pytest.mark.parametrize(
    "text", [r"\u0000", r"a\u0000b", r"\ud800", r"\udfff\ud800"], ids=lambda text: text
)
@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/api/items/", "sku"),
        ("/api/items/", "description"),
        ("/api/auth/token/", "email"),
        ("/api/auth/token/", "password"),
        ("/api/auth/token/", "organization"),
    ],
)
def test_text_that_postgresql_cannot_store_is_an_error_of_its_field(
    admin_client: APIClient, url: str, field: str, text: str
) -> None:
    good = {"sku": "A", "description": "A", "price": "1", "email": "a@b.example", "password": "x"}
    body = json.dumps({**good, field: "TEXT"}).replace("TEXT", text)

    response: Any = admin_client.post(url, body, content_type=JSON)

    assert response.status_code == 400
    assert response.json().keys() == {field}


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800"])
def test_an_organization_that_postgresql_cannot_store_is_an_error_of_its_field(
    session_of: SessionOf, bob: User, text: str
) -> None:
    response: Any = session_of(bob).post(
        "/api/me/organization/", f'{{"organization": "{text}"}}', content_type=JSON
    )

    assert response.status_code == 400
    assert response.json().keys() == {"organization"}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400, "0.1e-400", "1E+999999999"])
@pytest.mark.parametrize("field", ["price", "item", "quantity"])
def test_huge_numbers_are_rejected(admin_client: APIClient, field: str, number: str) -> None:
    if field == "price":
        url, body = "/api/items/", f'{{"sku": "A", "description": "A", "price": {number}}}'
    else:
        line = {"item": str(DESK_ID), "quantity": "1", field: number}
        lines = ", ".join(f'"{key}": {value}' for key, value in line.items())
        url, body = "/api/orders/", f'{{"lines": [{{{lines}}}]}}'

    assert admin_client.post(url, body, content_type=JSON).status_code == 400


@pytest.mark.parametrize("number", ["1_0", "\u0661\u0660"])
@pytest.mark.parametrize("field", ["price", "item", "quantity"])
def test_numbers_that_only_python_accepts_are_rejected(
    admin_client: APIClient, field: str, number: str
) -> None:
    if field == "price":
        body: Any = {"sku": "A", "description": "A", "price": number}
        assert admin_client.post("/api/items/", body).json().keys() == {"price"}
    else:
        line = {"item": DESK_ID, "quantity": 1, field: number}
        response: Any = admin_client.post("/api/orders/", {"lines": [line]})
        assert field in response.json()["lines"]["0"]


@pytest.mark.parametrize("bound", ["-1e1000000", "1e-1000000", "NaN", "1.001", "10000000000000"])
@pytest.mark.parametrize("name", ["price_min", "price_max"])
def test_an_invalid_price_in_a_filter_is_rejected(
    admin_client: APIClient, name: str, bound: str
) -> None:
    response = admin_client.get("/api/items/", {name: bound})

    assert response.status_code == 400
    assert name in response.json()


def test_a_search_for_nul_is_an_error_of_the_search(admin_client: APIClient) -> None:
    response = admin_client.get("/api/items/", {"search": "\0"})

    assert response.status_code == 400
    assert response.json() == {"search": ["Null characters are not allowed."]}


def test_an_error_of_no_field_has_detail_and_code() -> None:
    response = exception_handler(ValidationError(["This is wrong."]), {})

    assert response is not None
    assert response.status_code == 400
    assert response.data == {"detail": "This is wrong.", "code": "invalid"}
