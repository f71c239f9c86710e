"""On a database without tables, every command prints one line with what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import connect

ROOT = Path(__file__).parents[2]

COMMANDS = """
    list_tenants
    list_tenants --json
    list_tenants --check
    check_references
    check_references --json
    clear_idempotency_keys
    clear_tenant_cache acme
    refresh_sizes --drift
    create_tenant acme --name Acme --owner ada@example.com
    create_user ada@example.com --name Ada --password-stdin
    createsuperuser --noinput --email ada@example.com --name Ada
    changepassword ada@example.com
    clearsessions
    load_demo
    dumpdata tenantry_users
    tenant_command dumpdata -s acme
    all_tenants_command dumpdata
"""
RUN_COMMANDS = """
import sys
from shared_apps.core.commands import run
from tenantry.management.explained import explain_errors
explain_errors()
for line in sys.argv[1].strip().splitlines():
    print(">", line.strip(), file=sys.stderr)
    try:
        run(["manage.py", *line.split()])
    except SystemExit as end:
        print(end.code, file=sys.stderr)
"""


@pytest.fixture
def empty(db: None) -> Iterator[str]:
    """The URL of a database without tables."""
    name = f"{connection.settings_dict['NAME']}_empty"
    settings = connection.settings_dict
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
        yield "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/".format(**settings) + name
        cursor.execute(f'DROP DATABASE "{name}"')


def test_every_command_prints_that_migrations_are_missing(empty: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN_COMMANDS, COMMANDS],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": empty,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_SUPERUSER_PASSWORD": "correct horse battery staple",
            "DEBUG": "true",
        },
        input="correct horse battery staple\n",
        capture_output=True,
        text=True,
    )

    outputs = [block.splitlines()[1:] for block in done.stderr.split("> ")[1:]]
    expected = ["CommandError: The database lacks migrations: run `manage.py migrate`.", "1"]
    assert outputs == [expected] * len(COMMANDS.split("\n    ")[1:]), done.stderr
