from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "shared_apps.pages"
    label = "tenantry_pages"
    verbose_name = "Pages"
