"""The list of tasks in the admin: filters and search."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.jobs.models import Job
from shared_apps.staff.pagination import BoundedPaginator
from shared_apps.users.models import User

from .conftest import MEASURE, TASKS, Browser, BrowserOf, JobOf


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User) -> Browser:
    """Olga's, an operator."""
    return browser_of(olga)


def listed(browser: Browser, **query: str) -> list[int]:
    return [job.pk for job in browser.get(TASKS, query).context["cl"].result_list]


class TestList:
    def test_the_newest_task_comes_first(self, browser: Browser, job_of: JobOf) -> None:
        first, second = job_of("acme"), job_of("globex")

        assert listed(browser) == [second.pk, first.pk]

    @pytest.mark.parametrize("status", ["ready", "running", "failed", "successful"])
    def test_filters_by_status(self, browser: Browser, job_of: JobOf, status: str) -> None:
        jobs = {each: job_of(status=each.upper()) for each in ("ready", "running", "failed")}
        jobs["successful"] = job_of(status="SUCCESSFUL")

        assert listed(browser, status=status) == [jobs[status].pk]

    def test_the_form_of_filters_keeps_the_status(self, browser: Browser) -> None:
        page = browser.get(TASKS, {"status": "failed", "organization": "acme"}).text

        assert '<input type="hidden" name="status" value="failed" />' in page
        assert "?organization=acme&amp;status=running" in page

    def test_a_task_for_later_is_among_the_ready_ones(
        self, browser: Browser, job_of: JobOf
    ) -> None:
        later = job_of(run_after=timezone.now() + timedelta(days=1))

        assert listed(browser, status="ready") == [later.pk]

    def test_the_task_that_failed_last_comes_first(self, browser: Browser, job_of: JobOf) -> None:
        late, early = job_of(status="FAILED"), job_of(status="FAILED")
        Job.objects.filter(pk=early.pk).update(finished_at=timezone.now() - timedelta(hours=1))

        assert listed(browser, status="failed") == [late.pk, early.pk]

    def test_filters_by_organization(self, browser: Browser, job_of: JobOf) -> None:
        job_of("globex")
        of_acme, of_platform = job_of("acme"), job_of("")

        assert listed(browser, organization="acme") == [of_acme.pk]
        assert listed(browser, organization="public") == [of_platform.pk]
        assert listed(browser, organization="nobody") == []

    def test_filters_by_task(self, browser: Browser, job_of: JobOf) -> None:
        job_of()
        other = job_of(task="shop.tasks.send_receipt")

        assert listed(browser, task="shop.tasks.send_receipt") == [other.pk]
        assert MEASURE in browser.get(TASKS).text  # The filter offers it.

    def test_finds_a_task_by_its_number(self, browser: Browser, job_of: JobOf) -> None:
        job, _ = job_of(), job_of()

        assert listed(browser, q=f" {job.pk} ") == [job.pk]
        assert [listed(browser, q=q) for q in ("x", "9" * 30, "²", "-1")] == [[]] * 4

    def test_shows_the_last_error_without_its_traceback(
        self, browser: Browser, job_of: JobOf
    ) -> None:
        job_of("acme", "FAILED")

        page = browser.get(TASKS).text

        assert "OSError: &lt;mail.example&gt; refused" in page
        assert "most recent call last" not in page

    def test_an_empty_list_explains_tasks(self, browser: Browser) -> None:
        assert "No tasks yet" in browser.get(TASKS).text

    def test_a_filter_without_a_result_offers_all(self, browser: Browser, job_of: JobOf) -> None:
        job_of()

        page = browser.get(TASKS, {"status": "failed"}).text

        assert "No task matches" in page
        assert "Show all" in page

    @pytest.mark.parametrize("query", ["errors__icontains=x", "arguments__note=x", "o=3"])
    def test_a_search_without_an_index_is_impossible(
        self, browser: Browser, job_of: JobOf, query: str
    ) -> None:
        first, second = job_of(task="b"), job_of(task="a")

        response = browser.get(f"{TASKS}?{query}")

        if response.status_code == 200:  # Sorting by a column is ignored.
            assert [job.pk for job in response.context["cl"].result_list] == [second.pk, first.pk]
        else:
            assert response.status_code == 400

    def test_a_long_list_is_not_counted_to_its_end(
        self, browser: Browser, job_of: JobOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(BoundedPaginator, "most", 3)
        for _ in range(5):
            job_of()

        response = browser.get(TASKS)

        assert response.context["cl"].result_count == 3
        assert "The first 3 are shown." in response.text
