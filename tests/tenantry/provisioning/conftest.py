"""A database of each test's own, as the fleet's tests have it, with migrations the test writes."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import find_user, organization_create
from tests.tenantry.fleet.conftest import (  # noqa: F401 (fixtures)
    _django_db_marker,
    database,
    forget_what_is_on_disk,
    scripts,
    sql,
)

Sql = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def everything(settings: Settings) -> Iterator[None]:
    """The migrations of `items` go on with those in `everything`."""
    settings.MIGRATION_MODULES = {
        "tenantry_items": "tests.tenantry.provisioning.everything.migrations"
    }
    forget_what_is_on_disk()
    yield
    forget_what_is_on_disk()


def create(schema_name: str) -> Organization:
    """An organization of alice's, made as everybody makes one."""
    owner = find_user("alice@acme.example")
    return organization_create(schema_name=schema_name, name=schema_name, owner=owner)


def reasons(organization: Organization) -> tuple[str, ...]:
    """Why migrations built its schema; nothing when it is a copy."""
    assert organization.provisioned is not None
    return organization.provisioned.migrated_because
