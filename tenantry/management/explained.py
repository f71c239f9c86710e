"""Errors of the engine and of a database that is not migrated, as one line of each command."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from psycopg2 import errors

from tenantry.errors import TenancyError
from tenantry.names import PUBLIC

# What these say of a missing table is the fault of a migration.
_MIGRATING = ("migrate", "migrate_tenants", "migrate_schemas")
_MISSING = (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction)


def explain_errors() -> None:
    """Let every command of this process explain its errors, Django's own as well."""
    execute = BaseCommand.execute

    def explaining(self: BaseCommand, *args: Any, **options: Any) -> str | None:
        if type(self).__module__.rpartition(".")[2] in _MIGRATING:
            return execute(self, *args, **options)
        with explained():
            return execute(self, *args, **options)

    BaseCommand.execute = explaining  # type: ignore[method-assign]


@contextmanager
def explained() -> Iterator[None]:
    """Show the engine's errors, and those of a database without its tables, as one line.

    Raises:
        CommandError: in place of those errors.
    """
    try:
        yield
    except TenancyError as error:
        raise CommandError(" ".join(str(error).split())) from error
    except Exception as error:
        if _misses_something(error) and _is_behind():
            raise CommandError("The database lacks migrations: run `manage.py migrate`.") from error
        raise


def _misses_something(error: BaseException) -> bool:
    cause = error.__cause__ or error.__context__
    return isinstance(error, _MISSING) or (cause is not None and _misses_something(cause))


def _is_behind() -> bool:
    from tenantry.fleet.state import pending  # noqa: PLC0415 (needs the models)

    try:
        return PUBLIC in pending()
    except Error:
        return False


class ExplainedArguments(BaseCommand):
    """A command of django-tenants that asks the database while it reads its arguments."""

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            with explained():
                super().run_from_argv(argv)
        except CommandError as error:
            self.stderr.write(f"CommandError: {error}")
            sys.exit(error.returncode)
