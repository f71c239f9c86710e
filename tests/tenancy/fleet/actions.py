"""What the tests' RunPython operations run."""

from typing import Any

from django.db import connection


def name_colors(apps: Any, editor: Any) -> None:
    """Write a row through the historical model, and look at its relations."""
    item = apps.get_model("items", "Item")
    item.objects.create(
        sku="colored", description=f"of {connection.schema_name}", price=1, color="blue"
    )


def unname_colors(apps: Any, editor: Any) -> None:
    apps.get_model("items", "Item").objects.filter(sku="colored").delete()


def fail_in_globex(apps: Any, editor: Any) -> None:
    if connection.schema_name == "globex":
        raise ValueError("globex has\ntoo many items")
