"""enqueue(): a row in the caller's transaction, for the organization that is active."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.core.request import Actor, acting
from shared_apps.jobs.models import Job
from shared_apps.jobs.queue import insert_for_all
from shared_apps.jobs.tasks_api import TaskResult, TaskResultDoesNotExist, TaskResultStatus
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tenantry.errors import NoTenantError
from tenantry.guard import cross_tenant
from tests.conftest import InThread, statements

from . import tasks


def test_a_task_runs_in_the_organization_that_enqueued_it(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        result = tasks.add_item.enqueue("DESK")
    with tenant_context(globex):
        tasks.add_item.enqueue("LAMP")

    assert run_jobs() == 2

    with tenant_context(acme):
        assert list(Item.objects.values_list("sku", flat=True)) == ["DESK"]
        result.refresh()
    with tenant_context(globex):
        assert list(Item.objects.values_list("sku", flat=True)) == ["LAMP"]
    assert (result.status, result.return_value) == (
        TaskResultStatus.SUCCESSFUL,
        "DESK in acme",
    )


def test_a_task_of_an_organization_needs_an_organization(db: None) -> None:
    with pytest.raises(NoTenantError, match=r"tests.jobs.tasks.where is a task of an organization"):
        tasks.where.enqueue()

    assert not Job.objects.exists()


def test_a_task_of_the_platform_runs_without_an_organization(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.on_the_platform.enqueue()

    run_jobs()

    assert tasks.ran == [("platform", None)]


def test_an_asynchronous_task_runs_in_its_organization(acme: Organization) -> None:
    with tenant_context(acme):
        result: TaskResult[..., Any] = tasks.asynchronous.enqueue()
        run_jobs()
        result.refresh()

    assert result.return_value == "acme"


def test_enqueueing_is_one_statement(acme: Organization) -> None:
    with tenant_context(acme), CaptureQueriesContext(connection) as captured:
        tasks.where.enqueue("one")

    assert len(statements(captured)) == 1


def test_a_task_of_a_transaction_that_is_rolled_back_never_was(acme: Organization) -> None:
    with tenant_context(acme), transaction.atomic():
        tasks.where.enqueue()
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_a_task_that_is_enqueued_after_the_commit_keeps_its_organization(
    acme: Organization, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True), tenant_context(acme):
        transaction.on_commit(lambda: tasks.where.enqueue("after the commit"))

    run_jobs()

    assert tasks.ran == [("acme", "after the commit")]


def test_a_task_that_is_enqueued_across_tenants_has_the_active_one(acme: Organization) -> None:
    with tenant_context(acme), cross_tenant(reason="A test."):
        tasks.where.enqueue()

    run_jobs()

    assert tasks.ran == [("acme", "")]


def test_a_task_that_is_enqueued_in_a_thread_needs_an_organization(
    acme: Organization, in_thread: InThread
) -> None:
    with tenant_context(acme):
        future = in_thread(tasks.where.enqueue)

    with pytest.raises(NoTenantError):  # A new thread has no tenant.
        future.result()


def test_a_thread_that_enters_an_organization_enqueues_there(
    committed_organization: Organization, in_thread: InThread
) -> None:
    name = committed_organization.schema_name

    def enqueue() -> None:
        with tenant_context(name):
            tasks.where.enqueue("thread")

    in_thread(enqueue).result()

    try:
        assert Job.objects.get().schema_name == name
    finally:
        in_thread(lambda: Job.objects.filter(schema_name=name).delete()).result()


def test_a_task_enqueues_another_one_in_its_organization(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.enqueues_another.enqueue()

    assert run_jobs() == 2
    assert tasks.ran == [("acme", "from a task")]


def test_nothing_is_enqueued_in_a_read_only_block(acme: Organization) -> None:
    with (
        tenant_context(acme, read_only=True),
        pytest.raises(InternalError, match="read-only"),
        transaction.atomic(),
    ):
        tasks.where.enqueue()

    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "a\0b", "\ud800", ["\0"], {"a": ["\0"]}]
)
def test_an_argument_that_postgresql_cannot_store_is_rejected(
    acme: Organization, value: object
) -> None:
    with tenant_context(acme), pytest.raises(ValueError, match=r"Values of tasks|JSON compliant"):
        tasks.where.enqueue(value)

    assert not Job.objects.exists()  # The transaction goes on.


@pytest.mark.parametrize("value", [object(), timezone.now(), {1, 2}])
def test_an_argument_that_is_not_json_is_rejected(acme: Organization, value: object) -> None:
    with tenant_context(acme), pytest.raises(TypeError):
        tasks.where.enqueue(value)


def test_text_that_looks_like_an_escape_is_stored(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue(r"\u0000 and 😀")

    run_jobs()

    assert tasks.ran == [("acme", r"\u0000 and 😀")]


def test_a_task_waits_for_its_moment(acme: Organization) -> None:
    with tenant_context(acme):
        later = timezone.now() + timedelta(hours=1)
        tasks.where.using(run_after=later).enqueue("later")
        tasks.where.using(run_after=timezone.now()).enqueue("now")

    assert run_jobs() == 1
    assert tasks.ran == [("acme", "now")]


def test_a_second_task_of_a_unique_name_is_the_waiting_one(
    acme: Organization, globex: Organization
) -> None:
    once = tasks.where.using(unique="report")
    with tenant_context(acme):
        first, second = once.enqueue("first"), once.enqueue("second")
    with tenant_context(globex):
        other = once.enqueue("other")

    assert (second.id, second.args) == (first.id, ["first"])
    assert other.id != first.id
    assert run_jobs() == 2
    with tenant_context(acme):
        assert once.enqueue("third").id != first.id


def test_a_program_with_a_long_name_enqueues(acme: Organization) -> None:
    with acting(Actor(program="x" * 300)):
        tasks.on_the_platform.enqueue()
        insert_for_all(tasks.where, unique="all", spread=timedelta(0))

    assert set(Job.objects.values_list("actor", flat=True)) == {"x" * 254}


def test_a_task_with_priority_is_first(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue("first")
        tasks.where.using(priority=10).enqueue("urgent")

    run_jobs()

    assert [note for _, note in tasks.ran] == ["urgent", "first"]


def test_the_result_of_another_organization_is_not_found(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        result = tasks.where.enqueue()

    with tenant_context(globex), pytest.raises(TaskResultDoesNotExist):
        tasks.where.get_result(result.id)
    with pytest.raises(TaskResultDoesNotExist):
        tasks.where.get_result(result.id)
    with tenant_context(acme), pytest.raises(TaskResultDoesNotExist):
        tasks.where.get_result("none")
