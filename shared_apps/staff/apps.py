from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffConfig(AppConfig):
    name = "shared_apps.staff"
    verbose_name = "Staff"


class StaffAdminConfig(AdminConfig):
    """Django's admin with our site in place of the default one."""

    default_site = "shared_apps.staff.site.StaffSite"
