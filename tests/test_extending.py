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

# `make` would build a virtual environment of its own; what it runs in it is this.
MAKE = """#!/bin/sh
target=$1; shift
for word; do export "$word"; done
case $target in
    format) {python} -m ruff check --quiet --fix . ; exec {python} -m ruff format --quiet . ;;
    manage) exec {python} manage.py $CMD ;;
    test) exec {python} -m pytest -q -m "not proof and not e2e" $ARGS ;;
esac
exit 2
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of its own, and `make` on the PATH."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tenantry_extending_{os.getpid()}"
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text(MAKE.format(python=sys.executable))
    make.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if k not in ("DEBUG", "DJANGO_SETTINGS_MODULE")}
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield {
            **kept,
            "DATABASE_URL": f"{server}/{name}",
            "PATH": f"{make.parent}{os.pathsep}{os.environ['PATH']}",
        }
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What git has of the project, as it stands in the working tree."""
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
    run(sys.executable, "-m", "ruff", "check", ".")
    run(sys.executable, "-m", "ruff", "format", "--check", ".")
    run(sys.executable, "-m", "mypy", "tenant_apps/notes", "tests/notes")
    run(sys.executable, "manage.py", "makemigrations", "--check")
