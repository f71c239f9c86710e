"""Two tenants with roles, in a database where PostgreSQL enforces them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg2 import errors
from pytest_django import Settings

from tenantry import roles
from tenantry.provisioning import create_schema

Sql = Callable[..., list[Any]]


def forget_roles() -> None:
    """Let this process read all roles again, as another one does."""
    roles._known.clear()


@pytest.fixture(autouse=True)
def tenant_roles(settings: Settings) -> Iterator[None]:
    settings.TENANT_ROLES = True
    yield
    forget_roles()


@pytest.fixture
def two(db: None) -> tuple[str, str]:
    create_schema("acme_roles")
    create_schema("globex_roles")
    return "acme_roles", "globex_roles"


@pytest.fixture
def sql(db: None) -> Sql:
    """Run SQL and return its rows."""

    def run(text: str, *parameters: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(text, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    return run


def assert_denied(run: Callable[[], object]) -> None:
    """Check that PostgreSQL denies it, in a savepoint."""
    with pytest.raises(Exception) as raised, transaction.atomic():  # noqa: PT011
        run()
    cause = raised.value.__cause__ or raised.value
    assert isinstance(cause, errors.InsufficientPrivilege), cause
