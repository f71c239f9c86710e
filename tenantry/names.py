"""Which schema names are valid, and how they are quoted in SQL.

django-tenants 4.0.1 accepts `a%s`, blanks and `public` as schema names. Here a name is a plain
identifier, and is always quoted in SQL.
"""

import re

from django.conf import settings

from .errors import InvalidSchemaName

PUBLIC = "public"
TEMPLATE = "tenancy_template"

RESERVED = frozenset({PUBLIC, TEMPLATE, "information_schema"})

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
# A name of django-tenants that cannot end a quoted name, a statement or a placeholder.
_LEGACY_NAME = re.compile(r"""[^"'\\;%\x00-\x1f\x7f]+""")
_MAX_BYTES = 63
_NOT_PORTABLE = re.compile(r"[^a-z0-9_]")


def check_schema_name(name: str) -> str:
    """Return `name` if it is valid for a tenant's schema.

    PostgreSQL uses 63 bytes of an identifier and reserves the prefix `pg_`
    (https://www.postgresql.org/docs/current/ddl-schemas.html).
    """
    if not _NAME.fullmatch(str(name)):  # str(), since a new tenant can have None.
        raise InvalidSchemaName(
            f"{name!r} is not a valid schema name: use a lower-case letter, "
            "then up to 62 lower-case letters, digits or underscores."
        )
    if name.startswith("pg_") or name in RESERVED:
        raise InvalidSchemaName(f"{name!r} is reserved; choose another schema name.")
    return name


def validate_schema_name(name: str) -> None:
    """Validate a model field with `check_schema_name`. InvalidSchemaName is a ValidationError."""
    check_schema_name(name)


def quote_schema_name(name: str) -> str:
    """Return a tenant's schema name, `public` or the template as a quoted SQL identifier.

    With the setting `TENANCY_LEGACY_SCHEMA_NAMES`, it accepts names that an existing django-tenants
    project can have (`Client-1`). No name contains a `%`, so it is safe in SQL with parameters.
    """
    try:
        check_schema_name(name)
    except InvalidSchemaName:
        if name not in (PUBLIC, TEMPLATE) and not _is_legacy_name(name):
            raise
    return f'"{name}"'


def portable_name(name: str) -> str:
    """Return a schema's name for folders, URLs and cache keys. Different names stay different.

    A plain name does not change. In a legacy name, all but lower-case letters, digits and
    underscores are written as `%2f`: slashes and dots have a meaning in folders and colons in keys,
    and some file systems ignore upper case or the normal form of an accent.
    """
    return _NOT_PORTABLE.sub(lambda found: "%" + found[0].encode().hex("%"), name)


def _is_legacy_name(name: str) -> bool:
    return (
        getattr(settings, "TENANCY_LEGACY_SCHEMA_NAMES", False)
        and name not in RESERVED
        and not name.lower().startswith("pg_")
        and len(name.encode()) <= _MAX_BYTES
        and _LEGACY_NAME.fullmatch(name) is not None
    )
