"""Making an organization: row, schema and owner's membership, all of it or nothing."""

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
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s",
            [schema_name],
        )
        return {name for (name,) in cursor.fetchall()}


def test_makes_a_schema_of_its_own(nora: User) -> None:
    organization = organization_create(schema_name="initech", name="Initech", owner=nora)

    assert (organization.status, organization.currency) == ("active", "EUR")
    tables = {model._meta.db_table for model in models_with_tables(private_app_configs())}
    assert tables
    assert tables | {"django_migrations"} <= tables_of("initech")
    assert "tenantry_users_user" not in tables_of("initech")


def test_the_owner_can_work_in_it_at_once(client_of: ClientOf, nora: User) -> None:
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


def test_an_owner_of_another_one_stays_where_they_land(alice: User) -> None:
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
    "nothing": "",
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_bad_schema_name_leaves_nothing_behind(nora: User, name: str) -> None:
    schemas = count_schemas()

    with pytest.raises(ValidationError) as refusal:
        organization_create(schema_name=name, name="Initech", owner=nora)

    assert refusal.value.message_dict.keys() == {"schema_name"}
    assert Organization.objects.count() == 2
    assert not nora.memberships.exists()
    assert count_schemas() == schemas


@pytest.mark.parametrize("name", ["x", "x" * 63, "a1_", "pgx", "publicly"])
def test_a_name_that_is_allowed_is_a_schema_letter_by_letter(nora: User, name: str) -> None:
    organization_create(schema_name=name, name="Initech", owner=nora)

    assert "tenantry_items_item" in tables_of(name)


@pytest.mark.parametrize(
    ("fields", "wrong"),
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
def test_every_wrong_field_is_named_and_nothing_is_left(
    nora: User, fields: dict[str, str], wrong: set[str]
) -> None:
    values = {"schema_name": "initech", "name": "Initech", **fields}

    with pytest.raises(ValidationError) as refusal:
        organization_create(**values, owner=nora)

    assert refusal.value.message_dict.keys() == wrong
    assert Organization.objects.count() == 2
    assert not schema_exists("initech")


def test_a_schema_that_something_else_made_is_never_taken_over(nora: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA initech")

    with pytest.raises(ValidationError) as refusal:
        organization_create(schema_name="initech", name="Initech", owner=nora)

    assert refusal.value.message_dict.keys() == {"schema_name"}
    assert not Organization.objects.filter(schema_name="initech").exists()
    assert tables_of("initech") == set()


def test_a_taken_name_is_refused_in_the_words_of_a_form(nora: User) -> None:
    """Nobody asked beforehand: PostgreSQL's constraint has spoken."""
    with pytest.raises(ValidationError) as refusal:
        organization_create(schema_name="acme", name="Acme", owner=nora)

    assert refusal.value.message_dict == {
        "schema_name": ["Organization with this Schema name already exists."]
    }


def test_a_name_beside_an_older_project_s_is_no_other_in_small_letters(
    nora: User, settings: Any
) -> None:
    """django-tenants looks for schemas without regard to case, and would take one for the other."""
    Organization.objects.bulk_create([Organization(schema_name="Initech", name="Initech")])
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True

    with pytest.raises(ValidationError, match="ignoring case"):
        organization_create(schema_name="initech", name="Initech", owner=nora)

    assert not schema_exists("initech")


def test_nothing_is_left_when_the_last_step_fails(nora: User) -> None:
    """The membership comes last; a user who is not in the database cannot have one."""
    ghost = User(pk=nora.pk + 1_000_000, email="ghost@nowhere.example", name="Ghost")

    with pytest.raises(ValidationError):
        organization_create(schema_name="initech", name="Initech", owner=ghost)

    assert not Organization.objects.filter(schema_name="initech").exists()
    assert not schema_exists("initech")


def test_saving_an_organization_makes_no_schema(db: None) -> None:
    Organization.objects.create(schema_name="initech", name="Initech")

    assert not schema_exists("initech")


def test_the_schema_knows_which_migrations_it_has(nora: User) -> None:
    organization_create(schema_name="initech", name="Initech", owner=nora)

    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM initech.django_migrations")
        recorded = set(cursor.fetchall())

    apps = {app.label for app in private_app_configs()}
    assert apps
    assert apps <= {app for app, _ in recorded}


def test_a_tenant_s_table_refers_to_nothing_in_public(db: None) -> None:
    """A constraint of each tenant on the users table would slow it down for all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' "
            "AND connamespace = 'acme'::regnamespace "
            "AND confrelid NOT IN "
            "(SELECT oid FROM pg_class WHERE relnamespace = 'acme'::regnamespace)"
        )
        assert cursor.fetchall() == []


def test_what_the_framework_keeps_lives_in_public_alone(db: None) -> None:
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
def test_of_two_of_the_same_name_at_once_one_is_made(in_thread: InThread, outcome: str) -> None:
    """The second waits for the first to commit, and is refused, or to fail, and goes on."""
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
        except ValidationError as refusal:
            return refusal.message_dict

    def what_is_there() -> tuple[list[str], int, bool]:
        organizations = Organization.objects.filter(schema_name=name)
        members = Membership.objects.filter(organization__schema_name=name).count()
        with tenant_context(name):
            return [each.name for each in organizations], members, Item.objects.exists()

    owner = in_thread(create_owner).result()
    try:
        winner = in_thread(lambda: first(owner))
        answer = in_thread(lambda: second(owner)).result()
        winner.result()
        there = in_thread(what_is_there).result()
    finally:
        in_thread(lambda: remove_committed(name)).result()

    if outcome == "commits":
        assert answer.keys() == {"schema_name"}
        assert there == (["First"], 1, False)
    else:
        assert answer == "Second"
        assert there == (["Second"], 1, False)


def test_somebody_deactivated_cannot_own_one(nora: User) -> None:
    nora.is_active = False
    nora.save()

    with pytest.raises(ValidationError, match="deactivated"):
        organization_create(schema_name="initech", name="Initech", owner=nora)
