"""Turns constraint violations of PostgreSQL into errors of fields.

PostgreSQL's error names the table, the constraint and the columns of a key. The columns identify a
constraint that no model declares, since its name depends on the migration that created it.
"""

import re
from functools import cache
from http import HTTPStatus

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.db.models import (
    BaseConstraint,
    CheckConstraint,
    Model,
    ProtectedError,
    Q,
    RestrictedError,
)
from psycopg2 import Error, errors

from .errors import MALFORMED, DomainError, malformed

_VIOLATIONS = (
    errors.UniqueViolation,
    errors.ExclusionViolation,
    errors.CheckViolation,
    errors.ForeignKeyViolation,
)
_MAX_NAME_LENGTH = 63  # bytes; PostgreSQL cuts off the rest.

# Key (lower(email::text), "Full name")=(ada@example.com, Ada) already exists.
_KEY = re.compile(r"\((.*?)\)=\(")
_TEXT_OR_TYPE = re.compile(r"'[^']*'|::\w+")
_COLUMN = re.compile(r'"([^"]+)"|\b(\w+)\b(?!\()')  # Before a bracket it is a function.


def as_domain_error(error: Exception) -> DomainError | None:
    """Return the error that a page shows; None for a bug."""
    if isinstance(error, IntegrityError):
        error = constraint_violation(error) or error
    if isinstance(error, MALFORMED):
        return malformed(error)
    if isinstance(error, ValidationError):
        # Several fields can have the same message.
        text = " ".join(dict.fromkeys(error.messages))
        return DomainError("invalid", text, HTTPStatus.BAD_REQUEST)
    return error if isinstance(error, DomainError) else None


def constraint_violation(error: IntegrityError) -> ValidationError | DomainError | None:
    """Return the error by field that validation would raise.

    Returns:
        409 `in_use` if other rows refer to the row to delete. None for a NULL in a required
        column and for a table without a model: those are bugs.
    """
    if isinstance(error, ProtectedError | RestrictedError):
        return _in_use()
    violation = error.__cause__
    if not isinstance(violation, _VIOLATIONS):
        return None
    model = _models_by_table().get(violation.diag.table_name or "")
    if model is None:
        return None
    name = violation.diag.constraint_name or ""
    constraint = next((each for each in model._meta.constraints if _is_named(each, name)), None)
    if isinstance(violation, errors.CheckViolation):
        fields = _checked_fields(model, constraint, name)
    else:
        fields = _key_fields(model, violation.diag.message_detail or "")
    if isinstance(violation, errors.ForeignKeyViolation):
        # Either this row refers to a missing row, or other rows refer to this one.
        if not any(model._meta.get_field(field).is_relation for field in fields):
            return _in_use()
        message = "This does not exist. Choose another value."
    else:
        message = _message(model, constraint, fields, violation)
    return ValidationError({field: [message] for field in fields or [NON_FIELD_ERRORS]})


def _in_use() -> DomainError:
    return DomainError("in_use", "This is in use, so it cannot be deleted.")


@cache
def _models_by_table() -> dict[str, type[Model]]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models if not model._meta.proxy}


def _is_named(constraint: BaseConstraint, name: str) -> bool:
    return constraint.name.encode()[:_MAX_NAME_LENGTH].decode(errors="ignore") == name


def _names_by_column(model: type[Model]) -> dict[str, str]:
    return {str(field.column): field.name for field in model._meta.local_concrete_fields}


def _key_fields(model: type[Model], detail: str) -> list[str]:
    """Return the fields of the key in the error's DETAIL, in any language of the server."""
    key = _KEY.search(detail)
    found = _COLUMN.findall(_TEXT_OR_TYPE.sub("", key[1])) if key else []
    columns = {quoted or plain for quoted, plain in found}
    return [name for column, name in _names_by_column(model).items() if column in columns]


def _checked_fields(model: type[Model], constraint: BaseConstraint | None, name: str) -> list[str]:
    """Return the fields of a CHECK constraint; PostgreSQL's error does not name them.

    Django names the CHECK of a single field, as of a PositiveIntegerField, after table and column.
    """
    names = _names_by_column(model)
    if isinstance(constraint, CheckConstraint):
        checked = Q(constraint.condition).referenced_base_fields
        return [name for name in names.values() if name in checked]
    own = [column for column in names if name.startswith(f"{model._meta.db_table}_{column}_")]
    return [names[max(own, key=len)]] if own else []


def _message(
    model: type[Model],
    constraint: BaseConstraint | None,
    fields: list[str],
    violation: Error,
) -> str:
    """Return the constraint's own message, or a general one for its kind."""
    if constraint and (
        constraint.violation_error_message is not constraint.default_violation_error_message
    ):
        return str(constraint.get_violation_error_message())
    if not fields:  # Without fields, only the constraint's name explains the error.
        unknown = BaseConstraint(name=str(violation.diag.constraint_name))
        return str(unknown.get_violation_error_message())
    if isinstance(violation, errors.CheckViolation):
        return "This value is not allowed. Choose another one."
    if isinstance(violation, errors.ExclusionViolation):
        return f"This conflicts with another {model._meta.verbose_name}."
    return str(model().unique_error_message(model, fields).messages[0])
