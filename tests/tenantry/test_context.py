"""The active tenant in functions, generators, coroutines, threads and tasks."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import wraps
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.test import RequestFactory
from django.views import View

from tenantry.context import (
    NamedTenant,
    active_schema,
    active_tenant,
    public_is_visible,
    replace_tenant,
    tenant_context,
)
from tenantry.errors import NoTenantError


def test_no_tenant_is_active_at_first() -> None:
    assert active_tenant() is None
    assert active_schema() is None
    assert public_is_visible()


def test_a_block_activates_its_tenant_and_restores_the_outer_one() -> None:
    acme = NamedTenant("acme")
    with tenant_context(acme):
        assert active_tenant() is acme
        with tenant_context("globex", include_public=False):
            assert active_schema() == "globex"
            assert not public_is_visible()
        assert active_tenant() is acme
        assert public_is_visible()


def test_none_and_public_mean_no_tenant() -> None:
    with tenant_context("acme"):
        for no_tenant in (None, "public"):
            with tenant_context(no_tenant):
                assert active_schema() is None
        assert active_schema() == "acme"


def test_an_exception_restores_the_outer_tenant() -> None:
    with pytest.raises(ZeroDivisionError), tenant_context("acme"):
        raise ZeroDivisionError
    assert active_schema() is None


def test_replace_tenant_lasts_until_the_end_of_the_block() -> None:
    with tenant_context("acme"):
        replace_tenant(NamedTenant("globex"))
        assert active_schema() == "globex"
    assert active_schema() is None


def test_a_decorated_function_has_the_tenant() -> None:
    @tenant_context("acme")
    def work(depth: int) -> str | None:
        return work(depth - 1) if depth else active_schema()

    assert work(3) == "acme"
    assert active_schema() is None


def test_threads_can_share_one_context_object() -> None:
    context = tenant_context("acme")
    together = threading.Barrier(4)

    @context
    def work(_: int) -> str | None:
        together.wait()
        return active_schema()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(4))) == {"acme"}


def test_a_thread_starts_without_a_tenant() -> None:
    with tenant_context("acme"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(active_schema).result() is None


def test_a_decorated_generator_has_the_tenant_and_its_caller_does_not() -> None:
    closed_in = []

    @tenant_context("acme")
    def rows() -> Generator[str | None]:
        try:
            yield active_schema()
            yield active_schema()
        finally:
            closed_in.append(active_schema())

    generator = rows()
    with tenant_context("globex"):
        assert next(generator) == "acme"
        assert active_schema() == "globex"
    assert next(generator) == "acme"
    assert active_schema() is None
    generator.close()
    assert closed_in == ["acme"]


def test_closing_a_generator_sets_no_variable_of_the_code_where_it_is_closed() -> None:
    """The garbage collector closes one inside other code's ContextVar.set(), which would break."""
    variable: ContextVar[str] = ContextVar("variable", default="of the caller")

    @tenant_context("acme")
    def rows() -> Generator[int]:
        try:
            yield 1
        finally:
            variable.set("of the generator")

    generator = rows()
    next(generator)
    generator.close()
    assert variable.get() == "of the caller"


def test_generators_of_two_tenants_can_alternate() -> None:
    def schemas() -> Iterator[str | None]:
        while True:
            yield active_schema()

    pairs = zip(tenant_context("acme")(schemas)(), tenant_context("globex")(schemas)(), strict=True)
    assert [next(pairs) for _ in range(3)] == [("acme", "globex")] * 3


def test_a_decorated_generator_supports_send_throw_and_return() -> None:
    @tenant_context("acme")
    def echo() -> Generator[object, object, str]:
        received = yield "ready"
        try:
            yield received
        except ValueError:
            yield active_schema()
        return "done"

    generator = echo()
    assert next(generator) == "ready"
    assert generator.send("sent") == "sent"
    assert generator.throw(ValueError) == "acme"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "done"


def test_a_decorated_coroutine_and_its_tasks_have_the_tenant() -> None:
    @tenant_context("acme")
    async def work() -> str | None:
        await asyncio.sleep(0)
        return await asyncio.create_task(read())

    async def read() -> str | None:
        return active_schema()

    assert asyncio.run(work()) == "acme"
    assert active_schema() is None


@pytest.mark.parametrize("kind", ["asynchronous view", "sync_to_async", "wrapped"])
def test_a_decorated_function_that_returns_a_coroutine_has_the_tenant(kind: str) -> None:
    class Page(View):
        async def get(self, request: HttpRequest) -> str | None:
            return active_schema()

    async def read(request: HttpRequest) -> str | None:
        return active_schema()

    def in_a_thread(request: HttpRequest) -> str | None:
        return active_schema()

    @wraps(read)
    def wrapped(request: HttpRequest) -> Coroutine[Any, Any, str | None]:
        return read(request)

    views: dict[str, Callable[..., Any]] = {
        "asynchronous view": Page.as_view(),
        "sync_to_async": sync_to_async(in_a_thread),
        "wrapped": wrapped,
    }
    view = tenant_context("acme")(views[kind])
    assert iscoroutinefunction(view) is iscoroutinefunction(views[kind])

    async def call() -> object:
        with tenant_context("globex"):
            return await view(RequestFactory().get("/"))

    assert asyncio.run(call()) == "acme"


def test_a_generator_with_an_open_block_raises_and_its_caller_keeps_its_tenant() -> None:
    def rows() -> Generator[int]:
        with tenant_context("globex"):
            yield 1

    generator = rows()
    with pytest.raises(RuntimeError, match="a `yield` in a `with`"), tenant_context("acme"):
        next(generator)
    assert active_schema() is None
    with pytest.raises(RuntimeError, match="a `yield` in a `with`"):
        generator.close()


def test_leaving_a_block_that_was_not_entered_raises_and_keeps_the_tenant() -> None:
    with tenant_context("acme"):
        with pytest.raises(RuntimeError, match="decorate the generator"):
            tenant_context("globex").__exit__(None, None, None)
        assert active_schema() == "acme"


def test_many_tasks_keep_their_own_tenants() -> None:
    async def work(schema: str) -> bool:
        with tenant_context(schema):
            for _ in range(5):
                await asyncio.sleep(0)
                if active_schema() != schema:
                    return False
        return active_schema() is None

    async def all_of_them() -> list[bool]:
        return await asyncio.gather(*(work(f"tenant{number}") for number in range(50)))

    assert all(asyncio.run(all_of_them()))


def test_a_decorated_async_generator_has_the_tenant_while_it_runs() -> None:
    closed_in = []

    @tenant_context("acme")
    async def rows() -> AsyncGenerator[str | None]:
        try:
            yield active_schema()
            yield active_schema()
        finally:
            closed_in.append(active_schema())

    async def read() -> None:
        generator = rows()
        with tenant_context("globex"):
            assert await anext(generator) == "acme"
            assert active_schema() == "globex"
        await generator.aclose()

    asyncio.run(read())
    assert closed_in == ["acme"]


def test_the_tenant_is_copied_from_async_to_sync_and_back() -> None:
    @sync_to_async
    def in_a_thread() -> tuple[str | None, str | None]:
        return active_schema(), async_to_sync(in_a_loop)()

    async def in_a_loop() -> str | None:
        return active_schema()

    async def work() -> tuple[str | None, str | None]:
        with tenant_context("acme"):
            return await in_a_thread()

    assert asyncio.run(work()) == ("acme", "acme")


def test_no_tenant_error_names_the_model_and_what_to_do() -> None:
    error = str(NoTenantError("tenantry_items.Item is in the schemas of the tenants"))
    assert error.startswith("tenantry_items.Item ")
    assert "with tenant_context(tenant):" in error
