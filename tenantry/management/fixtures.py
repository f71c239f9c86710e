"""Fixtures go where their models' tables are, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from tenantry.errors import NoTenantError
from tenantry.guard.router import fixture_mode


class CommandWithoutTenant(NoTenantError, CommandError):
    """A command was to use rows of tenants, and no tenant is active.

    Args:
        what: as NoTenantError says it.
        command: the command's name.
    """

    def __init__(self, what: str, command: str) -> None:
        super().__init__(what)
        self.command = command

    def __str__(self) -> str:
        return (
            f"{self.what} and no tenant is active: run `tenant_command {self.command} ... "
            "--schema NAME`, or in code use `with tenant_context(organization):`."
        )


@contextmanager
def no_row_left_out(command: str) -> Iterator[None]:
    """Let a command of Django's use every row that can be reached.

    Raises:
        CommandWithoutTenant: when it comes to a tenant model and no tenant is active.
    """
    try:
        with fixture_mode():
            yield
    except NoTenantError as error:
        raise CommandWithoutTenant(error.what, command) from error
