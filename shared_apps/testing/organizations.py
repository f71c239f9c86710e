"""Two organizations, created once for each process that runs tests."""

import pytest
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from pytest_django import DjangoDbBlocker

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenantry.names import quote_schema_name
from tenantry.roles import forget_role

from .members import PASSWORD

_OWNERS = {"Acme": "Alice", "Globex": "Charlie"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Create Acme and Globex in pytest-django's empty database."""
    # pytest-django creates the database only if a test is marked with django_db.
    database = connection.settings_dict["NAME"]
    assert database.startswith(TEST_DATABASE_PREFIX), "Mark a test that needs this with django_db."
    with django_db_blocker.unblock():
        for name in _OWNERS:
            _get_or_create(name)


@pytest.fixture
def organization(db: None) -> Organization:
    """Acme, with the owner Alice."""
    return _get_or_create("Acme")


@pytest.fixture
def other_organization(db: None) -> Organization:
    """Globex, with the owner Charlie."""
    return _get_or_create("Globex")


def _get_or_create(name: str) -> Organization:
    """Return the organization; create it again after a flush, which empties only `public`."""
    schema_name = name.lower()
    if found := Organization.objects.filter(schema_name=schema_name).first():
        return found
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema_name(schema_name)} CASCADE")
    forget_role(schema_name)
    owner = _OWNERS[name]
    email = f"{owner.lower()}@{schema_name}.example"
    user = User.objects.create_user(email, PASSWORD, name=owner)
    return organization_create(schema_name=schema_name, name=name, owner=user)
