"""Tasks that workers of the proofs run."""

import gc
import random
import sys
import time
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import CharField, Func

from shared_apps.jobs import task
from shared_apps.jobs.tasks_api import TaskContext
from tenant_apps.items.models import Item

# PostgreSQL returns where the row is written, and by which session.
_HERE = Func(
    template="current_schema() || ' ' || pg_backend_pid()", output_field=CharField(max_length=255)
)


@task(platform=False, takes_context=True)
def note(context: "TaskContext[..., Any]", longest: float = 0) -> None:
    """Write an item of which the SKU is the job and the attempt, then work on for a while."""
    sku = f"{context.task_result.id}-{context.attempt}"
    Item.objects.create(sku=sku, description=_HERE, price=0)
    time.sleep(longest * random.random())


@task(platform=False)
def take(seconds: float) -> None:
    time.sleep(seconds)


@task(platform=False, takes_context=True)
def wait(context: "TaskContext[..., Any]", lock: int) -> int:
    """Wait while the proof has the advisory lock; return the attempt."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lock])
    return context.attempt


@task(platform=True)
def memory() -> dict[str, int]:
    """Return the memory of the worker after a garbage collection, so that it is repeatable."""
    gc.collect()
    shares = Path("/proc/self/smaps_rollup").read_text().splitlines()
    private = sum(int(share.split()[1]) for share in shares if share.startswith("Private_"))
    return {"private": private * 1024, "objects": sys.getallocatedblocks()}
