"""A database for each test of the fleet, and migrations that a test writes.

The database is a copy of the test database: `public`, the template, the tenants acme and globex.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from time import monotonic
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker, Settings

from tenantry.fleet import state
from tenantry.fleet.options import Options, Report, Target
from tenantry.fleet.output import NoProgress
from tenantry.fleet.run import Run
from tenantry.names import TEMPLATE
from tenantry.schemas.copy import copy_statements
from tests.conftest import connect

ROOT = Path(__file__).parents[3]

Sql = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of the test's database, which `connection` uses during the test."""
    original = connection.settings_dict["NAME"]
    name = f"{original}_fleet"
    connection.close()
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        # Not the original: PostgreSQL copies no database with open connections.
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}_pristine"')
        connection.settings_dict["NAME"] = name
        try:
            with django_db_blocker.unblock():
                yield name
        finally:
            connection.close()
            connection.settings_dict["NAME"] = original
            cursor.execute(f'DROP DATABASE "{name}"')


@pytest.fixture(autouse=True)
def _django_db_marker(database: str) -> None:
    """Replaces pytest-django's fixture: the test needs no transaction around it."""


@pytest.fixture
def sql(database: str) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
    """Runs SQL on a connection outside of Django."""
    with closing(connect(database)) as plain, plain.cursor() as cursor:

        def run(statement: str, *parameters: object) -> list[tuple[object, ...]]:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

        yield run


def _dependency(text: str) -> tuple[str, str]:
    app_label, _, name = text.partition(".")
    return app_label, name or max(_real_migrations(app_label).glob("[0-9]*.py")).stem


def _real_migrations(app_label: str) -> Path:
    return Path(apps.get_app_config(app_label).path) / "migrations"


@dataclass
class MigrationWriter:
    """Writes migrations of a test, in addition to those of an app."""

    directory: Path
    settings: Settings

    def add(self, app_label: str, name: str, operations: str, *, after: str, **rest: str) -> None:
        """Write a migration.

        Args:
            operations: Python source of the list's items.
            after: its dependencies as `app.name`, separated by spaces; `app` is its newest one.
            rest: more attributes of the class, as source.
        """
        package = self._package(app_label)
        dependencies = [_dependency(each) for each in after.split()]
        more = "".join(f"    {key} = {value}\n" for key, value in rest.items())
        (package / f"{name}.py").write_text(
            "from django.conf import settings\n"
            "from django.db import migrations, models\n"
            "from django.db.migrations import *\n"
            "from tests.tenantry.fleet.actions import *\n"
            "class Migration(migrations.Migration):\n"
            f"    dependencies = {dependencies!r}\n{more}"
            f"    operations = [\n{indent(dedent(operations), ' ' * 8)}\n    ]\n"
        )
        sys.modules.pop(f"{package.name}.{name}", None)
        importlib.invalidate_caches()
        clear_migration_caches()

    def remove(self, app_label: str, name: str) -> None:
        (self._package(app_label) / f"{name}.py").unlink()
        clear_migration_caches()

    def _package(self, app_label: str) -> Path:
        name = f"{app_label}_{self.directory.name}"
        package = self.directory / name
        if not package.exists():
            package.mkdir()
            real = str(_real_migrations(app_label))
            (package / "__init__.py").write_text(f"__path__.append({real!r})\n")
            modules = {**self.settings.MIGRATION_MODULES, app_label: name}
            self.settings.MIGRATION_MODULES = modules
        return package


def clear_migration_caches() -> None:
    state.migrations_of_code.cache_clear()
    state.digest_of_code.cache_clear()


@pytest.fixture
def migrations(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MigrationWriter]:
    directory = tmp_path / uuid4().hex
    directory.mkdir()
    monkeypatch.syspath_prepend(str(directory))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield MigrationWriter(directory, settings)
    clear_migration_caches()


def add_tenants(*names: str) -> None:
    """Add organizations with copies of the template."""
    for name in names:
        with transaction.atomic():
            add_empty_tenant(_execute, name)
            copy_statements(TEMPLATE).build(name)
            state.refresh(name)


def _execute(statement: str, *parameters: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def add_empty_tenant(sql: Callable[..., object], name: str) -> None:
    """Add an organization with an empty schema, without django_migrations."""
    sql(f"CREATE SCHEMA {name}")
    sql(
        "INSERT INTO tenantry_organizations_organization "
        "(schema_name, name, status, currency, created_at) "
        "VALUES (%s, %s, 'active', 'EUR', now())",
        name,
        name,
    )


def run_fleet(
    app_label: str | None = None,
    migration_name: str | None = None,
    *,
    fake: bool = False,
    **options: object,
) -> Report:
    """Run in this process, with Django's own `migrate` for `public`."""
    names = [name for name in (app_label, migration_name) if name]
    target = Target(app_label, migration_name, fake=fake)
    return Run(
        Options(target=target, **options),  # type: ignore[arg-type]
        lambda: call_command(DjangoMigrate(), *names, fake=fake, interactive=False, verbosity=0),
        NoProgress(),
    ).execute()


def start(command: str, migrations: MigrationWriter, **environment: str) -> "subprocess.Popen[str]":
    at = connection.settings_dict
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", *command.split()],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.tenantry.fleet.settings",
            "DATABASE_URL": url,
            "PYTHONPATH": f"{migrations.directory}:{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FLEET_MIGRATION_MODULES": json.dumps(dict(migrations.settings.MIGRATION_MODULES)),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def has_column(sql: Sql, schema_name: str, column: str) -> bool:
    return bool(
        sql(
            "SELECT 1 FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = 'tenantry_items_item' AND column_name = %s",
            schema_name,
            column,
        )
    )


def wait_for_lock(sql: Sql, count: int = 1) -> None:
    """Wait until this many connections wait for an advisory lock of this database."""
    query = """
        SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
    """
    deadline = monotonic() + 60
    while len(sql(query)) < count:
        assert monotonic() < deadline, "No connection waits for the lock."
        threading.Event().wait(0.01)
