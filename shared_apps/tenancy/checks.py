"""What is wrong with a project's models, said when it starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .affinity.origin import is_tenant_model
from .fleet.tenant_apps import tenant_app_configs


@register
def check_tenant_models(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find the models of tenant apps that nothing guards against use in another tenant.

    Apps that SHARED_APPS names as well have tables in `public`, too, and mostly other authors.
    """
    return [
        Error(
            f"{model._meta.label} is in the schemas of the tenants and is no TenantModel: "
            "its objects and querysets can be used in another tenant.",
            hint="Inherit shared_apps.tenancy.models.TenantModel.",
            obj=model,
            id="tenancy.E001",
        )
        for app in tenant_app_configs()
        if (app_configs is None or app in app_configs) and app.name not in settings.SHARED_APPS
        for model in app.get_models()
        if not is_tenant_model(model)
    ]
