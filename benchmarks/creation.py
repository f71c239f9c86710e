"""Measures the creation of a tenant against other methods that create its schema."""

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
from django.test import override_settings
from django_tenants.clone import CloneSchema
from rich.console import Console

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenantry.fleet import state
from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import ANY_SCHEMA
from tenantry.schemas.copy import copy_statements

from .database import bench_database, database_url
from .report import Row, row
from .timing import alternate

_names = map("bench{}".format, count())


def measure(console: Console) -> list[Row]:
    with bench_database():
        User.objects.create_user("bench@example.com", "bench-password", name="Owner")
        rows = [
            _compare("migrate_schemas for one new schema", _migrate),
            *_compare_psql("<= 1.1", console),
        ]
        with _hundred_tables():
            rows += [
                _compare("migrate_schemas for one new schema", _migrate, suffix=", 100 tables"),
                _compare("django-tenants' clone_schema", _clone, suffix=", 100 tables"),
                *_compare_psql(None, console, suffix=", 100 tables"),
            ]
        return rows


def _compare(
    peer: str, create: Callable[[], object], *, suffix: str = "", target: str | None = None
) -> Row:
    # migrate_schemas takes several seconds for a hundred tables.
    rounds, times = (3, 2) if suffix else (6, 5)
    ours, theirs = alternate(_create, create, rounds=rounds, times=times)
    return row(f"create one tenant{suffix}, ms; peer: {peer}", ours / 1000, theirs / 1000, target)


def _create() -> None:
    name = next(_names)
    owner = User.objects.get(email="bench@example.com")
    organization_create(schema_name=name, name=name, owner=owner)


def _migrate() -> None:
    """Create a tenant as django-tenants' `TenantMixin.save()` does: row, schema, migrations."""
    name = _add_row()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {name}")
    call_command("migrate_schemas", schema_name=name, verbosity=0)


def _clone() -> None:
    """The same with `TENANT_BASE_SCHEMA` and `TENANT_CREATION_FAKES_MIGRATIONS`."""
    name = _add_row()
    CloneSchema().clone_schema(TEMPLATE, name)
    call_command("migrate_schemas", schema_name=name, fake=True, verbosity=0)


def _add_row() -> str:
    name = next(_names)
    Organization.objects.bulk_create([Organization(schema_name=name, name=name)])
    return name


@contextmanager
def _hundred_tables() -> Iterator[None]:
    modules = {"tenantry_items": "benchmarks.migrations.hundred_tables"}
    with override_settings(MIGRATION_MODULES=modules):
        _clear_migrations_of_code()
        call_command("migrate", verbosity=0)
        yield
    _clear_migrations_of_code()


def _clear_migrations_of_code() -> None:
    state.migrations_of_code.cache_clear()
    state.digest_of_code.cache_clear()


def _compare_psql(target: str | None, console: Console, *, suffix: str = "") -> Iterator[Row]:
    if shutil.which("psql") is None:
        console.print("The replay of the DDL is not measured: psql is not installed.")
        return
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database_url()]
    with TemporaryDirectory() as directory, _open_psql(command) as psql:
        file = Path(directory, "replay.sql")
        replay = _make_replay(file, partial(_run, [*command, "-f", str(file)]))
        yield _compare("psql -f with the same DDL", replay, suffix=suffix, target=target)
        replay = _make_replay(file, partial(_include, psql, file))
        yield _compare("the same in a psql that is connected already", replay, suffix=suffix)


def _make_replay(file: Path, run: Callable[[], object]) -> Callable[[], object]:
    """Return a function that runs the template's DDL for a new schema at each call."""
    copy = copy_statements(TEMPLATE)
    filled = [insert for insert in copy.rows.inserts if insert.startswith("INSERT INTO django_")]
    statements = [*copy.creation, *filled, copy.rows.sequences, *copy.additions]

    def replay() -> None:
        name = next(_names)
        head = ["BEGIN", f"CREATE SCHEMA {name}", f"SET LOCAL search_path = {name}, public"]
        sql = ";\n".join([*head, *statements, "COMMIT"]).replace(ANY_SCHEMA, name)
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
