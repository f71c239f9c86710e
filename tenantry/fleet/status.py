"""The condition and size of each schema in the fleet.

`schema_states` reads the stored states only. `measure` and `compare` update sizes and drift there.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Q, QuerySet, TextChoices, Value, When

from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import SchemaDescription, describe_schema, description_differences

from .each import reconnecting
from .migrate import tenant_specific
from .state import SchemaState, digest_of_code
from .template import expected_fingerprint


class Condition(TextChoices):
    """The condition of a schema; where several are true, the first one in this order."""

    FAILED = "failed"
    BEHIND = "behind"
    DRIFTED = "drifted"
    OK = "ok", "OK"


def schema_states() -> QuerySet[Any, Any]:
    """Return the state of each schema with its `condition` and, in `trouble`, the reason.

    A schema without a state is behind.
    """
    return SchemaState.objects.annotate(
        condition=Case(
            When(~Q(error=""), then=Value(Condition.FAILED)),
            When(~Q(applied=digest_of_code()), then=Value(Condition.BEHIND)),
            When(~Q(differences=""), then=Value(Condition.DRIFTED)),
            default=Value(Condition.OK),
            output_field=CharField(),
        ),
        trouble=Case(When(~Q(error=""), then="error"), default="differences"),
    )


# A migration locks the state of its schema until it commits. Locked states are not updated.
_UNLOCKED = """
    free AS MATERIALIZED (
        SELECT schema_name FROM public.tenancy_schemastate WHERE schema_name = ANY(%s)
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""


def measure(schema_names: Collection[str]) -> None:
    """Store the disk size of each schema's tables, with one statement.

    Indexes and TOAST tables are included.
    """
    names = list(schema_names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {_UNLOCKED}, measured AS (
                SELECT name, coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint AS size
                FROM unnest(%s::text[]) AS name
                LEFT JOIN pg_namespace ON nspname = name
                LEFT JOIN pg_class ON relnamespace = pg_namespace.oid AND relkind IN ('r', 'm')
                GROUP BY name
            ), unknown AS (
                INSERT INTO public.tenancy_schemastate (schema_name, applied, attempts, error,
                    size, measured_at)
                SELECT name, '', 0, '', size, now() FROM measured
                WHERE name NOT IN (SELECT schema_name FROM public.tenancy_schemastate)
                ON CONFLICT DO NOTHING
            )
            UPDATE public.tenancy_schemastate AS state
            SET size = measured.size, measured_at = now()
            FROM measured
            WHERE state.schema_name = measured.name AND state.schema_name IN (TABLE free)
            """,  # noqa: S608 (no values)
            [names, names],
        )


def compare(schema_names: Iterable[str]) -> list[str]:
    """Store how each schema differs from the template; takes some milliseconds per schema.

    Schemas that failed or are behind differ as expected, so they are not compared. With a
    tenant-specific migration, objects that only the tenant has do not count.

    Returns:
        The schemas that differ.
    """
    may_have_more = bool(tenant_specific())
    made_by_migrations = expected_fingerprint()
    comparable = set(
        schema_states()
        .filter(condition__in=(Condition.OK, Condition.DRIFTED))
        .values_list("pk", flat=True)
    )
    template: SchemaDescription | None = None
    differences_of: dict[str, str | None] = {}
    for name in reconnecting(schema_names):
        if name not in comparable:
            differences_of[name] = None
            continue
        template = template or describe_schema(TEMPLATE)
        found = describe_schema(name)
        differences = description_differences(template, found, b_may_have_more=may_have_more)
        if differences and found.fingerprint == made_by_migrations:
            differences = []  # The template was changed, not the tenant.
        differences_of[name] = "\n".join(differences)
    _store_differences(differences_of)
    return [name for name, differences in differences_of.items() if differences]


def _store_differences(differences_of: dict[str, str | None]) -> None:
    names = list(differences_of)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {_UNLOCKED}
            UPDATE public.tenancy_schemastate AS state
            SET differences = coalesce(found.differences, ''),
                compared_at = CASE WHEN found.differences IS NOT NULL THEN now() END
            FROM unnest(%s::text[], %s::text[]) AS found (schema_name, differences)
            WHERE state.schema_name = found.schema_name AND state.schema_name IN (TABLE free)
            """,  # noqa: S608 (no values)
            [names, names, list(differences_of.values())],
        )
