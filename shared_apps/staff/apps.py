from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class StaffConfig(AppConfig):
    name = "shared_apps.staff"
    verbose_name = "Staff"


class StaffAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site in place of the default one."""

    default = False
    default_site = "shared_apps.staff.site.StaffSite"
