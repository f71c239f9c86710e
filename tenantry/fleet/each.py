"""Going over all tenants, however many, on connections that stay small."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.core.management.base import OutputWrapper
from django.db import connection

from . import state
from .progress import tracked
from .reserved import require_no_taken_names

T = TypeVar("T")

TENANTS_PER_CONNECTION = 200
"""PostgreSQL keeps what it learns of each table for as long as the connection lives: some 100 kB a
tenant."""


def each_tenant(label: str, stream: OutputWrapper) -> Iterator[str]:
    """Yield the schema of each tenant, for a command to enter and work there.

    Args:
        label: what the bar on a terminal says.
        stream: where it is shown.

    Raises:
        ProgrammingError: when the database is not migrated, and so cannot say which there are.
        TableNamesTaken: when a query of a tenant could read a table of `public`.
    """
    names = state.tenants()
    require_no_taken_names()
    yield from bounded(tracked(names, label, stream))


def bounded(tenants: Iterable[T]) -> Iterator[T]:
    """Yield them, and close the connection after each 200: Django opens the next one.

    In a transaction it stays open, for the transaction would be lost.
    """
    for number, tenant in enumerate(tenants, 1):
        yield tenant
        if number % TENANTS_PER_CONNECTION == 0 and not connection.in_atomic_block:
            connection.close()
