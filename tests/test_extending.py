"""docs/extending.md, then docs/testing.md, to the letter in a scratch copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """A database of its own, and nothing that is meant for the tests that this one is among."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tenantry_extending_{os.getpid()}"
    set_by_tests = set(re.findall(r'"([A-Z_]+)"', (ROOT / "tests" / "settings.py").read_text()))
    dropped = {*set_by_tests, "DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "MAKEFLAGS", "ARGS"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield {**kept, "DATABASE_URL": f"{server}/{name}", "PYTHON": sys.executable}
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A clone of the project as it stands in the working tree; its first `make` builds .venv."""
    copy = tmp_path / "project"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    return copy


def test_the_example_app_is_built_as_printed_and_its_tests_pass(
    copy: Path, environment: dict[str, str]
) -> None:
    def run(*command: str, text: str | None = None) -> str:
        done = subprocess.run(
            command, cwd=copy, env=environment, input=text, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    printed = ""
    printed_in = [(ROOT / "docs" / name).read_text() for name in ("extending.md", "testing.md")]
    for block in BLOCK.finditer("\n".join(printed_in)):
        if block["kind"] == "sh":
            printed += run("sh", "-eu", "-c", block["text"])
        elif block["kind"] == "diff":
            run("git", "apply", "--unidiff-zero", "-", text=block["text"])
        else:
            (copy / block["file"]).write_text(block["text"])

    assert len(re.findall(r"\d+ passed", printed)) == 2
    assert "failed" not in printed
    run("make", "lint")
    run("make", "types")
