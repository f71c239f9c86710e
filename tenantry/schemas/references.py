"""Finds references from tenants' tables to rows of `public` that do not exist.

No constraint prevents them. A constraint in each tenant adds triggers to the one table of `public`:
with 2,000 tenants, a table of users had 4,000 triggers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from django.db import connection, models

from tenantry.names import quote_schema_name
from tenantry.tenant_apps import tenant_app_configs

# Strings: without django-stubs' patch a ForeignObject takes no [].
Relation: TypeAlias = "models.ForeignObject[Any, Any]"
ForeignKey: TypeAlias = "models.ForeignKey[Any, Any]"

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Dangling:
    """The references of one field in one tenant to rows that do not exist.

    Attributes:
        field: as in `shop.Invoice.user`.
        count: number of such rows.
        examples: the primary key and the reference of the first rows.
    """

    schema_name: str
    field: str
    count: int
    examples: list[tuple[object, object]]


def dangling_references(schema_name: str) -> Iterator[Dangling]:
    for field in foreign_keys_to_public():
        with connection.cursor() as cursor:
            cursor.execute(_sql(field, schema_name))
            rows = cursor.fetchall()
        if rows:
            name = f"{field.model._meta.label}.{field.name}"
            yield Dangling(schema_name, name, rows[0][0], [row[1:] for row in rows])


def foreign_keys_to_public() -> Iterator[ForeignKey]:
    for field in relations_to_public():
        if isinstance(field, models.ForeignKey) and field.model._meta.managed:
            yield field


@cache
def relations_to_public() -> tuple[Relation, ...]:
    """Return the relations from tenant models, also unmanaged ones, to models of `public`.

    Those of tables of many-to-many fields are included.
    """
    tenant_apps = tenant_app_configs()
    labels = {app_config.label for app_config in tenant_apps}
    return tuple(
        field
        for app_config in tenant_apps
        for model in app_config.get_models(include_auto_created=True)
        if not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignObject)
        and field.related_model._meta.app_label not in labels
    )


def _sql(field: ForeignKey, schema_name: str) -> str:
    quote = connection.ops.quote_name
    row, target, column = field.model._meta, field.target_field, quote(str(field.column))
    return f"""
        SELECT count(*) OVER (), row.{quote(str(row.pk.column))}, row.{column}
        FROM {quote_schema_name(schema_name)}.{quote(row.db_table)} AS row
        WHERE row.{column} IS NOT NULL AND NOT EXISTS (
            SELECT FROM public.{quote(target.model._meta.db_table)} AS target
            WHERE target.{quote(str(target.column))} = row.{column}
        )
        ORDER BY 2
        LIMIT {EXAMPLES}
    """  # noqa: S608 (every name is quoted)
