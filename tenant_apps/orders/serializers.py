"""The JSON of orders, of new orders and of priced lines."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils import html

from shared_apps.api.fields import IntegerField
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from .models import Order, OrderLine

# A list shows all lines of each order.
MAX_LINES = 500


class MoneyField(serializers.DecimalField):
    """An amount that PostgreSQL computed: two decimals, any number of digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=2, read_only=True, **kwargs)


class OrderUserSerializer(serializers.ModelSerializer[User]):
    """The person who ordered."""

    class Meta:
        model = User
        fields = ("id", "name")


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    item_description = serializers.CharField(source="item.description", read_only=True)
    total = MoneyField()

    class Meta:
        model = OrderLine
        fields = ("id", "item", "item_description", "quantity", "unit_price", "total")


class OrderSerializer(serializers.ModelSerializer[Order]):
    user = OrderUserSerializer(
        read_only=True, allow_null=True, help_text="Null for an order by a key."
    )
    lines = OrderLineSerializer(many=True, read_only=True)
    total = MoneyField()

    class Meta:
        model = Order
        fields = ("id", "status", "placed_at", "user", "lines", "total")


class NewLineSerializer(serializers.Serializer[Any]):
    """One line of a new order."""

    item = IntegerField(min_value=1, help_text="The item's id.")
    quantity = IntegerField(min_value=1, max_value=2_147_483_647)


class LinesSerializer(serializers.ListSerializer[Any]):
    """The lines of a new order, without the empty rows of a form."""

    def get_value(self, dictionary: Any) -> Any:
        lines = super().get_value(dictionary)
        if not html.is_html_input(dictionary) or not isinstance(lines, list):
            return lines
        return [line for line in lines if not isinstance(line, dict) or any(line.values())]

    def get_initial(self) -> Any:
        """Return a line that can be ordered, as an example for the raw form."""
        if hasattr(self, "initial_data"):
            return super().get_initial()
        items = Item.objects.filter(is_active=True).values_list("pk", flat=True)
        return [{"item": item, "quantity": 1} for item in items[:1]]


@extend_schema_serializer(
    examples=[OpenApiExample("Two of one item", value={"lines": [{"item": 1, "quantity": 2}]})]
)
class NewOrderSerializer(serializers.Serializer[Any]):
    """A new order; the items have the prices."""

    lines = LinesSerializer(
        child=NewLineSerializer(),
        allow_empty=False,
        max_length=MAX_LINES,
        style={"template": "orders/lines.html"},
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace the ids by items, which one query reads."""
        items = Item.objects.filter(is_active=True).in_bulk({line["item"] for line in lines})
        unknown = "No active item has this id. Choose another one."
        errors = {
            str(index): {"item": [unknown]}
            for index, line in enumerate(lines)
            if line["item"] not in items
        }
        if errors:
            raise serializers.ValidationError(errors)
        return [{**line, "item": items[line["item"]]} for line in lines]


class PricedLineSerializer(serializers.Serializer[Any]):
    """One line of "my priced orders"."""

    # Only for the OpenAPI document; `rows.priced_line_shown` builds the JSON.
    order = serializers.IntegerField()
    user_name = serializers.CharField(
        read_only=True, help_text="The caller's name: the lines are their own."
    )
    item_description = serializers.CharField()
    item_price = MoneyField()
    order_quantity = serializers.IntegerField()
    order_total = MoneyField()
