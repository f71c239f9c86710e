"""Test databases, with a mark in the settings of their connections."""

from typing import Any

from django.core.management import call_command
from django.db import IntegrityError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django_tenants.postgresql_backend.base import original_backend
from psycopg2 import extensions

from tenantry.sql import read_sql

_DELETE_ROLES = read_sql("delete_roles")
_TEST_DATABASE = "IS_TEST_DATABASE"


class DatabaseCreation(original_backend.DatabaseWrapper.creation_class):  # type: ignore[misc]
    """Creates test databases and marks their connections' settings.

    Threads and worker processes of the test runner share or copy these settings.
    """

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        """Delete the database and the roles of its tenants, which belong to the whole cluster."""
        with self._nodb_cursor() as cursor:
            cursor.execute("SELECT oid FROM pg_database WHERE datname = %s", [test_database_name])
            found = cursor.fetchone()
        super()._destroy_test_db(test_database_name, verbosity)
        if found:
            with self._nodb_cursor() as cursor:
                delete_roles(cursor, found[0])

    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        name: str = super().create_test_db(*args, **kwargs)
        self.connection.settings_dict[_TEST_DATABASE] = True
        return name

    def destroy_test_db(self, *args: Any, **kwargs: Any) -> None:
        super().destroy_test_db(*args, **kwargs)
        self.connection.settings_dict.pop(_TEST_DATABASE, None)

    def deserialize_db_from_string(self, data: str) -> None:
        """Restore the rows of `serialized_rollback`, also after a test case without it.

        The flush of such a test case runs `post_migrate`, which creates content types with other
        ids.
        """
        try:
            super().deserialize_db_from_string(data)
        except IntegrityError:
            call_command(
                "flush",
                database=self.connection.alias,
                interactive=False,
                verbosity=0,
                inhibit_post_migrate=True,
            )
            super().deserialize_db_from_string(data)


def delete_roles(cursor: CursorWrapper | extensions.cursor, oid: int, condition: str = "") -> None:
    """Delete the roles of tenants of a database, except those that are in use.

    Args:
        condition: SQL on `rolname`, beginning with AND, where only some are to be deleted.
    """
    cursor.execute(_DELETE_ROLES.format(oid=oid, condition=condition))  # noqa: S608 (constants)


def is_test_database(connection: BaseDatabaseWrapper) -> bool:
    return _TEST_DATABASE in connection.settings_dict
