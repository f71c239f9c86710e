from collections.abc import Iterator

import pytest

from shared_apps.jobs.models import Job, ScheduleState
from shared_apps.organizations.models import Organization
from tests.conftest import InThread

from . import tasks


@pytest.fixture(autouse=True)
def _forget_runs() -> Iterator[None]:
    tasks.ran.clear()
    yield
    tasks.ran.clear()


@pytest.fixture
def name(committed_organization: Organization, in_thread: InThread) -> Iterator[str]:
    """The schema of an organization that other connections see."""
    yield committed_organization.schema_name

    def clear() -> None:
        Job.objects.all().delete()
        ScheduleState.objects.all().delete()  # A worker has enqueued schedules.

    in_thread(clear).result()
