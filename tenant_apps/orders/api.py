"""The API of orders."""

from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from shared_apps.access.requests import TenantRequest
from shared_apps.api.idempotency import idempotent
from shared_apps.api.lists import RowListMixin
from shared_apps.organizations.roles import may

from . import roles, services
from .filters import OrderFilter
from .models import Order
from .pagination import PricedPagination
from .queries import (
    PricedLines,
    all_orders,
    order_rows,
    orders_of,
    orders_of_keys,
    orders_with_totals,
    shown_orders,
    visible_orders,
)
from .rows import order_shown, priced_line_shown
from .serializers import NewOrderSerializer, OrderSerializer, PricedLineSerializer


class OrderViewSet(RowListMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Orders. Members see their own; admins and owners see all."""

    request: TenantRequest
    required_actions: ClassVar = {
        "list": roles.READ_OWN,
        "retrieve": roles.READ_OWN,
        "priced": roles.READ_OWN,
        "create": roles.PLACE,
        "cancel": roles.CANCEL_OWN,
        "fulfil": roles.FULFIL,
    }
    queryset = Order.objects.all()
    filterset_class = OrderFilter
    lookup_value_regex = "[0-9]+"
    search_fields = ("user__name", "user__email", "lines__item__description", "lines__item__sku")
    ordering_fields = ("id", "status", "placed_at", "total")
    ordering = ("id",)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        placing = self.action in {"create", "metadata"}  # OPTIONS describes POST.
        return NewOrderSerializer if placing else OrderSerializer

    def offers(self, action: str, shown: Any) -> bool:
        """Return whether the browsable API shows a button for this change of an order."""
        starts = {change.value: before for change, (before, _) in services.TRANSITIONS.items()}
        if action not in starts:
            return True
        return isinstance(shown, dict) and shown.get("status") == starts[action]

    def get_queryset(self) -> QuerySet[Order]:
        orders = orders_with_totals() if self.action == "list" else shown_orders()
        sees_all = roles.CANCEL_ALL if self.action == "cancel" else roles.READ_ALL
        return visible_orders(
            orders, role=self.request.role, user=self.request.user.pk, all_for=sees_all
        )

    def rows(self) -> Any:
        if not self.is_unfiltered():
            return order_rows(self.filter_queryset(self.get_queryset()))
        if may(self.request.role, roles.READ_ALL):
            return all_orders()
        user = self.request.user.pk
        return orders_of_keys() if user is None else orders_of(user=user)

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        return order_shown(row)

    @extend_schema(
        request={"application/json": NewOrderSerializer},
        responses={HTTPStatus.CREATED: OrderSerializer},
    )
    @idempotent
    def create(self, request: TenantRequest) -> Response:
        """Place an order at the items' current prices. With an Idempotency-Key, only once."""
        shape = NewOrderSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        order = services.order_place(
            user=request.principal.person_or_none, lines=shape.validated_data["lines"]
        )
        return Response(OrderSerializer(order).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: TenantRequest, pk: str) -> Response:
        """Cancel a placed order."""
        order = services.order_change(order=self.get_object(), change=services.Change.CANCEL)
        return Response(OrderSerializer(order).data)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def fulfil(self, request: TenantRequest, pk: str) -> Response:
        """Mark a placed order as fulfilled."""
        order = services.order_change(order=self.get_object(), change=services.Change.FULFIL)
        return Response(OrderSerializer(order).data)

    @extend_schema(responses=PricedLineSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=PricedPagination, filter_backends=())
    def priced(self, request: TenantRequest) -> Response:
        """List the lines of the caller's own orders, with prices and the grand total."""
        shown = partial(priced_line_shown, user_name=request.user.name)
        return self.respond_with_page(PricedLines(user=request.user.pk), shown)
