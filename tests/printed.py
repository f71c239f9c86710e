"""What the docs print, run to the letter in a folder of its own."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg2

ROOT = Path(__file__).parent.parent

_BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@contextmanager
def own_database(purpose: str) -> Iterator[dict[str, str]]:
    """Give an environment with an empty database, without the variables that are for tests."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tenantry_{purpose}_{os.getpid()}"
    set_by_tests = set(re.findall(r'"([A-Z_]+)"', (ROOT / "tests" / "settings.py").read_text()))
    dropped = {*set_by_tests, "DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "MAKEFLAGS", "ARGS"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield {**kept, "DATABASE_URL": f"{server}/{name}"}
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


def copy_checkout(to: Path) -> None:
    """Copy the files that git lists, as they are in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def run(
    *command: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
    fails: bool = False,
) -> str:
    """Run a command, require that it succeeds or `fails`, and return what it prints."""
    done = subprocess.run(command, cwd=cwd, env=env, input=text, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, output
    return output


def follow(page: str, *, cwd: Path, env: Mapping[str, str]) -> str:
    """Run the page's commands, apply its diffs, write its files; return what the commands print."""
    printed = ""
    for block in _BLOCK.finditer(page):
        if block["kind"] == "sh":
            printed += run("sh", "-eu", "-c", block["text"], cwd=cwd, env=env)
        elif block["kind"] == "diff":
            run("git", "apply", "--unidiff-zero", "-", cwd=cwd, env=env, text=block["text"])
        else:
            (cwd / block["file"]).write_text(block["text"])
    return printed
