"""A run of statements of one tenant behind one path."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.transaction import TransactionManagementError
from psycopg2 import extensions

from .cursor import check_schema


@contextmanager
def path_held() -> Iterator[CursorWrapper]:
    """Give a cursor whose statements go to the active tenant, the path being sent once, at first.

    DDL gets its path in a message ahead of it, so a run of DDL takes twice the round trips; here
    it takes one more. The transaction holds the path, so the block must neither change the
    tenant nor roll anything back.

    Raises:
        TransactionManagementError: outside a transaction, where nothing would hold the path.
        SchemaMissing: when there is no such schema to work in.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("A path is held by a transaction, and there is none.")
    with connection.cursor() as cursor:
        check_schema(cursor)
    plain = extensions.cursor(connection.connection)
    with cast("Any", connection)._prepare_cursor(plain) as cursor:
        yield cursor
