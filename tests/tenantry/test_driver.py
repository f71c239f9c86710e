"""Without psycopg2, the error at start is one line that shows what to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LINE = (
    "tenantry needs psycopg2: pip install 'tenantry[binary]', or 'tenantry[psycopg2]' to build it "
    "from source (import of psycopg2 halted; None in sys.modules).\n"
)
SET_UP = """
import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

apps = ["django_tenants", "tenantry"]
settings.configure(
    DATABASES={"default": {"ENGINE": "tenantry.postgres"}},
    INSTALLED_APPS=apps,
    SHARED_APPS=apps,
    TENANT_APPS=[],
)
try:
    django.setup()
except ImproperlyConfigured as error:
    sys.exit(str(error))
"""
CHECK = """
import runpy
sys.argv = ["manage.py", "check"]
runpy.run_path("manage.py", run_name="__main__")
"""


@pytest.mark.parametrize("program", [SET_UP, CHECK], ids=["django.setup()", "manage.py check"])
def test_the_error_without_psycopg2_is_one_line(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules['psycopg2'] = None{program}"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout, done.stderr) == (1, "", LINE)
