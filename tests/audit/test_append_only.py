"""The audit log: written once, kept for good."""

import pytest
from django.db import InternalError, connection, transaction

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.audit.models import AuditEntry


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenantry_audit_auditentry SET reason = 'none'",
        "UPDATE tenantry_audit_auditentry SET reason = 'none' WHERE false",
        "DELETE FROM tenantry_audit_auditentry",
        "TRUNCATE tenantry_audit_auditentry",
        "TRUNCATE tenantry_audit_auditentry, tenantry_staff_supportsession CASCADE",
    ],
)
def test_postgresql_refuses_to_change_what_was_written(db: None, statement: str) -> None:
    record(AuditAction.USER_CREATED, subject="Ada")
    with (
        connection.cursor() as cursor,
        pytest.raises(InternalError, match="append-only"),
        transaction.atomic(),
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.latest("pk").subject == "Ada"


def test_an_entry_is_not_kept_without_what_it_tells_of(db: None) -> None:
    before = AuditEntry.objects.count()

    with transaction.atomic():
        record(AuditAction.USER_CREATED, subject="Ada")
        transaction.set_rollback(True)

    assert AuditEntry.objects.count() == before


def test_a_program_is_named_where_nobody_is_signed_in(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["/srv/manage.py", "create_tenant", "acme", "--name", "Acme"])

    record(AuditAction.ORGANIZATION_CREATED)

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.actor_id, entry.address) == ("manage.py create_tenant", None, None)
