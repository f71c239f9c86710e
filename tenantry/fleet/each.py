"""Iterate over all tenants, with a progress bar and without filling PostgreSQL's memory.

Bars need rich, the extra `progress`. Modules of rich are imported only where a bar is shown.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, TypeVar, cast

from django.core.management.base import OutputWrapper
from django.db import connection

from . import state
from .reserved import require_no_taken_names

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

TENANTS_PER_CONNECTION = 200
"""PostgreSQL caches the tables that a connection uses until it closes: about 100 kB per tenant."""


def each_tenant(label: str, stream: OutputWrapper) -> Iterator[str]:
    """Yield the schema name of each tenant.

    Args:
        label: text before the progress bar.
        stream: where the bar is shown, if it is a terminal.

    Raises:
        ProgrammingError: the database is not migrated.
        TableNamesTaken: `public` has a table or view with the name of a tenant table.
    """
    names = state.tenants()
    require_no_taken_names()
    yield from reconnecting(tracked(names, label, stream))


def reconnecting(tenants: Iterable[T]) -> Iterator[T]:
    """Yield the tenants, and close the connection after each 200; Django opens the next one.

    Inside a transaction the connection stays open.
    """
    for number, tenant in enumerate(tenants, 1):
        yield tenant
        if number % TENANTS_PER_CONNECTION == 0 and not connection.in_atomic_block:
            connection.close()


def tracked(
    items: Iterable[T], label: str, stream: OutputWrapper, *, total: int | None = None
) -> Iterable[T]:
    """Return the items; on a terminal, with a bar that disappears after the last one."""
    if not shows_bars(stream):
        return items
    from rich.progress import track  # noqa: PLC0415

    return track(items, label, total=total, console=console_on(stream), transient=True)


def shows_bars(stream: OutputWrapper) -> bool:
    return stream.isatty() and find_spec("rich") is not None


def console_on(stream: OutputWrapper) -> "Console":
    """Return a console on the stream inside Django's wrapper, which adds a newline to each text."""
    from rich.console import Console  # noqa: PLC0415

    return Console(file=cast("IO[str]", stream._out))
