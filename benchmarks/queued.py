"""The task that the benchmark of queues runs. The peers run the same, on one schema."""

from shared_apps.jobs import task
from tenant_apps.items.models import Item


@task(platform=False)
def read_item(pk: int) -> str:
    return Item.objects.values_list("sku", flat=True).get(pk=pk)
