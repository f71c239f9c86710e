"""The active tenant: one ContextVar, and the only code that writes it.

A ContextVar is private to each thread and asyncio task, and `sync_to_async` copies it. All other
code reads the tenant from here and stores none.
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial, wraps
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar, cast

from asgiref.sync import iscoroutinefunction

from .errors import NoTenantError
from .names import PUBLIC, quote_schema_name

F = TypeVar("F", bound=Callable[..., Any])


class Tenant(Protocol):
    """Any object with a schema name, such as a row of the tenant model."""

    @property
    def schema_name(self) -> str:
        """The schema with the tenant's tables."""


@dataclass(frozen=True, slots=True)
class NamedTenant:
    """A tenant without a row, only with a schema name."""

    schema_name: str


class Level(NamedTuple):
    """One level of nested `tenant_context` blocks.

    Levels are a linked list, so that leaving needs no token and many threads can enter one
    `tenant_context` object at the same time.
    """

    tenant: Tenant | None
    include_public: bool
    read_only: bool
    entry: object
    parent: "Level | None"
    given: Tenant | None
    """The argument itself: some projects have a tenant `public`, for which `tenant` is None."""


_OUTERMOST = Level(
    tenant=None, include_public=True, read_only=False, entry=None, parent=None, given=None
)
_CROSSED = (
    "A tenant's `with` block ends before a block inside it. The cause is a `yield` in a `with` "
    "block: decorate the generator with tenant_context() instead."
)
_current: ContextVar[Level] = ContextVar("tenancy_current", default=_OUTERMOST)


def current_level() -> Level:
    return _current.get()


def active_tenant() -> Tenant | None:
    return _current.get().tenant


def active_schema() -> str | None:
    tenant = _current.get().tenant
    return tenant.schema_name if tenant else None


def require_schema(subject: str) -> str:
    """Return the schema of the active tenant, or raise `NoTenantError(subject)`."""
    schema = active_schema()
    if schema is None:
        raise NoTenantError(subject)
    return schema


def public_is_visible() -> bool:
    """Return whether `public` follows the tenant's schema in the search_path."""
    return _current.get().include_public


def is_read_only() -> bool:
    """Return whether PostgreSQL rejects writes of the running code."""
    return _current.get().read_only


def replace_tenant(tenant: Tenant | None, *, include_public: bool = True) -> None:
    """Change the tenant of the innermost level. `public` means no tenant.

    For django-tenants' `connection.set_tenant()`. New code uses `tenant_context`, which restores
    the previous tenant. With an invalid schema name it raises, and the tenant does not change.
    """
    level = _current.get()
    _current.set(
        level._replace(tenant=_or_none(tenant), include_public=include_public, given=tenant)
    )


def enter_level(
    entry: object, tenant: Tenant | None, *, include_public: bool = True, read_only: bool = False
) -> None:
    """Begin a level, which `leave_level` of the same `entry` ends.

    A level inside a read-only level is read-only too. An invalid schema name begins no level.
    """
    parent = _current.get()
    read_only = read_only or parent.read_only
    _current.set(Level(_or_none(tenant), include_public, read_only, entry, parent, tenant))


def leave_level(entry: object) -> None:
    """End the innermost level of `entry`, and all levels in it.

    Raises:
        RuntimeError: when there is no level of `entry`, or another level in it: a `with` around a
            `yield` left its level to the caller.
    """
    innermost = level = _current.get()
    while level.entry is not entry:
        if level.parent is None:
            raise RuntimeError(_CROSSED)
        level = level.parent
    _current.set(level.parent or _OUTERMOST)
    if level is not innermost:
        raise RuntimeError(_CROSSED)


def _or_none(tenant: Tenant | None) -> Tenant | None:
    if tenant is None or tenant.schema_name == PUBLIC:
        return None
    quote_schema_name(tenant.schema_name)
    return tenant


class tenant_context:  # noqa: N801 (lower case like in django-tenants)
    """Activate a tenant, as `with tenant_context(tenant):` or as a decorator.

    A decorated coroutine, generator or asynchronous generator has the tenant while it runs; between
    its steps, the caller keeps its own tenant. A `with` around a `yield` cannot do that.

    Args:
        tenant: a tenant, a schema name, or None for no tenant.
        include_public: whether tables of `public` are visible after the tenant's.
        read_only: whether PostgreSQL rejects writes of the block, of its `on_commit` callbacks,
            and of blocks inside. The transaction or savepoint stays read-only until its end, so
            begin it inside the block.
    """

    def __init__(
        self, tenant: Tenant | str | None, *, include_public: bool = True, read_only: bool = False
    ) -> None:
        self.tenant = NamedTenant(tenant) if isinstance(tenant, str) else tenant
        self.include_public = include_public
        self.read_only = read_only

    def __enter__(self) -> Self:
        enter_level(self, self.tenant, include_public=self.include_public, read_only=self.read_only)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave_level(self)

    def __call__(self, function: F) -> F:
        if inspect.isasyncgenfunction(function):
            wrapper: Callable[..., Any] = self._around_async_generator(function)
        elif inspect.isgeneratorfunction(function):
            wrapper = self._around_generator(function)
        elif iscoroutinefunction(function):
            wrapper = self._around_coroutine(function)
        else:
            wrapper = self._around_function(function)
        return cast("F", wraps(function)(wrapper))

    def _around_function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                result = function(*args, **kwargs)
            # A wrapper can hide that its function is a coroutine function.
            return self._awaited(result) if inspect.iscoroutine(result) else result

        return wrapper

    async def _awaited(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        with self:
            return await coroutine

    def _around_coroutine(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await function(*args, **kwargs)

        return wrapper

    def _around_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = partial(next, generator)
            while True:
                try:
                    with self:
                        value = step()
                except StopIteration as stop:
                    return stop.value
                try:
                    step = partial(generator.send, (yield value))
                except GeneratorExit:
                    # The garbage collector closes a generator at any point of other code, even in
                    # its ContextVar.set(). Without a copy, that corrupts its ContextVars
                    # (https://github.com/python/cpython/issues/148891).
                    copy_context().run(self._close, generator)
                    raise
                except BaseException as error:  # noqa: BLE001 (the generator handles it)
                    step = partial(generator.throw, error)

        return wrapper

    def _close(self, generator: Generator[Any, Any, Any]) -> None:
        with self:
            generator.close()

    def _around_async_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = partial(anext, generator)
            while True:
                try:
                    with self:
                        value = await step()
                except StopAsyncIteration:
                    return
                try:
                    step = partial(generator.asend, (yield value))
                except GeneratorExit:
                    with self:
                        await generator.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 (the generator handles it)
                    step = partial(generator.athrow, error)

        return wrapper
