"""Runs the tasks that a test has enqueued."""

from shared_apps.jobs import running
from shared_apps.jobs.tasks_api import task_backends
from shared_apps.jobs.turns import Turns
from tenantry.context import tenant_context


@tenant_context(None)
def run_jobs() -> int:
    """Run all tasks that are due, one after the other, and return how many ran.

    It begins without a tenant, as in a worker. Tasks that wait for a later moment, such as the next
    attempt, stay in the queue.
    """
    ran = 0
    for turns in map(Turns, task_backends["default"].queues):
        while job := turns.claim("tests"):
            running.store(job, running.run(job))
            ran += 1
    return ran
