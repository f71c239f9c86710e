"""An adopter who started from an earlier commit merges this one without conflicts, and it runs."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scratch import ROOT, scratch_environment

pytestmark = pytest.mark.proof

CUSTOM = {
    "config/custom.py": (
        "EXTRA_TENANT_APPS: list[str] = []",
        'EXTRA_TENANT_APPS = ["tenant_apps.notes"]\nAPI_TOKEN_LIFETIME_HOURS = 1',
    ),
    "config/custom_urls.py": (
        "urlpatterns: list[URLPattern | URLResolver] = []",
        """from django.urls import include, path

urlpatterns = [path("", include("tenant_apps.notes.urls"))]""",
    ),
}
SETTING = "from django.conf import settings; print(settings.API_TOKEN_LIFETIME_HOURS)"

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run a command in the adopter's clone, with a database for it."""
    with scratch_environment() as environment:
        environment |= {"SECRET_KEY": "adopter-" * 8}

        def run(*command: str) -> str:
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield run


def first_commit_with_custom_files() -> str:
    added = ("git", "log", "--diff-filter=A", "--format=%H", "--", *CUSTOM)
    return subprocess.check_output(added, cwd=ROOT, text=True).split()[-1]


def commit_an_app(run: Run, folder: Path) -> None:
    run(sys.executable, "manage.py", "start_tenant_app", "notes")
    for name, (before, after) in CUSTOM.items():
        text = (folder / name).read_text()
        assert before in text
        (folder / name).write_text(text.replace(before, after))
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "Notes")


def test_a_later_commit_merges_without_conflicts_and_runs(run: Run, tmp_path: Path) -> None:
    run("git", "clone", "--quiet", "--no-checkout", str(ROOT), ".")
    run("git", "config", "user.name", "Adopter")
    run("git", "config", "user.email", "adopter@example.com")
    released = run("git", "rev-parse", "HEAD").strip()
    run("git", "checkout", "--quiet", "-b", "adopter", first_commit_with_custom_files())
    commit_an_app(run, tmp_path)

    run("git", "merge", "--quiet", "--no-edit", released)

    assert run(sys.executable, "manage.py", "shell", "--no-imports", "-c", SETTING) == "1\n"
    run(sys.executable, "manage.py", "check", "--fail-level", "WARNING")
    run(sys.executable, "manage.py", "makemigrations", "--check")
    assert " passed" in run(sys.executable, "-m", "pytest", "-q", "tests/notes")
