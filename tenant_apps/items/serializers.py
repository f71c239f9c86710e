"""The JSON of an item."""

from typing import ClassVar

from django.db import models
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from shared_apps.api.fields import DecimalField, OptionalBoolean

from .models import Item


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A car",
            value={"sku": "TESLA", "description": "Tesla", "price": "5000.00"},
            request_only=True,
        )
    ]
)
class ItemSerializer(serializers.ModelSerializer[Item]):
    """Something to order."""

    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DecimalField: DecimalField,
    }
    is_active = OptionalBoolean(required=False, initial=True)

    class Meta:
        model = Item
        fields = ("id", "sku", "description", "price", "is_active", "created_at", "updated_at")
