"""Makes `dumpdata` and `loaddata` fail where rows of tenant models would be skipped."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from tenantry.errors import NoTenantError
from tenantry.guard.router import fixture_mode


class CommandWithoutTenant(NoTenantError, CommandError):
    """A command needs rows of tenant models, and no tenant is active.

    Args:
        subject: as in NoTenantError.
        command: the command's name.
    """

    def __init__(self, subject: str, command: str) -> None:
        super().__init__(subject)
        self.command = command

    def __str__(self) -> str:
        return (
            f"{self.subject} and no tenant is active: run `tenant_command {self.command} ... "
            "--schema NAME`, or in code use `with tenant_context(tenant):`."
        )


@contextmanager
def no_rows_skipped(command: str) -> Iterator[None]:
    """Run a command of Django so that it fails where it would skip rows.

    Raises:
        CommandWithoutTenant: a tenant model is used while no tenant is active.
    """
    try:
        with fixture_mode():
            yield
    except NoTenantError as error:
        raise CommandWithoutTenant(error.subject, command) from error
