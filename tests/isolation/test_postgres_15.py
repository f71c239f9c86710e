"""The engine's tests pass on the oldest supported PostgreSQL."""

import os
import re
import subprocess
import sys

import pytest

from dev.process import ROOT

from .servers import postgres_15

pytestmark = pytest.mark.proof

# With the tests that need a superuser.
TESTS = ("-o", "python_files=test_*.py superuser_*.py", "tests/tenantry")
TIME_LIMIT = 1_500  # seconds, enough for a slow machine


def test_the_engine_passes_its_tests_on_postgresql_15() -> None:
    with postgres_15() as server:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "not proof", *TESTS],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": server.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIME_LIMIT,
        )

    assert done.returncode == 0, done.stdout
    assert re.search(r"\b\d{2,} passed", done.stdout), done.stdout
