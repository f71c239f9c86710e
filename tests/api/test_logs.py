"""Log lines have schema, user and request id, never those of another request."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.test import AsyncClient, Client
from django.urls import path
from pytest_django import Settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from structlog.contextvars import bind_contextvars

from config.urls import handler400, handler404, handler500  # noqa: F401 (Django looks for them)
from config.urls import urlpatterns as service
from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from tenantry.context import active_schema, tenant_context
from tenantry.postgres.logs import log_if_slow
from tests.api.conftest import Lines
from tests.conftest import ClientOf, InThread, SessionOf

pytestmark = pytest.mark.urls(__name__)

logger = logging.getLogger(__name__)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def warn(request: HttpRequest) -> HttpResponse:
    logger.warning("of %s", active_schema())
    return HttpResponse()


def sleep(request: HttpRequest) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    raise AssertionError


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for part in ("a", "b"):
            logger.warning("part %s", part)
            yield part

    return StreamingHttpResponse(parts())


async def echo(request: HttpRequest) -> StreamingHttpResponse:
    """Log the request's id in the view, in a thread and in the streamed body."""
    given = request.headers["X-Request-ID"]

    async def parts() -> AsyncIterator[str]:
        for _ in range(3):
            logger.warning(given)
            await asyncio.sleep(0)
            yield given

    logger.warning(given)
    await asyncio.sleep(0)
    await sync_to_async(logger.warning)(given)
    return StreamingHttpResponse(parts())


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
    path("api/warn/", warn),
    path("api/sleep/", sleep),
    path("api/stream/", stream),
    path("accounts/echo/", echo),  # Needs no sign-in and no query.
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


def test_a_line_of_a_streamed_response_has_schema_and_id(
    lines: Lines, session_of: SessionOf, bob: User
) -> None:
    response: Any = session_of(bob).get("/api/stream/", headers={"X-Request-ID": "mine"})
    assert b"".join(response.streaming_content) == b"ab"

    assert {(line["schema"], line["request_id"]) for line in lines.read()} == {("acme", "mine")}
    assert [line["event"] for line in lines.of(__name__)] == ["part a", "part b"]


def test_a_line_after_a_request_has_nothing_of_it(
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


def test_a_new_thread_does_not_inherit_the_schema(lines: Lines, in_thread: InThread) -> None:
    with tenant_context("acme"):
        in_thread(lambda: logger.warning("without a schema")).result()

    assert "schema" not in lines.only()


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\v", "\x85", "\u2028"])
def test_a_value_with_a_line_break_cannot_forge_a_line(lines: Lines, break_: str) -> None:
    forged = "2026-11-24 10:31:26,666 WARNING globex 1 django.request: forged"

    with tenant_context("acme"):
        error = RuntimeError(f"of acme{break_}{forged}")
        logger.error("named %s", f"x{break_}{forged}", exc_info=error)

    assert lines.only()["schema"] == "acme"
    assert lines.stream.getvalue().count(forged) == 2


def test_threads_log_their_own_schema(lines: Lines) -> None:
    def work(tenant: str) -> None:
        for _ in range(50):
            with tenant_context(tenant):
                logger.warning(tenant)
            logger.warning("none")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, ("acme", "globex") * 2))

    assert len(lines.read()) == 400
    assert all(line.get("schema", "none") == line["event"] for line in lines.read())


def test_concurrent_async_requests_log_their_own_id(lines: Lines) -> None:
    async def ask(number: int) -> None:
        header = {"X-Request-ID": f"request-{number}"}
        response: Any = await AsyncClient().get("/accounts/echo/", headers=header)
        assert len([part async for part in response.streaming_content]) == 3

    async def ask_together() -> None:
        await asyncio.gather(*map(ask, range(20)))

    asyncio.run(ask_together())

    assert len(lines.of(__name__)) == 100
    assert all(line["request_id"] == line["event"] for line in lines.of(__name__))


def test_asyncio_tasks_log_their_own_schema(lines: Lines) -> None:
    async def work(tenant: str) -> None:
        with tenant_context(tenant):
            for _ in range(20):
                logger.warning(tenant)
                await asyncio.sleep(0)
                await sync_to_async(logger.warning)(tenant)
                await asyncio.to_thread(logger.warning, tenant)

    async def work_together() -> None:
        await asyncio.gather(*map(work, ("acme", "globex") * 3))

    asyncio.run(work_together())

    assert len(lines.read()) == 360
    assert all(line["schema"] == line["event"] for line in lines.read())


class TestLineContents:
    def test_text_of_a_caller_stays_on_one_line(self, lines: Lines) -> None:
        logger.warning("a\nb\u2028c \x1b[2J %s", '"}')

        assert len(lines.stream.getvalue().splitlines()) == 1
        assert lines.only()["event"] == 'a\nb\u2028c \x1b[2J "}'

    def test_an_error_has_traceback_and_status_on_one_line(
        self, lines: Lines, client_of: ClientOf, bob: User
    ) -> None:
        client = client_of(bob)
        client.raise_request_exception = False

        client.get("/api/fail/")

        (line,) = lines.of("django.request")
        assert "RuntimeError: on purpose" in line["exception"]
        assert (line["status_code"], line["level"]) == (500, "error")

    def test_logging_the_user_costs_no_query(
        self, lines: Lines, session_of: SessionOf, stella: User, django_assert_num_queries: Any
    ) -> None:
        client = session_of(stella)
        with django_assert_num_queries(0):
            client.get("/accounts/echo-nothing/")

        assert "user" not in lines.only()

    def test_no_secret_of_a_caller_is_logged(
        self,
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


class TestSlowStatements:
    @pytest.fixture
    def wrapper(self, db: None) -> Iterator[Any]:
        slow = connection.copy()
        slow.settings_dict["SLOW_STATEMENT"] = 20
        yield slow
        slow.close()

    def test_a_slow_one_is_logged_with_schema_and_without_values(
        self, lines: Lines, wrapper: Any
    ) -> None:
        with tenant_context("acme"), wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s), %s", [0.03, "hush-hush"])

        line = lines.only()
        assert (line["schema"], line["logger"]) == ("acme", "tenancy.slow")
        assert line["event"].endswith("ms: SELECT pg_sleep(%s), %s")
        assert line["milliseconds"] >= 30

    def test_a_slow_one_that_fails_is_logged(self, lines: Lines, wrapper: Any) -> None:
        fails = "DO $$ BEGIN PERFORM pg_sleep(0.03); RAISE division_by_zero; END $$"
        with pytest.raises(DatabaseError), wrapper.cursor() as cursor:
            cursor.execute(fails)

        assert lines.only()["level"] == "warning"

    def test_a_quick_one_is_not_logged(self, lines: Lines, wrapper: Any) -> None:
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT 1")

        assert lines.read() == []

    def test_every_connection_logs_slow_statements(self, db: None) -> None:
        assert log_if_slow in connection.execute_wrappers


@pytest.mark.parametrize(
    ("line", "status", "shown"),
    [
        ("GET /static/tenantry/site.css HTTP/1.1", "200", False),
        ("GET /static/tenantry/site.css HTTP/1.1", "304", False),
        ("GET /static/tenantry/lost.css HTTP/1.1", "404", True),
        ("GET /healthz HTTP/1.1", "200", False),
        ("GET /items/ HTTP/1.1", "200", True),
        ("", "200", True),
    ],
)
def test_the_development_server_prints_no_lines_for_static_files_and_probes(
    caplog: pytest.LogCaptureFixture, line: str, status: str, shown: bool
) -> None:
    logger = logging.getLogger("django.server")
    logger.addHandler(caplog.handler)
    try:
        logger.warning('"%s" %s %s', line, status, "-")
    finally:
        logger.removeHandler(caplog.handler)

    assert (line in caplog.text) == shown
