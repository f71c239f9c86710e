from typing import Any

from django.db import migrations


def add_item(apps: Any, editor: Any) -> None:
    apps.get_model("tenantry_items", "Item").objects.create(
        sku="first", description="First", price=1
    )


def remove_item(apps: Any, editor: Any) -> None:
    apps.get_model("tenantry_items", "Item").objects.filter(sku="first").delete()


class Migration(migrations.Migration):
    dependencies = [("tenantry_items", "0001_item")]

    operations = [migrations.RunPython(add_item, remove_item)]
