"""list_jobs: list tasks, the newest first, as a table or as JSON."""

import json
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from rich import box
from rich.console import Console
from rich.table import Table

from shared_apps.jobs.definitions import registered
from shared_apps.jobs.models import Job
from shared_apps.jobs.status import QueueStatus, queue_status, search
from shared_apps.jobs.tasks_api import TaskResultStatus as Status
from tenantry.fleet import state
from tenantry.names import PUBLIC

COLUMNS = ("id", "status", "organization", "task", "enqueued_at", "finished_at", "attempts")
STATUSES = {status.value.lower(): status for status in Status}
_WIDEST = 500  # columns


class Command(BaseCommand):
    """Neither arguments nor results are printed: they can contain customers' data."""

    help = "List tasks, the newest first, and how long the oldest waiting one has waited."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", choices=STATUSES, help="only tasks with this status")
        parser.add_argument(
            "--organization",
            metavar="SCHEMA",
            help=f"only tasks of this organization; {PUBLIC}: of the platform",
        )
        parser.add_argument("--task", metavar="PATH", help="only this task, as in shop.tasks.send")
        parser.add_argument(
            "--limit", type=int, default=20, metavar="N", help="at most N tasks (default: 20)"
        )
        parser.add_argument("--json", action="store_true", help="print a JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError(f"--limit {options['limit']}: use a number from 1.")
        rows = [_as_dict(job) for job in _chosen(**options)[: options["limit"]]]
        # A task of another release can be in the queue.
        if not rows and options["task"] and options["task"] not in registered:
            tasks = ", ".join(sorted(registered))
            raise CommandError(f"No task {options['task']}. Tasks: {tasks}.")
        status = queue_status()
        if options["json"]:
            self.stdout.write(json.dumps({**_summary(status), "tasks": rows}, indent=2))
            return
        if rows:
            self._print_table(rows)
        else:
            self.stdout.write("No tasks.")
        self.stdout.write(_summary_line(status))
        if status.is_stalled:
            self.stdout.write("No worker seems to run. Start one with run_jobs.")

    def _print_table(self, rows: list[dict[str, Any]]) -> None:
        table = Table(*COLUMNS, box=box.SIMPLE_HEAD)
        for row in rows:
            shown = {**row, "organization": row["organization"] or PUBLIC}
            table.add_row(*(_text(shown[column]) for column in COLUMNS))
        # One line for each task, for grep, also where the terminal is narrower.
        stream = cast("IO[str]", self.stdout)
        Console(file=stream, markup=False, emoji=False, width=_WIDEST).print(table)
        for row in rows:
            if row["error"]:
                self.stdout.write(f"{row['id']} {row['error']}")


def _chosen(
    *, status: str | None, organization: str | None, task: str | None, **_: Any
) -> QuerySet[Job]:
    if organization and organization != PUBLIC and organization not in state.tenants():
        raise CommandError(f"No organization {organization}. `list_tenants` lists all of them.")
    return search(
        Job.objects.defer("arguments", "return_value"),
        status=STATUSES[status] if status else None,
        schema_name="" if organization == PUBLIC else organization,
        task=task or "",
    )


def _as_dict(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "status": job.status.lower(),
        "organization": job.schema_name or None,
        "task": job.task,
        "queue": job.queue_name,
        "priority": job.priority,
        "enqueued_at": _time(job.enqueued_at),
        "run_after": _time(job.run_after),
        "started_at": _time(job.started_at),
        "finished_at": _time(job.finished_at),
        "attempts": job.attempt,
        "retries": job.retries,
        "enqueued_by": job.actor,
        "request_id": job.request_id,
        "error": job.last_error,
    }


def _summary(status: QueueStatus) -> dict[str, Any]:
    wait = status.longest_wait
    return {
        "oldest_waiting_seconds": None if wait is None else round(wait.total_seconds(), 1),
        "waiting": status.waiting,
        "running": status.running,
        "failed_last_day": status.failed,
        "stalled": status.is_stalled,
    }


def _summary_line(status: QueueStatus) -> str:
    waiting = f"{status.waiting} waiting"
    if status.oldest and status.longest_wait is not None:
        wait = timedelta(seconds=round(status.longest_wait.total_seconds()))
        waiting += f", the oldest for {wait} ({status.oldest})"
    return f"{waiting}; {status.running} running; {status.failed} failed in the last day."


def _time(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
