"""The engine's tests pass on the oldest supported PostgreSQL."""

import os
import re
import subprocess
import sys

import pytest

from dev.process import ROOT

from .servers import Server, postgres_15, restricted_login

pytestmark = pytest.mark.proof

TIME_LIMIT = 1_500  # seconds, enough for a slow machine
ROLES = "tests/tenantry/roles"


def test_the_engine_passes_its_tests_on_postgresql_15() -> None:
    # With the tests that need a superuser, for whom roles have no effect.
    files = ("-o", "python_files=test_*.py superuser_*.py", "tests/tenantry", f"--ignore={ROLES}")
    with postgres_15() as server:
        _pass(server, *files, TENANT_ROLES="false")


def test_postgresql_15_enforces_the_roles() -> None:
    with postgres_15() as server:
        _pass(restricted_login(server), ROLES)


def _pass(server: Server, *tests: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "not proof", *tests],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": server.url} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
    )

    assert done.returncode == 0, done.stdout
    assert re.search(r"\b\d{2,} passed", done.stdout), done.stdout
