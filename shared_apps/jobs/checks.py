"""A task runs in an organization or for the platform; a shared app must set `platform`."""

from typing import Any

from django.apps import apps
from django.core.checks import Error

from tenantry.tenant_apps import private_app_configs

from .definitions import Task, registered


def check_platform(**_: Any) -> list[Error]:
    return [
        Error(
            f"{path} lacks `platform=`.",
            hint="Use @task(platform=True) for a task without an organization, "
            "@task(platform=False) for one that runs in an organization.",
            id="jobs.E001",
        )
        for path, task in registered.items()
        if task.platform is None and not _is_of_a_tenant_app(task)
    ]


def _is_of_a_tenant_app(task: Task[..., Any]) -> bool:
    return apps.get_containing_app_config(task.func.__module__) in private_app_configs()
