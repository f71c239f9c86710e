"""Filters of the list of items."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from shared_apps.api.filters import AmountFilter

from .models import Item


class ItemFilter(filters.FilterSet):
    """Active items by default; archived ones with `is_active=false`."""

    is_active = filters.BooleanFilter(
        help_text="`false` shows archived items. Other values show active ones."
    )
    price_min = AmountFilter(field_name="price", lookup_expr="gte")
    price_max = AmountFilter(field_name="price", lookup_expr="lte")

    class Meta:
        model = Item
        fields = ("sku", "is_active")

    def filter_queryset(self, queryset: QuerySet[Item]) -> QuerySet[Item]:
        # An invalid value of `is_active` counts as no value.
        wanted = self.form.cleaned_data.pop("is_active")
        return super().filter_queryset(queryset).filter(is_active=wanted is not False)
