"""dumpdata: Django's, which fails instead of skipping rows."""

from typing import Any

from django.apps import apps
from django.core.management.commands.dumpdata import Command as DjangoDumpdata
from django.core.management.utils import parse_apps_and_model_labels
from django.db import router
from django.db.models import Model

from tenantry.context import active_schema
from tenantry.management.fixtures import no_rows_skipped
from tenantry.roles import as_owner
from tenantry.tenant_apps import tenant_app_configs


class Command(DjangoDumpdata):
    """With an active tenant, dump the tenant apps by default.

    Shared apps would put all users and sessions into one tenant's file; name them to dump them.
    """

    @as_owner(reason="A dump can have rows of `public`.")
    def handle(self, *app_labels: str, **options: Any) -> None:
        configs = tenant_app_configs() if active_schema() else apps.get_app_configs()
        labels = app_labels or [config.label for config in configs if config.models_module]
        with no_rows_skipped("dumpdata"):
            # Check before Django starts to write.
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
