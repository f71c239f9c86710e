from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "shared_apps.accounts"
    label = "tenantry_accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from . import email_changes, known_programs  # noqa: F401, PLC0415 (need models)
        from .second_factor import api, records, tasks  # noqa: F401, PLC0415 (need models)
