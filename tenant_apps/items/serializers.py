"""The shape of an item."""

from rest_framework import serializers

from .models import Item


class ItemSerializer(serializers.ModelSerializer[Item]):
    """Something that can be ordered."""

    class Meta:
        model = Item
        fields = ("id", "sku", "description", "price", "is_active", "created_at", "updated_at")
