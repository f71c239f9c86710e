"""Which field is wrong when PostgreSQL, not a form, notices that a value is taken."""

from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.db.models import UniqueConstraint
from django.utils.text import capfirst
from psycopg2 import errors


def unique_violation(error: IntegrityError) -> ValidationError | None:
    """Return the refusal, by field, that a model's own validation would have given.

    Args:
        error: what saving raised; its cause carries the constraint's name.

    Returns:
        None when no unique constraint of a model was violated.
    """
    if not isinstance(error.__cause__, errors.UniqueViolation):
        return None
    messages = _messages_by_constraint().get(error.__cause__.diag.constraint_name or "")
    return ValidationError(messages) if messages else None


@cache
def _messages_by_constraint() -> dict[str, dict[str, list[str]]]:
    return dict(_unique_constraints())


def _unique_constraints() -> Iterator[tuple[str, dict[str, list[str]]]]:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, UniqueConstraint):
                message = str(constraint.violation_error_message)
                fields = constraint.fields or (NON_FIELD_ERRORS,)
                yield constraint.name, {field: [message] for field in fields}
        for field in model._meta.local_concrete_fields:
            if field.unique:
                # PostgreSQL's own name for a column that is declared UNIQUE.
                name = f"{model._meta.db_table}_{field.column}_key"
                message = field.error_messages["unique"] % {
                    "model_name": capfirst(model._meta.verbose_name),
                    "field_label": capfirst(field.verbose_name),
                }
                yield name, {field.name: [message]}
