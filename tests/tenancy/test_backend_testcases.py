"""Django's TestCase and TransactionTestCase leave nothing behind, in no schema."""

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase

from shared_apps.organizations.models import Organization
from shared_apps.tenancy.context import tenant_context
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order


@pytest.mark.parametrize("_", [1, 2])
def test_a_test_case_rolls_back_what_it_wrote_for_any_tenant(
    acme: Organization, globex: Organization, _: int
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            assert not Item.objects.exists()
            Item.objects.create(sku="a", price=1)


class Probe(TransactionTestCase):
    """Only its teardown is of interest; it is no test of its own."""

    __test__ = False

    def runTest(self) -> None:  # noqa: N802 (unittest's name)
        raise NotImplementedError


def test_a_transaction_test_case_empties_public_and_every_tenant(
    acme: Organization, globex: Organization, alice: User
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            Item.objects.create(sku="a", price=1)
            Order.objects.create(user=alice)
    Probe()._fixture_teardown()  # type: ignore[attr-defined]  # Inside this test's transaction, which TRUNCATE respects.
    assert not Organization.objects.exists()
    for organization in (acme, globex):
        with tenant_context(organization):
            assert not Item.objects.exists()
            assert not Order.objects.exists()


def test_a_flush_leaves_the_records_of_migrations(acme: Organization) -> None:
    def migrations() -> int:
        with tenant_context(acme), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            return int(cursor.fetchone()[0])

    before = migrations()
    call_command("flush", interactive=False, verbosity=0)
    assert migrations() == before > 0


def test_emptying_one_shared_table_leaves_the_tenants_alone(
    acme: Organization,
) -> None:
    tables = [ApiToken._meta.db_table]
    assert len(connection.ops.sql_flush(no_style(), tables)) == 1
    assert "acme" not in connection.ops.sql_flush(no_style(), tables)[0]


def test_a_flush_for_a_tenant_empties_that_tenant_alone(
    acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            Item.objects.create(sku="a", price=1)
    with tenant_context(acme):
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        assert not Item.objects.exists()
    with tenant_context(globex):
        assert Item.objects.exists()
    assert Organization.objects.exists()
