"""Log lines have schema, user and request id, never those of another request."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from structlog.contextvars import bind_contextvars

from config.urls import handler400, handler404, handler500  # noqa: F401 (Django looks for them)
from config.urls import urlpatterns as service
from shared_apps.users.models import User
from tenantry.context import active_schema, tenant_context
from tests.api.conftest import Lines
from tests.conftest import ClientOf, SessionOf

pytestmark = pytest.mark.urls(__name__)

logger = logging.getLogger(__name__)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def warn(request: HttpRequest) -> HttpResponse:
    logger.warning("of %s", active_schema())
    return HttpResponse()


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for part in ("a", "b"):
            logger.warning("part %s", part)
            yield part

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("api/fail/", fail),
    path("api/warn/", warn),
    path("api/stream/", stream),
    *service,
]


def test_a_line_has_the_active_schema(lines: Lines) -> None:
    with tenant_context("acme"):
        logger.warning("inside")
    logger.warning("outside")

    assert [(line.get("schema"), line["event"]) for line in lines.read()] == [
        ("acme", "inside"),
        (None, "outside"),
    ]


def test_a_line_in_a_request_has_its_id_and_user(
    lines: Lines, client_of: ClientOf, bob: User
) -> None:
    response: Any = client_of(bob).get("/api/warn/")

    (line,) = lines.of(__name__)
    assert (line["schema"], line["event"]) == ("acme", "of acme")
    assert (line["request_id"], line["user"]) == (response["X-Request-ID"], bob.pk)


def test_a_line_of_a_streamed_response_has_schema_and_id(
    lines: Lines, session_of: SessionOf, bob: User
) -> None:
    response: Any = session_of(bob).get("/api/stream/", headers={"X-Request-ID": "mine"})
    assert b"".join(response.streaming_content) == b"ab"

    assert {(line["schema"], line["request_id"]) for line in lines.read()} == {("acme", "mine")}
    assert [line["event"] for line in lines.of(__name__)] == ["part a", "part b"]


def test_a_line_after_a_request_has_no_value_of_the_request(
    lines: Lines, client_of: ClientOf, bob: User
) -> None:
    client_of(bob).get("/api/warn/")
    client_of(bob).get("/api/stream/").close()
    logger.warning("after")

    line = lines.read()[-1]
    assert line.keys() == {"event", "logger", "level", "timestamp"}
    assert line["event"] == "after"


def test_a_request_clears_the_values_of_one_that_crashed(
    lines: Lines, client: Client, db: None
) -> None:
    """A request that crashed sends no request_finished signal."""
    bind_contextvars(user=7, schema="globex", order=1)

    client.get("/accounts/nothing/")

    assert not {"schema", "user", "order"} & lines.only().keys()


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\v", "\x85", "\u2028"])
def test_a_value_with_a_line_break_cannot_forge_a_line(lines: Lines, break_: str) -> None:
    forged = "2026-11-24 10:31:26,666 WARNING globex 1 django.request: forged"

    with tenant_context("acme"):
        error = RuntimeError(f"of acme{break_}{forged}")
        logger.error("named %s", f"x{break_}{forged}", exc_info=error)

    assert lines.only()["schema"] == "acme"
    assert lines.stream.getvalue().count(forged) == 2


def test_text_of_a_caller_stays_on_one_line(lines: Lines) -> None:
    logger.warning("a\nb\u2028c \x1b[2J %s", '"}')

    assert len(lines.stream.getvalue().splitlines()) == 1
    assert lines.only()["event"] == 'a\nb\u2028c \x1b[2J "}'


def test_logging_the_user_costs_no_query(
    lines: Lines, session_of: SessionOf, stella: User, django_assert_num_queries: Any
) -> None:
    client = session_of(stella)
    with django_assert_num_queries(0):
        client.get("/accounts/echo-nothing/")

    assert "user" not in lines.only()


def test_no_secret_of_a_caller_is_logged(
    lines: Lines,
    client_of: ClientOf,
    session_of: SessionOf,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "LOG_REQUESTS", True)
    client, browser = client_of(bob), session_of(bob)
    client.raise_request_exception = browser.raise_request_exception = False
    token = client._credentials["HTTP_AUTHORIZATION"].split()[1]  # type: ignore[attr-defined]
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value

    for each in (client, browser):
        each.get("/api/fail/?password=hush-hush")
        each.post("/api/nothing/", {"password": "hush-hush"})
    client.post("/api/auth/token/", {"email": bob.email, "password": "hush-hush"})
    Client().get("/api/items/", headers={"Authorization": "Token hush-hush"})

    written = lines.stream.getvalue()
    assert len(lines.of("api.request")) == len(lines.of("django.request")) == 6
    for secret in (token, session, "hush-hush", settings.SECRET_KEY, bob.password):
        assert secret not in written
