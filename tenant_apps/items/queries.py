"""The reads of items, as the list shows them."""

from typing import Any

from django.db.models import QuerySet

from shared_apps.api.pagination import counted
from tenantry.compiled import compiled

from .models import Item
from .serializers import ItemSerializer


def item_rows(items: QuerySet[Item]) -> QuerySet[Item, Any]:
    """Return items as rows with their count."""
    return counted(items.values(*ItemSerializer.Meta.fields), of=items)


@compiled
def active_items() -> QuerySet[Item, Any]:
    """Return the list that most requests ask for."""
    return item_rows(Item.objects.filter(is_active=True).order_by("id"))
