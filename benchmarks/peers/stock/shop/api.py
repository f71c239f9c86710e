"""The API, with model serializers."""

from typing import Any

from django.db.models import QuerySet, Sum
from rest_framework import generics, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response

from benchmarks.peers.stock.customers.models import User

from .models import Item, Order, OrderLine


class ItemSerializer(serializers.ModelSerializer[Item]):
    class Meta:
        model = Item
        fields = ("id", "sku", "description", "price", "is_active", "created_at", "updated_at")


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "name")


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    item_description = serializers.CharField(source="item.description")

    class Meta:
        model = OrderLine
        fields = ("id", "item", "item_description", "quantity", "unit_price", "total")


class OrderSerializer(serializers.ModelSerializer[Order]):
    user = UserSerializer()
    lines = OrderLineSerializer(many=True)
    total = serializers.DecimalField(max_digits=None, decimal_places=2)

    class Meta:
        model = Order
        fields = ("id", "status", "placed_at", "user", "lines", "total")


class PricedLineSerializer(serializers.ModelSerializer[OrderLine]):
    user_name = serializers.CharField(source="order.user.name")
    item_description = serializers.CharField(source="item.description")
    item_price = serializers.DecimalField(source="unit_price", max_digits=12, decimal_places=2)
    order_quantity = serializers.IntegerField(source="quantity")
    order_total = serializers.DecimalField(source="total", max_digits=22, decimal_places=2)

    class Meta:
        model = OrderLine
        fields = (
            "order",
            "user_name",
            "item_description",
            "item_price",
            "order_quantity",
            "order_total",
        )


class ItemList(generics.ListAPIView[Item]):
    queryset = Item.objects.filter(is_active=True)
    serializer_class = ItemSerializer


class OrderList(generics.ListAPIView[Order]):
    queryset = (
        Order.objects.annotate(total=Sum("lines__total"))
        .select_related("user")
        .prefetch_related("lines__item")
        .order_by("id")
    )
    serializer_class = OrderSerializer


class PricedPagination(PageNumberPagination):
    """Pages with the sum over all of them."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        self.grand_total = queryset.aggregate(total=Sum("total"))["total"] or 0
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data["grand_total"] = f"{self.grand_total:.2f}"
        return response


class PricedLineList(generics.ListAPIView[OrderLine]):
    serializer_class = PricedLineSerializer
    pagination_class = PricedPagination

    def get_queryset(self) -> QuerySet[OrderLine]:
        return (
            OrderLine.objects.filter(order__user=self.request.user)
            .exclude(order__status="cancelled")
            .select_related("order__user", "item")
            .order_by("order__placed_at", "order_id", "id")
        )
