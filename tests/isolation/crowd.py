"""Twenty committed organizations, each with items that bear its name, and a token for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from psycopg2 import extensions

from shared_apps.organizations.services import organization_create
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenant_apps.items.services import item_create
from tenantry.context import tenant_context

SCHEMAS = tuple(f"crowd_{number:02}" for number in range(20))
ITEMS = 3  # of each organization, to begin with
FORGET = """
    DELETE FROM tenantry_users_apitoken
    WHERE user_id IN (SELECT id FROM tenantry_users_user WHERE email = %(email)s);
    DELETE FROM tenantry_organizations_membership
        WHERE user_id IN (SELECT id FROM tenantry_users_user WHERE email = %(email)s);
    DELETE FROM tenantry_users_user WHERE email = %(email)s;
    DELETE FROM tenantry_organizations_organization WHERE schema_name = ANY(%(schemas)s);
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who may work in one organization."""

    schema: str
    token: str


@contextmanager
def committed_organizations(observer: extensions.connection) -> Iterator[list[Caller]]:
    """Make them for the time of the block; gives one caller of each."""
    email = "everywhere@crowd.example"
    try:
        user = User.objects.create_user(email, "correct horse battery staple", name="Everywhere")
        yield [_organization(user, schema) for schema in SCHEMAS]
    finally:
        with observer.cursor() as cursor:
            cursor.execute(
                ";".join(f"DROP SCHEMA IF EXISTS {schema} CASCADE" for schema in SCHEMAS)
            )
            cursor.execute(FORGET, {"email": email, "schemas": list(SCHEMAS)})


def _organization(user: User, schema: str) -> Caller:
    organization = organization_create(schema_name=schema, name=schema, owner=user)
    with tenant_context(organization):
        for number in range(ITEMS):
            item_create(sku=f"{number}", description=f"{schema} item", price=Decimal(1))
    return Caller(schema, ApiToken.objects.issue(user=user, organization=organization)[1])


def descriptions(schema: str) -> list[str]:
    """What is in an organization in the end."""
    with tenant_context(schema):
        return [item.description for item in Item.objects.all()]
