"""What has to happen at night and each hour, for the platform. A worker does it.

Each task calls the function of a command: the commands do the same at any other time. A check that
finds something fails, so staff see it among the failed tasks, and the log has an ERROR line.
"""

from importlib import import_module

from django.conf import settings

from shared_apps.api.idempotency import clear_keys
from shared_apps.jobs import every, task
from shared_apps.users.sessions import sessions_clear
from tenantry.fleet import state
from tenantry.fleet.each import reconnecting
from tenantry.fleet.status import compare, measure
from tenantry.schemas.references import dangling_references


class ProblemsFound(Exception):
    """A check found what a person has to correct. After that, retry the task."""


@every("daily")
@task(platform=True, retries=3)
def clear_expired_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    sessions_clear()


@every("daily")
@task(platform=True, retries=3)
def clear_idempotency_keys() -> int:
    return clear_keys()


@every("hourly")
@task(platform=True, retries=1)
def measure_sizes() -> int:
    names = state.tenants()
    measure(names)
    return len(names)


@every("0 3 * * *")
@task(platform=True)
def compare_with_template() -> None:
    """Raise ProblemsFound if schemas differ; the message names them."""
    if drifted := compare(state.tenants()):
        raise ProblemsFound(
            f"These schemas differ from the template: {', '.join(drifted)}. "
            "`list_tenants --status` shows how."
        )


@every("weekly")
@task(platform=True)
def check_references() -> None:
    """Raise ProblemsFound if rows refer to missing rows; the message names their fields."""
    found = [each for name in reconnecting(state.tenants()) for each in dangling_references(name)]
    if found:
        fields = ", ".join(f"{each.schema_name} {each.field} ({each.count})" for each in found)
        raise ProblemsFound(
            f"{sum(each.count for each in found)} rows refer to missing rows: {fields}. "
            "`check_references` names the rows."
        )
