"""Completes the OpenAPI document of new orders."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension

from .serializers import MAX_LINES, NewOrderSerializer


class NewOrderDescription(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Adds the number of lines, which drf-spectacular does not read from a ListSerializer."""

    target_class = NewOrderSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        described: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        described["properties"]["lines"] |= {"minItems": 1, "maxItems": MAX_LINES}
        return described
