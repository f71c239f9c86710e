"""create_tenants: create many organizations from a CSV file."""

import csv
import json
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connection
from rich.progress import track

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.organizations.services import organization_create
from shared_apps.users.services import find_user
from tenantry.fleet.each import console_on
from tenantry.fleet.run import stop_on_signals

NEEDED = ("schema_name", "name", "owner")
COLUMNS = (*NEEDED, "currency")
MAX_LINES = 10_000

Line = tuple[int, dict[str, str] | None]
"""A line's number and its values by column; None if the number of values is wrong."""


class Command(BaseCommand):
    """Creates each organization like create_tenant, in its own transaction."""

    help = "Create an organization for each line of a CSV file; a bad line does not stop the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from",
            dest="path",
            required=True,
            type=Path,
            metavar="FILE",
            help="UTF-8, with the header schema_name,name,owner and optionally currency",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = _read(options["path"])
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        console = console_on(self.stderr)
        created: list[str] = []
        bad: list[dict[str, Any]] = []
        bar = track(
            lines,
            "Creating organizations",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        # Closing removes the bar before other output.
        shown = closing(cast("Generator[Line, None, None]", bar))
        with shown, stop_on_signals() as stop, suppress(KeyboardInterrupt):
            for number, values in bar:
                if stop.is_set():
                    break
                try:
                    created.append(_create(values))
                except CommandError as error:
                    bad.append({"line": number, "error": str(error)})
                if not connection.in_atomic_block:
                    # The memory of a PostgreSQL session grows with each tenant; this limits it.
                    connection.close_if_unusable_or_obsolete()
        left = lines[len(created) + len(bad) :]
        if options["json"]:
            result = {"created": created, "bad": bad, "left": len(left)}
            self.stdout.write(json.dumps(result, indent=2))
        else:
            self.stdout.write(f"Created {len(created)} of {len(lines)} organizations.")
            for each in bad:
                self.stderr.write(f"line {each['line']}: {each['error']}")
        if left:
            raise CommandError(f"Interrupted: {len(left)} are left, from line {left[0][0]} on.")
        if bad:
            raise CommandError(f"{len(bad)} bad lines. The other organizations were created.")


def _read(path: Path) -> list[Line]:
    """Read all lines that are not empty.

    Raises:
        CommandError: the file cannot be read, has too many lines or another header.
    """
    try:
        # Excel begins its UTF-8 with a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(header)
            lines = list(islice(_lines(reader, header), MAX_LINES + 1))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8. Save it as UTF-8 and try again.") from error
    except csv.Error as error:
        raise CommandError(f"{path}, line {reader.line_num}: {error}.") from error
    if len(lines) > MAX_LINES:
        raise CommandError(f"{path} has more than {MAX_LINES:,} lines. Split it.")
    return lines


def _check_header(found: list[str]) -> None:
    if len(set(found)) < len(found) or not set(NEEDED) <= set(found) <= set(COLUMNS):
        raise CommandError(
            "The first line must have the columns schema_name,name,owner and optionally currency; "
            f"it is {','.join(found)!r}."
        )


def _lines(reader: Any, header: list[str]) -> Iterator[Line]:
    begins = reader.line_num + 1
    for values in reader:
        if values:
            complete = len(values) == len(header)
            yield begins, dict(zip(header, values, strict=True)) if complete else None
        begins = reader.line_num + 1  # A quoted value can span several lines.


def _create(values: dict[str, str] | None) -> str:
    """Create the organization of a line and return its schema name.

    Raises:
        CommandError: the line is bad.
    """
    if values is None:
        raise CommandError("The number of values differs from the number of columns.")
    given = {column: value.strip() for column, value in values.items()}
    owner = given.pop("owner")
    if not given.get("currency"):
        given.pop("currency", None)
    with service_errors_as_command_errors():
        return organization_create(owner=find_user(owner), **given).schema_name
