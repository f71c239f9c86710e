"""Support sessions, in `public`."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from shared_apps.organizations.models import Organization


class SupportSession(models.Model):
    """A staff user's time in an organization, and the reason.

    It gives access to the admin only, in the browser session that has its key.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    read_only = models.BooleanField(default=True)
    address = models.GenericIPAddressField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-started_at",)
        permissions: ClassVar = [
            ("enter_organization", "Can enter organizations, to read"),
            ("write_in_organization", "Can change data of organizations they entered"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"
