"""Receivers that do not respond delay no other organization, endpoint or task."""

import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Thread

import pytest

from shared_apps.jobs.models import Job, ScheduleState
from shared_apps.jobs.worker import Worker
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.conftest import InThread, remove_committed
from tests.jobs import tasks

from .fixtures import Hook, emit
from .receiver import Server, serving

pytestmark = pytest.mark.proof

SILENT = 4  # endpoints
MOST = 6.0  # seconds; a silent receiver takes 2 at first, and 10 among the slow ones


@pytest.fixture
def names(in_thread: InThread, db: None) -> Iterator[list[str]]:
    """The schemas of two committed organizations."""
    names = [f"race_{secrets.token_hex(4)}" for _ in range(2)]

    def create() -> None:
        for name in names:
            owner = User.objects.create_user(f"{name}@race.example", PASSWORD, name="Racer")
            organization_create(schema_name=name, name="Race", owner=owner)

    def remove() -> None:
        Job.objects.filter(schema_name__in=names).delete()
        ScheduleState.objects.all().delete()
        for name in names:
            remove_committed(name)

    in_thread(create).result()
    yield names
    in_thread(remove).result()


@pytest.fixture
def silent(local: None) -> Iterator[Server]:
    """A receiver that does not respond."""
    released = Event()
    with serving() as server:
        server.is_silent_until(released)
        yield server
        released.set()


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(queues=["default", "webhooks", "webhooks_slow"], threads=4)
    thread = Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop()
    thread.join(timeout=60)


def seconds_until(condition: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not condition() and time.monotonic() - begun < 60:
        time.sleep(0.02)
    return time.monotonic() - begun


def test_silent_receivers_delay_nothing_else(
    names: list[str],
    silent: Server,
    receiver: Server,
    hook: Hook,
    in_thread: InThread,
    worker: Worker,
) -> None:
    """Each round has a message to all silent receivers, then one to each that responds."""
    tasks.ran.clear()

    def register() -> None:
        for number, name in enumerate(names):
            organization = Organization.objects.get(schema_name=name)
            hook(f"{receiver.url}/{name}", organization)
            for _ in range(0 if number else SILENT):
                hook(silent.url, organization)

    def emit_in(name: str, pk: int) -> None:
        emit(pk, organization=name)
        with tenant_context(name):
            tasks.where.enqueue(str(pk))

    def all_got(pk: int) -> bool:
        got = {each.path.rpartition("/")[2] for each in receiver.received if each.data["id"] == pk}
        return got == {*names} and {(name, str(pk)) for name in names} <= {*tasks.ran}

    def silent_got_more(before: int) -> bool:
        return len(silent.received) > before

    in_thread(register).result()
    waits = []
    for pk in range(4):
        before = len(silent.received)
        in_thread(partial(emit_in, names[0], pk)).result()
        seconds_until(partial(silent_got_more, before))
        for name in names:
            in_thread(partial(emit_in, name, 100 + pk)).result()
        waits.append(seconds_until(partial(all_got, 100 + pk)))

    assert max(waits) < MOST
    assert len(silent.received) >= SILENT
