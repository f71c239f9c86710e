"""django-tenants' own tests pass with this ENGINE."""

import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from dev.process import DATA, ROOT

from .servers import postgres_15

pytestmark = pytest.mark.proof

TESTS = 154
TIME_LIMIT = 500  # seconds
CANNOT_PASS = {
    "test_tenants.TenantDataAndSettingsTest.test_switching_search_path": (
        "counts each SET as a query: expects 6, sees 3"
    ),
    "test_tenants.TenantDataAndSettingsTest.test_switching_search_path_limited_calls": (
        "counts the SET as a query: expects 4, sees 3"
    ),
    "test_tenants.SchemaNameInjectionTest.test_search_path_rejects_injected_schema": (
        "expects ValidationError from the query; set_schema() raises it earlier"
    ),
    "test_server_side_cursors.ServerSideCursorTenantTest"
    ".test_iterator_really_uses_a_server_side_cursor": (
        "iterates outside a transaction, where a server-side cursor stays on the session"
    ),
    "test_commands.AllTenantsCommandTestCase.test_arguments_are_passed_to_the_wrapped_command": (
        "fails with django-tenants' own backend too: it counts tenants that other tests left"
    ),
}
# Each failed test, and each class or module that could not be set up.
FAILED = re.compile(r"^(?:FAIL|ERROR): \S+ \(django_tenants\.tests\.([\w.]+)\)", re.MULTILINE)


def test_the_suite_of_django_tenants_passes_with_this_backend(tmp_path: Path) -> None:
    output = run_suite("tenantry.postgres", _source(tmp_path))

    assert f"Ran {TESTS} tests" in output, output[-2000:]
    assert set(FAILED.findall(output)) == set(CANNOT_PASS), output
    assert "skipped=" not in output


def _source(folder: Path) -> Path:
    """Download and unpack the source distribution of django-tenants, which contains its tests."""
    release = version("django-tenants")
    archive = DATA / "django-tenants" / f"django_tenants-{release}.tar.gz"
    if not archive.exists():
        options = ("--quiet", "--no-binary=:all:", "--no-deps", "--dest", str(archive.parent))
        pip = (sys.executable, "-m", "pip", "download", *options, f"django-tenants=={release}")
        subprocess.run(pip, check=True, timeout=TIME_LIMIT)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / f"django_tenants-{release}"


def run_suite(engine: str, source: Path) -> str:
    """Return the output of the suite. It creates roles, so it gets a new PostgreSQL."""
    project = source / "dts_test_project"
    with postgres_15() as server:
        environment = {
            "ENGINE": engine,
            "DJANGO_SETTINGS_MODULE": "tests.isolation.suite_settings",
            "PYTHONPATH": os.pathsep.join(map(str, (source, project, ROOT))),
            "DATABASE_HOST": server.HOST,
            "DATABASE_PORT": server.PORT,
            "DATABASE_USER": server.USER,
            "DATABASE_PASSWORD": server.PASSWORD,
        }
        done = subprocess.run(
            [sys.executable, "manage.py", "test", "django_tenants", "--noinput"],
            cwd=project,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIME_LIMIT,
        )
    return done.stdout
