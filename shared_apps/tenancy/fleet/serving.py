"""Whether a tenant's schema has what the running code needs."""

from django.db import ProgrammingError

from . import records, state
from .tenant_apps import tenant_app_configs

# What was read once from a schema's own django_migrations and found to be enough.
_enough: set[tuple[str, str | None]] = set()


def can_serve(schema_name: str, digest: str | None) -> bool:
    """Return whether the schema has every migration that this process's tenant apps need.

    It may well have more: while a deployment goes on, the old code still serves tenants that the
    new code's run has been to. Then the state cannot tell, and the schema is read, once.

    Args:
        digest: what the state says of the schema; None when there is none.
    """
    if digest == state.digest_of_code() or (schema_name, digest) in _enough:
        return True
    enough = _has_all(schema_name)
    if enough:
        _enough.add((schema_name, digest))
    return enough


def _has_all(schema_name: str) -> bool:
    try:
        applied = records.read(schema_name)
    except ProgrammingError:
        return False
    labels = {app_config.label for app_config in tenant_app_configs()}
    return all(
        key in applied or (migration.replaces and applied.issuperset(migration.replaces))
        for key, migration in state.migrations_of_code().items()
        if key[0] in labels
    )
