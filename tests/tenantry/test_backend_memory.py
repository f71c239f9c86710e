"""A connection ends after so many tenants: PostgreSQL keeps what it learnt of each in memory."""

import pytest
from django.db import transaction

from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper

from .conftest import ask


@pytest.fixture
def two_at_most(own: DatabaseWrapper) -> DatabaseWrapper:
    own.settings_dict["CONN_MAX_TENANTS"] = 2
    own.settings_dict["CONN_MAX_AGE"] = None
    return own


def backend(connection: DatabaseWrapper) -> int:
    return int(ask(connection, "SELECT pg_backend_pid()"))


def test_between_requests_a_connection_that_served_enough_tenants_closes(
    two_at_most: DatabaseWrapper,
) -> None:
    for _ in range(3):
        with tenant_context("red"):
            first = backend(two_at_most)
        two_at_most.close_if_unusable_or_obsolete()
        assert backend(two_at_most) == first
    with tenant_context("blue"):
        assert backend(two_at_most) == first
    two_at_most.close_if_unusable_or_obsolete()
    assert two_at_most.connection is None
    assert backend(two_at_most) != first


def test_the_count_starts_anew_with_each_connection(two_at_most: DatabaseWrapper) -> None:
    with tenant_context("red"):
        backend(two_at_most)
    two_at_most.close()
    with tenant_context("blue"):
        backend(two_at_most)
    two_at_most.close_if_unusable_or_obsolete()
    assert two_at_most.connection is not None


def test_it_never_closes_inside_a_transaction(two_at_most: DatabaseWrapper) -> None:
    two_at_most.settings_dict["AUTOCOMMIT"] = False  # Django itself closes in a broken state.
    with transaction.atomic("own"):
        for schema in ("red", "blue"):
            with tenant_context(schema):
                first = backend(two_at_most)
        two_at_most.close_if_unusable_or_obsolete()
        assert backend(two_at_most) == first


def test_without_a_bound_it_stays(two_at_most: DatabaseWrapper) -> None:
    del two_at_most.settings_dict["CONN_MAX_TENANTS"]
    for schema in ("red", "blue"):
        with tenant_context(schema):
            first = backend(two_at_most)
    two_at_most.close_if_unusable_or_obsolete()
    assert backend(two_at_most) == first


def test_a_transaction_that_raw_sql_began_is_not_lost(two_at_most: DatabaseWrapper) -> None:
    with two_at_most.cursor() as cursor:
        cursor.execute("BEGIN")
    for schema in ("red", "blue"):
        with tenant_context(schema):
            backend(two_at_most)
    two_at_most.close_if_unusable_or_obsolete()
    assert two_at_most.connection is not None
    with two_at_most.cursor() as cursor:
        cursor.execute("COMMIT")
    two_at_most.close_if_unusable_or_obsolete()
    assert two_at_most.connection is None
