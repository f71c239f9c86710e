"""The groups of staff and their permissions.

Their names begin with Tenantry, so they differ from the groups of other apps.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import router

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record

SUPPORT = frozenset(
    {
        "tenantry_staff.enter_organization",
        "tenantry_staff.view_supportsession",
        "tenantry_audit.view_auditentry",
        "tenantry_jobs.view_job",
        "tenantry_organizations.view_organization",
        "tenantry_organizations.view_membership",
        "tenantry_organizations.view_invitation",
        "tenantry_users.view_user",
        "tenantry_users.view_apitoken",
        "tenantry_users.view_signinsession",
        "tenantry_webhooks.view_endpoint",
        "tenantry_webhooks.view_delivery",
    }
)
OPERATOR = SUPPORT | {
    "tenantry_staff.write_in_organization",
    "tenantry_jobs.change_job",  # Retry and cancel.
    "tenantry_organizations.add_organization",
    "tenantry_organizations.change_organization",
    "tenantry_organizations.add_membership",
    "tenantry_organizations.change_membership",
    "tenantry_organizations.delete_membership",
    "tenantry_organizations.add_invitation",
    "tenantry_organizations.delete_invitation",
    "tenantry_users.add_user",
    "tenantry_users.change_user",
    "tenantry_users.delete_apitoken",
    "tenantry_users.delete_signinsession",
    "tenantry_webhooks.change_endpoint",
}
GROUPS = {"Tenantry support": SUPPORT, "Tenantry operator": OPERATOR}


def ensure_groups(using: str, **_: Any) -> None:
    """Give each group exactly the permissions above; a receiver of post_migrate.

    Django creates permissions in post_migrate too, app by app. This creates the permissions of
    later apps first.
    """
    if not router.allow_migrate_model(using, Group):
        return
    for label in {permission.partition(".")[0] for permission in OPERATOR}:
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    for name, labels in GROUPS.items():
        group, created = Group.objects.using(using).get_or_create(name=name)
        wanted = {
            permission
            for permission in Permission.objects.using(using).select_related("content_type")
            if _label(permission) in labels
        }
        present = set(group.permissions.select_related("content_type"))
        group.permissions.set(wanted)
        if not created and wanted != present:
            record(
                AuditAction.GROUP_CHANGED,
                subject=name,
                added=sorted(map(_label, wanted - present)),
                removed=sorted(map(_label, present - wanted)),
            )


def _label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
