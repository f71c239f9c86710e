"""A pytest plugin for projects built on this service; see docs/testing.md.

The root conftest.py names it: `pytest_plugins = ["shared_apps.testing"]`.
PYTEST_DONT_REWRITE: conftest.py may import from here, too.
"""

from tenantry.testing import no_tenant_is_left_active, pytest_configure

from .isolation import AssertIsolated, assert_isolated
from .members import PASSWORD, AsMember, Member, as_member
from .organizations import django_db_setup, organization, other_organization
from .streams import unread_streams_close_in_a_copied_context
from .throttles import empty_counters

__all__ = [
    "PASSWORD",
    "AsMember",
    "AssertIsolated",
    "Member",
    "as_member",
    "assert_isolated",
    "django_db_setup",
    "empty_counters",
    "no_tenant_is_left_active",
    "organization",
    "other_organization",
    "pytest_configure",
    "unread_streams_close_in_a_copied_context",
]
