"""Copies people into an organization's schema where no trigger does it."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.dispatch import Signal

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.context import active_schema, tenant_context
from tenantry.names import quote_schema_name
from tenantry.schemas.references import foreign_keys_to_public

people_collecting = Signal()
"""Sent by `people_copy` with `schema_name`; a receiver returns ids of more users to copy."""


def people_copy(*, schema_name: str) -> None:
    """Copy the members of an organization and all users that its rows refer to.

    Triggers copy a user who becomes a member. Call this for a schema that is younger than its
    memberships, and after an import of rows.
    """
    with transaction.atomic(), tenant_context(None):
        # A concurrent membership waits for the lock, and then its trigger finds the new table.
        list(Organization.objects.select_for_update().filter(schema_name=schema_name))
        members = Membership.objects.filter(organization__schema_name=schema_name)
        more: list[tuple[Any, Any]] = people_collecting.send(Organization, schema_name=schema_name)
        users = {
            *members.values_list("user_id", flat=True),
            *_referred_users(schema_name),
            *(user for _, collected in more for user in collected),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT public.tenantry_organizations_copy_people(%s, %s::bigint[])",
                [schema_name, sorted(users)],
            )


def copy_after_flush(plan: object = None, **_: Any) -> None:
    """Copy the people again after `flush` of a tenant; a receiver of post_migrate.

    `migrate` sends the signal with a plan, and changes no rows of people.
    """
    schema_name = active_schema()
    if plan is None and schema_name is not None:
        people_copy(schema_name=schema_name)


def _referred_users(schema_name: str) -> Iterator[int]:
    """Yield the ids in foreign keys to the model of users.

    During a migration, the schema can lack tables and columns of the present models.
    """
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for field in foreign_keys_to_public():
            if field.target_field is not User._meta.pk:
                continue
            table = f"{quote_schema_name(schema_name)}.{quote(field.model._meta.db_table)}"
            column = quote(str(field.column))
            cursor.execute(_HAS_COLUMN, [table, field.column])
            if cursor.fetchone():
                cursor.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 (every name is quoted)
                yield from (user for (user,) in cursor.fetchall())


_HAS_COLUMN = """
    SELECT true FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped
"""
