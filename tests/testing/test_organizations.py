"""Each test finds both organizations, empty, even after a test that commits."""

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.conftest import connect

from .conftest import RunTests

COMMITS = """
import pytest

from tenantry.context import tenant_context
from tenant_apps.items.models import Item


@pytest.mark.parametrize("number", range(2))
@pytest.mark.django_db(transaction=True)
def test_commits(organization, other_organization, number):
    for each in (organization, other_organization):
        with tenant_context(each):
            assert not Item.objects.exists()
            Item.objects.create(sku="A", price=1)


def test_rolls_back(as_member, organization):
    assert as_member(organization).get("/api/items/").json()["count"] == 0
"""


@pytest.fixture
def _dropped_database(run_tests: RunTests, db: None) -> Iterator[None]:
    """Drop the database that `--reuse-db` leaves."""
    yield
    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "test_{name}"')


@pytest.mark.proof  # Runs pytest twice.
def test_both_organizations_exist_after_tests_that_commit(
    _dropped_database: None, run_tests: RunTests
) -> None:
    for _ in range(2):
        run_tests("--reuse-db", test_commits=COMMITS).assert_outcomes(passed=3)
