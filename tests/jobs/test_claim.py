"""Which job a worker gets next."""

from collections.abc import Callable

import pytest
from django.test import override_settings

from shared_apps.jobs import turns
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import (
    organization_archive,
    organization_resume,
    organization_suspend,
)
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context
from tenantry.fleet.state import SchemaState

from . import tasks


def claim_all() -> list[str]:
    """Claim jobs as one worker does, and return their organizations."""
    own = turns.Turns("default")
    return [job.schema_name for job in iter(lambda: own.claim("w1"), None)]


@pytest.mark.parametrize("batch", [1, 100])
def test_organizations_take_turns(
    acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(turns, "BATCH", batch)
    with tenant_context(acme):
        for _ in range(3):
            tasks.where.enqueue()
    with tenant_context(globex):
        tasks.where.enqueue()
    tasks.on_the_platform.enqueue()

    with override_settings(JOBS_PER_ORGANIZATION=9):
        assert claim_all() == ["", "acme", "globex", "acme", "acme"]


def test_an_organization_runs_only_so_many_jobs_at_the_same_time(
    acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            for _ in range(3):
                tasks.where.enqueue()
    for _ in range(3):
        tasks.on_the_platform.enqueue()

    with override_settings(JOBS_PER_ORGANIZATION=2):
        claimed = claim_all()

    assert sorted(claimed) == ["", "", "", "acme", "acme", "globex", "globex"]


def test_tasks_of_one_queue_take_no_place_in_another(acme: Organization) -> None:
    with tenant_context(acme):
        for name in ("webhooks", "webhooks", "default"):
            tasks.where.using(queue_name=name).enqueue()
    webhooks = turns.Turns("webhooks")
    assert [webhooks.claim("w1") is not None for _ in range(3)] == [True, True, False]

    with override_settings(JOBS_PER_ORGANIZATION=2):
        assert claim_all() == ["acme"]


@pytest.mark.parametrize("stop", [organization_suspend, organization_archive])
def test_tasks_wait_while_their_organization_may_not_work(
    acme: Organization, stop: Callable[..., Organization]
) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()

    stop(organization=acme)
    assert run_jobs() == 0

    organization_resume(organization=acme)
    assert run_jobs() == 1


@pytest.mark.parametrize(("required", "ran"), [(True, 0), (False, 1)])
def test_tasks_wait_while_their_schema_lacks_migrations(
    acme: Organization, required: bool, ran: int
) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    SchemaState.objects.filter(pk="acme").update(applied="older")

    with override_settings(REQUIRE_MIGRATED_SCHEMA=required):
        assert run_jobs() == ran


def test_a_task_of_an_organization_that_is_gone_waits(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(schema_name="gone")

    assert run_jobs() == 0


def test_a_claim_stores_who_has_the_job_and_until_when(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()

    with override_settings(JOBS_LEASE=30):
        job = turns.Turns("default").claim("w1")

    assert job is not None
    assert (job.status, job.worker_ids, job.attempt) == ("RUNNING", ["w1"], 1)
    assert job.leased_until is not None
    assert job.last_attempted_at is not None
    assert (job.leased_until - job.last_attempted_at).total_seconds() == 30


def test_an_organization_with_new_tasks_gets_its_turn_beside_a_backlog(
    acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "FRESH", 0)
    own = turns.Turns("default")
    with tenant_context(globex):
        for _ in range(4):
            tasks.where.enqueue()
    claimed = [own.claim("w1"), own.claim("w1")]

    with tenant_context(acme):
        tasks.where.enqueue()
    with override_settings(JOBS_PER_ORGANIZATION=9):
        claimed += [own.claim("w1"), own.claim("w1")]

    assert [job and job.schema_name for job in claimed] == ["globex", "globex", "acme", "globex"]


def test_a_queue_gives_only_its_own_jobs(acme: Organization) -> None:
    with tenant_context(acme):
        tasks.where.enqueue()
    Job.objects.update(queue_name="other")

    assert run_jobs() == 0
