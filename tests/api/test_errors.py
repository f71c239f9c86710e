"""Errors are {"detail", "code"} for any input; no input makes the service fail."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.test import APIClient

from config.urls import (  # noqa: F401 (Django looks for them here)
    handler400,
    handler403,
    handler404,
    handler500,
)
from shared_apps.core.errors import DomainError
from shared_apps.core.pages import error_response
from shared_apps.users.models import User
from tests.conftest import ClientOf, SessionOf
from tests.items.fixtures import DESK_ID

JSON = "application/json"

# Every endpoint that reads a body.
BODIES = (
    "/api/auth/token/",
    "/api/items/",
    "/api/orders/",
)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the server")


def fail_with(request: HttpRequest, status: int) -> HttpResponse:
    errors: dict[int, Exception] = {
        400: SuspiciousOperation(),
        403: PermissionDenied(),
        404: Http404(),
        500: RuntimeError(),
    }
    if status in errors:
        raise errors[status]
    return error_response(request, DomainError("x", "No.", HTTPStatus(status)))


urlpatterns = [
    path("", include("config.urls")),
    path("accounts/fail", fail),
    path("accounts/fail/<int:status>", fail_with),
]


@pytest.fixture
def admin(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


def assert_error(response: Any, status: int = 400) -> None:
    assert response.status_code == status, response.content
    body = response.json()
    assert body.keys() == {"detail", "code"}
    assert all(isinstance(word, str) and word for word in body.values())


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"nonsense",
        b'{"sku": "a",}',
        b'{"sku": NaN}',
        b'{"sku": Infinity}',
        b"{'sku': 1}",
        b'\xff\xfe{"sku": 1}',
        b'{"sku": "\xe9"}',
        b'{"sku": "\xed\xa0\x80"}',
        b'{"sku": "a\0b"}',
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"lines":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"price": ' + b"9" * 5000 + b"}",
        '{"sku": "\u00e9"}'.encode("utf-16"),
    ],
    ids=[
        "cut off",
        "empty",
        "not JSON",
        "a comma too many",
        "NaN",
        "Infinity",
        "single quotes",
        "a UTF-16 byte order mark",
        "Latin-1",
        "a surrogate in UTF-8",
        "a NUL byte",
        "only a NUL byte",
        "deep lists",
        "deep objects",
        "deep lists that end",
        "deep lists where lines belong",
        "a number of 5000 digits",
        "UTF-16",
    ],
)
def test_a_body_that_is_not_json_is_rejected(admin: APIClient, url: str, body: bytes) -> None:
    response: Any = admin.post(url, body, content_type=JSON)

    if body == b"":
        assert response.status_code == 400
    else:
        assert_error(response)


@pytest.mark.parametrize("charset", ["utf-16", "base64", "rot13", "nonsense", "latin-1"])
def test_json_is_read_as_utf_8_with_any_charset_in_the_header(
    admin: APIClient, charset: str
) -> None:
    item = {"sku": "A", "description": "\u00c4pfel", "price": "1"}
    body = json.dumps(item, ensure_ascii=False).encode()

    response: Any = admin.post("/api/items/", body, content_type=f"{JSON}; charset={charset}")

    assert response.status_code == 201
    assert response.json()["description"] == "\u00c4pfel"


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
    admin: APIClient, url: str, field: str, text: str
) -> None:
    good = {"sku": "A", "description": "A", "price": "1", "email": "a@b.example", "password": "x"}
    body = json.dumps({**good, field: "TEXT"}).replace("TEXT", text)

    response: Any = admin.post(url, body, content_type=JSON)

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
def test_huge_numbers_are_rejected(admin: APIClient, field: str, number: str) -> None:
    if field == "price":
        url, body = "/api/items/", f'{{"sku": "A", "description": "A", "price": {number}}}'
    else:
        line = {"item": str(DESK_ID), "quantity": "1", field: number}
        lines = ", ".join(f'"{key}": {value}' for key, value in line.items())
        url, body = "/api/orders/", f'{{"lines": [{{{lines}}}]}}'

    assert admin.post(url, body, content_type=JSON).status_code == 400


@pytest.mark.parametrize("number", ["1_0", "\u0661\u0660"])
@pytest.mark.parametrize("field", ["price", "item", "quantity"])
def test_numbers_that_only_python_accepts_are_rejected(
    admin: APIClient, field: str, number: str
) -> None:
    if field == "price":
        body: Any = {"sku": "A", "description": "A", "price": number}
        assert admin.post("/api/items/", body).json().keys() == {"price"}
    else:
        line = {"item": DESK_ID, "quantity": 1, field: number}
        answer: Any = admin.post("/api/orders/", {"lines": [line]})
        assert field in answer.json()["lines"]["0"]


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/octet-stream", "nonsense", "text/html"],
)
def test_an_unknown_content_type_is_rejected(admin: APIClient, url: str, content_type: str) -> None:
    response: Any = admin.post(url, b"{}", content_type=content_type)

    assert_error(response, 415)


@pytest.mark.parametrize("url", BODIES)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"sku=1"),
        ("multipart/form-data; boundary=", b"--x"),
        ("multipart/form-data; boundary=\xc3\xa9", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
    ],
    ids=["no boundary", "an empty boundary", "a boundary that is not ASCII", "no part"],
)
def test_a_broken_form_is_rejected(
    admin: APIClient, url: str, content_type: str, body: bytes
) -> None:
    response: Any = admin.post(url, body, content_type=content_type)

    assert response.status_code == 400, response.content
    assert response.json()


@pytest.mark.parametrize("url", ["/api/items/", "/api/auth/token/"])
def test_a_form_is_read_like_json(admin: APIClient, bob: User, url: str) -> None:
    form = {"sku": "A", "description": "A", "price": "1", "email": bob.email, "password": "x"}

    assert admin.post(url, form, format="multipart").status_code in (201, 400)
    assert_error(admin.post("/api/auth/token/", form, format="multipart"))


@pytest.mark.parametrize("accept", ["application/xml", "text/csv", "image/png"])
def test_an_unknown_response_type_is_rejected(admin: APIClient, accept: str) -> None:
    assert_error(admin.get("/api/items/", headers={"Accept": accept}), 406)


def test_an_unknown_format_is_not_found(admin: APIClient) -> None:
    assert_error(admin.get("/api/items/?format=xml"), 404)


@pytest.mark.parametrize(
    "url", ["/api/nothing/", "/api/items/1/2/", "/api/orders/1/refund/", "/api/v2/", "/api/%00"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_path_is_not_found(admin: APIClient, url: str, method: str) -> None:
    assert_error(getattr(admin, method)(url), 404)


def test_an_unknown_path_outside_the_api_is_not_found(session_of: SessionOf, bob: User) -> None:
    assert_error(session_of(bob).get("/nothing-here/"), 404)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("get", "/api/auth/token/"),
        ("get", "/api/auth/logout/"),
        ("get", "/api/me/organization/"),
        ("post", "/api/me/"),
        ("delete", "/api/items/"),
        ("put", "/api/orders/"),
        ("post", "/api/orders/priced/"),
        ("trace", "/api/items/"),
    ],
)
def test_a_method_that_is_none_is_not_allowed(admin: APIClient, method: str, url: str) -> None:
    response = admin.generic(method.upper(), url)

    assert_error(response, 405)
    assert response["Allow"]


ERROR_PAGES = {
    400: "Bad request.",
    403: "Not allowed.",
    404: "Not found.",
    409: "Reload this page",
    500: "We have logged it.",
    503: "Try again in a moment.",
}


class TestPagesOfErrors:
    @pytest.mark.urls(__name__)
    @pytest.mark.parametrize("status", ERROR_PAGES)
    def test_each_status_has_its_own_page_with_the_site_s_style(
        self, db: None, status: int
    ) -> None:
        client = APIClient(raise_request_exception=False)

        response: Any = client.get(f"/accounts/fail/{status}", headers={"Accept": "text/html"})

        assert response.status_code == status
        assert [s for s, words in ERROR_PAGES.items() if words in response.text] == [status]
        assert "tenantry/site.css" in response.text

    @pytest.mark.parametrize(
        ("url", "status", "words"),
        [
            ("/api/items/", 401, "Sign in first."),
            ("/api/nothing-here/", 401, "Sign in first."),
        ],
    )
    def test_middleware_answers_with_a_page(
        self, api_client: APIClient, db: None, url: str, status: int, words: str
    ) -> None:
        response: Any = api_client.get(url, headers={"Accept": "text/html"})

        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")
        assert words in response.text
        assert f"/accounts/login/?next={url}" in response.text

    @pytest.mark.parametrize(
        "url",
        ["/api/", "/api/me/", "/api/items/", "/api/orders/", "/api/orders/priced/"],
    )
    @pytest.mark.parametrize("person", ["bob", "alice"])
    def test_the_api_can_be_browsed(
        self, session_of: SessionOf, request: pytest.FixtureRequest, url: str, person: str
    ) -> None:
        client = session_of(request.getfixturevalue(person))

        response: Any = client.get(url, headers={"Accept": "text/html,*/*;q=0.8"})

        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/html")

    @pytest.mark.parametrize(
        "url", ["/api/auth/token/", "/api/auth/logout/", "/api/me/organization/"]
    )
    def test_endpoints_that_only_write_can_be_browsed(
        self, session_of: SessionOf, bob: User, url: str
    ) -> None:
        response = session_of(bob).get(url, headers={"Accept": "text/html"})

        assert response.status_code == 405
        assert response["Content-Type"].startswith("text/html")

    @pytest.mark.parametrize("what", ["items", "orders"])
    @pytest.mark.parametrize("person", ["bob", "alice"])
    def test_one_item_or_order_can_be_browsed(
        self, session_of: SessionOf, request: pytest.FixtureRequest, what: str, person: str
    ) -> None:
        user, desk = request.getfixturevalue(person), request.getfixturevalue("desk")
        pk = desk.pk if what == "items" else request.getfixturevalue("place")(user, desk).pk

        response = session_of(user).get(f"/api/{what}/{pk}/", headers={"Accept": "text/html"})

        assert response.status_code == 200

    def test_markup_in_a_name_is_escaped(self, session_of: SessionOf, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(name="<script>alert(1)</script>")

        response: Any = session_of(bob).get("/api/me/", headers={"Accept": "text/html"})

        assert "<script>alert" not in response.text


@pytest.mark.urls(__name__)
class TestServerErrors:
    def test_show_no_details_of_the_server(self, db: None) -> None:
        client = APIClient(raise_request_exception=False)

        response: Any = client.get("/accounts/fail")

        assert_error(response, 500)
        assert "secret" not in response.text
        assert response["X-Request-ID"]


class TestRequestId:
    @pytest.mark.parametrize(
        ("url", "status"),
        [("/healthz", 200), ("/", 200), ("/api/items/", 401), ("/api/auth/token/", 405)],
    )
    def test_is_in_the_header_of_every_response(
        self, api_client: APIClient, db: None, url: str, status: int
    ) -> None:
        first: Any = api_client.get(url)
        second = api_client.get(url)

        assert first.status_code == status
        assert first["X-Request-ID"] != second["X-Request-ID"]
        assert first["X-Request-ID"] not in first.text

    def test_is_the_one_that_the_caller_sent(self, api_client: APIClient) -> None:
        response = api_client.get("/healthz", headers={"X-Request-ID": "Order-17.b_2"})

        assert response["X-Request-ID"] == "Order-17.b_2"

    @pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<b>", "é", "a,b", "a\tb"])
    def test_replaces_an_invalid_one(self, api_client: APIClient, given: str) -> None:
        response = api_client.get("/healthz", headers={"X-Request-ID": given})

        assert response["X-Request-ID"] != given
        assert len(response["X-Request-ID"]) == 32


def test_a_post_without_the_last_slash_is_404_and_not_a_csrf_error(
    client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    client.handler.enforce_csrf_checks = True

    assert_error(client.post("/api/items", {}), 404)


def test_an_error_of_no_field_has_detail_and_code(admin: APIClient) -> None:
    assert_error(admin.get("/api/items/", {"search": "\0"}))


@pytest.mark.parametrize("bound", ["-1e1000000", "1e-1000000", "NaN", "1.001", "10000000000000"])
@pytest.mark.parametrize("name", ["price_min", "price_max"])
def test_an_invalid_price_in_a_filter_is_rejected(admin: APIClient, name: str, bound: str) -> None:
    response = admin.get("/api/items/", {name: bound})

    assert response.status_code == 400
    assert name in response.json()
