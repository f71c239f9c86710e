"""All commands: help, one-line errors and exit status; disabled commands."""

import os
import subprocess
import sys
from getpass import GetPassWarning
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, CommandParser, call_command, get_commands
from django.db import OperationalError, connection

from shared_apps.core.commands import run
from shared_apps.organizations.disabled_commands import INSTEAD

ROOT = Path(__file__).parents[2]

# Each case starts Python and Django, so make test runs one of each kind.
SLOW = pytest.mark.proof
OURS = (
    "clear_tenant_cache",
    "create_tenant",
    "create_user",
    "invite",
    "list_tenants",
    "load_demo",
    "start_tenant_app",
)

ALTERNATIVES = {
    "clone_tenant": "Use create_tenant",
    "create_domain": "the signed-in user decides the organization",
    "create_missing_schemas": "create_tenant creates the organization",
    "create_tenant_superuser": "Use create_user --staff",
    "delete_domain": "the signed-in user decides the organization",
    "delete_tenant": "Archive them in the admin",
    "rename_schema": "Change the organization's name in the admin",
}


@pytest.mark.parametrize("command", OURS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        call_command(command, "--help")

    assert end.value.code == 0
    assert f"{command} " in capsys.readouterr().out


@pytest.mark.parametrize("command", [*OURS, *INSTEAD])
def test_our_commands_come_before_django_tenants(command: str) -> None:
    assert get_commands()[command].split(".")[0] in {"tenantry", "shared_apps", "tenant_apps"}


@pytest.mark.parametrize("command", INSTEAD)
def test_the_error_of_a_disabled_command_is_one_line_with_the_alternative(command: str) -> None:
    with pytest.raises(CommandError, match=ALTERNATIVES[command]) as error:
        call_command(command)

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["create_tenant", "pg_x", "--name=X", "--owner=alice@acme.example"],
        pytest.param(
            ["create_tenant", "Robert'); DROP", "--name=X", "--owner=alice@acme.example"],
            marks=SLOW,
        ),
        pytest.param(["delete_tenant", "--noinput", "-s", "acme"], marks=SLOW),
        pytest.param(["load_demo"], marks=SLOW),
    ],
    ids=" ".join,
)
def test_an_error_is_one_line_and_exit_status_1(db: None, arguments: list[str]) -> None:
    there = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**there)

    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--settings=tests.settings"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def manage(*arguments: str | bytes, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command that needs no database."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        text=True,
        check=False,
        **{"capture_output": True, **options},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["create_user", "ada@acme.example", "--name=Ada", "--role=king"],
        pytest.param(["create_user"], marks=SLOW),
        pytest.param(["migrate_tenants", "--canary=x"], marks=SLOW),
        pytest.param(["createsuperuser", "--nothing"], marks=SLOW),
        pytest.param(["list_tenants", b"\xff"], marks=SLOW),
    ],
    ids=str,
)
def test_bad_arguments_are_one_line_and_exit_status_2(
    arguments: list[str | bytes],
) -> None:
    done = manage(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr


def test_closed_streams_give_no_traceback() -> None:
    done = manage(
        "help", "create_user", capture_output=False, stderr=subprocess.PIPE, preexec_fn=close_both
    )

    assert (done.returncode, done.stderr) == (0, "")


def close_both() -> None:
    os.close(0)
    os.close(1)


def test_a_closed_pipe_gives_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = manage(
        "help", "--commands", capture_output=False, stdout=writing, stderr=subprocess.PIPE
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (EOFError("EOF when reading a line"), "The input needs a terminal"),
        (GetPassWarning("Can not control echo"), "The input needs a terminal"),
        (
            OperationalError("connection to server failed: refused\n\tIs the server running?\n"),
            r"^PostgreSQL cannot do this now: .* refused Is the server running\?$",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_outside_of_the_code_are_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    monkeypatch.setattr(CommandParser, "error", CommandParser.error)
    monkeypatch.setattr(
        "shared_apps.core.commands.execute_from_command_line", Mock(side_effect=error)
    )

    with pytest.raises(SystemExit, match=line):
        run(["manage.py", "list_tenants"])
    with pytest.raises(type(error)):
        run(["manage.py", "list_tenants", "--traceback"])
