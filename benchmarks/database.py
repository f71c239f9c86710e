"""Creates the database of a benchmark, and its organizations."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from urllib.parse import urlsplit

import psycopg2
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.management import call_command
from django.db import connection, connections, transaction

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import organization_create
from shared_apps.people.services import people_copy
from shared_apps.users.models import ApiToken, User
from shared_apps.users.token_form import token_digest
from tenant_apps.items.services import item_create
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tenantry.fleet.roles import give_role
from tenantry.postgres.creation import delete_roles
from tenantry.roles import are_used
from tenantry.schemas.catalog import read_catalog

TABLES = (
    "tenantry_items_item",
    "tenantry_orders_order",
    "tenantry_orders_orderline",
    "tenantry_people_person",
    "django_migrations",
)


@contextmanager
def bench_database() -> Iterator[None]:
    """Create and migrate the database of the settings; drop it and its roles after the block."""
    name = connection.settings_dict["NAME"]
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute("SELECT oid FROM pg_database WHERE datname = %s", [name])
        (oid,) = cursor.fetchone() or ()
        try:
            call_command("migrate", verbosity=0)
            yield
        finally:
            connections.close_all()
            # FORCE would also end an autovacuum worker, which the login may not.
            cursor.execute(f"DROP DATABASE {name}")
            delete_roles(cursor, oid)
    server.close()


def database_url() -> str:
    """Return the URL of the benchmark's database; DATABASE_URL names another database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def make_first_organization() -> Organization:
    """Create `bench1` with two items and two orders, as in the demo."""
    user = User.objects.create_user("bench1@example.com", "bench-password", name="Bench 1")
    organization = organization_create(schema_name="bench1", name="Bench 1", owner=user)
    _trade(organization, user)
    return organization


def make_more_organizations(like: Organization, count: int) -> Iterator[int]:
    """Create `bench2` to `benchN` with the tables of another organization, as fast as possible.

    Each has its own owner, and items and orders like the first one.

    Yields:
        The number of each organization after its creation.
    """
    numbers = range(2, count + 1)
    organizations = Organization.objects.bulk_create(
        Organization(schema_name=f"bench{number}", name=f"Bench {number}") for number in numbers
    )
    with transaction.atomic():  # A deferred constraint: a user's organization needs a membership.
        users = User.objects.bulk_create(
            User(
                email=f"{organization.schema_name}@example.com",
                name=organization.name,
                password=UNUSABLE_PASSWORD_PREFIX,
                organization=organization,
            )
            for organization in organizations
        )
        Membership.objects.bulk_create(
            Membership(user=user, organization=user.organization, role="owner") for user in users
        )
    for number, organization, user in zip(numbers, organizations, users, strict=True):
        _make_tables(organization.schema_name, like.schema_name)
        people_copy(schema_name=organization.schema_name)
        _trade(organization, user)
        yield number


def _make_tables(schema: str, like: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {schema}.{table} (LIKE {like}.{table} INCLUDING ALL)")
    ((view,),) = read_catalog(like, "SELECT pg_get_viewdef('tenantry_users_user'::regclass)")
    with tenant_context(schema), connection.schema_editor() as editor:
        editor.execute(f"CREATE VIEW tenantry_users_user AS {view}")
    if are_used():
        give_role(schema, has_tables=True)


def _trade(organization: Organization, user: User) -> None:
    with tenant_context(organization):
        for sku, quantity in (("TESLA", 10), ("HUAWEI", 5)):
            item = item_create(sku=sku, description=sku.title(), price=Decimal(5000))
            order_place(user=user, lines=[{"item": item, "quantity": quantity}])


def make_tokens() -> None:
    """Create a token for each member, with the schema's name as plaintext."""
    ApiToken.objects.bulk_create(
        token_of(membership, membership.organization.schema_name)
        for membership in Membership.objects.select_related("user", "organization")
    )


def token_of(membership: Membership, plaintext: str) -> ApiToken:
    return ApiToken(
        user=membership.user,
        organization=membership.organization,
        membership=membership,
        digest=token_digest(plaintext),
        expiry="2100-01-01T00:00:00Z",
    )
