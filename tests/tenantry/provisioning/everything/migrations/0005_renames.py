from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tenantry_items", "0004_rows")]

    operations = [
        migrations.RenameModel("Box", "Crate"),
        migrations.RenameField("crate", "shelf", "place"),
        migrations.RenameModel("Shelf", "Rack"),
        migrations.RenameField("rack", "number", "place_number"),
        migrations.RunSQL("ALTER TABLE ticket RENAME COLUMN number TO no"),
        migrations.AlterField("rack", "place_number", models.BigIntegerField()),
        migrations.AddField("crate", "size", models.IntegerField(default=3)),
        migrations.AlterField("rack", "id", models.BigAutoField(primary_key=True)),
        RemoveIndexConcurrently("rack", "shelf_gin"),
        AddIndexConcurrently("crate", models.Index(fields=["size"], name="crate_size")),
        migrations.RunSQL(
            "CREATE TRIGGER ticket_note AFTER INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION note()"
        ),
    ]
