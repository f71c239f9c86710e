from typing import Any

from django.db import migrations, models


def fill_shelves(apps: Any, editor: Any) -> None:
    shelves = apps.get_model("tenantry_items", "Shelf").objects
    shelves.create(id=41, name="a", number=1, data={"x": [1]})
    for number, name in enumerate("bcd", start=2):
        shelves.create(name=name, number=number, free=number != 3)
    # Two rows can exchange unique values only with a deferrable constraint.
    shelves.update(number=5 - models.F("number"))
    apps.get_model("tenantry_items", "Box").objects.create(shelf_id=41)


class Migration(migrations.Migration):
    """The rows have pending checks when the next migration alters the table."""

    dependencies = [("tenantry_items", "0003_sql")]

    operations = [
        migrations.RunPython(fill_shelves),
        migrations.RunSQL(
            "INSERT INTO ticket (shelf_id) SELECT id FROM tenantry_items_shelf ORDER BY id"
        ),
        migrations.RunSQL("SELECT nextval('extra')"),
        migrations.RunSQL("REFRESH MATERIALIZED VIEW shelf_count"),
    ]
