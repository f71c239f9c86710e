"""The shapes of an order: as it is shown, as it is placed, and as priced lines."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils import html

from shared_apps.api.fields import IntegerField
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from .models import Order, OrderLine

# Each line is shown with the order, in lists too.
MAX_LINES = 500


class MoneyField(serializers.DecimalField):
    """An amount that PostgreSQL computed: two decimals, as many digits as it takes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=2, read_only=True, **kwargs)


class OrderUserSerializer(serializers.ModelSerializer[User]):
    """The person who ordered."""

    class Meta:
        model = User
        fields = ("id", "name")


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """One line as it is shown."""

    item_description = serializers.CharField(source="item.description", read_only=True)
    total = MoneyField()

    class Meta:
        model = OrderLine
        fields = ("id", "item", "item_description", "quantity", "unit_price", "total")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as it is shown."""

    user = OrderUserSerializer(read_only=True)
    lines = OrderLineSerializer(many=True, read_only=True)
    total = MoneyField()

    class Meta:
        model = Order
        fields = ("id", "status", "placed_at", "user", "lines", "total")


class NewLineSerializer(serializers.Serializer[Any]):
    """One line of an order that is to be placed."""

    item = IntegerField(min_value=1, help_text="The item's id.")
    quantity = IntegerField(min_value=1, max_value=2_147_483_647)


class LinesSerializer(serializers.ListSerializer[Any]):
    """The lines of an order; a form may leave rows empty."""

    def get_value(self, dictionary: Any) -> Any:
        lines = super().get_value(dictionary)
        if not html.is_html_input(dictionary) or not isinstance(lines, list):
            return lines
        return [line for line in lines if not isinstance(line, dict) or any(line.values())]

    def get_initial(self) -> Any:
        """Return lines that can be ordered, for forms to begin with."""
        if hasattr(self, "initial_data"):
            return super().get_initial()
        items = Item.objects.filter(is_active=True).values_list("pk", flat=True)
        return [{"item": item, "quantity": 1} for item in items[:1]]


@extend_schema_serializer(
    examples=[OpenApiExample("Two of one item", value={"lines": [{"item": 1, "quantity": 2}]})]
)
class NewOrderSerializer(serializers.Serializer[Any]):
    """An order that is to be placed; the prices are the items' own."""

    lines = LinesSerializer(
        child=NewLineSerializer(),
        allow_empty=False,
        max_length=MAX_LINES,
        style={"template": "orders/lines.html"},
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace each line's id by its item, all read at once."""
        items = Item.objects.filter(is_active=True).in_bulk({line["item"] for line in lines})
        unknown = "There is no such item that can be ordered."
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

    # For the API's documentation: `rows.priced_line_shown` makes it.
    order = serializers.IntegerField()
    user_name = serializers.CharField(
        read_only=True, help_text="The caller's name: the lines are their own."
    )
    item_description = serializers.CharField()
    item_price = MoneyField()
    order_quantity = serializers.IntegerField()
    order_total = MoneyField()
