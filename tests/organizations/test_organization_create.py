"""organization_create makes row, schema and owner's membership in one transaction."""

from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tenantry.schemas.catalog import schema_exists
from tenantry.tenant_apps import models_with_tables, private_app_configs
from tests.conftest import ClientOf, InThread, remove_committed, wait_for_blocked


def tables_of(schema_name: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s",
            [schema_name],
        )
        return {name for (name,) in cursor.fetchall()}


def test_the_schema_has_the_tables_of_tenant_apps(nora: User) -> None:
    organization = organization_create(schema_name="initech", name="Initech", owner=nora)

    assert (organization.status, organization.currency) == ("active", "EUR")
    tables = {model._meta.db_table for model in models_with_tables(private_app_configs())}
    assert tables
    assert tables | {"django_migrations"} <= tables_of("initech")
    assert "tenantry_users_user" not in tables_of("initech")


def test_the_owner_can_work_in_the_organization_immediately(
    client_of: ClientOf, nora: User
) -> None:
    organization_create(schema_name="initech", name="Initech", owner=nora, currency="USD")
    nora.refresh_from_db()

    client = client_of(nora)

    assert client.get("/api/me/").json()["organization"] == {
        "schema_name": "initech",
        "name": "Initech",
        "role": "owner",
        "status": "active",
        "currency": "USD",
    }
    new = {"sku": "A", "description": "A", "price": "1"}
    assert client.post("/api/items/", new).json()["id"] == 1


def test_an_owner_of_another_organization_keeps_their_own(alice: User) -> None:
    organization_create(schema_name="initech", name="Initech", owner=alice)

    alice.refresh_from_db()

    assert alice.organization is not None
    assert alice.organization.schema_name == "acme"
    assert alice.memberships.count() == 2


BAD_NAMES = {
    "public": "public",
    "PostgreSQL's own": "pg_x",
    "PostgreSQL's catalog": "information_schema",
    "template": "tenancy_template",
    "SQL": "Robert'); DROP SCHEMA acme CASCADE; --",
    "upper case": "Initech",
    "a digit first": "1nitech",
    "an underscore first": "_initech",
    "blank": "ini tech",
    "percent": "a%s",
    "quote": 'ini"tech',
    "dash": "ini-tech",
    "dot": "ini.tech",
    "not ASCII": "inïtech",
    "a digit of another script": "initech\u0663",
    "line end": "initech\n",
    "64 letters": "x" * 64,
    "empty": "",
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_bad_schema_name_creates_nothing(nora: User, name: str) -> None:
    schemas = count_schemas()

    with pytest.raises(ValidationError) as error:
        organization_create(schema_name=name, name="Initech", owner=nora)

    assert error.value.message_dict.keys() == {"schema_name"}
    assert Organization.objects.count() == 2
    assert not nora.memberships.exists()
    assert count_schemas() == schemas


@pytest.mark.parametrize("name", ["x", "x" * 63, "a1_", "pgx", "publicly"])
def test_an_allowed_name_is_the_exact_name_of_the_schema(nora: User, name: str) -> None:
    organization_create(schema_name=name, name="Initech", owner=nora)

    assert "tenantry_items_item" in tables_of(name)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "x" * 151}, {"name"}),
        ({"currency": "euro"}, {"currency"}),
        ({"currency": "eu"}, {"currency"}),
        ({"currency": "EU1"}, {"currency"}),
        ({"currency": "EUR\n"}, {"currency"}),
        ({"schema_name": "acme"}, {"schema_name"}),
        ({"schema_name": "pg_x", "name": "", "currency": "?"}, {"schema_name", "name", "currency"}),
    ],
)
def test_the_error_names_all_bad_fields(
    nora: User, fields: dict[str, str], errors: set[str]
) -> None:
    values = {"schema_name": "initech", "name": "Initech", **fields}

    with pytest.raises(ValidationError) as error:
        organization_create(**values, owner=nora)

    assert error.value.message_dict.keys() == errors
    assert Organization.objects.count() == 2
    assert not schema_exists("initech")


def test_an_existing_schema_is_never_taken_over(nora: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA initech")

    with pytest.raises(ValidationError) as error:
        organization_create(schema_name="initech", name="Initech", owner=nora)

    assert error.value.message_dict.keys() == {"schema_name"}
    assert not Organization.objects.filter(schema_name="initech").exists()
    assert tables_of("initech") == set()


def test_a_used_name_has_the_message_of_a_form(nora: User) -> None:
    """The error comes from PostgreSQL's constraint."""
    with pytest.raises(ValidationError) as error:
        organization_create(schema_name="acme", name="Acme", owner=nora)

    assert error.value.message_dict == {
        "schema_name": ["This schema name is taken. Choose another one."]
    }


def test_a_legacy_name_that_differs_only_by_case_is_rejected(nora: User, settings: Any) -> None:
    """django-tenants ignores case when it looks for a schema, so it would mix up the two."""
    Organization.objects.bulk_create([Organization(schema_name="Initech", name="Initech")])
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True

    with pytest.raises(ValidationError, match="ignoring case"):
        organization_create(schema_name="initech", name="Initech", owner=nora)

    assert not schema_exists("initech")


def test_an_error_in_the_last_step_creates_nothing(nora: User) -> None:
    """The last step saves the membership, which fails for a user who is not in the database."""
    ghost = User(pk=nora.pk + 1_000_000, email="ghost@nowhere.example", name="Ghost")

    with pytest.raises(ValidationError):
        organization_create(schema_name="initech", name="Initech", owner=ghost)

    assert not Organization.objects.filter(schema_name="initech").exists()
    assert not schema_exists("initech")


def test_saving_an_organization_creates_no_schema(db: None) -> None:
    Organization.objects.create(schema_name="initech", name="Initech")

    assert not schema_exists("initech")


def test_the_schema_has_the_record_of_its_migrations(nora: User) -> None:
    organization_create(schema_name="initech", name="Initech", owner=nora)

    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM initech.django_migrations")
        recorded = set(cursor.fetchall())

    apps = {app.label for app in private_app_configs()}
    assert apps
    assert apps <= {app for app, _ in recorded}


def test_tables_of_a_tenant_have_no_foreign_key_to_public(db: None) -> None:
    """A constraint of each tenant on the users table would slow down all tenants."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' "
            "AND connamespace = 'acme'::regnamespace "
            "AND confrelid NOT IN "
            "(SELECT oid FROM pg_class WHERE relnamespace = 'acme'::regnamespace)"
        )
        assert cursor.fetchall() == []


def test_tables_of_django_are_in_public_only(db: None) -> None:
    framework = {
        "django_content_type",
        "django_session",
        "django_admin_log",
        "auth_group",
        "auth_permission",
        "tenantry_users_user",
        "tenantry_organizations_organization",
    }

    assert framework <= tables_of("public")
    assert not framework & tables_of("acme")
    assert not {"tenantry_items_item", "tenantry_orders_order"} & tables_of("public")


def count_schemas() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("outcome", ["commits", "rolls back"])
def test_only_one_of_two_concurrent_organizations_with_the_same_name_is_created(
    in_thread: InThread, outcome: str
) -> None:
    """The second one waits; it fails if the first commits, and succeeds if the first fails."""
    name = "race_twice"
    made = Event()

    def create_owner() -> User:
        return User.objects.create_user(f"{name}@race.example", "racing around", name="Racer")

    def first(owner: User) -> None:
        with transaction.atomic():
            organization_create(schema_name=name, name="First", owner=owner)
            made.set()
            in_thread(lambda: wait_for_blocked(1)).result()
            transaction.set_rollback(outcome == "rolls back")

    def second(owner: User) -> Any:
        made.wait(timeout=10)
        try:
            return organization_create(schema_name=name, name="Second", owner=owner).name
        except ValidationError as error:
            return error.message_dict

    def stored() -> tuple[list[str], int, bool]:
        organizations = list(Organization.objects.filter(schema_name=name))
        members = Membership.objects.filter(organization__schema_name=name).count()
        with tenant_context(name):
            return [each.name for each in organizations], members, Item.objects.exists()

    owner = in_thread(create_owner).result()
    try:
        winner = in_thread(lambda: first(owner))
        result = in_thread(lambda: second(owner)).result()
        winner.result()
        found = in_thread(stored).result()
    finally:
        in_thread(lambda: remove_committed(name)).result()

    if outcome == "commits":
        assert result.keys() == {"schema_name"}
        assert found == (["First"], 1, False)
    else:
        assert result == "Second"
        assert found == (["Second"], 1, False)


def test_a_deactivated_user_cannot_be_the_owner(nora: User) -> None:
    nora.is_active = False
    nora.save()

    with pytest.raises(ValidationError, match="deactivated"):
        organization_create(schema_name="initech", name="Initech", owner=nora)
