"""Documents with the same primary key in acme and in globex."""

import pytest

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.tenantry.guard_app.models import Document

SAME_ID = 1_000_000  # No sequence gets there.


@pytest.fixture
def acme_document(acme: Organization) -> Document:
    with tenant_context(acme):
        return Document.objects.create(pk=SAME_ID, title="acme's")


@pytest.fixture
def globex_document(globex: Organization) -> Document:
    with tenant_context(globex):
        return Document.objects.create(pk=SAME_ID, title="globex's")


@pytest.fixture
def alice_in_globex(alice: User, globex: Organization) -> None:
    """Alice is a member of both: a tenant finds only its own people."""
    membership_create(user=alice, organization=globex)
