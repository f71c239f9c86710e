"""Events of items, for webhooks."""

from collections.abc import Sequence

from shared_apps.webhooks.events import Event

from .models import Item
from .serializers import ItemSerializer

CHANGED = Event("item.changed")


def item_emit(item: Item) -> None:
    """Emit that an item was created, changed or archived."""
    CHANGED.emit(item.pk, ItemSerializer(item).data)


def items_emit(items: Sequence[Item]) -> None:
    """Emit the event of each item, in one statement."""
    CHANGED.emit_all({data["id"]: data for data in ItemSerializer(items, many=True).data})
