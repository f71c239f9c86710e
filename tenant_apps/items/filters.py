"""How the list of items is narrowed."""

from typing import Any

from django_filters import rest_framework as filters

from .models import Item


class ItemFilter(filters.FilterSet):
    """Active items, unless `is_active=false` asks for the archived ones."""

    is_active = filters.BooleanFilter()
    price_min = filters.NumberFilter(field_name="price", lookup_expr="gte")
    price_max = filters.NumberFilter(field_name="price", lookup_expr="lte")

    class Meta:
        model = Item
        fields = ("sku", "is_active")

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__({"is_active": "true", **data.dict()}, *args, **kwargs)
