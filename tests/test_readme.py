"""The README's curl session, run as it is printed against a server started as it says."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database of its own, so that a developer's demo data is left alone."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tenantry_readme_{os.getpid()}"
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture
def address(database_url: str) -> Iterator[str]:
    """Where `make run` serves, once it says so."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DEBUG", "DJANGO_SETTINGS_MODULE", "MAKEFLAGS")
    } | {"DATABASE_URL": database_url, "PORT": address.rpartition(":")[2]}
    server = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with server:
        assert server.stdout is not None
        printed: list[str] = []
        while not printed or address not in printed[-1]:
            printed.append(server.stdout.readline())
            assert printed[-1], "".join(printed)
        yield address
        server.terminate()
        server.stdout.read()


@pytest.mark.proof
def test_the_curl_session_prints_what_the_readme_says(address: str) -> None:
    readme = (ROOT / "README.md").read_text().partition("runs this as printed")[2]
    session, printed = re.findall(r"```(?:sh)?\n(.*?)```", readme, re.DOTALL)[:2]

    answer = subprocess.run(
        ["bash", "-eu", "-c", session.replace("127.0.0.1:8000", address)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.stdout.strip() == printed.strip()
