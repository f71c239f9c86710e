"""Filters of the list of orders."""

from django_filters import rest_framework as filters

from shared_apps.api.filters import InstantFilter

from .models import Order


class OrderFilter(filters.FilterSet):
    placed_after = InstantFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = InstantFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields = ("status",)
