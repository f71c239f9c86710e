"""A copy of the project and a database for it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

ROOT = Path(__file__).parent.parent


def copy_checkout(folder: Path) -> Path:
    """Copy the tracked files of the working tree into a new repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@contextmanager
def scratch_database(name: str) -> Iterator[str]:
    """Yield the URL of a new database, so that the developer's demo data does not change."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tenantry_{name}_{os.getpid()}"
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def scratch_environment() -> Iterator[dict[str, str]]:
    """Yield an environment with a new database, without variables that the tests set."""
    set_by_tests = set(re.findall(r'"([A-Z_]+)"', (ROOT / "tests" / "settings.py").read_text()))
    dropped = {*set_by_tests, "DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "MAKEFLAGS", "ARGS"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    with scratch_database("scratch") as url:
        yield {**kept, "DATABASE_URL": url, "PYTHON": sys.executable}
