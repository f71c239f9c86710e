"""A valid POST of each form of items and orders in the admin."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order

ITEMS = "/admin/tenantry_items/item/"
WRITING = (
    "add",
    "change",
    "list editing",
    "action",
    "delete",
    "import",
    "confirm import",
    "order",
    "order action",
)
FORMS = (*WRITING, "export")


def posts(desk: Item, order: Order) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the URL and the fields of each of `FORMS`."""
    item = {"sku": "NEW", "description": "New", "price": "1"}
    editing = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(desk.pk),
        "form-0-price": "1",
        "_save": "Save",
    }
    file = SimpleUploadedFile("items.csv", b"sku,description,price,is_active\nA,A,1,1\n")
    confirm = {"import_file_name": "x", "original_file_name": "x", "format": "0", "resource": ""}
    lines = {
        "lines-TOTAL_FORMS": "0",
        "lines-INITIAL_FORMS": "0",
    }
    return {
        "add": (f"{ITEMS}add/", item),
        "change": (f"{ITEMS}{desk.pk}/change/", item),
        "list editing": (ITEMS, editing),
        "action": (ITEMS, {"action": "archive", "_selected_action": str(desk.pk)}),
        "delete": (f"{ITEMS}{desk.pk}/delete/", {"post": "yes"}),
        "import": (f"{ITEMS}import/", {"format": "0", "import_file": file}),
        "confirm import": (f"{ITEMS}process_import/", confirm),
        "export": (f"{ITEMS}export/", {"format": "0"}),
        "order": (
            f"/admin/tenantry_orders/order/{order.pk}/change/",
            {"status": "cancelled", **lines},
        ),
        "order action": (
            "/admin/tenantry_orders/order/",
            {"action": "cancel", "_selected_action": str(order.pk)},
        ),
    }
