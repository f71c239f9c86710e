"""How the fleet is: who is behind, who failed, whose tables are not the template's."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import TextChoices

from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import SchemaDescription, describe_schema, description_differences

from .each import bounded
from .fresh import tenant_specific
from .state import SchemaState, digest_of_code
from .template import expected


class Condition(TextChoices):
    """What is to be said of a schema; the first that is true, in this order."""

    FAILED = "failed"
    BEHIND = "behind"
    DRIFTED = "drifted"
    OK = "ok"


@dataclass(frozen=True)
class SchemaStatus:
    """One schema.

    Attributes:
        differences: how a drifted one differs from the template, a line each.
        size: bytes of its tables and indexes.
    """

    schema_name: str
    condition: Condition
    size: int
    migrated_at: datetime | None = None
    seconds: float | None = None
    attempts: int = 0
    error: str = ""
    differences: list[str] = field(default_factory=list)


def statuses(schema_names: Iterable[str]) -> Iterator[SchemaStatus]:
    """Yield the status of each schema: two queries for all, and its catalog for each."""
    size_of = sizes()
    for state, differences in drifts(schema_names):
        yield SchemaStatus(
            state.schema_name,
            Condition.DRIFTED if differences else condition_of(state),
            size_of.get(state.schema_name, 0),
            state.migrated_at,
            state.seconds,
            state.attempts,
            state.error,
            differences,
        )


def drifts(schema_names: Iterable[str]) -> Iterator[tuple[SchemaState, list[str]]]:
    """Yield the state of each schema, and how it differs from the template, a line each.

    Only of a schema that has all migrations it can be said that it should be like the template;
    and where a migration differs between tenants, only of what the template has.
    """
    may_have_more = bool(tenant_specific())
    made_by_migrations = expected()
    states = {state.pk: state for state in SchemaState.objects.all()}
    template: SchemaDescription | None = None
    for name in bounded(schema_names):
        state = states.get(name) or SchemaState(schema_name=name)
        differences: list[str] = []
        if condition_of(state) is Condition.OK:
            template = template or describe_schema(TEMPLATE)
            found = describe_schema(name)
            differences = description_differences(template, found, b_may_have_more=may_have_more)
            if differences and found.fingerprint == made_by_migrations:
                differences = []  # It is the template that was changed.
        yield state, differences


def condition_of(state: SchemaState) -> Condition:
    """Return what the state says; it knows nothing of drift."""
    if state.error:
        return Condition.FAILED
    return Condition.OK if state.applied == digest_of_code() else Condition.BEHIND


def sizes() -> dict[str, int]:
    """Return the bytes that each schema's tables take, indexes and large values included."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT nspname, sum(pg_total_relation_size(pg_class.oid))::bigint
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE relkind IN ('r', 'm') AND nspname !~ '^pg_|^information_schema$'
            GROUP BY nspname
            """
        )
        return dict(cursor.fetchall())
