"""The queue, and when each schedule is due next.

Rows of the queue change several times and are deleted, so autovacuum comes earlier than usual:
otherwise a claim would look at more and more dead rows.
"""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

STATUSES = [
    ("READY", "Ready"),
    ("RUNNING", "Running"),
    ("FAILED", "Failed"),
    ("SUCCESSFUL", "Successful"),
]
VACUUM = """
ALTER TABLE public.tenantry_jobs_job SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000
)
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "schema_name",
                    models.CharField(
                        blank=True,
                        help_text="Empty for tasks of the platform.",
                        max_length=63,
                        verbose_name="organization",
                    ),
                ),
                (
                    "task",
                    models.CharField(help_text="The path of the function.", max_length=255),
                ),
                ("queue_name", models.CharField(max_length=32, verbose_name="queue")),
                ("priority", models.SmallIntegerField(default=0)),
                ("arguments", models.JSONField(help_text="The function's args and kwargs.")),
                ("retries", models.PositiveSmallIntegerField(default=0)),
                ("unique_key", models.CharField(blank=True, max_length=255)),
                ("status", models.CharField(choices=STATUSES, default="READY", max_length=10)),
                (
                    "run_after",
                    models.DateTimeField(help_text="Empty if it may run now.", null=True),
                ),
                (
                    "due_since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="Since when it may run; without a meaning before run_after.",
                    ),
                ),
                ("enqueued_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("last_attempted_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "worker_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        default=list,
                        help_text="The worker of each attempt.",
                        size=None,
                    ),
                ),
                (
                    "leased_until",
                    models.DateTimeField(
                        help_text="If the worker does not extend it until then, another one takes "
                        "over.",
                        null=True,
                    ),
                ),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("errors", models.JSONField(default=list)),
                ("return_value", models.JSONField(null=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                (
                    "actor",
                    models.CharField(
                        help_text="Email of the user, or the name of the program.",
                        max_length=254,
                        verbose_name="enqueued by",
                    ),
                ),
                ("address", models.GenericIPAddressField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        models.F("queue_name"),
                        models.F("schema_name"),
                        models.OrderBy(models.F("priority"), descending=True),
                        models.F("id"),
                        condition=models.Q(("run_after", None), ("status", "READY")),
                        name="tenantry_jobs_due",
                    ),
                    models.Index(
                        condition=models.Q(("run_after__isnull", False), ("status", "READY")),
                        fields=["run_after"],
                        name="tenantry_jobs_later",
                    ),
                    models.Index(
                        condition=models.Q(("status", "RUNNING")),
                        fields=["schema_name"],
                        name="tenantry_jobs_running",
                    ),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", False)),
                        fields=["status", "finished_at"],
                        name="tenantry_jobs_finished",
                    ),
                    models.Index(
                        condition=models.Q(("schema_name", "")),
                        fields=["task", "id"],
                        name="tenantry_jobs_platform",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status", "READY"), models.Q(("unique_key", ""), _negated=True)
                        ),
                        fields=("schema_name", "task", "unique_key"),
                        name="tenantry_jobs_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduleState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task", models.CharField(max_length=255)),
                ("cron", models.CharField(max_length=100)),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("task", "cron"), name="tenantry_jobs_schedule")
                ],
            },
        ),
        migrations.RunSQL(VACUUM, migrations.RunSQL.noop),
    ]
