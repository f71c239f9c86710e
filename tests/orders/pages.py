"""What the tests of pages read and send."""

import re
from html import unescape
from typing import Any

from rest_framework.test import APIClient

from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context

NEW = "/orders/new/"


def text_of(response: Any) -> str:
    """Return the text of a page without its tags, with single spaces."""
    body = response.text.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def fields_of(response: Any) -> dict[str, str]:
    """Return the hidden and typed fields of the page's form of a new order."""
    form = response.text.partition(f'action="{NEW}"')[2].partition("</form>")[0]
    inputs = re.findall(r"<input[^>]*>", form)
    return {
        name[1]: unescape(value[1])
        for each in inputs
        if (name := re.search(r' name="([^"]*)"', each))
        and (value := re.search(r' value="([^"]*)"', each))
        and name[1] != "csrfmiddlewaretoken"
    }


def send(client: APIClient, fields: dict[str, Any], do: str = "place") -> Any:
    return client.post(NEW, {**fields, "do": do}, format="multipart")


def filled(client: APIClient, *lines: tuple[str, object]) -> dict[str, str]:
    """Open the form, type lines, and update the total; return the form's fields."""
    fields = fields_of(client.get(NEW))
    for number, (item, quantity) in enumerate(lines):
        fields |= {f"item-{number}": item, f"quantity-{number}": str(quantity)}
    return fields_of(send(client, fields, "update"))


def change_item(item: Item, **values: Any) -> None:
    with tenant_context("acme"):
        Item.objects.filter(pk=item.pk).update(**values)


def orders() -> list[tuple[str | None, list[tuple[str, int, str]]]]:
    """Return who ordered, and the lines, of all orders of acme."""
    with tenant_context("acme"):
        found = Order.objects.select_related("user").prefetch_related("lines__item").order_by("pk")
        return [
            (
                order.user.name if order.user else None,
                [(line.item.sku, line.quantity, str(line.total)) for line in order.lines.all()],
            )
            for order in found
        ]
