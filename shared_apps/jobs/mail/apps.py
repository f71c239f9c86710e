from django.apps import AppConfig
from django.core import checks

from .checks import check_backend, check_url


class MailConfig(AppConfig):
    name = "shared_apps.jobs.mail"
    label = "tenantry_mail"
    verbose_name = "Mail"

    def ready(self) -> None:
        checks.register(check_backend)
        checks.register(check_url, deploy=True)
