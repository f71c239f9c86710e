"""The audit log, in `public`: who did what, when, why and from where."""

from typing import ClassVar

from django.db import models
from django.db.models import F
from django.db.models.functions import Upper

from .actions import AuditAction


class AuditEntry(models.Model):
    """One recorded action; only `record()` writes entries, and they never change.

    Triggers reject UPDATE, DELETE and TRUNCATE (migration 0002). The table has no foreign key,
    because an entry outlives the rows that it names. This app imports no other app.
    """

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(
        max_length=254, help_text="Email of the user, or the name of the program."
    )
    address = models.GenericIPAddressField(null=True)
    schema_name = models.CharField("organization", max_length=63, blank=True)
    subject = models.CharField(max_length=254, blank=True, help_text="The object of the action.")
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=("schema_name", "-id"), name="tenantry_audit_schema_name"),
            models.Index(fields=("actor", "-id"), name="tenantry_audit_actor"),
            models.Index(Upper("subject"), F("id").desc(), name="tenantry_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action_in_words}"

    @property
    def action_in_words(self) -> str:
        """The action's label; the stored word if this release does not have the action."""
        return dict(AuditAction.choices).get(self.action, self.action)
