"""Endpoints and what was or will be delivered to them, in `public`.

The tables are closed to the roles of tenants. Neither refers to the organization's row: its schema
name never changes and is never given again.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

MAX_URL = 2_000  # characters


class Endpoint(models.Model):
    """A URL of an organization that receives its events."""

    schema_name = models.CharField("organization", max_length=63)
    url = models.CharField("URL", max_length=MAX_URL)
    events = ArrayField(models.CharField(max_length=100))
    is_enabled = models.BooleanField("enabled", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    secret = models.TextField(help_text="Encrypted.")
    old_secret = models.TextField(blank=True, help_text="Encrypted.")
    old_secret_until = models.DateTimeField(null=True)

    failures = models.PositiveIntegerField(default=0, help_text="Since the last success.")
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="Until then nothing is sent.")
    is_slow = models.BooleanField(
        "slow", default=False, help_text="The last message failed, or took long."
    )
    leased_until = models.DateTimeField(
        null=True, help_text="Until then one task has it, and no other one sends anything."
    )

    class Meta:
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(fields=("schema_name", "id"), name="tenantry_webhooks_schema_name"),
        ]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """A message about an event, for one endpoint."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    class Error(models.TextChoices):
        """Why the last attempt failed."""

        STATUS = "status", "The response was an error."
        REDIRECT = "redirect", "The response was a redirect, which is not followed."
        TIMEOUT = "timeout", "There was no response in time."
        CONNECTION = "connection", "The connection failed."
        TLS = "tls", "The certificate is not valid, or TLS failed."
        HOST = "host", "The host name was not found."
        ADDRESS = "address", "The host name has an address that is not public."
        SECRET = "secret", "The secret cannot be read. Rotate it."

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    message_id = models.UUIDField()
    event = models.CharField(max_length=100)
    subject = models.CharField(max_length=100, help_text="The object: its kind and key.")
    body = models.TextField()
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="The time of the next attempt.")

    attempted_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=10, choices=Error, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_ms = models.PositiveIntegerField("response time (ms)", null=True)
    response = models.TextField(blank=True, help_text="The beginning of the response's body.")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=("endpoint", "-id"), name="tenantry_webhooks_newest"),
            models.Index(fields=("created_at",), name="tenantry_webhooks_created_at"),
            models.Index(
                fields=("endpoint", "due_at"),
                name="tenantry_webhooks_due",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=("endpoint", "attempts", "id"),
                name="tenantry_webhooks_attempts",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=("endpoint", "subject", "id"),
                name="tenantry_webhooks_subject",
                condition=Q(status="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"
