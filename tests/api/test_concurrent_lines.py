"""Log lines of concurrent threads, tasks and requests have their own schema and id."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncClient
from django.urls import path

from config.urls import handler400, handler404, handler500  # noqa: F401 (Django looks for them)
from config.urls import urlpatterns as service
from tenantry.context import tenant_context
from tests.api.conftest import Lines
from tests.conftest import InThread

pytestmark = pytest.mark.urls(__name__)

logger = logging.getLogger(__name__)


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


urlpatterns = [
    path("accounts/echo/", echo),  # Needs no sign-in and no query.
    *service,
]


def test_a_new_thread_does_not_inherit_the_schema(lines: Lines, in_thread: InThread) -> None:
    with tenant_context("acme"):
        in_thread(lambda: logger.warning("without a schema")).result()

    assert "schema" not in lines.only()


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
