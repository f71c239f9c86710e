"""Disables commands of django-tenants that would bypass provisioning.

Each command's error names the alternative. Django finds a command by its file, so each command has
one. This app must come before django_tenants in the settings.
"""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

_NO_DOMAINS = "Organizations have no domains: the signed-in user decides the organization."
INSTEAD = {
    "clone_tenant": "Organizations cannot be cloned. Use create_tenant for a new one.",
    "create_domain": _NO_DOMAINS,
    "create_missing_schemas": "create_tenant creates the organization with its schema.",
    "create_tenant_superuser": "Users are in `public`. Use create_user --staff.",
    "delete_domain": _NO_DOMAINS,
    "delete_tenant": "Organizations are never deleted. Archive them in the admin.",
    "rename_schema": "A schema keeps its name. Change the organization's name in the admin.",
}


class DisabledCommand(BaseCommand):
    """A command that always fails with its help text."""

    def run_from_argv(self, argv: list[str]) -> None:
        # All options but --help are ignored, since the command always fails.
        super().run_from_argv([*argv[:2], *({"-h", "--help"} & {*argv[2:]})])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(self.help)


def disabled(module: str) -> type[DisabledCommand]:
    return type("Command", (DisabledCommand,), {"help": INSTEAD[module.rpartition(".")[2]]})
