"""All actions of the audit log. Add a new action here."""

from django.db import models


class AuditAction(models.TextChoices):
    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_CHANGED = "organization.changed"
    ORGANIZATION_SUSPENDED = "organization.suspended"
    ORGANIZATION_RESUMED = "organization.resumed"
    ORGANIZATION_ARCHIVED = "organization.archived"
    ORGANIZATION_MIGRATED = "organization.migrated"
    MEMBERSHIP_CREATED = "membership.created"
    MEMBERSHIP_CHANGED = "membership.changed"
    MEMBERSHIP_REMOVED = "membership.removed"
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    USER_SIGNED_IN = "user.signed_in"
    USER_SIGNED_OUT = "user.signed_out"
    SIGN_IN_FAILED = "sign_in.failed"
    GROUP_CHANGED = "group.changed"
    TOKEN_ISSUED = "token.issued"
    TOKEN_REVOKED = "token.revoked"
    SUPPORT_ENTERED = "support.entered"
    SUPPORT_CHANGED = "support.changed"
    SUPPORT_LEFT = "support.left"
