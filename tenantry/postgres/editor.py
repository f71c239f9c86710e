"""The schema editor: PostgreSQL's, whose statements can wait and go together behind one path."""

from typing import Any

from django_tenants.postgresql_backend.base import original_backend

from .pinned import path_held


class DatabaseSchemaEditor(original_backend.DatabaseWrapper.SchemaEditorClass):  # type: ignore[misc]
    """Django's, which sends each statement at once, unless `waits` is set.

    Attributes:
        waits: keep statements until `send_waiting()`. Set it only inside a transaction, and where
            nobody looks meanwhile at what they change.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waits = False
        self._waiting: list[tuple[str, Any]] = []

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self.waits and not self.collect_sql:
            self._waiting.append((str(sql), params))
        else:
            super().execute(sql, params)

    def send_waiting(self, *, then_wait: bool = False) -> None:
        """Send what waits, in its order, a message each and one path ahead of all.

        Args:
            then_wait: whether what comes now waits.

        Raises:
            SchemaMissing: when the active tenant has none.
            TransactionManagementError: outside a transaction.
        """
        waiting, self._waiting, self.waits = self._waiting, [], then_wait
        if waiting:
            with path_held() as cursor:
                for statement in waiting:
                    cursor.execute(*statement)
