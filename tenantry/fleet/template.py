"""Detects changes by hand in the template, which must not reach new tenants.

After its migrations, the template's structure and rows are stored as fingerprints. A template that
no longer matches them is not copied. A tenant that matches them has not drifted.
"""

from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import SchemaDescription, describe_schema, reader_version
from tenantry.schemas.rows import rows_digest

from .state import SchemaState

CHANGED = (
    f"the template was changed since its migrations ran (drop the schema {TEMPLATE}; "
    "`migrate_tenants --verify` creates it again)"
)


def expected_fingerprint() -> str:
    """Return the fingerprint that the template should have; empty when unknown.

    It is unknown after an upgrade of PostgreSQL: versions can print one structure differently.
    """
    return _stored()[0]


def _stored() -> tuple[str, str]:
    """Return the fingerprint and the digest of the rows; empty when unknown."""
    stored = SchemaState.objects.filter(pk=TEMPLATE).values_list("structure", flat=True).first()
    version, fingerprint, rows, *_ = f"{stored or ''}::".split(":")
    return (fingerprint, rows) if version == reader_version() else ("", "")


def is_changed(template: SchemaDescription | None = None) -> bool:
    """Return whether the template differs from the result of its migrations.

    Args:
        template: its description, if the caller has read it.
    """
    template = template or describe_schema(TEMPLATE)
    fingerprint, rows = _stored()
    return fingerprint not in ("", template.fingerprint) or rows not in ("", rows_digest(template))


def clear_unless_changed() -> None:
    """Clear the fingerprints before migrations run in the template.

    A changed template keeps them: more migrations do not undo the change.
    """
    if not is_changed():
        clear()


def store_if_cleared() -> None:
    """Store the fingerprints of the template after its migrations."""
    if not expected_fingerprint():
        template = describe_schema(TEMPLATE)
        _write(f"{reader_version()}:{template.fingerprint}:{rows_digest(template)}")


def clear() -> None:
    _write("")


def _write(structure: str) -> None:
    SchemaState.objects.filter(pk=TEMPLATE).update(structure=structure)
