"""Twenty committed organizations, each with a role, a token, and items that contain its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from django.test import override_settings
from psycopg2 import extensions

from shared_apps.organizations.services import organization_create
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenant_apps.items.services import item_create
from tenantry.context import tenant_context

SCHEMAS = tuple(f"crowd_{number:02}" for number in range(20))
ITEMS = 3  # of each organization at the start
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
    schema: str
    token: str


@contextmanager
def committed_organizations(observer: extensions.connection) -> Iterator[list[Caller]]:
    """Create the organizations, yield a caller for each, and delete them."""
    email = "everywhere@crowd.example"
    try:
        user = User.objects.create_user(email, "correct horse battery staple", name="Everywhere")
        with override_settings(TENANT_ROLES=True):
            callers = [_organization(user, schema) for schema in SCHEMAS]
        yield callers
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
    with tenant_context(schema):
        return [item.description for item in Item.objects.all()]
