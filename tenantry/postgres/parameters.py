"""The search_path of a tenant, and other parameters of PostgreSQL, as SQL and as libpq options."""

from collections.abc import Iterable, Mapping

from tenantry.names import PUBLIC, quote_schema_name

_PUBLIC = quote_schema_name(PUBLIC)


class Parameters:
    """The parameters of PostgreSQL that a connection sends with its statements.

    Args:
        values: parameters and their values, without search_path.
        extra_schemas: schemas of extensions, after `public` in the search_path.
    """

    def __init__(
        self, values: Mapping[str, str] | None = None, extra_schemas: Iterable[str] = ()
    ) -> None:
        self.values = values or {}
        self._prefixes: dict[tuple[str | None, str | None, bool, bool, bool], str] = {}
        # A search_path that does not name pg_temp begins with it, and a temporary table would
        # hide the tenant's table of the same name.
        self._last = "".join(
            f",{schema}" for schema in [*map(quote_schema_name, extra_schemas), "pg_temp"]
        )

    def prefix(
        self,
        schema: str | None,
        *,
        role: str | None = None,
        include_public: bool,
        read_only: bool = False,
        own_transaction: bool = False,
    ) -> str:
        """Return the SET LOCAL statements for a tenant, or for `public`, on their own line.

        Args:
            role: the role that runs the statement; None for the role of the settings.
            read_only: whether PostgreSQL rejects writes until the transaction ends. After its
                first query a transaction cannot become writable again:
                https://www.postgresql.org/docs/current/sql-set-transaction.html
            own_transaction: whether the statement is its own transaction, which is never idle.
        """
        key = (schema, role, include_public, read_only, own_transaction)
        prefix = self._prefixes.get(key)
        if prefix is None:
            path = self.search_path(schema, include_public=include_public)
            only_reads = "SET LOCAL transaction_read_only=on;" if read_only else ""
            values = self._set_local(role, own_transaction)
            prefix = f"{only_reads}{values}SET LOCAL search_path={path};\n"
            self._prefixes[key] = prefix
        return prefix

    def _set_local(self, role: str | None, own_transaction: bool) -> str:
        values = {**self.values, "role": role} if role else self.values
        return "".join(
            f"SET LOCAL {name}={_literal(value)};"
            for name, value in values.items()
            if not (own_transaction and name == "idle_in_transaction_session_timeout")
        )

    def startup_options(self, schema: str | None, *, include_public: bool) -> str:
        """Return the same as libpq's `options`, for a connection that runs one statement.

        Without lock_timeout: CREATE INDEX CONCURRENTLY blocks no reader or writer but waits for
        them, and leaves an invalid index when a timeout ends it.

        Blanks are escaped, see
        https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
        """
        path = self.search_path(schema, include_public=include_public)
        values = {**self.values, "search_path": path}
        values.pop("lock_timeout", None)
        return " ".join(f"-c {name}={_escaped(value)}" for name, value in values.items())

    def search_path(self, schema: str | None, *, include_public: bool) -> str:
        """Return the schemas in their order: tenant, `public`, extensions, temporary tables."""
        if schema is None:
            return f"{_PUBLIC}{self._last}"
        public = f",{_PUBLIC}" if include_public else ""
        return f"{quote_schema_name(schema)}{public}{self._last}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace(" ", r"\ ")


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
