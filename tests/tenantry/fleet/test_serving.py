"""With REQUIRE_MIGRATED_SCHEMA, a request to a tenant that is behind gets 503."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import ApiToken, User
from tenantry.fleet import state

from .conftest import MigrationWriter, run_fleet
from .sample_migrations import add_field

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache(settings: Settings, database: str) -> None:
    settings.REQUIRE_MIGRATED_SCHEMA = True
    state._can_serve.clear()
    run_fleet()


def client_of(email: str) -> APIClient:
    user = User.objects.get(email=email)
    organization = Organization.objects.get(pk=user.organization_id)
    _, plaintext = ApiToken.objects.issue(user=user, organization=organization)
    return APIClient(HTTP_AUTHORIZATION=f"Token {plaintext}")


def test_a_tenant_behind_gets_503_with_retry_after_and_the_others_are_served(
    migrations: MigrationWriter,
) -> None:
    alice, charlie = client_of("alice@acme.example"), client_of("charlie@globex.example")
    add_field(migrations)
    run_fleet(tenants=("globex",))
    response = alice.get("/api/orders/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["code"] == "organization_migrating"
    assert charlie.get("/api/orders/").status_code == 200
    assert alice.get("/api/me/").status_code == 200
    run_fleet()
    assert alice.get("/api/orders/").status_code == 200


def test_all_tenants_are_served_without_the_setting(
    migrations: MigrationWriter, settings: Settings
) -> None:
    settings.REQUIRE_MIGRATED_SCHEMA = False
    alice = client_of("alice@acme.example")
    add_field(migrations)
    assert alice.get("/api/orders/").status_code == 200


def test_the_check_sends_no_query(settings: Settings) -> None:
    alice = client_of("alice@acme.example")
    alice.get("/api/orders/")
    with CaptureQueriesContext(connection) as checked:
        alice.get("/api/orders/")
    settings.REQUIRE_MIGRATED_SCHEMA = False
    with CaptureQueriesContext(connection) as plain:
        alice.get("/api/orders/")
    assert len(checked) == len(plain)


def test_old_code_serves_tenants_that_the_new_code_has_migrated(
    migrations: MigrationWriter, settings: Settings
) -> None:
    alice = client_of("alice@acme.example")
    add_field(migrations)
    run_fleet()
    migrations.remove("tenantry_items", "0002_color")
    with CaptureQueriesContext(connection) as first:
        assert alice.get("/api/orders/").status_code == 200
    with CaptureQueriesContext(connection) as second:
        assert alice.get("/api/orders/").status_code == 200
    assert len(first) == len(second) + 1


def test_pending_migrations_of_shared_apps_do_not_matter(migrations: MigrationWriter) -> None:
    alice = client_of("alice@acme.example")
    migrations.add(
        "tenantry_users",
        "0099_comment",
        "migrations.AlterModelOptions('user', {'verbose_name': 'person'})",
        after="tenantry_users",
    )
    assert alice.get("/api/orders/").status_code == 200


def test_a_tenant_with_all_migrations_of_a_squashed_one_is_served(
    migrations: MigrationWriter,
) -> None:
    alice = client_of("alice@acme.example")
    add_field(migrations)
    run_fleet()
    migrations.add(
        "tenantry_items",
        "0002_squashed",
        "migrations.AddField('item', 'color', models.CharField(max_length=9, default='red'))",
        after="tenantry_items.0001_item",
        replaces="[('tenantry_items', '0002_color')]",
    )
    assert alice.get("/api/orders/").status_code == 200
