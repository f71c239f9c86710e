"""The condition and size of each schema in the fleet.

`schema_states` reads the stored states only. `measure` and `compare` update sizes and drift there.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Q, QuerySet, TextChoices, Value, When

from tenantry.names import TEMPLATE
from tenantry.roles import are_used
from tenantry.schemas.catalog import (
    SchemaDescription,
    describe_schema,
    description_differences,
    unusual_privileges,
)
from tenantry.sql import read_sql

from .each import reconnecting
from .migrate import tenant_specific
from .state import SchemaState, digest_of_code
from .template import expected_fingerprint

_STORE_SIZES = read_sql("store_sizes")
_STORE_DIFFERENCES = read_sql("store_differences")


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


def measure(schema_names: Collection[str]) -> None:
    """Store the disk size of each schema's tables, with one statement.

    Indexes and TOAST tables are included.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STORE_SIZES, {"names": list(schema_names)})


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
        if are_used():
            denied = unusual_privileges(name)
            differences += [f"{subject} has other privileges" for subject in denied]
        differences_of[name] = "\n".join(differences)
    _store_differences(differences_of)
    return [name for name, differences in differences_of.items() if differences]


def _store_differences(differences_of: dict[str, str | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE_DIFFERENCES,
            {"names": list(differences_of), "differences": list(differences_of.values())},
        )
