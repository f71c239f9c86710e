"""A task in the admin: reading why it failed, retry and cancel."""

import re
from typing import Any

import pytest

from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.staff.pagination import BoundedPaginator
from shared_apps.users.models import User

from .conftest import MEASURE, TASKS, Browser, BrowserOf, JobOf


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User) -> Browser:
    """Olga's, an operator."""
    return browser_of(olga)


@pytest.fixture
def reader(browser_of: BrowserOf, susan: User) -> Browser:
    """Susan's, of support."""
    return browser_of(susan)


def post(browser: Browser, action: str, *jobs: Job, **data: str) -> Any:
    keys = [job.pk for job in jobs]
    return browser.post(TASKS, {"action": action, "_selected_action": keys, **data}, follow=True)


class TestPage:
    def test_shows_who_enqueued_it_and_from_which_request(
        self, browser: Browser, job_of: JobOf, acme: Organization, bob: User
    ) -> None:
        job = job_of(
            "acme", actor_id=bob.pk, actor=bob.email, request_id="f00d", address="203.0.113.9"
        )

        page = browser.get(f"{TASKS}{job.pk}/change/").text

        assert f'<a href="/admin/tenantry_users/user/{bob.pk}/change/">{bob.email}</a>' in page
        assert "f00d from 203.0.113.9" in page
        assert f'<a href="/admin/tenantry_organizations/organization/{acme.pk}/change/">' in page

    def test_shows_the_traceback_and_the_arguments(self, browser: Browser, job_of: JobOf) -> None:
        job = job_of("acme", "FAILED", retries=2, worker_ids=["host-1-a", "host-2-b"])

        page = browser.get(f"{TASKS}{job.pk}/change/").text

        (shown,) = re.findall(r"<summary>1\. (.*?)</summary>", page)
        assert shown == "builtins.OSError"
        assert "line 40, in measure_sizes\n    measure(names)\nOSError: &lt;mail.example" in page
        assert "&quot;note&quot;: &quot;&lt;b&gt;private&lt;/b&gt;&quot;" in page
        assert "1 of 3" in page
        assert "host-1-a, host-2-b" in page

    def test_shows_the_last_error_first_and_open(self, browser: Browser, job_of: JobOf) -> None:
        errors = [
            {"exception_class_path": f"builtins.{name}", "traceback": f"{name}: no"}
            for name in ("KeyError", "OSError")
        ]
        job = job_of(status="FAILED", errors=errors)

        page = browser.get(f"{TASKS}{job.pk}/change/").text

        assert re.findall(r"<details( open)?>\s*<summary>(.*?)</summary>", page) == [
            (" open", "2. builtins.OSError"),
            ("", "1. builtins.KeyError"),
        ]

    def test_shows_the_result(self, browser: Browser, job_of: JobOf) -> None:
        job = job_of(status="SUCCESSFUL", return_value={"measured": 31})

        assert "&quot;measured&quot;: 31" in browser.get(f"{TASKS}{job.pk}/change/").text

    def test_a_long_argument_is_cut(self, browser: Browser, job_of: JobOf) -> None:
        job = job_of(arguments={"args": ["x" * 100_000], "kwargs": {}})

        assert len(browser.get(f"{TASKS}{job.pk}/change/").text) < 90_000

    def test_nothing_of_it_can_be_edited(self, browser: Browser, job_of: JobOf) -> None:
        job = job_of("acme")

        browser.post(f"{TASKS}{job.pk}/change/", {"schema_name": "globex", "task": "evil"})

        job.refresh_from_db()
        assert (job.schema_name, job.task) == ("acme", MEASURE)

    def test_history_shows_a_retry(self, browser: Browser, job_of: JobOf, root: User) -> None:
        job = job_of("acme", "FAILED")
        post(browser, "retry", job)
        browser.force_login(root)

        assert "Job retried" in browser.get(f"{TASKS}{job.pk}/history/").text


class TestActions:
    def test_an_operator_retries_failed_tasks(self, browser: Browser, job_of: JobOf) -> None:
        jobs = [job_of("acme", "FAILED"), job_of("globex", "FAILED")]

        page = post(browser, "retry", *jobs)

        assert "2 tasks will run again." in page.text
        assert set(Job.objects.values_list("status", flat=True)) == {"READY"}
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.actor) == ("job.retried", "olga@tenantry.example")

    def test_the_page_of_a_failed_task_has_the_button(
        self, browser: Browser, job_of: JobOf
    ) -> None:
        job = job_of("acme", "FAILED")
        page = browser.get(f"{TASKS}{job.pk}/change/").text
        assert f'name="_selected_action" value="{job.pk}"' in page
        assert 'name="action" value="retry"' in page

        response = post(browser, "retry", job)

        assert "1 task will run again." in response.text

    def test_cancelling_asks_first(self, browser: Browser, job_of: JobOf) -> None:
        job = job_of("acme")

        question = post(browser, "cancel", job)

        assert "Do you want to cancel 1 task?" in question.text
        assert Job.objects.exists()
        done = post(browser, "cancel", job, confirmed="yes")
        assert "1 task cancelled." in done.text
        assert not Job.objects.exists()
        assert AuditEntry.objects.latest("pk").action == "job.cancelled"

    def test_a_task_that_a_worker_has_by_now_is_an_error(
        self, browser: Browser, job_of: JobOf
    ) -> None:
        jobs = [job_of("acme"), job_of("acme", "RUNNING"), job_of("acme", "RUNNING")]

        page = post(browser, "cancel", *jobs, confirmed="yes").text

        assert "1 task cancelled." in page
        assert "Only a waiting task can be cancelled" in page
        assert "1 more were not changed." in page
        assert Job.objects.count() == 2

    def test_all_tasks_of_a_filter_are_retried_up_to_the_length_of_the_list(
        self, browser: Browser, job_of: JobOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(BoundedPaginator, "most", 3)
        for _ in range(4):
            job = job_of("acme", "FAILED")
        data = {"action": "retry", "_selected_action": job.pk, "select_across": "1", "index": "0"}

        browser.post(f"{TASKS}?status=failed", data)

        assert Job.objects.filter(status="READY").count() == 3

    @pytest.mark.parametrize(
        ("status", "button"),
        [("READY", "cancel"), ("FAILED", "retry"), ("RUNNING", None), ("SUCCESSFUL", None)],
    )
    def test_only_what_is_possible_has_a_button(
        self, browser: Browser, job_of: JobOf, status: str, button: str | None
    ) -> None:
        job = job_of("acme", status)

        page = browser.get(f"{TASKS}{job.pk}/change/").text

        assert re.findall(r'name="action" value="(\w+)"', page) == ([button] if button else [])


class TestPermissions:
    def test_support_reads_but_sees_no_arguments(self, reader: Browser, job_of: JobOf) -> None:
        job = job_of("acme", "FAILED", return_value="private")

        page = reader.get(f"{TASKS}{job.pk}/change/").text

        assert "OSError" in page
        assert "private" not in page
        assert "Operators also see the arguments" in page

    @pytest.mark.parametrize(("action", "status"), [("retry", "FAILED"), ("cancel", "READY")])
    def test_support_cannot_act(
        self, reader: Browser, job_of: JobOf, action: str, status: str
    ) -> None:
        job = job_of("acme", status)
        assert 'name="action" value=' not in reader.get(f"{TASKS}{job.pk}/change/").text

        post(reader, action, job, confirmed="yes")

        assert Job.objects.get().status == status

    def test_staff_without_a_group_see_nothing(
        self, browser_of: BrowserOf, stella: User, job_of: JobOf
    ) -> None:
        job = job_of("acme", "FAILED")
        browser = browser_of(stella)

        assert "tenantry_jobs" not in browser.get("/admin/").text
        for url in (TASKS, f"{TASKS}{job.pk}/change/", f"{TASKS}{job.pk}/history/"):
            assert browser.get(url).status_code == 403
        assert post(browser, "retry", job).status_code == 403
