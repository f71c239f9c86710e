"""A pytest plugin for projects with tenants: `pytest_plugins = ["tenantry.testing"]`.

PYTEST_DONT_REWRITE: the root conftest.py can also import from here.
"""

from .leftovers import no_tenant_is_left_active, pytest_configure
from .snapshots import align, contents, undone

__all__ = ["align", "contents", "no_tenant_is_left_active", "pytest_configure", "undone"]
