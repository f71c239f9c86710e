"""What can be done with an item, for the API, the admin and commands alike."""

from decimal import Decimal
from typing import Any

from .models import Item


def item_create(*, sku: str, description: str, price: Decimal, is_active: bool = True) -> Item:
    """Make an item.

    Raises:
        IntegrityError: when the sku is taken.
    """
    return Item.objects.create(sku=sku, description=description, price=price, is_active=is_active)


def item_change(*, item: Item, **changes: Any) -> Item:
    """Change the named fields of an item, and only those.

    Raises:
        IntegrityError: when the sku is taken.
    """
    for field, value in changes.items():
        setattr(item, field, value)
    item.save(update_fields=[*changes, "updated_at"])
    return item


def item_archive(*, item: Item) -> Item:
    """Take an item out of the lists; orders that hold it stay as they are."""
    return item_change(item=item, is_active=False)
