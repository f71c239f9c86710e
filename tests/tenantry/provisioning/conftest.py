"""A database for each test and migrations that a test writes, as in the fleet's tests."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.users.services import find_user
from tests.tenantry.fleet.conftest import (  # noqa: F401 (fixtures)
    _django_db_marker,
    clear_migration_caches,
    database,
    migrations,
    sql,
)

Sql = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def everything(settings: Settings) -> Iterator[None]:
    """Add the migrations in `everything` to those of `items`."""
    settings.MIGRATION_MODULES = {
        "tenantry_items": "tests.tenantry.provisioning.everything.migrations"
    }
    clear_migration_caches()
    yield
    clear_migration_caches()


def create(schema_name: str) -> Organization:
    owner = find_user("alice@acme.example")
    return organization_create(schema_name=schema_name, name=schema_name, owner=owner)


def reasons(organization: Organization) -> tuple[str, ...]:
    """Return why migrations built its schema; empty for a copy."""
    assert organization.provisioned is not None
    return organization.provisioned.migrated_because
