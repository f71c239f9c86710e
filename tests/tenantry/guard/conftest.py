"""Documents with the same primary key in acme and in globex."""

import pytest

from shared_apps.organizations.models import Organization
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
