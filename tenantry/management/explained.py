"""Shows errors of the engine, and of a database without migrations, as one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from tenantry.errors import TenancyError
from tenantry.names import PUBLIC

# In these commands a missing table is an error of a migration.
_MIGRATING = ("migrate", "migrate_tenants", "migrate_schemas")
# SQLSTATEs of an undefined table, column and function
# (https://www.postgresql.org/docs/current/errcodes-appendix.html). manage.py imports this module
# before Django is set up, which is where a missing psycopg2 is reported.
_MISSING = ("42P01", "42703", "42883")


def explain_errors() -> None:
    """Make every command in this process use `explained`, Django's commands included."""
    execute = BaseCommand.execute

    def explaining(self: BaseCommand, *args: Any, **options: Any) -> str | None:
        if type(self).__module__.rpartition(".")[2] in _MIGRATING:
            return execute(self, *args, **options)
        with explained():
            return execute(self, *args, **options)

    BaseCommand.execute = explaining  # type: ignore[method-assign]


@contextmanager
def explained() -> Iterator[None]:
    """Convert errors of the engine, and of missing tables, to a CommandError of one line.

    Raises:
        CommandError: in place of these errors.
    """
    try:
        yield
    except TenancyError as error:
        raise CommandError(" ".join(str(error).split())) from error
    except Exception as error:
        if _is_missing_object(error) and _is_behind():
            raise CommandError("The database lacks migrations: run `manage.py migrate`.") from error
        raise


def _is_missing_object(error: BaseException) -> bool:
    if getattr(error, "pgcode", None) in _MISSING:
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and _is_missing_object(cause)


def _is_behind() -> bool:
    from tenantry.fleet.state import pending  # noqa: PLC0415 (needs the models)

    try:
        return PUBLIC in pending()
    except Error:
        return False


class ExplainedArguments(BaseCommand):
    """A command of django-tenants that queries the database while it parses its arguments."""

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            with explained():
                super().run_from_argv(argv)
        except CommandError as error:
            self.stderr.write(f"CommandError: {error}")
            sys.exit(error.returncode)
