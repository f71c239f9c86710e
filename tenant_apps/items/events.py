"""Events of items, for webhooks."""

from shared_apps.webhooks.events import Event

from .models import Item
from .serializers import ItemSerializer

CHANGED = Event("item.changed")


def item_emit(item: Item) -> None:
    """Emit that an item was created, changed or archived."""
    CHANGED.emit(item.pk, ItemSerializer(item).data)
