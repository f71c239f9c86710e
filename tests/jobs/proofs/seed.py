"""What proofs do in the workers' database: `manage.py shell -c "from ... import seed; ..."`."""

import json
import sys
import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from shared_apps.jobs.definitions import Task
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenantry.context import tenant_context


def make_organizations(count: int) -> None:
    for number in range(1, count + 1):
        name = f"team_{number}"
        owner = User.objects.create_user(f"{name}@team.example", name=name)
        organization_create(schema_name=name, name=name, owner=owner)


def enqueue(task: Task[..., Any], *args: Any, times: int, schemas: list[str] | None = None) -> None:
    """Enqueue a task in each organization in turn, again and again."""
    names = schemas or list(Organization.objects.values_list("schema_name", flat=True))
    for _ in range(times):
        for name in names:
            with tenant_context(name):
                task.enqueue(*args)


def print_delays(task: Task[..., Any], *args: Any, schema: str, times: int) -> None:
    """Print a JSON list: the seconds from each task's commit to its start."""
    delays = []
    for _ in range(times):
        with tenant_context(schema), transaction.atomic():
            job = Job(pk=task.enqueue(*args).id)
        committed = timezone.now()
        while not job.started_at:
            time.sleep(0.01)
            job.refresh_from_db()
        delays.append((job.started_at - committed).total_seconds())
    sys.stdout.write(f"{json.dumps(delays)}\n")
