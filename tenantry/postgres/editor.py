"""The schema editor. It can collect statements and send them after one search_path."""

from typing import Any, Self

from django_tenants.postgresql_backend.base import original_backend

from tenantry.roles import as_owner

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

    def __enter__(self) -> Self:
        self._owner = as_owner(reason="Only the owner can change tables.")
        self._owner.__enter__()
        return super().__enter__()  # type: ignore[no-any-return]

    def __exit__(self, *exc_info: object) -> None:
        try:
            super().__exit__(*exc_info)
        finally:
            self._owner.__exit__(None, None, None)

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
