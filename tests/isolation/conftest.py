"""Committed schemas for proofs whose connections are their own."""

from collections.abc import Iterator

import pytest
from psycopg2 import extensions
from pytest_django import DjangoDbBlocker

from .tenants import committed_tables


@pytest.fixture(scope="package")
def observer(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[extensions.connection]:
    """A plain connection, beside three committed tenants of the proofs' own.

    The tests that use it say `django_db` as well, or pytest-django makes no database for them.
    """
    with django_db_blocker.unblock(), committed_tables() as observer:
        yield observer
