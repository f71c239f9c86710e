"""psycopg2's server-side cursor, which runs its query in parts."""

from typing import Any

from psycopg2 import extensions

from .cursor import TenantCursor


class NamedTenantCursor(TenantCursor):
    """A cursor that fetches for the tenant of its query, whichever tenant is active by then.

    PostgreSQL runs the functions of the query at each FETCH, with the role and the search_path of
    that moment, which another statement of the transaction can have set.
    """

    def fetchone(self) -> Any:
        self._set_tenant_again()
        return super().fetchone()

    def fetchmany(self, size: int | None = None) -> Any:
        self._set_tenant_again()
        return super().fetchmany(self.arraysize if size is None else size)

    def fetchall(self) -> Any:
        self._set_tenant_again()
        return super().fetchall()

    def scroll(self, *args: Any, **kwargs: Any) -> None:
        self._set_tenant_again()
        super().scroll(*args, **kwargs)

    def __next__(self) -> Any:
        if self.rownumber >= self.rowcount:  # Only then psycopg2 sends FETCH.
            self._set_tenant_again()
        return super().__next__()

    def _set_tenant_again(self) -> None:
        # Outside of a transaction the cursor is WITH HOLD, and all of its functions have run.
        if self._prefix and not self._outside_transaction():
            extensions.cursor(self.connection).execute(self._prefix)
