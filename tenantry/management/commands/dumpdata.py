"""dumpdata: Django's, which leaves no rows out in silence."""

from typing import Any

from django.apps import apps
from django.core.management.commands.dumpdata import Command as DjangoDumpdata
from django.core.management.utils import parse_apps_and_model_labels
from django.db import router
from django.db.models import Model

from tenantry.context import active_schema
from tenantry.management.fixtures import no_row_left_out
from tenantry.tenant_apps import tenant_app_configs


class Command(DjangoDumpdata):
    """For a tenant it dumps the tenant apps, and the shared ones that are named.

    All of `public` would put every user and session into one tenant's file.
    """

    def handle(self, *app_labels: str, **options: Any) -> None:
        configs = tenant_app_configs() if active_schema() else apps.get_app_configs()
        labels = app_labels or [config.label for config in configs if config.models_module]
        with no_row_left_out("dumpdata"):
            # Before Django begins to write.
            for model in _chosen(labels, options["exclude"]):
                router.allow_migrate_model(options["database"], model)
            super().handle(*labels, **options)


def _chosen(labels: Any, excluded: list[str]) -> list[type[Model]]:
    models, configs = parse_apps_and_model_labels(labels)
    without_models, without_configs = parse_apps_and_model_labels(excluded)
    return [
        model
        for model in apps.get_models()
        if (model in models or model._meta.app_config in configs)
        and not (model in without_models or model._meta.app_config in without_configs)
    ]
