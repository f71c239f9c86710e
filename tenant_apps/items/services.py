"""What can be done with an item, for the API, the admin and commands alike."""

from decimal import Decimal

from django.utils import timezone

from .models import Item


def item_create(*, sku: str, description: str, price: Decimal, is_active: bool = True) -> Item:
    """Make an item.

    Raises:
        IntegrityError: when the sku is taken.
    """
    return Item.objects.create(sku=sku, description=description, price=price, is_active=is_active)


def item_change(
    *,
    item: Item,
    sku: str | None = None,
    description: str | None = None,
    price: Decimal | None = None,
    is_active: bool | None = None,
) -> Item:
    """Change an item; what is None stays.

    Where they are so already nothing is written, and `updated_at` stays: the item's version is
    the same.

    Raises:
        IntegrityError: when the sku is taken.
    """
    given = {"sku": sku, "description": description, "price": price, "is_active": is_active}
    changes = {field: value for field, value in given.items() if value is not None}
    now = timezone.now()
    differs = Item.objects.row_of(item).exclude(**changes)
    if changes and differs.update(**changes, updated_at=now):
        item.updated_at = now
    for field, value in changes.items():
        setattr(item, field, value)
    return item


def item_archive(*, item: Item) -> Item:
    """Take an item out of the lists; orders that hold it stay as they are."""
    return item_change(item=item, is_active=False)
