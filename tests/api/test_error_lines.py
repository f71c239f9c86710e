"""The log lines of errors: one line each, with schema, user and request id."""

from typing import Any, cast

import pytest
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.test import Client
from django.urls import path
from pytest_django import Settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import handler400, handler404, handler500  # noqa: F401 (Django looks for them)
from config.urls import urlpatterns as service
from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from tests.api.conftest import Lines
from tests.conftest import ClientOf, SessionOf

pytestmark = pytest.mark.urls(__name__)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def sleep(request: HttpRequest) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    raise AssertionError


CLIENT_ERRORS: dict[str, tuple[Exception, int]] = {
    "forbidden": (PermissionDenied("no"), 403),
    "absent": (Http404("no"), 404),
    "suspicious": (SuspiciousOperation("no"), 400),
    "bad": (BadRequest("no"), 400),
    "unreadable": (MultiPartParserError("no"), 400),
    "too large": (RequestDataTooBig("no"), 413),
    "too many fields": (TooManyFieldsSent("no"), 400),
    "conflict": (DomainError("conflict", "no"), 409),
}


def raise_client_error(request: HttpRequest, why: str) -> HttpResponse:
    raise CLIENT_ERRORS[why][0]


class FailingView(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, why: str) -> Response:
        raise CLIENT_ERRORS[why][0]


urlpatterns = [
    path("accounts/error/<why>/", raise_client_error),
    path("api/auth/error/<why>/", FailingView.as_view()),
    path("api/fail/", fail),
    path("api/sleep/", sleep),
    *service,
]


@pytest.mark.parametrize(
    ("url", "status"), [("/api/items/0/", 404), ("/api/nothing/", 404), ("/api/fail/", 500)]
)
def test_django_s_lines_about_errors_have_schema_and_user(
    lines: Lines, client_of: ClientOf, bob: User, url: str, status: int
) -> None:
    client = client_of(bob)
    client.raise_request_exception = False

    response: Any = client.get(url)

    assert response.status_code == status
    line = lines.only()
    assert (line["schema"], line["request_id"]) == ("acme", response["X-Request-ID"])
    assert (line["user"], line["logger"]) == (bob.pk, "django.request")


@pytest.mark.parametrize("url", ["/accounts/error/", "/api/auth/error/"])
@pytest.mark.parametrize("why", CLIENT_ERRORS)
def test_a_client_error_is_one_line_without_a_traceback(
    lines: Lines, client: Client, url: str, why: str
) -> None:
    status = client.get(f"{url}{why}/").status_code

    assert status == CLIENT_ERRORS[why][1]
    line = lines.only()
    assert line["status_code"] == status
    assert "exception" not in line
    assert lines.stream.getvalue().count("\n") == 1


def test_a_page_denied_to_staff_is_one_line(
    lines: Lines, session_of: SessionOf, stella: User
) -> None:
    session_of(stella).get("/admin/tenantry_users/user/")

    line = lines.only()
    assert (line["status_code"], line["user"]) == (403, stella.pk)
    assert "exception" not in line


def test_a_statement_timeout_is_503_and_logged_with_schema_and_user(
    lines: Lines, client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    client.raise_request_exception = False

    with cast("Any", connection).override_parameters(statement_timeout="50"):
        response: Any = client.get("/api/sleep/")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["code"] == "unavailable"
    line = lines.only()
    assert (line["schema"], line["user"], line["status_code"]) == ("acme", bob.pk, 503)
    assert line["request_id"] == response["X-Request-ID"]
    assert "statement timeout" in line["exception"]


def test_a_throttled_request_is_logged_with_schema_and_user(
    lines: Lines, client_of: ClientOf, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "user": 1}
    client = client_of(bob)
    client.get("/api/items/")

    assert client.get("/api/items/").status_code == 429

    line = lines.only()
    assert (line["schema"], line["user"], line["status_code"]) == ("acme", bob.pk, 429)


def test_an_anonymous_request_is_logged_without_schema_and_user(
    lines: Lines, client: Client, db: None
) -> None:
    response = client.get("/api/items/")

    line = lines.only()
    assert line["request_id"] == response["X-Request-ID"]
    assert not {"schema", "user"} & line.keys()


def test_an_error_has_traceback_and_status_on_one_line(
    lines: Lines, client_of: ClientOf, bob: User
) -> None:
    client = client_of(bob)
    client.raise_request_exception = False

    client.get("/api/fail/")

    (line,) = lines.of("django.request")
    assert "RuntimeError: on purpose" in line["exception"]
    assert (line["status_code"], line["level"]) == (500, "error")
