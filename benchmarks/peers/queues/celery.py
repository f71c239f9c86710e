"""Celery's application and its task.

With `acks_late` another worker runs the tasks of one that dies, as in our queue.
"""

import os

import django
from celery import Celery

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.queues.settings"
django.setup()

from tenant_apps.items.models import Item  # noqa: E402 (after django.setup)

app = Celery(broker=os.environ["BENCH_BROKER"])
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_hijack_root_logger=False)


@app.task
def read_item(pk: int) -> str:
    return Item.objects.values_list("sku", flat=True).get(pk=pk)
