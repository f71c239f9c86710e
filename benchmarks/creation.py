"""What it takes to create a tenant, beside the ways that there were before."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.db import connection
from rich.console import Console

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.tenancy.catalog import ANY_SCHEMA
from shared_apps.tenancy.copying import copy_statements
from shared_apps.tenancy.names import TEMPLATE
from shared_apps.users.models import User

from .database import bench_database, database_url
from .report import Row, row
from .timing import alternate

ROUNDS, TIMES = 6, 5


def measure(console: Console) -> list[Row]:
    """Measure everything, on a database of its own."""
    with bench_database():
        return [*_create_and_migrate(), *_create_and_replay(console)]


def _create_and_migrate() -> Iterator[Row]:
    ours, peer = alternate(
        _creating("a"), _creating_as_django_tenants(), rounds=ROUNDS, times=TIMES
    )
    yield row(
        "create one tenant, ms; peer: migrate_schemas for one new schema",
        ours / 1000,
        peer / 1000,
        "<= 1/15",
    )


def _creating(prefix: str) -> Callable[[], object]:
    """Return what creates another organization, all of it, at each call."""
    numbers = count()
    owner = User.objects.create_user(f"{prefix}@example.com", "bench-password", name="Owner")

    def create() -> None:
        name = f"{prefix}{next(numbers)}"
        organization_create(schema_name=name, name=name, owner=owner)

    return create


def _creating_as_django_tenants() -> Callable[[], object]:
    """Return what `TenantMixin.save()` does: the row, the schema, then its migrations."""
    numbers = count()

    def create() -> None:
        name = f"stock{next(numbers)}"
        Organization.objects.bulk_create([Organization(schema_name=name, name=name)])
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {name}")
        call_command("migrate_schemas", schema_name=name, verbosity=0)

    return create


def _create_and_replay(console: Console) -> Iterator[Row]:
    if shutil.which("psql") is None:
        console.print("Replaying the DDL is not measured: there is no psql here.")
        return
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database_url()]
    with TemporaryDirectory() as directory, _open_psql(command) as psql:
        file = Path(directory, "replay.sql")
        run = _replaying("psql", file, partial(_run, [*command, "-f", str(file)]))
        ours, peer = alternate(_creating("b"), run, rounds=ROUNDS, times=TIMES)
        measure = "create one tenant, ms; peer: psql -f with the same DDL"
        yield row(measure, ours / 1000, peer / 1000, "<= 2")
        run = _replaying("inside", file, partial(_include, psql, file))
        ours, peer = alternate(_creating("c"), run, rounds=ROUNDS, times=TIMES)
        measure = "create one tenant, ms; peer: the same in a psql that is connected already"
        yield row(measure, ours / 1000, peer / 1000)


def _replaying(prefix: str, file: Path, run: Callable[[], object]) -> Callable[[], object]:
    """Return what writes the DDL of the template for another schema at each call, and runs it."""
    copy = copy_statements(TEMPLATE)
    filled = [insert for insert in copy.rows.inserts if insert.startswith("INSERT INTO django_")]
    statements = [*copy.creation, *filled, copy.rows.sequences, *copy.additions]
    numbers = count()

    def replay() -> None:
        name = f"{prefix}{next(numbers)}"
        beginning = ["BEGIN", f"CREATE SCHEMA {name}", f"SET LOCAL search_path = {name}, public"]
        sql = ";\n".join([*beginning, *statements, "COMMIT"]).replace(ANY_SCHEMA, name)
        file.write_text(f"{sql};\n")
        run()

    return replay


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _open_psql(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "-At"], stdin=pipe, stdout=pipe, text=True) as psql:
        yield psql
        psql.communicate("")


def _include(psql: "subprocess.Popen[str]", file: Path) -> None:
    assert psql.stdin
    assert psql.stdout
    psql.stdin.write(f"\\i {file}\n\\echo done\n")
    psql.stdin.flush()
    for line in psql.stdout:
        if line == "done\n":
            return
    raise RuntimeError("psql ended.")
