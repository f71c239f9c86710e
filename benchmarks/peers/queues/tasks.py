"""The task of django-tasks-db and its queue."""

import django_tasks
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from tenant_apps.items.models import Item


@django_tasks.task(backend="peer")
def read_item(pk: int) -> str:
    return Item.objects.values_list("sku", flat=True).get(pk=pk)


def make_queue() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(DBTaskResult)


@transaction.atomic
def fill(number: int) -> None:
    DBTaskResult.objects.all().delete()
    for _ in range(number):
        read_item.enqueue(1)
