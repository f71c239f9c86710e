"""The log line of each request, events of an app, and the console format."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings as service
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings
from structlog.contextvars import bind_contextvars
from structlog.stdlib import ProcessorFormatter

from config.urls import handler404, handler500  # noqa: F401 (Django looks for them here)
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.api.conftest import Lines
from tests.conftest import ClientOf, SessionOf

pytestmark = pytest.mark.urls(__name__)

logger: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def order(request: HttpRequest) -> HttpResponse:
    bind_contextvars(basket=3)
    logger.info("order_placed", order=7)
    return HttpResponse()


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [
    path("api/order/", order),
    path("api/fail/", fail),
    path("", include("config.urls")),
]


@pytest.fixture(autouse=True)
def request_lines(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The settings of LOG_REQUESTS=true."""
    settings.LOG_REQUESTS = True
    caplog.set_level(logging.ERROR, "django.request")


class TestRequestLine:
    def test_has_user_path_status_and_time(
        self, lines: Lines, client_of: ClientOf, bob: User
    ) -> None:
        response: Any = client_of(bob).get("/api/items/")

        line = lines.only()
        assert line.pop("timestamp").endswith("Z")
        assert 0 < line.pop("milliseconds") < 60_000
        assert line == {
            "event": "request",
            "logger": "api.request",
            "level": "info",
            "method": "GET",
            "path": "/api/items/",
            "status_code": 200,
            "schema": "acme",
            "user": bob.pk,
            "request_id": response["X-Request-ID"],
        }

    @pytest.mark.parametrize(("url", "status"), [("/api/items/0/", 404), ("/api/nothing/", 404)])
    def test_is_the_only_line_of_a_client_error(
        self, lines: Lines, client_of: ClientOf, bob: User, url: str, status: int
    ) -> None:
        client_of(bob).get(url)

        line = lines.only()
        assert (line["level"], line["status_code"]) == ("warning", status)
        assert (line["schema"], line["user"]) == ("acme", bob.pk)

    def test_follows_the_traceback_of_a_server_error(
        self, lines: Lines, client_of: ClientOf, bob: User
    ) -> None:
        client = client_of(bob)
        client.raise_request_exception = False

        client.get("/api/fail/")

        trace, line = lines.read()
        assert "on purpose" in trace["exception"]
        assert (line["event"], line["level"]) == ("request", "error")
        for name in ("status_code", "schema", "user", "request_id"):
            assert line[name] == trace[name]

    def test_names_staff_in_the_admin(
        self, lines: Lines, session_of: SessionOf, stella: User
    ) -> None:
        session_of(stella).get("/admin/")

        assert lines.of("api.request")[0]["user"] == stella.pk

    @pytest.mark.parametrize("probe", ["/healthz", "/readyz"])
    def test_is_not_written_for_probes(
        self, lines: Lines, client: Client, db: None, probe: str
    ) -> None:
        assert client.get(probe)["X-Request-ID"]
        assert lines.read() == []

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("log_requests", [True, False])
    def test_does_not_have_the_secret_of_a_link(
        self,
        lines: Lines,
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
        method: str,
        *,
        log_requests: bool,
    ) -> None:
        settings.LOG_REQUESTS = log_requests
        caplog.set_level(logging.WARNING, "django.request")

        getattr(Client(enforce_csrf_checks=True), method)("/invitations/hush-hush/nothing/")

        assert "hush-hush" not in lines.stream.getvalue()
        assert "/invitations/***" in lines.stream.getvalue()

    def test_has_the_path_of_a_row_with_a_similar_url(self, lines: Lines, client: Client) -> None:
        client.get("/api/invitations/5/resend/")

        assert lines.of("api.request")[0]["path"] == "/api/invitations/5/resend/"

    def test_is_not_written_without_the_setting(
        self, lines: Lines, settings: Settings, client_of: ClientOf, bob: User
    ) -> None:
        settings.LOG_REQUESTS = False

        client_of(bob).get("/api/items/")

        assert lines.read() == []


class TestEvents:
    def test_have_schema_user_and_request_id(
        self, lines: Lines, client_of: ClientOf, bob: User
    ) -> None:
        response: Any = client_of(bob).get("/api/order/")

        (line,) = lines.of(__name__)
        assert (line["event"], line["order"], line["level"]) == ("order_placed", 7, "info")
        assert (line["schema"], line["user"]) == ("acme", bob.pk)
        assert line["request_id"] == response["X-Request-ID"]

    def test_can_add_a_value_to_all_lines_of_the_request(
        self, lines: Lines, client_of: ClientOf, bob: User
    ) -> None:
        client = client_of(bob)
        client.get("/api/order/")
        client.get("/api/items/")

        assert [line.get("basket") for line in lines.read()] == [3, 3, None]

    def test_cannot_name_another_organization_than_the_active_one(self, lines: Lines) -> None:
        with tenant_context("acme"):
            logger.info("moved", schema="globex")

        assert lines.only()["schema"] == "acme"

    def test_have_a_message_s_arguments_and_an_error_s_traceback(self, lines: Lines) -> None:
        try:
            raise RuntimeError("on purpose")  # noqa: TRY301
        except RuntimeError:
            logger.exception("failed %s times", 2)

        line = lines.only()
        assert (line["event"], line["level"]) == ("failed 2 times", "error")
        assert "RuntimeError: on purpose" in line["exception"]

    def test_can_contain_values_that_json_cannot(self, lines: Lines) -> None:
        logger.info("odd", value=object(), nothing=None, words={"b"})

        assert lines.only()["value"].startswith("<object")

    def test_below_the_logger_s_level_are_not_written(self, lines: Lines) -> None:
        logger.debug("chatter")

        assert lines.read() == []


class TestConsoleLines:
    @pytest.fixture
    def written(self, handler: "logging.StreamHandler[Any]") -> Iterator[io.StringIO]:
        written = io.StringIO()
        formatters: Any = service.LOGGING["formatters"]
        stream, formatter = handler.setStream(written), handler.formatter
        handler.setFormatter(ProcessorFormatter(processors=formatters["line"]["processors"]))
        yield written
        handler.setFormatter(formatter)
        handler.setStream(stream)

    def test_have_the_same_values(self, written: io.StringIO) -> None:
        with tenant_context("acme"):
            logger.info("order_placed", order=7)

        line = written.getvalue()
        assert line.count("\n") == 1
        for part in ("order_placed", "order=7", "schema=acme", "info", __name__):
            assert part in line

    @pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\v", "\x85", "\u2028"])
    def test_cannot_be_forged_by_line_breaks(self, written: io.StringIO, break_: str) -> None:
        forged = f"x{break_}2026-11-24T10:31:26.666Z [warning] forged"

        logging.getLogger(__name__).error(forged, exc_info=RuntimeError(forged))
        logger.info(forged, value=forged)

        begun = [line for line in written.getvalue().splitlines() if line[0] != " "]
        assert [line[:2] for line in begun] == ["20", "20"]

    def test_show_no_local_variables(self, written: io.StringIO) -> None:
        def sign_in(password: str) -> None:
            raise RuntimeError("failed")

        try:
            sign_in("hush" + "-hush")
        except RuntimeError:
            logger.exception("failed")

        assert "RuntimeError: failed" in written.getvalue()
        assert "hush-hush" not in written.getvalue()
