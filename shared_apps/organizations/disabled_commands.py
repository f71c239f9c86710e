"""Commands of django-tenants that would bypass provisioning: each says what to use instead.

Django finds a command by its file, so each has one; this app stands before django_tenants.
"""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

_NO_DOMAINS = "There are no domains: who is signed in decides the organization."
INSTEAD = {
    "clone_tenant": "Organizations are not cloned; create_tenant makes a new one.",
    "create_domain": _NO_DOMAINS,
    "create_missing_schemas": "create_tenant makes organization and schema together.",
    "create_tenant_superuser": "Users are in `public`: use create_user --staff.",
    "delete_domain": _NO_DOMAINS,
    "delete_tenant": "Organizations are never deleted; archive them in the admin.",
    "rename_schema": "A schema keeps its name; change the organization's name in the admin.",
}


class DisabledCommand(BaseCommand):
    """A command that always fails with its help text."""

    def run_from_argv(self, argv: list[str]) -> None:
        # Drop all options: whatever they are, the answer is the same.
        super().run_from_argv([*argv[:2], *({"-h", "--help"} & {*argv[2:]})])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(self.help)


def disabled(module: str) -> type[DisabledCommand]:
    """Return the command class for the module of a disabled command."""
    return type("Command", (DisabledCommand,), {"help": INSTEAD[module.rpartition(".")[2]]})
