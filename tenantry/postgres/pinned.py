"""Many statements of one tenant after one search_path."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.transaction import TransactionManagementError
from psycopg2 import extensions

from .cursor import check_schema


@contextmanager
def pinned_search_path() -> Iterator[CursorWrapper]:
    """Send the search_path once, and yield a cursor that sends statements without it.

    Each DDL statement needs a message with the search_path before it, which doubles the round
    trips. Here all statements need one. The search_path ends with the transaction or with a
    rollback, so the block must not change the tenant and must not roll back.

    Raises:
        TransactionManagementError: outside of a transaction.
        SchemaMissing: when the active tenant has no schema.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "pinned_search_path() needs a transaction: use it in atomic()."
        )
    with connection.cursor() as cursor:
        check_schema(cursor)
    plain = extensions.cursor(connection.connection)
    with cast("Any", connection)._prepare_cursor(plain) as cursor:
        yield cursor
