"""Committed schemas for proofs that open their own connections."""

from collections.abc import Iterator

import pytest
from psycopg2 import extensions
from pytest_django import DjangoDbBlocker

from .tenants import committed_tables


@pytest.fixture(scope="package")
def observer(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[extensions.connection]:
    """A plain connection to a database with three committed tenants.

    Tests that use it need the mark `django_db` too: pytest-django creates the database for it.
    """
    with django_db_blocker.unblock(), committed_tables() as observer:
        yield observer
