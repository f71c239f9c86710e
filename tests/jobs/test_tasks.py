"""Every task of a shared app has `platform=`."""

from collections.abc import Callable
from unittest.mock import patch

from django.core.checks import run_checks

from shared_apps.jobs import definitions
from shared_apps.jobs.checks import check_platform
from shared_apps.jobs.definitions import Task

from . import tasks


def test_every_task_of_the_service_has_platform_set() -> None:
    assert definitions.registered.keys() >= {"shared_apps.jobs.tasks.clear_finished_tasks"}
    assert check_platform() == []


def test_a_task_of_a_shared_app_without_platform_is_an_error() -> None:
    with patch.dict(definitions.registered):
        unset: Task[..., None] = Task(func=tasks.ran_nowhere)
        (error,) = [each for each in run_checks() if each.id == "jobs.E001"]

    assert unset.module_path in error.msg
    assert "platform=True" in (error.hint or "")


def test_a_task_of_a_tenant_app_needs_no_platform() -> None:
    with patch.dict(definitions.registered):
        Task(func=_of_a_tenant_app())
        assert check_platform() == []


def _of_a_tenant_app() -> Callable[[], None]:
    def send_receipt() -> None: ...

    send_receipt.__module__ = "tenant_apps.items.tasks"
    send_receipt.__qualname__ = "send_receipt"
    return send_receipt
