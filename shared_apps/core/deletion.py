"""Deletes many rows without one long transaction."""

from typing import Any

from django.db.models import QuerySet

_BATCH = 10_000  # rows


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete the rows, a batch in each transaction, and return their number."""
    deleted, keys = 0, rows.order_by().values_list("pk", flat=True)
    while batch := list(keys[:_BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=batch).delete()[0]
    return deleted
