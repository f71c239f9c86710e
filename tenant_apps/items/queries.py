"""Queries of the list of items."""

from typing import Any

from django.db.models import QuerySet

from shared_apps.api.pagination import counted
from tenantry.compiled import compiled

from .models import Item
from .serializers import ItemSerializer


def item_rows(items: QuerySet[Item]) -> QuerySet[Item, Any]:
    return counted(items.values(*ItemSerializer.Meta.fields), of=items)


@compiled
def active_items() -> QuerySet[Item, Any]:
    """Return the list without filters, which most requests use."""
    return item_rows(Item.objects.filter(is_active=True).order_by("id"))
