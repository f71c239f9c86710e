"""Tasks that deliver, and clean up.

Endpoints that are slow or fail have a separate queue, so they do not delay the others.
"""

from typing import Any

from shared_apps.core.request import Actor, acting
from shared_apps.jobs import every, task
from shared_apps.jobs.definitions import Task
from shared_apps.jobs.housekeeping import each_second
from tenantry.context import tenant_context
from tenantry.roles import as_owner

from .delivery import clear_deliveries, deliver_due, due_endpoints
from .models import Endpoint
from .services import secrets_encrypt_again

QUEUE = "webhooks"
SLOW_QUEUE = "webhooks_slow"


@task(platform=False, queue_name=QUEUE)
@as_owner(reason="The webhooks of all organizations are in two tables.")
def deliver(endpoint_id: int) -> int:
    """Deliver what is due to an endpoint, and return the number of attempts."""
    attempts, unfinished = deliver_due(endpoint_id)
    if unfinished:
        _deliver_to(unfinished).enqueue(endpoint_id)
    return attempts


def _deliver_to(endpoint: Endpoint) -> Task[..., Any]:
    queue = SLOW_QUEUE if endpoint.is_slow else QUEUE
    return deliver.using(unique=str(endpoint.pk), queue_name=queue)


@each_second
def enqueue_deliveries() -> None:
    """Enqueue a task for each endpoint with a message that is due.

    What is due is in the deliveries only. So a task that was lost or cancelled is enqueued again,
    and the transaction that writes an event waits for no other one.
    """
    for endpoint in due_endpoints(task=deliver.module_path):
        with tenant_context(endpoint.schema_name), acting(Actor(program="webhooks")):
            _deliver_to(endpoint).enqueue(endpoint.pk)


@every("hourly")
@task(platform=True)
def clear_old_deliveries() -> int:
    return clear_deliveries()


@every("daily")
@task(platform=True)
def encrypt_secrets_again() -> int:
    return secrets_encrypt_again()
