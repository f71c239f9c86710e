"""How commands run and show errors."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import GetPassWarning
from typing import NoReturn

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    BadRequest,
    ImproperlyConfigured,
    ValidationError,
)
from django.core.management import execute_from_command_line
from django.core.management.base import CommandError, CommandParser

from .errors import DomainError
from .outages import is_outage
from .texts import is_storable

BAD_ARGUMENTS = 2  # argparse's exit status
INTERRUPTED = 130  # the exit status of shells after Ctrl-C


def run(argv: list[str]) -> None:
    """Run a command of the project or of Django, then end the process.

    An error is one line on standard error. The exit status is 1 for an error, 2 for wrong
    arguments, 130 after Ctrl-C.
    """
    _open_closed_streams()
    CommandParser.error = _report_arguments  # type: ignore[assignment,method-assign]
    if not all(map(is_storable, argv)):
        sys.stderr.write("The arguments are not UTF-8.\n")
        sys.exit(BAD_ARGUMENTS)
    # Otherwise the password would show on the screen.
    warnings.simplefilter("error", GetPassWarning)
    try:
        execute_from_command_line(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # `list_tenants | head`: Python would print a second error when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        line = _explanation(error)
        if line is None or "--traceback" in argv:
            raise
        sys.exit(line)


def _explanation(error: Exception) -> str | None:
    """Return the message for an expected error; None for a bug, which needs its traceback."""
    if isinstance(error, BadRequest | ImproperlyConfigured):
        return str(error)
    if isinstance(error, EOFError | GetPassWarning):
        return "The input needs a terminal. See --help for an option to pass it."
    if is_outage(error):
        return f"PostgreSQL cannot do this now: {' '.join(str(error).split())}"
    return None


def _open_closed_streams() -> None:
    """Open the streams that the shell closed (`<&-`); Python sets them to None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 (open until the process ends)


def _report_arguments(parser: CommandParser, message: str) -> NoReturn:
    """Argparse's `error` in one line, without the usage."""
    if not parser.called_from_command_line:
        raise CommandError(f"{message[:1].upper()}{message[1:]}.")
    parser.exit(BAD_ARGUMENTS, f"{parser.prog}: {message}; see --help.\n")


@contextmanager
def service_errors_as_command_errors() -> Iterator[None]:
    """Show an error of a service as one line, with exit status 1.

    Raises:
        CommandError: for a DomainError, a ValidationError or a BadRequest inside the block.
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
