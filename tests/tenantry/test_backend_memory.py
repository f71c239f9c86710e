"""A connection closes after CONN_MAX_TENANTS tenants, since PostgreSQL caches their catalogs."""

import pytest
from django.db import transaction

from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper

from .conftest import fetch_value


@pytest.fixture
def max_two_tenants(own: DatabaseWrapper) -> DatabaseWrapper:
    own.settings_dict["CONN_MAX_TENANTS"] = 2
    own.settings_dict["CONN_MAX_AGE"] = None
    return own


def backend(connection: DatabaseWrapper) -> int:
    return int(fetch_value(connection, "SELECT pg_backend_pid()"))


def test_a_connection_closes_between_requests_after_the_maximum_of_tenants(
    max_two_tenants: DatabaseWrapper,
) -> None:
    for _ in range(3):
        with tenant_context("red"):
            first = backend(max_two_tenants)
        max_two_tenants.close_if_unusable_or_obsolete()
        assert backend(max_two_tenants) == first
    with tenant_context("blue"):
        assert backend(max_two_tenants) == first
    max_two_tenants.close_if_unusable_or_obsolete()
    assert max_two_tenants.connection is None
    assert backend(max_two_tenants) != first


def test_each_connection_counts_its_own_tenants(max_two_tenants: DatabaseWrapper) -> None:
    with tenant_context("red"):
        backend(max_two_tenants)
    max_two_tenants.close()
    with tenant_context("blue"):
        backend(max_two_tenants)
    max_two_tenants.close_if_unusable_or_obsolete()
    assert max_two_tenants.connection is not None


def test_a_connection_in_a_transaction_does_not_close(max_two_tenants: DatabaseWrapper) -> None:
    # Otherwise Django closes it, because its autocommit is off.
    max_two_tenants.settings_dict["AUTOCOMMIT"] = False
    with transaction.atomic("own"):
        for schema in ("red", "blue"):
            with tenant_context(schema):
                first = backend(max_two_tenants)
        max_two_tenants.close_if_unusable_or_obsolete()
        assert backend(max_two_tenants) == first


def test_a_connection_without_a_maximum_does_not_close(max_two_tenants: DatabaseWrapper) -> None:
    del max_two_tenants.settings_dict["CONN_MAX_TENANTS"]
    for schema in ("red", "blue"):
        with tenant_context(schema):
            first = backend(max_two_tenants)
    max_two_tenants.close_if_unusable_or_obsolete()
    assert backend(max_two_tenants) == first


def test_a_connection_in_a_transaction_of_raw_sql_does_not_close(
    max_two_tenants: DatabaseWrapper,
) -> None:
    with max_two_tenants.cursor() as cursor:
        cursor.execute("BEGIN")
    for schema in ("red", "blue"):
        with tenant_context(schema):
            backend(max_two_tenants)
    max_two_tenants.close_if_unusable_or_obsolete()
    assert max_two_tenants.connection is not None
    with max_two_tenants.cursor() as cursor:
        cursor.execute("COMMIT")
    max_two_tenants.close_if_unusable_or_obsolete()
    assert max_two_tenants.connection is None
