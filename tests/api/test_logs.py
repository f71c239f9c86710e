"""Log lines: each says whose it is and of which request, and nobody's data is in another's."""

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import path

from config.urls import handler404, handler500  # noqa: F401 (Django looks for them here)
from config.urls import urlpatterns as service
from shared_apps.tenancy.context import active_schema, tenant_context
from shared_apps.users.models import User
from tests.conftest import ClientOf, InThread, SessionOf

pytestmark = pytest.mark.urls(__name__)

logger = logging.getLogger(__name__)

LINE = re.compile(
    r"[\d-]+ [\d:,]+ (?P<level>\w+) (?P<schema>\S+) (?P<id>\S+) (?P<name>\S+): (?P<text>.*)"
)

Line = dict[str, str]


class Lines:
    """What the service's own handler writes."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def read(self) -> list[Line]:
        found = [LINE.fullmatch(line) for line in self.stream.getvalue().splitlines()]
        return [match.groupdict() for match in found if match]

    def only(self) -> Line:
        (line,) = self.read()
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    (handler,) = (each for each in logging.getLogger("django").handlers if each.filters)
    assert isinstance(handler, logging.StreamHandler)
    assert handler in logging.getLogger().handlers
    lines = Lines()
    before = handler.setStream(lines.stream)
    yield lines
    handler.setStream(before)


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


async def echo(request: HttpRequest) -> StreamingHttpResponse:
    """Log the id that the request came with: in the view, in a thread, in the body."""
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


urlpatterns = [
    path("api/fail/", fail),
    path("api/warn/", warn),
    path("api/stream/", stream),
    path("accounts/echo/", echo),  # Open to anyone, without a query.
    *service,
]


def test_a_line_says_whose_it_is(lines: Lines) -> None:
    with tenant_context("acme"):
        logger.warning("inside")
    logger.warning("outside")

    assert [(line["schema"], line["text"]) for line in lines.read()] == [
        ("acme", "inside"),
        ("-", "outside"),
    ]


def test_a_line_made_in_a_request_has_its_id(lines: Lines, client_of: ClientOf, bob: User) -> None:
    response: Any = client_of(bob).get("/api/warn/")

    line = lines.only()
    assert (line["schema"], line["text"]) == ("acme", "of acme")
    assert line["id"] == response["X-Request-ID"]


@pytest.mark.parametrize(
    ("url", "status"), [("/api/items/0/", 404), ("/api/nothing/", 404), ("/api/fail/", 500)]
)
def test_what_django_logs_of_an_answer_is_the_organization_s_too(
    lines: Lines, client_of: ClientOf, bob: User, url: str, status: int
) -> None:
    client = client_of(bob)
    client.raise_request_exception = False

    response: Any = client.get(url)

    assert response.status_code == status
    line = lines.only()
    assert (line["schema"], line["id"]) == ("acme", response["X-Request-ID"])
    assert line["name"] == "django.request"


def test_a_refusal_before_any_organization_is_nobody_s(
    lines: Lines, client: Client, db: None
) -> None:
    response = client.get("/api/items/")

    line = lines.only()
    assert (line["schema"], line["id"]) == ("-", response["X-Request-ID"])


def test_a_line_made_while_an_answer_is_streamed_has_both(
    lines: Lines, session_of: SessionOf, bob: User
) -> None:
    response: Any = session_of(bob).get("/api/stream/", headers={"X-Request-ID": "mine"})
    assert b"".join(response.streaming_content) == b"ab"

    assert {(line["schema"], line["id"]) for line in lines.read()} == {("acme", "mine")}
    assert len(lines.read()) == 2


def test_a_line_made_after_a_request_is_nobody_s(
    lines: Lines, client_of: ClientOf, bob: User
) -> None:
    client_of(bob).get("/api/warn/")
    client_of(bob).get("/api/stream/").close()
    logger.warning("after")

    assert lines.read()[-1] | {"level": ""} == {
        "level": "", "schema": "-", "id": "-", "name": __name__, "text": "after",
    }  # fmt: skip


def test_a_thread_that_a_request_starts_is_not_the_request(
    lines: Lines, in_thread: InThread
) -> None:
    with tenant_context("acme"):
        in_thread(lambda: logger.warning("of nobody")).result()

    assert lines.only()["schema"] == "-"


def test_threads_write_their_own_tenant_into_each_line(lines: Lines) -> None:
    def work(tenant: str) -> None:
        for _ in range(50):
            with tenant_context(tenant):
                logger.warning(tenant)
            logger.warning("-")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, ("acme", "globex") * 2))

    assert len(lines.read()) == 400
    assert all(line["schema"] == line["text"] for line in lines.read())


def test_requests_of_asyncio_at_once_write_their_own_id(lines: Lines) -> None:
    async def ask(number: int) -> None:
        header = {"X-Request-ID": f"request-{number}"}
        response: Any = await AsyncClient().get("/accounts/echo/", headers=header)
        assert len([part async for part in response.streaming_content]) == 3

    async def ask_together() -> None:
        await asyncio.gather(*map(ask, range(20)))

    asyncio.run(ask_together())

    assert len(lines.read()) == 100
    assert all(line["id"] == line["text"] for line in lines.read())


def test_tasks_of_asyncio_write_their_own_tenant(lines: Lines) -> None:
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
    assert all(line["schema"] == line["text"] for line in lines.read())
