"""The primary keys for the names in the URLs of `test_urls.py`."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.staff.models import SupportSession
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.webhooks.models import Endpoint
from tenantry.context import tenant_context
from tests.contracts import CONTRACTS


@pytest.fixture
def ids(
    request: pytest.FixtureRequest,
    acme: Organization,
    bob: User,
    settings: Settings,
    tmp_path: Path,
) -> dict[str, int]:
    """The primary keys for the names in the URLs."""
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)  # All callers invite one address.
    settings.MEDIA_ROOT = str(tmp_path)
    with tenant_context(acme):
        default_storage.save("report.txt", ContentFile("acme's"))
    of_apps: dict[str, int] = {}
    for contract in CONTRACTS.values():
        of_apps |= contract.rows(request, bob)
    endpoint = Endpoint.objects.create(schema_name="acme", url="https://1.1.1.1/", events=[])
    now = timezone.now()
    delivery = endpoint.deliveries.create(message_id=uuid4(), created_at=now, due_at=now)
    return of_apps | {
        "delivery": delivery.pk,
        "endpoint": endpoint.pk,
        "entry": AuditEntry.objects.earliest("pk").pk,
        "invitation": Invitation.objects.create(
            organization=acme,
            email="eve@example.com",
            email_key="eve@example.com",
            token_digest="0" * 64,
            expires_at=now + timedelta(days=7),
        ).pk,
        "key": ApiToken.objects.make(organization=acme, name="Shop", role="admin")[0].pk,
        "job": Job.objects.create(
            task="shop.tasks.send", arguments={}, enqueued_at=timezone.now()
        ).pk,
        "membership": Membership.objects.get(user=bob).pk,
        "organization": acme.pk,
        "session": SupportSession.objects.create(
            user=bob, organization=acme, expires_at=timezone.now()
        ).pk,
        "sign_in": SignInSession.objects.create(user=bob, last_used=now).pk,
        "token": ApiToken.objects.issue(user=bob, organization=acme)[0].pk,
        "user": bob.pk,
    }
