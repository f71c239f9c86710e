"""Which tenant the running code works for: one ContextVar, and the only code that writes it.

A ContextVar is private to each thread and each asyncio task, is copied into `sync_to_async`, and
needs no connection. Everything else asks here and remembers nothing.
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, wraps
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar, cast

from asgiref.sync import iscoroutinefunction

from .errors import NoTenantError
from .names import PUBLIC, quote_schema_name

F = TypeVar("F", bound=Callable[..., Any])


class Tenant(Protocol):
    """Whatever has a schema: an organization, or only the name of one."""

    @property
    def schema_name(self) -> str:
        """The schema that holds the tenant's tables."""


@dataclass(frozen=True, slots=True)
class NamedTenant:
    """A tenant of which nothing but the schema is known."""

    schema_name: str


class Level(NamedTuple):
    """One level of nesting.

    Levels are a linked list, so that leaving needs no token and one `tenant_context` object may
    be entered by many threads at once.
    """

    tenant: Tenant | None
    include_public: bool
    read_only: bool
    entry: object
    parent: "Level | None"
    given: Tenant | None
    """The tenant as it was given: in some projects `public` is one."""


_OUTERMOST = Level(
    tenant=None, include_public=True, read_only=False, entry=None, parent=None, given=None
)
_CROSSED = (
    "A tenant's `with` block ends while another one that began in it is still open: no `yield` may "
    "stand inside of one. Decorate the generator with tenant_context() instead."
)
_current: ContextVar[Level] = ContextVar("tenancy_current", default=_OUTERMOST)


def current_level() -> Level:
    """Return the innermost level: all that a statement depends on, in one look."""
    return _current.get()


def active_tenant() -> Tenant | None:
    """Return the tenant the running code works for, or None."""
    return _current.get().tenant


def active_schema() -> str | None:
    """Return the schema of the active tenant, or None where there is no tenant."""
    tenant = _current.get().tenant
    return tenant.schema_name if tenant else None


def require_schema(what: str) -> str:
    """Return the schema of the active tenant.

    Args:
        what: what each tenant has of its own, as NoTenantError says it.

    Raises:
        NoTenantError: when no tenant is active.
    """
    schema = active_schema()
    if schema is None:
        raise NoTenantError(what)
    return schema


def public_is_visible() -> bool:
    """Return whether `public` follows the tenant's schema in the search_path."""
    return _current.get().include_public


def is_read_only() -> bool:
    """Return whether PostgreSQL rejects writes of the running code."""
    return _current.get().read_only


def replace_tenant(tenant: Tenant | None, *, include_public: bool = True) -> None:
    """Change the tenant of the innermost level; `public` means none.

    This is what django-tenants' `connection.set_tenant()` does. New code says `tenant_context`,
    which puts things back.

    Raises:
        InvalidSchemaName: when no schema may be called like the tenant's; the tenant stays.
    """
    level = _current.get()
    _current.set(
        level._replace(tenant=_or_none(tenant), include_public=include_public, given=tenant)
    )


def enter_level(
    entry: object, tenant: Tenant | None, *, include_public: bool = True, read_only: bool = False
) -> None:
    """Begin a level of nesting, which `leave_level` of the same `entry` ends.

    It is read-only where it says so or the level around it is.

    Raises:
        InvalidSchemaName: when no schema may be called like the tenant's; no level begins.
    """
    parent = _current.get()
    read_only = read_only or parent.read_only
    _current.set(Level(_or_none(tenant), include_public, read_only, entry, parent, tenant))


def leave_level(entry: object) -> None:
    """Go back to what was before the innermost level that `entry` began.

    Raises:
        RuntimeError: when that is not the innermost of all, or there is none: a `with` around a
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


class tenant_context:  # noqa: N801 (reads as a statement, as django-tenants' does)
    """Work for a tenant, as `with tenant_context(organization):` or as a decorator.

    Decorated coroutines, generators and asynchronous generators have the tenant while they run
    and leave the caller's untouched between their steps. A `with` around a `yield` cannot do
    that: the caller would see the tenant between the steps.

    Args:
        tenant: an organization, the name of a schema, or None to work for no tenant.
        include_public: whether tables of `public` can be seen beside the tenant's.
        read_only: whether PostgreSQL rejects each write of the block, of its `on_commit`
            callbacks, and of blocks inside. It makes the transaction of the block read-only up to
            its end, or that of the savepoint: begin one inside of the block.
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
            # Of a coroutine function in a wrapper that does not show it.
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
                    with self:
                        generator.close()
                    raise
                except BaseException as error:  # noqa: BLE001 (the generator's to handle)
                    step = partial(generator.throw, error)

        return wrapper

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
                except BaseException as error:  # noqa: BLE001 (the generator's to handle)
                    step = partial(generator.athrow, error)

        return wrapper
