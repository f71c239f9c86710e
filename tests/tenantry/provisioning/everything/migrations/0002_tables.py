from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("tenantry_items", "0001_item"), ("tenantry_orders", "0001_order_and_line")]

    operations = [
        migrations.CreateModel(
            "Shelf",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20, unique=True, db_comment="Where it is")),
                ("number", models.IntegerField(db_index=True)),
                ("data", models.JSONField(default=dict)),
                ("free", models.BooleanField(default=True)),
                ("price", models.DecimalField(max_digits=12, decimal_places=2, default=1)),
                (
                    "double",
                    models.GeneratedField(
                        expression=models.F("price") * 2,
                        output_field=models.DecimalField(max_digits=13, decimal_places=2),
                        db_persist=True,
                    ),
                ),
            ],
            options={"db_table_comment": "Shelves", "unique_together": {("name", "number")}},
        ),
        migrations.CreateModel(
            "Box",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("shelf", models.ForeignKey("tenantry_items.Shelf", models.CASCADE)),
                ("parent", models.ForeignKey("self", models.CASCADE, null=True)),
                ("items", models.ManyToManyField("tenantry_items.Item")),
                (
                    "order",
                    models.OneToOneField("tenantry_orders.Order", models.SET_NULL, null=True),
                ),
            ],
        ),
        migrations.AddConstraint(
            "shelf",
            models.CheckConstraint(
                condition=models.Q(price__gte=0, name__in=["a", "b", "c", "d"]), name="shelf_check"
            ),
        ),
        migrations.AddConstraint(
            "shelf",
            models.UniqueConstraint(
                fields=["number"], name="shelf_later", deferrable=models.Deferrable.DEFERRED
            ),
        ),
        migrations.AddConstraint(
            "shelf",
            models.UniqueConstraint(
                Lower("name").desc(), name="shelf_lower", condition=models.Q(free=True)
            ),
        ),
        migrations.AddIndex(
            "shelf",
            models.Index(
                fields=["price"],
                include=["free"],
                condition=models.Q(free=True),
                name="shelf_partial",
            ),
        ),
        migrations.AddIndex(
            "shelf", models.Index(models.F("number") + models.F("id"), name="shelf_sum")
        ),
        migrations.AddIndex("shelf", GinIndex(fields=["data"], name="shelf_gin")),
        migrations.AddConstraint(
            "shelf",
            ExclusionConstraint(
                name="shelf_exclude",
                index_type="SPGIST",
                expressions=[
                    (models.Func("id", models.F("id") + 1, function="int8range"), "&&"),
                ],
            ),
        ),
    ]
