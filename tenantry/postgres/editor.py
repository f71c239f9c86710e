"""The schema editor. It can collect statements and send them after one search_path."""

from contextlib import ExitStack
from typing import Any, Self

from django_tenants.postgresql_backend.base import original_backend

from tenantry.roles import as_owner
from tenantry.statements import several_statements

from .pinned import pinned_search_path


class DatabaseSchemaEditor(original_backend.DatabaseWrapper.SchemaEditorClass):  # type: ignore[misc]
    """Sends each statement immediately, unless `batching` is set.

    Attributes:
        batching: whether statements wait for `send_batch()`. Set it only in a transaction, and
            only while no code reads what the statements change.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batching = False
        self._batch: list[tuple[str, Any]] = []
        self._block = ExitStack()

    def __enter__(self) -> Self:
        with self._block as block:
            block.enter_context(as_owner(reason="Only the owner can change tables."))
            block.enter_context(several_statements(reason="RunSQL and Django's own DDL send them."))
            super().__enter__()
            self._block = block.pop_all()
        return self

    def __exit__(self, *args: object) -> None:
        with self._block:
            super().__exit__(*args)

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self.batching and not self.collect_sql:
            self._batch.append((str(sql), params))
        else:
            super().execute(sql, params)

    def send_batch(self, *, then_batch: bool = False) -> None:
        """Send the collected statements in their order, each in a message, after one search_path.

        Args:
            then_batch: the new value of `batching`.
        """
        batch, self._batch, self.batching = self._batch, [], then_batch
        if batch:
            with pinned_search_path() as cursor:
                for statement in batch:
                    cursor.execute(*statement)
