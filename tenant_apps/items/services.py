"""Writes of items, for the API, pages, the admin and commands."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.utils import timezone

from .events import item_emit, items_emit
from .models import Item

_UPDATE = """
    UPDATE tenantry_items_item AS item
    SET description = new.description, price = new.price, is_active = new.is_active,
        updated_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::numeric[], %s::boolean[])
        AS new (id, description, price, is_active)
    WHERE item.id = new.id
"""
_UPDATED = ("pk", "description", "price", "is_active")


def item_create(*, sku: str, description: str, price: Decimal, is_active: bool = True) -> Item:
    """Create an item.

    Raises:
        IntegrityError: if the SKU is taken.
    """
    with transaction.atomic(savepoint=False):
        item = Item.objects.create(
            sku=sku, description=description, price=price, is_active=is_active
        )
        item_emit(item)
    return item


class ItemChanges(TypedDict, total=False):
    sku: str
    description: str
    price: Decimal
    is_active: bool


def item_change(*, item: Item, **changes: Unpack[ItemChanges]) -> Item:
    """Change the given fields.

    If they have these values already, nothing is written: `updated_at` and the item's version stay
    the same.

    Raises:
        IntegrityError: if the SKU is taken.
    """
    differs = Item.objects.row_of(item).exclude(**changes)
    with transaction.atomic(savepoint=False):
        changed = changes and differs.update(**changes, updated_at=timezone.now())
        for field, value in changes.items():
            setattr(item, field, value)
        if changed:
            # A concurrent change of another field has committed by now, and belongs to the event.
            item.refresh_from_db()
            item_emit(item)
    return item


def item_archive(*, item: Item) -> Item:
    """Hide an item from lists and new orders; existing orders keep it."""
    return item_change(item=item, is_active=False)


def items_save(*, new: Sequence[Item], changed: Sequence[Item]) -> None:
    """Create and change items, in three statements for any number.

    Args:
        changed: items with new values, except the SKU, that the transaction has locked.

    Raises:
        IntegrityError: if an SKU is taken.
    """
    now = timezone.now()
    with transaction.atomic(savepoint=False):
        Item.objects.bulk_create(new)
        for item in changed:
            item.updated_at = now
        columns = [[getattr(item, name) for item in changed] for name in _UPDATED]
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [now, *columns])
        items_emit([*new, *changed])
