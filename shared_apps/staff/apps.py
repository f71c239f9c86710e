from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    name = "shared_apps.staff"
    label = "tenantry_staff"
    verbose_name = "Support"

    def ready(self) -> None:
        from . import people  # noqa: F401, PLC0415 (connects a receiver; needs loaded models)
        from .permissions import ensure_groups  # noqa: PLC0415 (needs loaded models)
        from .support.services import leave_at_sign_out  # noqa: PLC0415

        post_migrate.connect(ensure_groups, sender=self, dispatch_uid="staff_groups")
        user_logged_out.connect(leave_at_sign_out, dispatch_uid="staff_leave_at_sign_out")


class StaffAdminConfig(admin_apps.AdminConfig):
    """Django's admin with `StaffSite` as its site."""

    default = False
    default_site = "shared_apps.staff.site.StaffSite"
