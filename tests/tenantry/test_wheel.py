"""The engine as a wheel: in an empty environment, and in another project.

docs/engine.md shows how a django-tenants project installs the engine. The proof runs these steps in
a copy of `adopter`, which is such a project.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tenantry import __version__
from tests.printed import follow, run
from tests.scratch import ROOT, copy_checkout, scratch_environment

HERE = Path(__file__).parent
EVERY_MODULE = HERE / "every_module.py"
# With the dependencies of django, django-tenants and psycopg2.
OWN_PACKAGES = "asgiref django django_tenants psycopg2 sqlparse tenantry"

FROM_THE_REPOSITORY = re.compile(r"git\+https://[^\"]+")
STEP = re.compile(r"^### (?=\d\. )", re.MULTILINE)


def test_the_engine_imports_only_its_dependencies(tmp_path: Path) -> None:
    loaded = run(sys.executable, str(EVERY_MODULE), cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})

    assert loaded.split() == OWN_PACKAGES.split()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this working tree, as `pip install git+https://...` would build it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    copy_checkout(source)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(built), ".", cwd=source)
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty virtual environment and an empty database."""
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"), cwd=tmp_path)
    with scratch_environment() as env:
        env.pop("PYTHONPATH", None)
        yield {**env, "PATH": f"{tmp_path / 'venv' / 'bin'}:{env['PATH']}"}


@pytest.mark.proof
def test_the_wheel_has_the_version_of_the_code(wheel: Path) -> None:
    assert wheel.name == f"tenantry-{__version__}-py3-none-any.whl"


@pytest.mark.proof
def test_the_wheel_contains_only_the_engine(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    tracked = run("git", "ls-files", "tenantry", cwd=ROOT).split()
    assert names == {*tracked}
    assert {"tenantry/py.typed", "tenantry/migrations/0001_fleet_state.py"} <= names
    assert any(name.endswith(".sql") for name in names)


@pytest.mark.proof
def test_the_error_without_a_driver_shows_what_to_install(
    wheel: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    pip = ("python", "-m", "pip", "install", "--quiet")
    run(*pip, str(wheel), cwd=tmp_path, env=environment)
    error = run(
        "python", "-c", "import tenantry.postgres", cwd=tmp_path, env=environment, fails=True
    )
    assert error.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: tenantry needs psycopg2: pip install "
        "'tenantry[binary]', or 'tenantry[psycopg2]' to build it from source "
        "(No module named 'psycopg2')."
    )

    run(*pip, f"tenantry[binary] @ {wheel.as_uri()}", cwd=tmp_path, env=environment)
    loaded = run("python", str(EVERY_MODULE), cwd=tmp_path, env=environment)
    assert loaded.split() == OWN_PACKAGES.split()


TENANTS = """
from customers.models import Client

for name in ("public", "acme", "globex"):
    client = Client.objects.create(schema_name=name, name=name)
    client.domains.create(domain=f"{name}.example.com")
"""
LEAKING_TESTS = {
    "test_no_tenant_stays_on_the_session",
    "test_an_error_leaves_no_tenant_on_the_session",
    "test_blocks_of_two_threads_restore_the_tenant_of_each",
    "test_a_decorator_in_two_threads_restores_the_tenant_of_each",
}
NEW_FIELD = "    pinned = models.BooleanField(default=False)\n"
FAILED = re.compile(r"^FAILED \S+::(\w+)", re.MULTILINE)
TESTS_PASS = re.compile(r"= 8 passed in ")
CROSS_TENANT_QUERY = """
from django.db import connection
from tenantry.context import tenant_context
with tenant_context("acme"), connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM notes_note")
    cursor.execute("SELECT count(*) FROM initech.notes_note")
"""
CROSS_TENANT_SAVE = """
from django_tenants.utils import schema_context
from notes.models import Note

with schema_context("acme"):
    note = Note.objects.create(text="Buy paint")
    note.tags.add("blue")
    assert [tag.name for tag in note.tags.all()] == ["blue"]
with schema_context("initech"):
    assert not Note.objects.exists()
    note.save()
"""
LEAKING_TEST = """
from django.db import connection


def test_leaks():
    connection.set_schema("acme")
"""


@pytest.mark.proof
def test_a_django_tenants_project_can_follow_the_steps_of_the_documentation(
    wheel: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(HERE / "adopter", project)
    page = FROM_THE_REPOSITORY.sub(wheel.as_uri(), (ROOT / "docs" / "engine.md").read_text())
    engine, app, copies, guard, tests, roles = (
        step.partition("\n### ")[0].partition("\n## ")[0] for step in STEP.split(page)[1:]
    )

    def python(*arguments: str, text: str | None = None, fails: bool = False) -> str:
        return run("python", *arguments, cwd=project, env=environment, text=text, fails=fails)

    def follow_step(step: str) -> str:
        return follow(step, cwd=project, env=environment)

    # Before: django-tenants' own backend, a tenant model for `public` and two tenants.
    install = ("-m", "pip", "install", "--quiet")
    python(*install, "django-tenants", "psycopg2-binary", "-r", "requirements.txt")
    python("manage.py", "migrate_schemas")
    python("manage.py", "shell", "--command", TENANTS)
    failed = FAILED.findall(python("-m", "pytest", fails=True))
    assert set(failed) == LEAKING_TESTS

    assert TESTS_PASS.search(follow_step(engine))
    models = project / "notes" / "models.py"
    models.write_text(models.read_text().replace("    tags", f"{NEW_FIELD}    tags"))
    python("manage.py", "makemigrations", "notes", "--name", "pinned")
    assert python("manage.py", "migrate_schemas").count("notes.0002_pinned... OK") == 3

    migrated = follow_step(app)
    assert "Migrated 2 of 2 tenants" in migrated
    assert "Every tenant is up to date." in migrated
    assert "copied from the template" in follow_step(copies)
    follow_step(guard)
    output = python("manage.py", "shell", "--command", CROSS_TENANT_SAVE, fails=True)
    assert "CrossTenantError: notes.Note 1 comes from acme and was used in initech." in output

    assert TESTS_PASS.search(follow_step(tests))
    (project / "tests" / "test_leaking.py").write_text(LEAKING_TEST)
    output = python("-m", "pytest", "tests/test_leaking.py", fails=True)
    assert re.search(r"left acme active; it was activated at \S+test_leaking.py:6", output)

    assert "Gave roles to 3 tenants." in follow_step(roles)
    output = python("manage.py", "shell", "--command", CROSS_TENANT_QUERY, fails=True)
    assert "permission denied for schema initech" in output
