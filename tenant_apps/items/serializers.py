"""The shape of an item."""

from typing import ClassVar

from rest_framework import serializers

from .models import Item


class ItemSerializer(serializers.ModelSerializer[Item]):
    """Something that can be ordered."""

    class Meta:
        model = Item
        fields = ("id", "sku", "description", "price", "is_active", "created_at", "updated_at")
        # An HTML form sends nothing for an unchecked box, so the box of a new item is checked.
        extra_kwargs: ClassVar = {"is_active": {"initial": True}}
