"""The service's URLs, and test views that read, stream, await, fail and trespass."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from asgiref.sync import sync_to_async
from django.db import ProgrammingError, connection
from django.db.transaction import atomic
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path

from tenant_apps.items.models import Item

from . import injectable_urls

TRESPASSES = {
    "select": "SELECT description FROM {table}",
    "subselect": "SELECT (SELECT max(description) FROM {table}) FROM tenantry_items_item",
    "insert": "INSERT INTO {table} SELECT * FROM tenantry_items_item",
    "update": "UPDATE {table} SET description = 'ghost'",
    "delete": "DELETE FROM {table}",
    "lock": "LOCK TABLE {table} IN ACCESS SHARE MODE",
    "sequence": "SELECT nextval('{table}_id_seq')",
    "hashes": "SELECT password FROM public.tenantry_users_user",
    "role": "SELECT set_config('role', 'none', true)",
}


class Thrown(Exception):
    """Raised by the views on purpose."""


def fail(request: HttpRequest, how: str) -> HttpResponse:
    """Read and then fail. The ghost item must be rolled back."""
    seen = _own()
    if how == "at-once":
        raise Thrown
    try:
        _create_ghost(how)
    except Thrown:
        if how == "and-recover":
            return HttpResponse(seen + _own())
        raise
    raise AssertionError(how)


@atomic
def _create_ghost(how: str) -> None:
    Item.objects.create(sku="ghost", description="ghost", price=1)
    if how == "in-sql":
        _one("SELECT 1/0")
    raise Thrown


def trespass(request: HttpRequest, kind: str) -> HttpResponse:
    """Use another organization's items, or what none may read, in autocommit and in `atomic()`."""
    statement = TRESPASSES[kind].format(table=f"{request.GET['other']}.tenantry_items_item")
    denials = [_denial(statement, block) for block in (nullcontext(), atomic())]
    return HttpResponse("\n".join(denials), status=403)


def _denial(statement: str, block: AbstractContextManager[Any]) -> str:
    try:
        with block, connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        return str(error).partition("\n")[0]
    return "PostgreSQL denied nothing."


def stream(request: HttpRequest, end: str) -> StreamingHttpResponse:
    """Read rows while the response is sent, after the middleware has returned."""

    def lines() -> Iterator[str]:
        for item in Item.objects.order_by("id").iterator(chunk_size=1):
            yield f"{item.description} {_one('SELECT current_schema()')}\n"
        if end == "broken":
            raise Thrown

    return StreamingHttpResponse(lines())


async def stream_async(request: HttpRequest, end: str) -> StreamingHttpResponse:
    """Do the same for ASGI, which needs asynchronous iterators."""

    async def lines() -> AsyncIterator[str]:
        async for item in Item.objects.order_by("id").aiterator(chunk_size=1):
            yield f"{item.description} {await sync_to_async(_one)('SELECT current_schema()')}\n"
        if end == "broken":
            # Django 5.2 closes it only when the response succeeds.
            request._stream.close()
            raise Thrown

    return StreamingHttpResponse(lines())


async def gather(request: HttpRequest) -> HttpResponse:
    """Read in several asyncio tasks that alternate."""

    async def read() -> str:
        await asyncio.sleep(0)
        return "\n".join([item.description async for item in Item.objects.all()])

    return HttpResponse("\n".join(await asyncio.gather(read(), read(), read())))


def _own() -> str:
    schema = _one("SELECT current_schema()")
    return "\n".join([schema, *(item.description for item in Item.objects.all())])


def _one(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


urlpatterns = [
    path("api/crowd/fail/<str:how>/", fail),
    path("api/crowd/stream/<str:end>/", stream),
    path("api/crowd/stream-async/<str:end>/", stream_async),
    path("api/crowd/gather/", gather),
    path("api/crowd/trespass/<str:kind>/", trespass),
    path("", include(injectable_urls)),
]
handler500 = "shared_apps.core.pages.server_error"
