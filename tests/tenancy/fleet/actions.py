"""What the tests' RunPython operations run."""

import multiprocessing
import os
import signal
from typing import Any

from django.db import connection


def name_colors(apps: Any, editor: Any) -> None:
    """Write a row through the historical model, and look at its relations."""
    item = apps.get_model("items", "Item")
    item.objects.create(
        sku="colored", description=f"of {connection.schema_name}", price=1, color="blue"
    )


def unname_colors(apps: Any, editor: Any) -> None:
    apps.get_model("items", "Item").objects.filter(sku="colored").delete()


def fail_in_globex(apps: Any, editor: Any) -> None:
    if connection.schema_name == "globex":
        raise ValueError("globex has\ntoo many items")


def kill_worker_in_t3(apps: Any, editor: Any) -> None:
    if connection.schema_name == "t3" and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
