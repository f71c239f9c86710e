"""What the template held once its migrations had run.

New tenants are to be what the migrations make. A template whose structure or rows were changed by
hand since is not copied, and a tenant that is as the template was then has not drifted.
"""

from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import SchemaDescription, describe_schema, reader
from tenantry.schemas.rows import rows_digest

from .state import SchemaState

CHANGED = (
    f"the template was changed since its migrations ran (drop the schema {TEMPLATE}; "
    "`migrate_tenants --verify` makes it again)"
)


def expected() -> str:
    """Return the fingerprint that the template should have; empty when it is not known.

    Another version of PostgreSQL may word the same structure differently, so what was read from
    one says nothing about another.
    """
    return _kept()[0]


def _kept() -> tuple[str, str]:
    """Return the fingerprint and the digest of the rows; empty what is not known."""
    kept = SchemaState.objects.filter(pk=TEMPLATE).values_list("structure", flat=True).first()
    read_by, fingerprint, rows, *_ = f"{kept or ''}::".split(":")
    return (fingerprint, rows) if read_by == reader() else ("", "")


def is_changed(template: SchemaDescription | None = None) -> bool:
    """Return whether the template is not what its migrations made.

    Args:
        template: what it holds, where that is known.
    """
    template = template or describe_schema(TEMPLATE)
    fingerprint, rows = _kept()
    return fingerprint not in ("", template.fingerprint) or rows not in ("", rows_digest(template))


def forget_unless_changed() -> None:
    """Expect nothing of the template while its migrations run.

    More migrations do not make one right that was changed.
    """
    if not is_changed():
        forget()


def keep_if_forgotten() -> None:
    """Write down what the template holds now, which is what its migrations made."""
    if not expected():
        template = describe_schema(TEMPLATE)
        _write(f"{reader()}:{template.fingerprint}:{rows_digest(template)}")


def forget() -> None:
    """Expect nothing of the template."""
    _write("")


def _write(structure: str) -> None:
    SchemaState.objects.filter(pk=TEMPLATE).update(structure=structure)
