"""Schema names: the one place that says which names a tenant may have, and how SQL spells them.

django-tenants 4.0.1 accepts `a%s`, blanks and `public` as a schema name; here a name is a plain
identifier, and it is quoted all the same wherever it enters SQL.
"""

import re

from django.conf import settings

from .errors import InvalidSchemaName

PUBLIC = "public"
TEMPLATE = "tenancy_template"

RESERVED = frozenset({PUBLIC, TEMPLATE, "information_schema"})

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
# Whatever django-tenants accepted and cannot end a quoted name, a statement or a placeholder.
_LEGACY_NAME = re.compile(r"""[^"'\\;%\x00-\x1f\x7f]+""")
_MAX_BYTES = 63
_NOT_PORTABLE = re.compile(r"[^a-z0-9_]")


def check_schema_name(name: str) -> str:
    """Return `name` when a tenant's schema may be called so.

    PostgreSQL keeps 63 bytes of an identifier and reserves the prefix `pg_` for itself
    (https://www.postgresql.org/docs/current/ddl-schemas.html).

    Raises:
        InvalidSchemaName: for every other name, with the reason.
    """
    if not _NAME.fullmatch(str(name)):  # None, where a tenant has none yet.
        raise InvalidSchemaName(
            f"{name!r} is not a valid schema name: use a lower-case letter, "
            "then up to 62 lower-case letters, digits or underscores."
        )
    if name.startswith("pg_") or name in RESERVED:
        raise InvalidSchemaName(f"{name!r} is reserved; choose another schema name.")
    return name


def validate_schema_name(name: str) -> None:
    """`check_schema_name` as a validator of a model field.

    Raises:
        InvalidSchemaName: a ValidationError, when a tenant's schema may not be called so.
    """
    check_schema_name(name)


def quote_schema_name(name: str) -> str:
    """Return the checked `name` as a quoted SQL identifier; `public` and the template as well.

    With the setting `TENANCY_LEGACY_SCHEMA_NAMES`, names that an older django-tenants project
    already has (`Client-1`) are quoted too. A quoted name never holds a `%`, so it can stand in
    SQL that gets parameters.

    Raises:
        InvalidSchemaName: when no schema of ours can be called so.
    """
    try:
        check_schema_name(name)
    except InvalidSchemaName:
        if name not in (PUBLIC, TEMPLATE) and not _is_legacy_name(name):
            raise
    return f'"{name}"'


def portable_name(name: str) -> str:
    """Return a schema's name as folders, URLs and keys spell it; two names never give the same.

    A plain name stays as it is. Of others, everything but lower-case letters, digits and
    underscores is written as `%2f`: slashes and dots mean something to folders, a colon to keys,
    and some file systems do not tell apart upper and lower case, or two spellings of an accent.
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
