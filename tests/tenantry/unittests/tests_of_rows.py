"""Each test finds an empty database."""

import secrets
from typing import Any

from django.db import InternalError, connection, transaction
from django.test import LiveServerTestCase, TestCase, TransactionTestCase

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context


class Rows:
    """Two tests that fail if the other leaves rows."""

    def test_first(self: Any) -> None:
        self.work()

    def test_second(self: Any) -> None:
        self.work()

    def work(self: Any) -> None:
        for model in (User, Organization, AuditEntry):
            assert not model.objects.exists()
        owner = User.objects.create_user("owner@example.com", "password", name="Owner")
        # A new name, because the test cases do not drop schemas.
        schema_name = f"x{secrets.token_hex(8)}"
        organization = organization_create(schema_name=schema_name, name="X", owner=owner)
        with tenant_context(organization):
            Item.objects.create(sku="a", price=1)
        with (
            connection.cursor() as cursor,
            self.assertRaisesMessage(InternalError, "append-only"),
            transaction.atomic(),
        ):
            cursor.execute("TRUNCATE tenantry_audit_auditentry")


class InTransaction(Rows, TestCase):
    pass


class Restored(Rows, TransactionTestCase):
    serialized_rollback = True


class Flushed(Rows, TransactionTestCase):
    reset_sequences = True


class Live(Rows, LiveServerTestCase):
    pass
