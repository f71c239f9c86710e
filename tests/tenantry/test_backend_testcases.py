"""Django's TestCase and TransactionTestCase leave no rows in any schema."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import InternalError, connection
from django.test import TransactionTestCase

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tenantry.names import TEMPLATE
from tests.tenantry.schemas import run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("_", [1, 2])
def test_a_test_case_rolls_back_rows_of_all_tenants(
    acme: Organization, globex: Organization, _: int
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            assert not Item.objects.exists()
            Item.objects.create(sku="a", price=1)


def test_a_transaction_test_case_empties_public_and_every_tenant(
    acme: Organization, globex: Organization, alice: User
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            Item.objects.create(sku="a", price=1)
            Order.objects.create(user=alice)
    TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]  # TRUNCATE rolls back with this test.
    assert not Organization.objects.exists()
    assert not AuditEntry.objects.exists()
    for organization in (acme, globex):
        with tenant_context(organization):
            assert not Item.objects.exists()
            assert not Order.objects.exists()
    with connection.cursor() as cursor, pytest.raises(InternalError, match="append-only"):
        cursor.execute("TRUNCATE tenantry_audit_auditentry")


def test_only_test_databases_are_flushed(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(connection.settings_dict, "IS_TEST_DATABASE")

    with pytest.raises(CommandError, match="Nothing was deleted: The audit log is append-only"):
        call_command("flush", interactive=False, verbosity=0)

    assert Organization.objects.exists()


@pytest.mark.proof
def test_djangos_test_cases_work_with_manage_py_test() -> None:
    """The first run keeps its database for the second."""
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/runner".format(**connection.settings_dict)
    for options in (["--keepdb", "--reverse"], ["--parallel=2"]):
        done = subprocess.run(
            [
                sys.executable,
                "manage.py",
                "test",
                "tests.tenantry.unittests.tests_of_rows",
                "--noinput",
                *options,
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
        )

        assert done.returncode == 0, done.stderr


def test_a_flush_keeps_recorded_migrations(acme: Organization) -> None:
    def migrations() -> int:
        with tenant_context(acme), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            return int(cursor.fetchone()[0])

    before = migrations()
    call_command("flush", interactive=False, verbosity=0)
    assert migrations() == before > 0


def test_a_flush_empties_tables_of_the_template_that_refer_to_public(acme: Organization) -> None:
    """Third-party apps can have a constraint that refers to content types."""
    run(
        TEMPLATE,
        "CREATE TABLE tag (id int PRIMARY KEY, type int REFERENCES public.django_content_type);"
        "CREATE TABLE tagged (tag int REFERENCES tag); CREATE TABLE kept AS SELECT 1",
    )
    call_command("flush", interactive=False, verbosity=0)
    with tenant_context(TEMPLATE), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (1,)


def test_sql_flush_of_one_shared_table_keeps_the_tenants_tables(
    acme: Organization,
) -> None:
    tables = [ApiToken._meta.db_table]
    assert len(connection.ops.sql_flush(no_style(), tables)) == 1
    assert "acme" not in connection.ops.sql_flush(no_style(), tables)[0]


def test_a_flush_in_a_tenant_keeps_rows_of_other_tenants(
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
