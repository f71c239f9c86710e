"""Tasks of the tests. They write to `ran`, in the thread that runs them."""

from threading import Event
from typing import Any

from django.db import connection, transaction
from structlog.contextvars import get_contextvars

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.request import current_actor
from shared_apps.jobs import task
from shared_apps.jobs.errors import PermanentFailure
from shared_apps.jobs.tasks_api import TaskContext
from tenant_apps.items.models import Item
from tenantry.context import NamedTenant, active_schema, replace_tenant

ran: list[Any] = []
released = Event()


@task(platform=False)
def add_item(sku: str) -> str:
    Item.objects.create(sku=sku, description=sku, price=1)
    return f"{sku} in {active_schema()}"


@task(platform=False)
def where(note: str = "") -> None:
    ran.append((active_schema(), note))


@task(platform=False)
def waits() -> None:
    ran.append("waits")
    released.wait(timeout=10)


@task(platform=True)
def on_the_platform() -> str | None:
    ran.append(("platform", active_schema()))
    return active_schema()


@task(platform=False)
async def asynchronous() -> str | None:
    return active_schema()


@task(platform=False, retries=2)
def always_fails(reason: str) -> None:
    ran.append(reason)
    raise ValueError(reason)


@task(platform=False, retries=2)
def cannot_succeed() -> None:
    raise PermanentFailure


@task(platform=False, retries=2, takes_context=True)
def succeeds_at_the_third_attempt(context: "TaskContext[..., Any]") -> int:
    if context.attempt < 3:
        raise ValueError("Not yet.")
    return context.attempt


@task(platform=False)
def exits() -> None:
    raise SystemExit(3)


@task(platform=False)
def records() -> None:
    record(AuditAction.SUPPORT_CHANGED, subject="from a task")
    ran.append((current_actor(), get_contextvars()))


@task(platform=False)
def enqueues_another() -> None:
    where.enqueue("from a task")


@task(platform=False)
def leaves_a_mess() -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
    replace_tenant(NamedTenant("globex"))


@task(platform=False)
def never_leaves_atomic() -> None:
    transaction.atomic().__enter__()


@task(platform=False)
def switches_autocommit_off() -> None:
    transaction.set_autocommit(False)


@task(platform=False)
def returns_what_json_cannot_hold() -> object:
    return object()


def ran_nowhere() -> None:
    """A function that a test makes a task."""
