"""A tenant app can be deleted, since nothing else in the service names it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scratch import ROOT, copy_checkout, scratch_environment
from tests.sizes import FULL

SHARED = ("config", "shared_apps", "tenantry", "templates", "static", "dev")
# Each app has a line in the first two, and its own templates.
MAY_NAME_APPS = ("config/settings.py", "config/urls.py", "templates/items/", "templates/orders/")
NAMES = re.compile(
    r"""
    \b tenant_apps[./](items|orders) \b   # the package
    | \b tenantry_(items|orders)          # the label, and tables
    | /(items|orders)/                    # URLs and templates
    | \b (item|order)-[a-z]+ \b           # names of URLs
    | \b (Item|Order|OrderLine) \b        # models
    """,
    re.VERBOSE,
)

ORDERS = re.compile(r"orders\b|\bOrder\b|\border(_place|_of|: )|/order")

# The tests of `make proofs`; `make proofs-full` runs all that remain.
FIRST = ("tests/architecture/", "tests/items/", "tests/pages/")

DOCS = ("test_architecture_page.py", "test_docs.py", "test_links.py")


def test_no_shared_file_names_an_app() -> None:
    listed = subprocess.run(
        ["git", "ls-files", *SHARED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    texts = {
        name: (ROOT / name).read_text(errors="replace")
        for name in listed.stdout.splitlines()
        if not name.startswith(MAY_NAME_APPS)
    }

    assert texts
    assert {name: found[0] for name, text in texts.items() if (found := NAMES.search(text))} == {}


SCRIPT = """
from django.test import Client
from shared_apps.users.models import User

member, staff = Client(), Client()
member.force_login(User.objects.get(email="h@gmail.com"))
staff.force_login(User.objects.get(email="staff@example.com"))
pages = {path: member.get(path) for path in ("/", "/api/", "/api/items/", "/api/docs/")}
pages["/admin/"] = staff.get("/admin/")
assert {page.status_code for page in pages.values()} == {200}, pages
assert pages["/api/"].json().keys() == {"me", "items"}
assert pages["/api/items/"].json()["count"] == 2
assert "My priced orders" not in pages["/"].text
"""


def remaining_tests(copy: Path) -> list[str]:
    """Return the files of the service's tests that do not use orders.

    The engine's tests have their own models. The docs name files of orders.
    """
    files = sorted((copy / "tests").rglob("test_*.py"))
    names = [str(file.relative_to(copy)) for file in files if not ORDERS.search(file.read_text())]
    return [
        name for name in names if not name.startswith("tests/tenantry/") and not name.endswith(DOCS)
    ]


@pytest.mark.proof
def test_the_service_runs_without_orders(tmp_path: Path) -> None:
    copy = copy_checkout(tmp_path / "project")
    for parent in ("tenant_apps", "tests", "templates"):
        shutil.rmtree(copy / parent / "orders")
    for file, number in (("settings.py", 1), ("urls.py", 2)):
        lines = (copy / "config" / file).read_text().splitlines(keepends=True)
        kept = [line for line in lines if "tenant_apps.orders" not in line]
        assert len(kept) == len(lines) - number
        (copy / "config" / file).write_text("".join(kept))

    with scratch_environment() as environment:

        def run(*command: str) -> str:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=copy,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        development = {"DEBUG": "true", "ALLOWED_HOSTS": "testserver"}
        environment |= {"SECRET_KEY": "scratch-" * 8, **development}
        run("manage.py", "check", "--fail-level", "WARNING")
        run("manage.py", "makemigrations", "--check")
        run("manage.py", "migrate", "--verbosity", "0")
        run("manage.py", "load_demo")
        run("manage.py", "shell", "--no-imports", "-c", SCRIPT)
        for name in development:
            del environment[name]
        paths = [path for path in remaining_tests(copy) if FULL or path.startswith(FIRST)]
        assert len(paths) > (70 if FULL else 10)
        printed = run("-m", "pytest", "-q", "-n", "2", "-m", "not proof and not e2e", *paths)
        assert re.search(r"\d+ passed", printed)
