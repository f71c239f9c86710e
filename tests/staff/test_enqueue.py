"""Tasks that staff enqueue in a support session."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.urls import reverse

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tests.jobs import tasks

from .conftest import Browser


@pytest.fixture
def _a_saved_item_enqueues_a_task() -> Iterator[None]:
    def enqueue(instance: Item, **_: Any) -> None:
        tasks.where.enqueue(instance.sku)

    post_save.connect(enqueue, sender=Item)
    yield
    post_save.disconnect(enqueue, sender=Item)


@pytest.mark.usefixtures("_a_saved_item_enqueues_a_task")
def test_a_task_of_a_support_session_is_the_organization_s(
    browser: Browser, olga: User, acme: Organization
) -> None:
    item = {"sku": "LAMP", "description": "Lamp", "price": "90.00", "is_active": "on"}
    response = browser.send(reverse("admin:tenantry_items_item_add"), item, acme)

    assert response.status_code == 302
    job = Job.objects.get()
    assert (job.schema_name, job.actor, job.actor_id) == ("acme", olga.email, olga.pk)
    assert job.request_id == response["X-Request-ID"]
    tasks.ran.clear()
    run_jobs()
    assert tasks.ran == [("acme", "LAMP")]
