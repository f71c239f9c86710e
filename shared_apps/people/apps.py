from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    name = "shared_apps.people"
    label = "tenantry_people"
    verbose_name = "People"

    def ready(self) -> None:
        from .services import copy_after_flush  # noqa: PLC0415 (needs loaded models)

        post_migrate.connect(copy_after_flush, sender=self, dispatch_uid="people_after_flush")
