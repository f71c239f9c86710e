"""Endpoints, and the messages to them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("schema_name", models.CharField(max_length=63, verbose_name="organization")),
                ("url", models.CharField(max_length=2000, verbose_name="URL")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), size=None
                    ),
                ),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("secret", models.TextField(help_text="Encrypted.")),
                ("old_secret", models.TextField(blank=True, help_text="Encrypted.")),
                ("old_secret_until", models.DateTimeField(null=True)),
                (
                    "failures",
                    models.PositiveIntegerField(default=0, help_text="Since the last success."),
                ),
                ("failing_since", models.DateTimeField(null=True)),
                (
                    "retry_at",
                    models.DateTimeField(help_text="Until then nothing is sent.", null=True),
                ),
                (
                    "is_slow",
                    models.BooleanField(
                        default=False,
                        help_text="The last message failed, or took long.",
                        verbose_name="slow",
                    ),
                ),
                (
                    "leased_until",
                    models.DateTimeField(
                        help_text="Until then one task has it, and no other one sends anything.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["schema_name", "id"], name="tenantry_webhooks_schema_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.UUIDField()),
                ("event", models.CharField(max_length=100)),
                (
                    "subject",
                    models.CharField(help_text="The object: its kind and key.", max_length=100),
                ),
                ("body", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="The time of the next attempt.")),
                ("attempted_at", models.DateTimeField(null=True)),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("status", "The response was an error."),
                            ("redirect", "The response was a redirect, which is not followed."),
                            ("timeout", "There was no response in time."),
                            ("connection", "The connection failed."),
                            ("tls", "The certificate is not valid, or TLS failed."),
                            ("host", "The host name was not found."),
                            ("address", "The host name has an address that is not public."),
                            ("secret", "The secret cannot be read. Rotate it."),
                        ],
                        max_length=10,
                    ),
                ),
                ("response_status", models.PositiveSmallIntegerField(null=True)),
                (
                    "response_ms",
                    models.PositiveIntegerField(null=True, verbose_name="response time (ms)"),
                ),
                (
                    "response",
                    models.TextField(blank=True, help_text="The beginning of the response's body."),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="tenantry_webhooks.endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["endpoint", "-id"], name="tenantry_webhooks_newest"),
                    models.Index(fields=["created_at"], name="tenantry_webhooks_created_at"),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["endpoint", "due_at"],
                        name="tenantry_webhooks_due",
                    ),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["endpoint", "attempts", "id"],
                        name="tenantry_webhooks_attempts",
                    ),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["endpoint", "subject", "id"],
                        name="tenantry_webhooks_subject",
                    ),
                ],
            },
        ),
    ]
