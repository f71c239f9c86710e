"""Audit entries cannot be changed or deleted."""

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
def test_postgresql_rejects_changes_of_entries(db: None, statement: str) -> None:
    record(AuditAction.USER_CREATED, subject="Ada")
    with (
        connection.cursor() as cursor,
        pytest.raises(InternalError, match="append-only"),
        transaction.atomic(),
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.latest("pk").subject == "Ada"


def test_an_entry_is_rolled_back_with_its_action(db: None) -> None:
    before = AuditEntry.objects.count()

    with transaction.atomic():
        record(AuditAction.USER_CREATED, subject="Ada")
        transaction.set_rollback(True)

    assert AuditEntry.objects.count() == before


def test_an_entry_without_a_user_names_the_program(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["/srv/manage.py", "create_tenant", "acme", "--name", "Acme"])

    record(AuditAction.ORGANIZATION_CREATED)

    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.actor_id, entry.address) == ("manage.py create_tenant", None, None)
