"""@every: enqueued once for all workers, late rather than never."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from shared_apps.jobs import every
from shared_apps.jobs.housekeeping import enqueue_due
from shared_apps.jobs.models import Job, ScheduleState
from shared_apps.jobs.schedules import Schedule, schedules
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_suspend

from . import tasks


@pytest.fixture
def hourly() -> Iterator[None]:
    """Two schedules, and no others."""
    with patch.dict(schedules, clear=True):
        every("hourly")(tasks.on_the_platform)
        every("30 * * * *")(tasks.where)
        yield


def at(hour: int, minute: int = 0) -> None:
    with patch.object(
        timezone, "now", return_value=datetime(2026, 11, 29, hour, minute, tzinfo=UTC)
    ):
        enqueue_due()


def waiting() -> list[tuple[str, str]]:
    return sorted(Job.objects.values_list("task", "schema_name"))


PLATFORM, TENANT = "tests.jobs.tasks.on_the_platform", "tests.jobs.tasks.where"


@pytest.mark.usefixtures("hourly")
def test_a_new_schedule_is_due_at_its_next_time(db: None) -> None:
    at(10, 5)
    at(10, 20)
    assert waiting() == []

    at(11, 0)
    assert (PLATFORM, "") in waiting()


@pytest.mark.usefixtures("hourly")
def test_a_task_of_organizations_is_enqueued_in_each_that_may_work(
    acme: Organization, globex: Organization
) -> None:
    organization_suspend(organization=globex)
    at(10, 20)

    at(10, 30)

    assert waiting() == [(TENANT, "acme")]
    run_after = Job.objects.get().run_after
    start = datetime(2026, 11, 29, 10, 30, tzinfo=UTC)
    assert run_after is not None
    assert start <= run_after <= start + timedelta(minutes=6)


@pytest.mark.usefixtures("hourly")
def test_missed_times_are_made_up_for_once(acme: Organization, globex: Organization) -> None:
    at(1, 20)

    at(9, 0)
    at(9, 0)

    assert waiting() == [(PLATFORM, ""), (TENANT, "acme"), (TENANT, "globex")]


@pytest.mark.usefixtures("hourly")
def test_a_task_that_still_waits_is_not_enqueued_again(
    acme: Organization, globex: Organization
) -> None:
    at(1, 20)
    at(1, 30)
    at(2, 30)
    at(3, 30)

    assert waiting() == [(PLATFORM, ""), (TENANT, "acme"), (TENANT, "globex")]


@pytest.mark.usefixtures("hourly")
def test_a_changed_schedule_is_due_at_its_new_time(db: None) -> None:
    at(1, 20)
    every("45 * * * *")(tasks.on_the_platform)

    at(2, 0)
    assert (PLATFORM, "") not in waiting()

    at(2, 45)
    assert (PLATFORM, "") in waiting()


@pytest.mark.usefixtures("hourly")
def test_no_time_is_dropped_while_workers_of_two_releases_take_turns(db: None) -> None:
    def old(minute: int) -> None:
        every("hourly")(tasks.on_the_platform)
        at(10, minute)

    def new(minute: int) -> None:
        every("45 * * * *")(tasks.on_the_platform)
        at(10, minute)

    for minute in (10, 20, 44):
        old(minute)
        new(minute)
    assert (PLATFORM, "") not in waiting()

    old(45)
    new(46)
    assert (PLATFORM, "") in waiting()


@pytest.mark.usefixtures("hourly")
def test_a_schedule_of_an_earlier_release_is_forgotten_a_week_after_its_time(db: None) -> None:
    for path, days in ((PLATFORM, 8), ("gone.tasks.gone", 8), ("gone.tasks.recent", 6)):
        due_at = datetime(2026, 11, 29, 10, tzinfo=UTC) - timedelta(days=days)
        ScheduleState.objects.create(task=path, cron="1 2 3 4 *", due_at=due_at)

    at(10)

    states = ScheduleState.objects.filter(cron="1 2 3 4 *")
    assert [state.task for state in states] == ["gone.tasks.recent"]


@pytest.mark.parametrize("when", ["hour", "61 * * * *", "0 0 30 2 *", "* * *", ""])
def test_a_wrong_time_is_an_error_in_the_code(when: str) -> None:
    with pytest.raises(ValueError, match=r"every\("):
        every(when)


@pytest.mark.parametrize(
    ("when", "upcoming"),
    [
        ("hourly", datetime(2026, 11, 29, 21, 0, tzinfo=UTC)),
        ("daily", datetime(2026, 11, 30, 2, 0, tzinfo=UTC)),
        ("weekly", datetime(2026, 12, 6, 3, 0, tzinfo=UTC)),
        ("monthly", datetime(2026, 12, 1, 4, 0, tzinfo=UTC)),
    ],
)
def test_times_have_names(when: str, upcoming: datetime) -> None:
    with patch.dict(schedules):
        every(when)(tasks.on_the_platform)
        schedule: Schedule = schedules[PLATFORM]

    assert schedule.next_after(datetime(2026, 11, 29, 20, 15, tzinfo=UTC)) == upcoming
