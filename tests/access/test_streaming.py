"""Streaming responses and views that fail."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient
from django.urls import path
from rest_framework.test import APIClient

from config.urls import handler500  # noqa: F401 (Django looks for it in the URL module)
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import active_schema
from tests.conftest import SessionOf

pytestmark = [
    pytest.mark.urls(__name__),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
]


def _descriptions() -> str:
    return ",".join(Item.objects.values_list("description", flat=True))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Read the items twice while streaming."""

    def body() -> Iterator[str]:
        yield _descriptions() + ";"
        yield _descriptions()

    return StreamingHttpResponse(body())


def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def body() -> AsyncIterator[str]:
        yield await sync_to_async(_descriptions)() + ";"
        yield await sync_to_async(_descriptions)()

    return StreamingHttpResponse(body())


def stream_and_fail(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[str]:
        yield _descriptions()
        raise RuntimeError

    return StreamingHttpResponse(body())


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(active_schema())


def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{active_schema()}: {_descriptions()}")


urlpatterns = [
    path("stream", stream),
    path("stream-async", stream_async),
    path("stream-and-fail", stream_and_fail),
    path("fail", fail),
    path("read", read),
]


def chunks(client: APIClient, url: str) -> Iterator[bytes]:
    """Return the chunks of a response; reading each one runs its query."""
    response: Any = client.get(url)
    return iter(response.streaming_content)


def test_a_stream_reads_the_organization_of_its_request(
    session_of: SessionOf, bob: User, desk: Item, globex_desk: Item
) -> None:
    stream = chunks(session_of(bob), "/stream")

    assert active_schema() is None
    assert b"".join(stream) == b"Acme desk;Acme desk"


def test_two_streams_read_in_turn_do_not_mix_rows(
    session_of: SessionOf, bob: User, charlie: User, desk: Item, globex_desk: Item
) -> None:
    acme = chunks(session_of(bob), "/stream")
    globex = chunks(session_of(charlie), "/stream")

    read = [next(acme), next(globex), next(acme), next(globex)]

    assert read == [b"Acme desk;", b"Globex desk;", b"Acme desk", b"Globex desk"]
    assert active_schema() is None


def test_an_asynchronous_stream_reads_the_organization_of_its_request(
    bob: User, desk: Item, globex_desk: Item
) -> None:
    async def get() -> bytes:
        client = AsyncClient()
        await client.aforce_login(bob)
        response: Any = await client.get("/stream-async")
        assert active_schema() is None
        return b"".join([chunk async for chunk in response.streaming_content])

    assert async_to_sync(get)() == b"Acme desk;Acme desk"


def test_a_closed_stream_leaves_its_organization(
    session_of: SessionOf, bob: User, desk: Item
) -> None:
    response: Any = session_of(bob).get("/stream")
    next(iter(response.streaming_content))

    response.close()

    assert active_schema() is None


def test_a_failed_stream_leaves_its_organization(
    session_of: SessionOf, bob: User, charlie: User, desk: Item, globex_desk: Item
) -> None:
    content = chunks(session_of(bob), "/stream-and-fail")

    assert next(content) == b"Acme desk"
    with pytest.raises(RuntimeError):
        next(content)

    assert active_schema() is None
    assert session_of(charlie).get("/read").content == b"globex: Globex desk"


def test_an_exception_in_a_view_does_not_affect_the_next_request(
    session_of: SessionOf, bob: User, charlie: User, desk: Item, globex_desk: Item
) -> None:
    client = session_of(bob)
    client.raise_request_exception = False

    response = client.get("/fail")

    assert response.status_code == 500
    assert response.json()["code"] == "server_error"
    assert active_schema() is None
    assert session_of(charlie).get("/read").content == b"globex: Globex desk"
