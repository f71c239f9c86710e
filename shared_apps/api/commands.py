"""What the project's commands have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import NON_FIELD_ERRORS, BadRequest, ValidationError
from django.core.management.base import CommandError

from .errors import DomainError


@contextmanager
def refusals_as_command_errors() -> Iterator[None]:
    """Show what a service refuses as one line, with exit status 1.

    Raises:
        CommandError: for every DomainError and ValidationError inside, and for text that
            PostgreSQL cannot store.
    """
    try:
        yield
    except DomainError as error:
        raise CommandError(error.detail) from error
    except BadRequest as error:
        raise CommandError(str(error)) from error
    except ValidationError as error:
        raise CommandError(" ".join(_lines(error))) from error


def _lines(error: ValidationError) -> Iterator[str]:
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for field, messages in error.message_dict.items():
        prefix = "" if field == NON_FIELD_ERRORS else f"{field}: "
        yield from (f"{prefix}{message}" for message in messages)
