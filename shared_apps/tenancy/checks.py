"""What stops or warns at start, each with a stable id."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 (Django's name)
from django.db import DEFAULT_DB_ALIAS

from .catalog import read_catalog, read_sql
from .names import TEMPLATE

AT_ONCE = 8
"""Tenants that a server should be able to create at the same time."""

_LOCKS = read_sql("locks")


@register(Tags.database)
def check_locks(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn where PostgreSQL's table of locks is too small for the tenants' many tables.

    A transaction holds the locks of all that it creates until it ends.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    ((needed, per_transaction, processes),) = read_catalog(TEMPLATE, _LOCKS)
    room = per_transaction * processes
    if needed * AT_ONCE <= room:
        return []
    return [
        Warning(
            f"Creating a tenant takes some {needed:,} locks and PostgreSQL has room for {room:,}: "
            f"with {room // needed + 1} at once, creations fail for 'out of shared memory'.",
            hint=(
                "Set max_locks_per_transaction in postgresql.conf to at least "
                f"{-(-needed * AT_ONCE // processes)}, and restart the server; "
                f"it is {per_transaction}."
            ),
            id="tenancy.W001",
        )
    ]
