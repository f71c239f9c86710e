"""A pytest plugin for whoever builds on this service; docs/testing.md says how to use it.

The root conftest.py names it: `pytest_plugins = ["shared_apps.testing"]`.
PYTEST_DONT_REWRITE: it may import from here as well.
"""

from .isolation import AssertIsolated, assert_isolated
from .leftovers import counts_begin_anew, no_tenant_is_left_active, pytest_configure
from .members import PASSWORD, AsMember, Member, as_member
from .organizations import django_db_setup, organization, other_organization

__all__ = [
    "PASSWORD",
    "AsMember",
    "AssertIsolated",
    "Member",
    "as_member",
    "assert_isolated",
    "counts_begin_anew",
    "django_db_setup",
    "no_tenant_is_left_active",
    "organization",
    "other_organization",
    "pytest_configure",
]
