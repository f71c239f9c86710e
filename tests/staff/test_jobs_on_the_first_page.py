"""The admin's first page shows what waits, runs and has failed."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.jobs import tasks

from .conftest import Browser, BrowserOf


@pytest.fixture
def browser(browser_of: BrowserOf, susan: User) -> Browser:
    return browser_of(susan)


def enqueue(organization: Organization, **fields: Any) -> None:
    with tenant_context(organization):
        result = tasks.where.enqueue()
    Job.objects.filter(pk=result.id).update(**fields)


def figures(browser: Browser) -> dict[str, str]:
    return {bar.label: bar.shown for bar in browser.get("/admin/").context["tasks"]}


def test_an_idle_queue_is_shown_in_words(browser: Browser) -> None:
    assert figures(browser) == {"Waiting": "0", "Running": "0", "Failed in a day": "0"}
    assert "No task waits." in browser.get("/admin/").text


def test_the_figures_lead_to_their_tasks(browser: Browser, acme: Organization) -> None:
    now = timezone.now()
    enqueue(acme, due_since=now - timedelta(minutes=7))
    enqueue(acme)
    enqueue(acme, status="RUNNING")
    enqueue(acme, status="FAILED", finished_at=now)

    page = browser.get("/admin/").text

    assert figures(browser) == {"Waiting": "2", "Running": "1", "Failed in a day": "1"}
    assert '<a href="/admin/tenantry_jobs/job/?status=failed">Failed in a day</a>' in page
    assert "tests.jobs.tasks.where</a> in acme, for 7\xa0minutes." in page
    assert "No worker seems to run" not in page


def test_a_short_wait_is_shown_in_words(browser: Browser, acme: Organization) -> None:
    enqueue(acme)

    assert "in acme, for less than a minute." in browser.get("/admin/").text


def test_a_missing_worker_is_an_alert(browser: Browser, acme: Organization) -> None:
    enqueue(acme, due_since=timezone.now() - timedelta(minutes=2))

    assert "No worker seems to run. Start one with" in browser.get("/admin/").text


def test_counts_have_an_end(
    browser: Browser, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("shared_apps.jobs.status", "shared_apps.staff.dashboard"):
        monkeypatch.setattr(f"{module}.MOST", 3)
    for _ in range(5):
        enqueue(acme)

    assert figures(browser)["Waiting"] == "3+"


def test_staff_without_permission_see_no_figures(
    browser_of: BrowserOf, stella: User, acme: Organization
) -> None:
    enqueue(acme)

    assert "tasks" not in browser_of(stella).get("/admin/").context


def test_staff_who_may_only_see_tasks_see_no_organizations(
    browser_of: BrowserOf, stella: User
) -> None:
    stella.user_permissions.add(Permission.objects.get(codename="view_job"))

    page = browser_of(stella).get("/admin/")

    assert "No task waits." in page.text
    assert "by_status" not in page.context
