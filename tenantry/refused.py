"""django-tenants' commands that would go past our provisioning, and what to use instead."""

from typing import Any, ClassVar, NoReturn

from django.core.management.base import BaseCommand, CommandError


class RefusedCommand(BaseCommand):
    """A command that only says what to use in its place."""

    instead: ClassVar[str]

    def run_from_argv(self, argv: list[str]) -> None:
        # Whatever the options: the answer is the same.
        super().run_from_argv([*argv[:2], *({"-h", "--help"} & {*argv[2:]})])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(self.instead)
