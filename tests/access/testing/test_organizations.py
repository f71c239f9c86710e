"""Both organizations are there and empty for each test, whatever tests before it committed."""

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
def _kept_database(run_tests: RunTests, db: None) -> Iterator[None]:
    """The database that `--reuse-db` leaves is dropped all the same."""
    yield
    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "test_{name}"')


@pytest.mark.proof  # Two runs of pytest, each with a database of its own.
def test_tests_that_commit_leave_the_next_ones_and_the_next_run_both_organizations(
    _kept_database: None, run_tests: RunTests
) -> None:
    for _ in range(2):
        run_tests("--reuse-db", test_commits=COMMITS).assert_outcomes(passed=3)
