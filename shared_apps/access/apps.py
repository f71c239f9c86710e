from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccessConfig(AppConfig):
    name = "shared_apps.access"
    verbose_name = "Access"

    def ready(self) -> None:
        from . import openapi, records  # noqa: F401, PLC0415 (register themselves; need models)
        from .services import forget_choice  # noqa: PLC0415

        user_logged_in.connect(forget_choice, dispatch_uid="access_forget_choice")
