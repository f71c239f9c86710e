"""create_tenants: many organizations from a CSV file."""

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
from shared_apps.organizations.services import find_user, organization_create
from tenantry.fleet.each import console_on
from tenantry.fleet.run import stop_on_signals

NEEDED = ("schema_name", "name", "owner")
COLUMNS = (*NEEDED, "currency")
MAX_LINES = 10_000

Line = tuple[int, dict[str, str] | None]
"""The number of a line in the file, and what it says by column; None if that cannot be told."""


class Command(BaseCommand):
    """Each line goes the way of create_tenant, in a transaction of its own."""

    help = "Create an organization for each line of a CSV file; a bad line does not stop the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from",
            dest="path",
            required=True,
            type=Path,
            metavar="FILE",
            help="UTF-8, with a header: schema_name,name,owner and, where wanted, currency",
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
        # Closed, it is off the terminal before anything else is written there.
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
                    # As between two requests: a session's memory grows with its tenants.
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
            raise CommandError(f"Interrupted; from line {left[0][0]} on, {len(left)} are left.")
        if bad:
            raise CommandError(f"{len(bad)} bad lines; the others are done.")


def _read(path: Path) -> list[Line]:
    """Return the lines that hold something, all of them before anything is created.

    Raises:
        CommandError: when the file cannot be read, has too many lines, or its header is another.
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
        raise CommandError(f"{path} is not UTF-8: save it as UTF-8 and try again.") from error
    except csv.Error as error:
        raise CommandError(f"{path}, line {reader.line_num}: {error}.") from error
    if len(lines) > MAX_LINES:
        raise CommandError(f"{path} has more than {MAX_LINES:,} lines: create them in parts.")
    return lines


def _check_header(found: list[str]) -> None:
    if len(set(found)) < len(found) or not set(NEEDED) <= set(found) <= set(COLUMNS):
        raise CommandError(
            "The first line has to name the columns schema_name,name,owner and, where wanted, "
            f"currency; it is {','.join(found)!r}."
        )


def _lines(reader: Any, header: list[str]) -> Iterator[Line]:
    begins = reader.line_num + 1
    for values in reader:
        if values:
            complete = len(values) == len(header)
            yield begins, dict(zip(header, values, strict=True)) if complete else None
        begins = reader.line_num + 1  # A quoted value may go over several.


def _create(values: dict[str, str] | None) -> str:
    """Create what a line says and return the schema's name.

    Raises:
        CommandError: when the line is bad, in one line.
    """
    if values is None:
        raise CommandError("It has not as many values as the header has columns.")
    given = {column: value.strip() for column, value in values.items()}
    owner = given.pop("owner")
    if not given.get("currency"):
        given.pop("currency", None)
    with service_errors_as_command_errors():
        return organization_create(owner=find_user(owner), **given).schema_name
