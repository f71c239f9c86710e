"""The API of items."""

from http import HTTPStatus
from typing import Any, ClassVar

from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.serializers import BaseSerializer

from shared_apps.api.lists import RowListMixin
from shared_apps.api.versions import ETAG, IF_MATCH, IF_NONE_MATCH, VersionsMixin

from . import roles, services
from .filters import ItemFilter
from .models import Item
from .queries import active_items, item_rows
from .serializers import ItemSerializer


@extend_schema_view(
    create=extend_schema(parameters=[ETAG]),
    retrieve=extend_schema(
        parameters=[ETAG, IF_NONE_MATCH],
        responses={
            HTTPStatus.OK: ItemSerializer,
            HTTPStatus.NOT_MODIFIED: OpenApiResponse(description="You have this version."),
        },
    ),
    update=extend_schema(parameters=[ETAG, IF_MATCH]),
    partial_update=extend_schema(parameters=[ETAG, IF_MATCH]),
    destroy=extend_schema(parameters=[IF_MATCH]),
)
class ItemViewSet(VersionsMixin, RowListMixin, viewsets.ModelViewSet[Item]):
    """Items of the caller's organization. Members read; admins and owners write."""

    required_actions: ClassVar = {
        "list": roles.READ,
        "retrieve": roles.READ,
        "create": roles.WRITE,
        "update": roles.WRITE,
        "partial_update": roles.WRITE,
        "destroy": roles.WRITE,
    }
    queryset = Item.objects.all()
    serializer_class = ItemSerializer
    lookup_value_regex = "[0-9]+"
    search_fields = ("sku", "description")
    ordering_fields = ("id", "sku", "description", "price", "created_at", "updated_at")
    ordering = ("id",)

    @property
    def filterset_class(self) -> type[FilterSet] | None:
        """The filter of the list. By its id, an archived item can be read and activated again."""
        return ItemFilter if self.action == "list" else None

    def rows(self) -> Any:
        if self.is_unfiltered():
            return active_items()
        return item_rows(self.filter_queryset(self.get_queryset()))

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in ItemSerializer.Meta.fields}

    def perform_create(self, serializer: BaseSerializer[Item]) -> None:
        serializer.instance = services.item_create(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Item]) -> None:
        assert serializer.instance is not None
        services.item_change(item=serializer.instance, **serializer.validated_data)

    def perform_destroy(self, instance: Item) -> None:
        services.item_archive(item=instance)
