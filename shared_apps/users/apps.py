from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "shared_apps.users"
    label = "tenantry_users"
    verbose_name = "Users"
